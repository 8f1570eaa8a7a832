"""Look-ups over stored facts: of the present, of the past, and never of a part."""

from datetime import UTC, datetime

import pytest

from pdp.core.entity import Entity
from pdp.core.errors import TooMuchToLookUpError
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.lookup import Certainty, Match
from pdp.decision_point import DecisionPoint
from pdp.lookups import MAXIMUM_FACTS
from pdp.lookups.finding import MAXIMUM_WORK, bound_work
from pdp.lookups.subjects import find_subjects
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from tests.builders import (
    AUNT,
    CHILD,
    FATHER,
    FRIEND,
    KIDSONLINE,
    MOTHER,
    NOON,
    AlwaysAt,
    Json,
    a_family,
    a_request,
    a_role,
    the_policy_set,
)
from tests.stores.writing import delete, write

FEBRUARY, MARCH, APRIL, MAY = (datetime(2026, month, 3, 5, tzinfo=UTC) for month in (2, 3, 4, 5))


def keeping(facts: list[Json], at: datetime = NOON) -> MemoryFacts:
    """Return a store with *facts*, written as in a case file, since *at*."""
    store = MemoryFacts()
    write(store, *(fact.kind for fact in a_request(MOTHER, facts).facts), at=at)
    return store


def over(facts: MemoryFacts) -> DecisionPoint:
    """Return a decision point over stored *facts*."""
    return DecisionPoint({KIDSONLINE: the_policy_set()}, facts, AlwaysAt(), NoDecisionLog())


def names(matches: tuple[Match, ...]) -> list[str]:
    """Return who may for certain, by name."""
    return [str(match.entity) for match in matches if match.certainty is Certainty.CERTAIN]


def test_stored_and_contextual_facts_count_together() -> None:
    """The guardians are stored; the aunt's role comes with the question."""
    family = a_family()
    stored = [fact for fact in family if fact.get("role", {}).get("subject") != AUNT]
    own = [fact for fact in family if fact.get("role", {}).get("subject") == AUNT]

    found = over(keeping(stored)).lookup_subjects(a_request(MOTHER, own))

    assert names(found.matches) == sorted([MOTHER, FATHER, AUNT])
    assert found.checked_at.endswith(".1")


def test_who_could_see_it_on_the_third_of_march() -> None:
    """The past is that of the store: whoever was entered later was not there."""
    past = [fact for fact in a_family() if fact.get("role", {}).get("subject") != AUNT]
    store = keeping(past, FEBRUARY)
    write(store, *(fact.kind for fact in a_request(MOTHER, a_family()).facts), at=APRIL)
    delete(
        store,
        fact_id(KIDSONLINE, RoleAssignment(Entity.parse(FATHER), "primary_guardian", Entity.parse(CHILD))),
        at=MAY,
    )
    point, question = over(store), a_request(MOTHER, [])

    assert names(point.lookup_subjects(question).matches) == sorted([MOTHER, AUNT])
    then = point.lookup_subjects(question, MARCH)
    assert (names(then.matches), then.checked_at) == (sorted([MOTHER, FATHER]), f"{store.state().token.history}.1")


def test_what_the_store_knows_of_is_found() -> None:
    """Without candidates the child is found by whoever holds a role there, and another child is not."""
    store = keeping([*a_family(), a_role("user:xa", "primary_guardian", FRIEND)])

    found = over(store).lookup_resources(a_request(MOTHER, []))

    assert CHILD in [str(match.entity) for match in found.matches]
    assert FRIEND not in [str(match.entity) for match in found.matches]


def test_more_facts_than_may_be_looked_at_are_an_error() -> None:
    """A look-up that could only be answered in part is not answered."""
    child = Entity("child", "minh")
    store = MemoryFacts()
    write(store, *(RoleAssignment(Entity("user", f"u{at}"), "teacher", child) for at in range(MAXIMUM_FACTS + 1)))

    with pytest.raises(TooMuchToLookUpError):
        over(store).lookup_subjects(a_request(MOTHER, []))


def test_more_work_than_may_be_done_is_an_error() -> None:
    """The bound counts candidates times facts, before any of the work is done."""
    child = Entity("child", "minh")
    roles = tuple(Fact(RoleAssignment(Entity("user", f"u{number}"), "teacher", child)) for number in range(1500))

    with pytest.raises(TooMuchToLookUpError):
        find_subjects(the_policy_set(), a_request(MOTHER, []), roles, NOON)
    bound_work(1, MAXIMUM_WORK - 1)
    with pytest.raises(TooMuchToLookUpError):
        bound_work(1, MAXIMUM_WORK)
