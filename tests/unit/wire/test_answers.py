"""Decisions, explanations and refusals on the wire, and back at the client."""

from datetime import UTC, datetime

import pytest
from google.protobuf.any_pb2 import Any
from google.rpc import error_details_pb2, status_pb2
from hypothesis import given
from hypothesis import strategies as st

from pdp.api.v1 import decision_pb2, errors_pb2
from pdp.core.decision import Cause, ConditionTrace, Decision, Effect, Obligation, Outcome, Reason, RuleTrace
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError, RequestError
from pdp.core.explanation import Change, Explanation, FactUse, SearchOutcome
from pdp.core.facts import Fact, Ground, RoleAssignment
from pdp.core.text import Text
from pdp.wire.errors import ROOM, errors_from_status, errors_to_wire, item_error_to_wire, rich_status
from pdp.wire.responses import decision_from_wire, decision_to_wire, explanation_from_wire, explanation_to_wire
from tests.unit.wire.words import the_words

SAID = Text(vi="chỉ người giám hộ chính", en="the primary guardian only")
ENDED = Text(vi="hết hạn", en="expired")
ROLE = Fact(RoleAssignment(Entity("user", "lan"), "guardian", Entity("child", "minh")), id="f-1", stored=True)
TICKET = Fact(
    Ground(
        kind="support_ticket",
        id=Entity("ticket", "t-1"),
        status="open",
        beneficiary=Entity("user", "tu"),
        data_subject=Entity("user", "lan"),
        properties={"opened_by": Entity("user", "lan"), "requester_verified": True, "product": "kidsonline"},
    ),
    valid_from=datetime(2026, 1, 5, tzinfo=UTC),
)
TRACE = RuleTrace(
    rule="kids-read",
    clause="KIDS-1.7",
    effect=Effect.ALLOW,
    file="policy.csv",
    line=7,
    conditions=(ConditionTrace("registered", Outcome.UNKNOWN, ("context.authenticated",), SAID),),
)


def _decision(*, allowed: bool = True, cause: Cause = Cause.RULE) -> Decision:
    return Decision(
        decision_id="d-1",
        request_id="r-1",
        allowed=allowed,
        cause=cause,
        reasons=(Reason("KIDS-1.7", "kids-read", Effect.ALLOW, SAID), Reason("KIDS-1.8", "", Effect.LINE, SAID)),
        obligations=(Obligation("record_grant", "KIDS-1.9", {"days": 5, "to": ("a", "b")}, before=True, message=SAID),),
        revision="rev",
        checked_at="t-1",
        valid_until=datetime(2026, 11, 17, 2, 0, 0, 5, tzinfo=UTC),
        matched=(),
        cached=True,
    )


@pytest.mark.parametrize("cause", Cause)
def test_a_decision_reads_back_as_it_was_sent(cause: Cause) -> None:
    """A client sees what the server decided."""
    decision = _decision(allowed=cause is Cause.RULE, cause=cause)

    assert decision_from_wire(decision_to_wire(decision)) == decision


def test_a_decision_is_never_sent_unspecified() -> None:
    """A denial is said, and not left to be guessed from a default."""
    assert decision_to_wire(_decision(allowed=False)).decision == decision_pb2.DECISION_DENY


@pytest.mark.parametrize(
    ("decision", "cause"),
    [
        pytest.param(decision_pb2.DECISION_UNSPECIFIED, decision_pb2.CAUSE_RULE, id="unspecified"),
        pytest.param(7, decision_pb2.CAUSE_RULE, id="decision_of_a_newer_server"),
        pytest.param(decision_pb2.DECISION_ALLOW, decision_pb2.CAUSE_ERROR, id="allow_by_error"),
        pytest.param(decision_pb2.DECISION_ALLOW, decision_pb2.CAUSE_UNSPECIFIED, id="allow_without_cause"),
        pytest.param(decision_pb2.DECISION_ALLOW, 9, id="cause_of_a_newer_server"),
    ],
)
def test_an_answer_that_does_not_clearly_allow_is_a_denial(decision: int, cause: int) -> None:
    """Only an allow for which a rule decided is one."""
    message = decision_pb2.CheckResponse(decision=decision, cause=cause)  # type: ignore[arg-type]

    assert not decision_from_wire(message).allowed


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(decision_pb2.CheckResponse(reasons=[decision_pb2.Reason(effect="maybe")]), id="unknown_effect"),
        pytest.param(decision_pb2.CheckResponse(valid_until={"seconds": 1 << 60}), id="instant_out_of_range"),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(message: decision_pb2.CheckResponse) -> None:
    """A client never guesses what a newer server means."""
    with pytest.raises(InvalidRequestError):
        decision_from_wire(message)


