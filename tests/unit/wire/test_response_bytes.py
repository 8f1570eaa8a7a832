"""Answers put together from encoded parts are the messages that protobuf would write."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdp.api.v1 import decision_pb2
from pdp.core.decision import Cause, Decision, Effect, Obligation, Reason
from pdp.core.errors import InvalidRequestError
from pdp.core.text import Text
from pdp.server.status import malformed_message
from pdp.wire.errors import item_error_to_wire
from pdp.wire.response_bytes import decision_to_bytes, results_to_bytes
from pdp.wire.responses import decision_to_wire

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
sentences = st.builds(Text, texts, texts)
reasons = st.builds(Reason, texts, texts, st.sampled_from(list(Effect)), sentences)
parameters = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.one_of(st.integers(-1000, 1000), st.booleans(), st.lists(texts, max_size=3)),
    max_size=3,
)
obligations = st.builds(Obligation, texts, texts, parameters, st.booleans(), sentences)
decisions = st.builds(
    Decision,
    decision_id=texts,
    request_id=texts,
    allowed=st.booleans(),
    cause=st.sampled_from(list(Cause)),
    reasons=st.lists(reasons, max_size=3).map(tuple),
    obligations=st.lists(obligations, max_size=3).map(tuple),
    revision=texts,
    checked_at=texts,
    valid_until=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
    matched=st.just(()),
    cached=st.booleans(),
)


@given(decisions)
def test_an_answer_reads_back_as_the_message(decision: Decision) -> None:
    """Whatever a decision holds, however long."""
    assert decision_pb2.CheckResponse.FromString(decision_to_bytes(decision)) == decision_to_wire(decision)


@given(st.lists(st.tuples(texts, st.one_of(decisions, st.just(malformed_message()))), max_size=4))
def test_the_answers_to_a_batch_read_back_as_the_message(
    items: list[tuple[str, Decision | InvalidRequestError]],
) -> None:
    """Each in its place, an error in that of its request."""
    found = decision_pb2.CheckBatchResponse.FromString(
        results_to_bytes([asked for asked, _ in items], [outcome for _, outcome in items])
    )
    expected = decision_pb2.CheckBatchResponse(
        results=[
            decision_pb2.CheckResult(request_id=asked, error=item_error_to_wire(outcome))
            if isinstance(outcome, InvalidRequestError)
            else decision_pb2.CheckResult(request_id=outcome.request_id, response=decision_to_wire(outcome))
            for asked, outcome in items
        ]
    )
    assert found == expected


def test_a_text_that_cannot_be_encoded_is_an_error() -> None:
    """It never leaves as something else."""
    decision = Decision("d", "r", False, Cause.SILENT, (), (), "\ud800", "t", datetime(2026, 1, 1, tzinfo=UTC), ())
    with pytest.raises((ValueError, UnicodeEncodeError)):
        decision_to_bytes(decision)
