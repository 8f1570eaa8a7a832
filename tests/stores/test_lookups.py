"""Look-ups over stored facts are equal to asking Check about everybody, in every store, now and in the past."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import pytest

from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError
from pdp.core.facts import Fact
from pdp.core.lookup import Certainty, Match
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Request
from pdp.core.stores import FactStore
from pdp.core.survey import Survey
from pdp.lookups.naming import named
from pdp_adapters.memory_facts import MemoryFacts
from tests.builders import (
    AUNT,
    CHILD,
    FATHER,
    KIDSONLINE,
    MOTHER,
    NOON,
    Json,
    a_request,
    a_role,
    registered,
    the_policy_set,
)
from tests.properties.lookup_laws import STRANGER, certain_for
from tests.stores import gathering_laws as laws
from tests.stores import twins
from tests.stores.writing import write

Finds = Callable[[FactStore], FactStore]
"""Makes the store that a law is about out of a whole one."""

QUESTIONS: Final = 3
WORLDS_IN_MEMORY: Final = 4
WORLDS_IN_SQL: Final = 1
WORLDS_OF_A_TWIN: Final = 12


def itself(store: FactStore) -> FactStore:
    """Look up in the store as it is."""
    return store


def everybody(request: Request, facts: tuple[Fact, ...]) -> Iterator[Entity]:
    """Yield all of the subject's type whom anything names, and somebody whom nothing does."""
    type_ = request.subject.type
    known = named(the_policy_set(request.operator), request, facts)
    yield from sorted(entity for entity in known if entity.type == type_)
    yield Entity(type_, STRANGER)


def allowed(source: object, request: Request) -> bool | None:
    """Say whether Check over *source* allows *request*, None when it cannot be right."""
    try:
        return laws.point_over(source).check(request).allowed
    except InvalidRequestError:
        return None


def found_by(source: object, request: Request, as_of: datetime | None = None) -> tuple[Match, ...] | None:
    """Return who is found, None when the question cannot be right."""
    try:
        return laws.point_over(source).lookup_subjects(request, as_of).matches
    except InvalidRequestError:
        return None


def subjects_equal_check(
    finds: Finds, operator: str, new_store: Callable[[], FactStore] = MemoryFacts, worlds: int = WORLDS_IN_MEMORY
) -> int:
    """Exactly those are certain whom Check allows, everyone else included; return how many were allowed."""
    count = 0
    for facts, requests in laws.stored_worlds(operator)[:worlds]:
        store = finds(laws.filled(new_store(), facts, operator))
        for request in requests[:QUESTIONS]:
            matches = found_by(store, request)
            for subject in everybody(request, facts):
                may = allowed(store, replace(request, subject=subject, subject_properties={}))
                assert (matches is None) is (may is None)
                assert matches is None or certain_for(matches, subject) is may, f"{subject} {request}"
                count += bool(may)
    return count


def resources_equal_check(
    finds: Finds, operator: str, new_store: Callable[[], FactStore] = MemoryFacts, worlds: int = WORLDS_IN_MEMORY
) -> int:
    """Of the resources of other questions exactly those are certain that Check allows; return how many were."""
    count = 0
    for facts, requests in laws.stored_worlds(operator)[:worlds]:
        store = finds(laws.filled(new_store(), facts, operator))
        for at, request in enumerate(requests[:QUESTIONS]):
            candidates = tuple(
                replace(other.resource, type=request.resource.type, id=f"r-{number}")
                for number, other in enumerate(requests[at : at + 3])
            )
            possible = [one for one in candidates if allowed(store, replace(request, resource=one)) is not None]
            found = laws.point_over(store).lookup_resources(request, tuple(possible)).matches
            certain = {match.entity for match in found if match.certainty is Certainty.CERTAIN}
            for one in possible:
                may = allowed(store, replace(request, resource=one))
                assert (one.entity in certain) is may
                count += bool(may)
    return count