def test_an_explanation_reads_back_as_it_was_sent() -> None:
    """Facts, traces and changes survive; why a fact did not count is said in both languages."""
    explanation = Explanation(
        decision=_decision(allowed=False, cause=Cause.UNMET),
        matched=(TRACE,),
        nearest=(TRACE, TRACE),
        facts=(FactUse(ROLE, counted=True), FactUse(TICKET, counted=False, why_not=ENDED)),
        would_allow=(Change(add=(TICKET,), end=(ROLE,), circumstances=("context.a",), message=SAID, by_whom="user:a"),),
        hypothetical=True,
        search=SearchOutcome.FOUND,
    )

    message = explanation_to_wire(explanation, "kidsonline")

    assert {use.fact.operator for use in message.facts} == {"kidsonline"}
    assert message.facts[1].why_not == f"{ENDED.en}\n{ENDED.vi}"
    assert explanation_from_wire(message, the_words()) == explanation


@pytest.mark.parametrize(
    ("search", "cause", "by_whom"),
    [
        pytest.param(SearchOutcome.NOTHING, Cause.UNMET, "nobody", id="proof"),
        pytest.param(SearchOutcome.BOUNDED, Cause.UNMET, "", id="bounds"),
        pytest.param(SearchOutcome.FAILED, Cause.ERROR, "", id="error"),
    ],
)
def test_where_no_change_was_found_one_that_changes_nothing_says_so(
    search: SearchOutcome, cause: Cause, by_whom: str
) -> None:
    """Only a proof is brought about by nobody: that a bound was hit never reads like one."""
    decision = _decision(allowed=False, cause=cause)
    explanation = Explanation(decision, (), (), (), search=search, search_message=SAID)

    message = explanation_to_wire(explanation, "kidsonline")

    (note,) = message.would_allow
    assert (list(note.add), list(note.end), list(note.circumstances), note.by_whom) == ([], [], [], by_whom)
    assert dict(note.message) == SAID.as_map()
    assert explanation_from_wire(message, the_words()) == explanation


def test_an_error_in_a_condition_does_not_change_how_it_is_sent() -> None:
    """The wire has no field for it: the words of the condition say so."""
    trace = ConditionTrace("registered", Outcome.UNKNOWN, (), SAID, error=True)
    rule = RuleTrace("r", "c", Effect.DENY, "f", 1, (trace,))
    explanation = Explanation(_decision(), matched=(rule,), nearest=(), facts=())

    message = explanation_to_wire(explanation, "kidsonline")

    assert message.matched[0].conditions[0].outcome == "unknown"


def _refusal(count: int, length: int = 10) -> InvalidRequestError:
    return InvalidRequestError(
        RequestError("unknown-word", f"facts[{at}].role.role", "ệ" * length, "guardian", SAID) for at in range(count)
    )


def test_a_status_carries_every_mistake_twice() -> None:
    """Our own message and the one that every gRPC tool knows say the same."""
    refusal = _refusal(3)

    status = rich_status(3, "invalid request", refusal)

    errors, bad_request = errors_pb2.Errors(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(errors)
    assert status.details[1].Unpack(bad_request)
    assert (status.code, status.message) == (3, "invalid request")
    assert errors == errors_to_wire(refusal)
    assert [violation.field for violation in bad_request.field_violations] == [error.field for error in refusal.errors]
    assert bad_request.field_violations[0].reason == "UNKNOWN_WORD"
    assert errors_from_status(status) is not None
    assert errors_from_status(status).errors == refusal.errors  # type: ignore[union-attr]


@given(st.integers(1, 300), st.integers(0, 100))
def test_a_status_keeps_within_what_grpc_carries(count: int, length: int) -> None:
    """Too many mistakes must not turn INVALID_ARGUMENT into a failure of the connection."""
    refusal = _refusal(count, length)

    status = rich_status(3, "invalid request", refusal)

    read = errors_from_status(status)
    assert status.ByteSize() <= ROOM
    assert read is not None
    if read.errors != refusal.errors:
        assert read.errors[-1].code == "more-errors"
        assert read.errors[:-1] == refusal.errors[: len(read.errors) - 1]
        assert len(read.errors) > 2


def test_a_status_without_our_details_tells_of_no_mistake() -> None:
    """A client also meets statuses of proxies, and details that are damaged."""
    damaged = Any(type_url="type.googleapis.com/pdp.api.v1.Errors", value=b"\xff\xff")

    assert errors_from_status(status_pb2.Status(code=3)) is None
    assert errors_from_status(status_pb2.Status(code=3, details=[damaged])) is None


def test_an_item_of_a_batch_names_all_its_mistakes_in_one_message() -> None:
    """The one error that an item can carry keeps the others readable."""
    error = item_error_to_wire(_refusal(3))

    assert error.field == "facts[0].role.role"
    assert error.message["en"].count("the primary guardian only") == 3
    assert "facts[2].role.role" in error.message["vi"]


def test_an_item_full_of_mistakes_names_the_first_of_them() -> None:
    """A hundred bad items must still fit into one answer."""
    error = item_error_to_wire(_refusal(256))

    assert error.message["en"].count("the primary guardian only") == 16
    assert error.message["en"].endswith("there are further mistakes that are not listed")
