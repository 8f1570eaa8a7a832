"""A claimed scope is held against what is stored, at the instant of the answer and for as long as the answer stands."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pdp.core.decision import MAXIMUM_BOUNDARIES
from pdp.core.errors import InvalidRequestError
from pdp.core.fact_identity import fact_id
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.gathering import agreeing
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from tests.builders import CHILD, CLASS, KIDSONLINE, NOON, TEACHER, AlwaysAt, a_question, a_role, read, the_policy_set
from tests.stores.writing import fact, lies_in, write

MOVES = NOON + timedelta(days=1)


def asked_beside(valid_from: datetime) -> tuple[MemoryFacts, Request]:
    """Store that the child lies elsewhere *valid_from* then on; return the store and the question of a teacher."""
    question = read(a_question(TEACHER, facts=[a_role(TEACHER, "teacher", CLASS)]))
    store = MemoryFacts()
    roles = [replace(each, id=fact_id(KIDSONLINE, each.kind), stored=True) for each in question.facts]
    write(store, *roles, fact(lies_in(CHILD, "class:lá-2"), valid_from=valid_from), operator=KIDSONLINE)
    return store, replace(question, facts=())


def point_at(store: MemoryFacts, instant: datetime) -> DecisionPoint:
    """Return a decision point whose clock stands at *instant*."""
    return DecisionPoint({KIDSONLINE: the_policy_set()}, store, AlwaysAt(instant), NoDecisionLog())


def the_answer_ends_where_the_claim_does() -> None:
    """An allow beside a claimed class says that it ends when a stored one comes into force, and it does end then."""
    store, asked = asked_beside(MOVES)

    decision = point_at(store, NOON).check(asked)

    assert (decision.allowed, decision.valid_until) == (True, MOVES)
    with pytest.raises(InvalidRequestError, match="this scope does not agree"):
        point_at(store, MOVES).check(asked)


def test_the_answer_ends_where_the_claim_does() -> None:
    """Before the child moves, in one question and in a batch."""
    the_answer_ends_where_the_claim_does()
    store, asked = asked_beside(MOVES)
    batch = point_at(store, NOON).check_batch(KIDSONLINE, [asked, asked], asked.consistency)
    assert [getattr(each, "valid_until", None) for each in batch] == [MOVES, MOVES]


def test_what_ends_unnoticed_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin takes the term of the decision for that of the claim."""
    monkeypatch.setattr("pdp.decision_point.answers.agreed_until", lambda _request, _stored, _at, until: until)
    with pytest.raises(AssertionError):
        the_answer_ends_where_the_claim_does()


def test_what_agrees_has_no_end() -> None:
    """A containment that agrees with the claim, or is over, ends nothing; nor does one where nothing is claimed."""
    question = read(a_question(TEACHER, facts=[a_role(TEACHER, "teacher", CLASS)]))
    agrees = fact(lies_in(CHILD, CLASS), valid_from=MOVES)
    over = fact(lies_in(CHILD, "class:lá-2"), valid_until=NOON)
    other = fact(lies_in(CHILD, "class:lá-2"), valid_from=MOVES)

    assert agreeing.agreed_until(question, [agrees, over], NOON, None) is None
    claims_nothing = replace(question, resource=replace(question.resource, scopes=()))
    assert agreeing.agreed_until(claims_nothing, [other], NOON, None) is None
    sooner = MOVES - timedelta(hours=1)
    assert agreeing.agreed_until(question, [other], NOON, sooner) == sooner


def test_after_many_instants_the_next_is_the_end() -> None:
    """Of more instants than are tried, the first untried one is the end, proved or not."""
    question = read(a_question(TEACHER, facts=[a_role(TEACHER, "teacher", CLASS)]))
    hours = [NOON + timedelta(hours=number) for number in range(1, MAXIMUM_BOUNDARIES + 3)]
    many = [fact(lies_in("school:other", f"school:s-{at.isoformat()}"), valid_from=at) for at in hours]

    assert agreeing.agreed_until(question, many, NOON, None) == hours[MAXIMUM_BOUNDARIES]
