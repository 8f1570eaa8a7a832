"""Look-ups are equal to Check, in both directions; and every broken way to look up is caught by the same laws."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pdp.core.facts import Fact
from pdp.core.lookup import Certainty, Match
from pdp.core.request import Request, Resource
from pdp.core.survey import Survey
from pdp.lookups import find_resources, find_subjects, survey_of
from pdp.lookups.subjects import NOT_EXCEPTED
from pdp.policy_set import PolicySet
from tests.builders import NOON
from tests.properties import lookup_laws as laws
from tests.properties.lookup_laws import REAL, Finder
from tests.stored_facts import surveyed

Law = Callable[[Finder], None]

LAWS: tuple[Law, ...] = (
    laws.subjects_equal_check,
    laws.what_is_left_open_is_if,
    laws.an_if_depends_on_something_unknown,
)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_look_up_of_subjects_keeps_the_law(law: Law) -> None:
    """The law holds on random worlds of all five operators."""
    law(REAL)


def test_the_look_up_of_resources_is_equal_to_check() -> None:
    """Of candidates those are certain that Check allows, and no others."""
    laws.resources_equal_check()


def test_the_look_up_of_what_facts_know_is_equal_to_check() -> None:
    """Without candidates those records are certain that Check allows, and there are some."""
    assert laws.known_resources_equal_check() > 10


def test_the_worlds_have_matches_of_every_kind() -> None:
    """The laws are no laws about nothing: certain and uncertain matches occur, by name and for everyone."""
    kinds = {(match.everyone, match.certainty) for seed in range(200) for match in REAL.subjects(laws.a_world(seed))}

    assert kinds == {(everyone, certainty) for everyone in (True, False) for certainty in Certainty}


# --- Broken ways to look up -------------------------------------------------------------------------------------------


def _real(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> tuple[Match, ...]:
    return find_subjects(policy, request, stored, request.time or NOON)


def forgets_everyone(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> tuple[Match, ...]:
    """Only those who are named are found."""
    return tuple(match for match in _real(policy, request, stored) if not match.everyone)


def forgets_exceptions(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> tuple[Match, ...]:
    """Everyone may, those who may not among them."""
    found = []
    for match in _real(policy, request, stored):
        left = tuple(condition for condition in match.conditions if condition.name != NOT_EXCEPTED)
        found.append(
            match if left or not match.conditions else replace(match, conditions=(), certainty=Certainty.CERTAIN)
        )
    return tuple(found)


def takes_if_for_certain(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> tuple[Match, ...]:
    """What depends on something is promised."""
    return tuple(replace(match, certainty=Certainty.CERTAIN, conditions=()) for match in _real(policy, request, stored))


def drops_if(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> tuple[Match, ...]:
    """What depends on something is not shown."""
    return tuple(match for match in _real(policy, request, stored) if match.certainty is Certainty.CERTAIN)


def forgets_contextual_facts(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> tuple[Match, ...]:
    """Facts that come with the question do not count."""
    return _real(policy, replace(request, facts=()), stored)


def cuts_off(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> tuple[Match, ...]:
    """After the first match nobody is found any more."""
    return _real(policy, request, stored)[:1]


def forgets_the_data_subject(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> tuple[Match, ...]:
    """Whom the data is about is never found."""
    return tuple(m for m in _real(policy, request, stored) if m.entity != request.resource.data_subject)


def surveys_no_grounds(policy: PolicySet, request: Request) -> Survey:
    """Grounds are not asked for."""
    whole = survey_of(policy, request)
    return Survey(whole.about, whole.people)


def surveys_the_data_subject(policy: PolicySet, request: Request) -> Survey:
    """Roles are sought in the data subject alone."""
    whole = survey_of(policy, request)
    return Survey(whole.people, whole.people, whole.grounds)


TWINS: tuple[tuple[Finder, Law], ...] = (
    (Finder("forgets everyone", forgets_everyone), laws.subjects_equal_check),
    (Finder("forgets exceptions", forgets_exceptions), laws.subjects_equal_check),
    (Finder("takes if for certain", takes_if_for_certain), laws.subjects_equal_check),
    (Finder("forgets contextual facts", forgets_contextual_facts), laws.subjects_equal_check),
    (Finder("cuts off", cuts_off), laws.subjects_equal_check),
    (Finder("never finds the data subject", forgets_the_data_subject), laws.subjects_equal_check),
    (Finder("surveys no grounds", survey=surveys_no_grounds), laws.subjects_equal_check),
    (Finder("seeks roles in the data subject alone", survey=surveys_the_data_subject), laws.subjects_equal_check),
    (
        Finder("follows no containers", store=lambda facts, survey: surveyed(facts, survey, climbs=False)),
        laws.subjects_equal_check,
    ),
    (Finder("drops if", drops_if), laws.what_is_left_open_is_if),
)


@pytest.mark.parametrize(("twin", "law"), TWINS, ids=lambda part: part.name if isinstance(part, Finder) else "")
def test_a_broken_look_up_is_caught(twin: Finder, law: Law) -> None:
    """The law that the real look-up keeps fails for one that leaves out, or promises, what it must not."""
    with pytest.raises(AssertionError):
        law(twin)


def leaves_out_the_last(
    policy: PolicySet, request: Request, candidates: tuple[Resource, ...], *rest: object
) -> tuple[Match, ...]:
    """The last candidate is never looked at."""
    return find_resources(policy, request, candidates[:-1], *rest)  # type: ignore[arg-type]  # passed on as they came


def test_a_broken_look_up_of_resources_is_caught() -> None:
    """One that leaves a candidate out is told from the real one."""
    with pytest.raises(AssertionError):
        laws.resources_equal_check(leaves_out_the_last)