def the_past_is_equal_to_check_then(
    finds: Finds, operator: str, new_store: Callable[[], FactStore] = MemoryFacts, worlds: int = WORLDS_IN_MEMORY
) -> int:
    """Who is found as of an instant is whom Check would have allowed then; return how often that differs from now."""
    differs = 0
    for number, (facts, requests) in enumerate(laws.stored_worlds(operator)[:worlds]):
        random = Random(number)
        then, after = NOON - timedelta(days=30), NOON - timedelta(days=10)
        gone = {fact.id for fact in facts if random.random() < 0.3}
        early = tuple(fact for fact in facts if fact.id in gone or random.random() < 0.7)
        store = new_store()
        _write(store, early, operator, then)
        late = tuple(fact for fact in facts if fact not in early)
        _write(store, late, operator, after)
        write(store, operator=operator, deletions=tuple((id_, "") for id_ in sorted(gone)), at=after)
        looked_at, instant = finds(store), then + timedelta(days=1)
        for question in requests[:QUESTIONS]:
            request = replace(question, time=None)
            matches = found_by(looked_at, request, instant)
            for subject in everybody(request, facts):
                asked = replace(request, subject=subject, subject_properties={})
                was = allowed(laws.Everything(early), replace(asked, time=instant))
                assert (matches is None) is (was is None)
                assert matches is None or certain_for(matches, subject) is was, f"{subject} {request}"
                differs += was is not allowed(store, asked)
    return differs


def _write(store: FactStore, facts: Iterable[Fact], operator: str, at: datetime) -> None:
    write(store, *facts, operator=operator, at=at)


LAWS: Final = (subjects_equal_check, resources_equal_check, the_past_is_equal_to_check_then)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_look_ups_over_stored_facts_are_equal_to_check(
    law: Callable[..., int], new_store: Callable[[], FactStore], store_kind: str
) -> None:
    """The law holds for the policies of all operators, and not because nobody may do anything."""
    worlds = WORLDS_IN_MEMORY if store_kind == "memory" else WORLDS_IN_SQL

    assert sum(law(itself, operator, new_store, worlds) for operator in laws.OPERATORS) > 0


def test_an_action_is_answered_as_check_answers_it(new_store: Callable[[], FactStore]) -> None:
    """What somebody may do is told action by action as Check tells it, and as it was then for a past instant."""
    for operator in laws.OPERATORS:
        facts, requests = laws.stored_worlds(operator)[0]
        store = laws.filled(new_store(), facts, operator)
        for request in requests[:1]:
            if allowed(store, request) is None:
                continue
            point = laws.point_over(store)
            now = point.lookup_actions(request)
            then = point.lookup_actions(replace(request, time=None), NOON - timedelta(days=9999))
            assert all(decision.allowed is allowed(store, replace(request, action=action)) for action, decision in now)
            assert all(
                decision.allowed is allowed(laws.Everything(()), replace(request, action=action, facts=()))
                for action, decision in then
            )


def the_third_of_march_is_remembered(finds: Finds, new_store: Callable[[], FactStore] = MemoryFacts) -> None:
    """Who could see a photo on a day that is past is told of that day, whatever was granted and revoked since."""
    first, third, fifth = (datetime(2026, 3, day, 2, 0, tzinfo=UTC) for day in (1, 3, 5))
    mother, aunt, father = (Entity.parse(name) for name in (MOTHER, AUNT, FATHER))
    whole = new_store()
    put = [*registered(MOTHER), *registered(AUNT), *registered(FATHER), a_role(MOTHER, "primary_guardian", CHILD)]
    granted = a_role(AUNT, "family_member", CHILD, granted_by=MOTHER)
    _write(whole, _facts(*put, granted), KIDSONLINE, first)
    gone = tuple((fact.id, "") for fact in _facts(granted))
    write(whole, *_facts(a_role(FATHER, "primary_guardian", CHILD)), deletions=gone, at=fifth)
    store = finds(whole)
    request = replace(a_request(facts=()), time=None)

    def found(as_of: datetime | None) -> set[Entity | None]:
        return {match.entity for match in found_by(store, request, as_of) or () if match.certainty is Certainty.CERTAIN}

    assert found(first - timedelta(days=1)) == set()
    assert found(third) == {mother, aunt}
    assert found(fifth) == found(None) == {mother, father}

    point = laws.point_over(store)
    for name in (MOTHER, AUNT, FATHER):
        entity = Entity.parse(name)
        assert entity is not None
        for instant in (first - timedelta(days=1), third, fifth):
            explanation = point.explain(replace(request, subject=entity), instant)
            assert explanation.decision.allowed == (entity in found(instant))
            assert explanation.decision.decision_id == ""


