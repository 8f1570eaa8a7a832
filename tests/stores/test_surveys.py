"""What a look-up wants of a store is found whole, of the present and of every past instant, in every store."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

import pytest

from pdp.core.entity import Entity
from pdp.core.errors import ForeignTokenError, TooMuchToLookUpError
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Fact, FactKind
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
from pdp.core.stores import FactStore
from pdp.core.survey import EVERYTHING, GroundsSurveyed, Survey, all_surveyed
from pdp_adapters.memory_facts import MemoryFacts
from tests.stored_facts import surveyed
from tests.stores import twins
from tests.stores.writing import (
    ANYTHING,
    KIDS,
    at_least,
    consent,
    entity,
    fact,
    ground,
    later,
    lies_in,
    role,
    said,
    write,
)

LIMIT: Final = 1000
_CHILDREN: Final = tuple(f"child:c{number}" for number in range(4))
_CLASSES: Final = tuple(f"class:k{number}" for number in range(3))
_SCHOOLS: Final = ("school:s0", "school:s1")
_ORGS: Final = ("org:press", "org:desk", "org:group")
_USERS: Final = tuple(f"user:u{number}" for number in range(5))


def some_fact(random: Random) -> FactKind:
    """Return a fact out of a few hundred possible ones, so that many are replaced and tied to one another."""
    pick = random.choice
    match random.randrange(6):
        case 0:
            return role(pick(_USERS), pick(("teacher", "guardian")), pick((*_CHILDREN, *_CLASSES, *_SCHOOLS, *_ORGS)))
        case 1:
            return lies_in(pick(_CHILDREN), pick(_CLASSES))
        case 2:
            return lies_in(pick(_CLASSES), pick(_SCHOOLS))
        case 3:
            return lies_in(pick((*_USERS, "org:press", "org:desk")), "org:group")
        case 4:
            return consent(pick(_CHILDREN), pick(_USERS), pick(("given", "refused")), pick(("", *_ORGS)))
        case _:
            number, about = random.randrange(24), pick(("", "", *_CHILDREN))
            return ground(pick(("ticket", "registration")), str(number), pick(_USERS), about)


def some_survey(random: Random) -> Survey:
    """Return a survey of some of what there may be."""
    about = frozenset(map(entity, random.sample((*_CHILDREN, *_CLASSES, *_ORGS), 2)))
    people = frozenset(map(entity, random.sample(_CHILDREN, random.randint(0, 2))))
    grounds = (
        GroundsSurveyed("registration", frozenset[Entity | None](people) | {None}),
        *((GroundsSurveyed("ticket"),) if random.random() < 0.5 else ()),
    )
    ids = frozenset(fact_id(KIDS, some_fact(random)) for _ in range(3))
    return Survey(about, people, grounds, ids, everything=random.random() < 0.1)


def grown(store: FactStore, random: Random, writes: int = 30) -> list[dict[str, Fact]]:
    """Make random writes, one a minute from the first minute on; return what is stored after each, at 0 nothing."""
    held: dict[str, Fact] = {}
    states = [dict(held)]
    for minute in range(1, writes + 1):
        gone = random.sample(sorted(held), min(len(held), random.randint(0, 2)))
        added = {each.id: each for each in (fact(some_fact(random)) for _ in range(random.randint(1, 6)))}
        gone = [id_ for id_ in gone if id_ not in added]
        write(store, *added.values(), deletions=tuple((id_, "") for id_ in gone), at=later(minute))
        held = {id_: each for id_, each in held.items() if id_ not in gone} | added
        states.append(dict(held))
    return states


def the_present_is_surveyed_whole(store: FactStore) -> None:
    """A survey finds what looking at every fact finds, and its token is that of the store."""
    random = Random(11)
    held = grown(store, random)[-1]
    for _ in range(60):
        wanted = some_survey(random)
        found = store.survey(KIDS, wanted, ANYTHING, None, LIMIT)
        assert kinds(found.facts) == kinds(surveyed(held.values(), wanted))
        assert found.token == str(store.state().token)
        assert found.committed_at == later(30)


def the_past_is_surveyed_as_it_was(store: FactStore) -> None:
    """As of an instant a survey finds what there was then, its token and its instant those of that state."""
    random = Random(12)
    states = grown(store, random)
    history = store.state().token.history
    for minute, held in enumerate(states):
        wanted = some_survey(random)
        for instant in (later(minute), later(minute + 1) - timedelta(microseconds=1)):
            found = store.survey(KIDS, wanted, ANYTHING, instant, LIMIT)
            assert kinds(found.facts) == kinds(surveyed(held.values(), wanted))
            assert found.token == f"{history}.{minute}"


def kinds(facts: Iterable[Fact]) -> set[str]:
    """Return what *facts* say."""
    return said(*(each.kind for each in facts))


def test_the_present_is_surveyed_whole(store: FactStore) -> None:
    """A survey finds what looking at every fact finds."""
    the_present_is_surveyed_whole(store)


def test_the_past_is_surveyed_as_it_was(store: FactStore) -> None:
    """As of an instant a survey finds what there was then."""
    the_past_is_surveyed_as_it_was(store)


def test_more_than_may_be_looked_at_is_an_error(store: FactStore) -> None:
    """A survey is whole or it is refused, whichever of its parts is too large."""
    write(store, *(role(f"user:u{number}", "teacher", "child:c0") for number in range(8)))
    write(store, *(ground("ticket", str(number)) for number in range(8)))
    about = Survey(frozenset({entity("child:c0")}))
    tickets = Survey(grounds=(GroundsSurveyed("ticket"),))

    for wanted, whole in ((about, 8), (tickets, 8), (all_surveyed((about, tickets)), 16), (EVERYTHING, 16)):
        assert len(store.survey(KIDS, wanted, ANYTHING, None, whole).facts) == whole
        with pytest.raises(TooMuchToLookUpError):
            store.survey(KIDS, wanted, ANYTHING, None, whole - 1)


def test_a_survey_is_as_fresh_as_the_token(store: FactStore) -> None:
    """A token of the store is answered, one of another store is refused."""
    written = write(store, role("user:u0", "teacher", "child:c0"))

    assert len(store.survey(KIDS, EVERYTHING, at_least(written.token), None, LIMIT).facts) == 1
    with pytest.raises(ForeignTokenError):
        store.survey(KIDS, EVERYTHING, at_least("elsewhere.1"), None, LIMIT)


def test_only_what_is_known_to_be_empty_is_said_to_be(store: FactStore) -> None:
    """Nothing is claimed to be stored nowhere once a fact is, and again only when it is gone."""
    written = write(store, role("user:u0", "teacher", "child:c0"))
    assert store.known_empty(KIDS, ANYTHING) is None

    write(store, deletions=((written.ids[0], ""),))

    empty = store.known_empty(KIDS, ANYTHING)
    assert empty is None or (empty.facts, empty.token) == ((), str(store.state().token))


def test_the_store_in_memory_knows_that_it_is_empty() -> None:
    """A check of an operator without facts need not work out what it wants; the freshness that it asks for holds."""
    store = MemoryFacts()
    written = write(store, role("user:u0", "teacher", "child:c0"), operator="homeid")

    nothing = store.known_empty(KIDS, at_least(written.token))
    assert nothing is not None
    assert nothing.token == str(written.token)
    with pytest.raises(ForeignTokenError):
        store.known_empty(KIDS, at_least("elsewhere.1"))


class Broken(twins.Twin):
    """A store whose surveys are not as they should be."""

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        return self.broken(operator, survey, as_of)

    def broken(self, operator: str, survey: Survey, as_of: datetime | None) -> StoredFacts:
        """Return what the twin finds."""
        return self.real.survey(operator, survey, ANYTHING, as_of, LIMIT)


class SurveysThePresent(Broken):
    """The past is answered with what is."""

    def broken(self, operator: str, survey: Survey, as_of: datetime | None) -> StoredFacts:
        return super().broken(operator, survey, None)


class SurveysNoIds(Broken):
    """What the request itself says is not looked for."""

    def broken(self, operator: str, survey: Survey, as_of: datetime | None) -> StoredFacts:
        return super().broken(operator, replace(survey, ids=frozenset()), as_of)


class SurveysNamedGroundsAlone(Broken):
    """Grounds about nobody are left out."""

    def broken(self, operator: str, survey: Survey, as_of: datetime | None) -> StoredFacts:
        grounds = tuple(
            GroundsSurveyed(each.kind, each.data_subjects and each.data_subjects - {None}) for each in survey.grounds
        )
        return super().broken(operator, replace(survey, grounds=grounds), as_of)


class LosesTheLast(Broken):
    """One fact is cut off."""

    def broken(self, operator: str, survey: Survey, as_of: datetime | None) -> StoredFacts:
        found = super().broken(operator, survey, as_of)
        return replace(found, facts=found.facts[:-1])


_CAUGHT: Final = (
    (SurveysThePresent, the_past_is_surveyed_as_it_was),
    (SurveysNoIds, the_present_is_surveyed_whole),
    (SurveysNamedGroundsAlone, the_present_is_surveyed_whole),
    (LosesTheLast, the_present_is_surveyed_whole),
)


@pytest.mark.parametrize(("twin", "law"), _CAUGHT, ids=lambda part: part.__name__)
def test_a_broken_survey_is_caught(twin: type[Broken], law: Callable[[FactStore], None]) -> None:
    """Each store whose surveys leave something out is told from a whole one."""
    with pytest.raises(AssertionError):
        law(twin(MemoryFacts()))