def _facts(*kinds: Json) -> tuple[Fact, ...]:
    return tuple(laws.as_stored(a_request(facts=kinds).facts, KIDSONLINE))


def test_who_could_see_it_on_3_march(new_store: Callable[[], FactStore]) -> None:
    """The guardian and the aunt of that day are found; neither the aunt of today nor the father of that day is."""
    the_third_of_march_is_remembered(itself, new_store)


# --- Broken stores ----------------------------------------------------------------------------------------------------


class Broken(twins.Twin):
    """A store of which a look-up is told less than there is."""

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        found = self.real.survey(operator, self.asked_for(survey), consistency, self.of(as_of), limit)
        return replace(found, facts=tuple(fact for fact in found.facts if self.tells(fact)))

    def asked_for(self, survey: Survey) -> Survey:
        """Return what is asked of the real store."""
        return survey

    def of(self, as_of: datetime | None) -> datetime | None:
        """Return the instant that is asked about."""
        return as_of

    def tells(self, fact: Fact) -> bool:
        """Say whether a fact that was found is told."""
        return True


class WithoutRefusals(Broken):
    """Consents that are no consent are not told."""

    def tells(self, fact: Fact) -> bool:
        return getattr(fact.kind, "status", "") not in {"refused", "withdrawn"}


class WithoutRoles(Broken):
    """Roles that somebody granted are not told."""

    def tells(self, fact: Fact) -> bool:
        return getattr(fact.kind, "granted_by", None) is None


class WithoutGrounds(Broken):
    """Grounds are not asked for."""

    def asked_for(self, survey: Survey) -> Survey:
        return replace(survey, grounds=())


class WithoutPeople(Broken):
    """Consents are not asked for."""

    def asked_for(self, survey: Survey) -> Survey:
        return replace(survey, people=frozenset())


class OfThePresent(Broken):
    """The past is answered with what is."""

    def of(self, as_of: datetime | None) -> None:
        return None


class OfLongAgo(Broken):
    """The present is answered with what was before anything was written."""

    def of(self, as_of: datetime | None) -> datetime:
        return NOON - timedelta(days=9999)


_CAUGHT: Final = (
    (WithoutRefusals, subjects_equal_check, "kiotviet"),
    (WithoutRoles, subjects_equal_check, "kidsonline"),
    (WithoutGrounds, subjects_equal_check, "kiotviet"),
    (WithoutPeople, subjects_equal_check, "kiotviet"),
    (OfLongAgo, subjects_equal_check, "homeid"),
    (WithoutGrounds, resources_equal_check, "kiotviet"),
    (OfThePresent, the_past_is_equal_to_check_then, "homeid"),
)
"""Each broken store with the law that catches it, and over whose policy."""


@pytest.mark.parametrize(("twin", "law", "operator"), _CAUGHT, ids=lambda part: getattr(part, "__name__", part))
def test_a_look_up_that_is_told_less_is_caught(twin: type[Broken], law: Callable[..., int], operator: str) -> None:
    """Whatever a store keeps to itself, somebody is found, or not found, against Check."""
    with pytest.raises(AssertionError):
        law(twin, operator, worlds=WORLDS_OF_A_TWIN)


@pytest.mark.parametrize("twin", [OfThePresent, OfLongAgo, WithoutRoles, WithoutGrounds])
def test_a_store_that_does_not_remember_3_march_is_caught(twin: type[Broken]) -> None:
    """A store that answers of another day, or that leaves something of that day out, names other people."""
    with pytest.raises(AssertionError):
        the_third_of_march_is_remembered(twin)
