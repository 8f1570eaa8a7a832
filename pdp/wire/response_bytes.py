"""Answers as bytes: what repeats from answer to answer is encoded once.

The sentences that an answer cites and the obligations that it names are few and the same each time; only its ids and
instants are new. Protocol buffers let a message be put together from encoded parts, in any order of its fields
(https://protobuf.dev/programming-guides/encoding/).
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from pdp.api.v1 import decision_pb2
from pdp.core.by_identity import by_identity
from pdp.core.decision import Cause, Decision, Obligation, Reason, alike_but_for_id
from pdp.core.errors import InvalidRequestError
from pdp.wire.errors import item_error_to_wire
from pdp.wire.instants import timestamp_from_instant
from pdp.wire.responses import CAUSES, obligation_to_wire, reason_to_wire

REMEMBERED: Final = 4096
"""So many encoded lists of reasons, of obligations and so many beginnings of answers are kept."""

_LENGTH_DELIMITED: Final = 2
_CONTINUED: Final = 0x80
_BITS: Final = 7


def _tag(message: type, name: str) -> bytes:
    number: int = message.DESCRIPTOR.fields_by_name[name].number  # type: ignore[attr-defined]
    return bytes([number << 3 | _LENGTH_DELIMITED])


_REQUEST_ID: Final = _tag(decision_pb2.CheckResponse, "request_id")
_DECISION_ID: Final = _tag(decision_pb2.CheckResponse, "decision_id")
_VALID_UNTIL: Final = _tag(decision_pb2.CheckResponse, "valid_until")
_RESULTS: Final = _tag(decision_pb2.CheckBatchResponse, "results")
_RESULT_REQUEST_ID: Final = _tag(decision_pb2.CheckResult, "request_id")
_RESULT_RESPONSE: Final = _tag(decision_pb2.CheckResult, "response")


def decision_to_bytes(decision: Decision) -> bytes:
    """Return *decision* as the bytes of a CheckResponse."""
    return _ids(decision) + _all_but_ids(decision)


def _ids(decision: Decision) -> bytes:
    return _part(_REQUEST_ID, decision.request_id.encode()) + _part(_DECISION_ID, decision.decision_id.encode())


def _all_but_ids(decision: Decision) -> bytes:
    parts = [
        _beginning(decision.allowed, decision.cause, decision.revision, decision.checked_at, decision.cached),
        _reasons(decision.reasons),
    ]
    if decision.obligations:
        parts.append(_obligations(decision.obligations))
    if decision.valid_until is not None:
        parts.append(_valid_until(decision.valid_until))
    return b"".join(parts)


def results_to_bytes(asked: Sequence[str], outcomes: Sequence[Decision | InvalidRequestError]) -> bytes:
    """Return the bytes of a CheckBatchResponse: an outcome for each item, whose request ids are *asked*."""
    results = []
    like: Decision | None = None
    shared = b""
    for request_id, outcome in zip(asked, outcomes, strict=True):
        if isinstance(outcome, InvalidRequestError):
            results.append(_part(_RESULTS, result_to_bytes(request_id, outcome)))
            continue
        if like is None or not alike_but_for_id(outcome, like):
            like, shared = outcome, _all_but_ids(outcome)
        results.append(_part(_RESULTS, _result(outcome, shared)))
    return b"".join(results)


def _result(decision: Decision, all_but_ids: bytes) -> bytes:
    """Return *decision* as the bytes of a CheckResult."""
    response = _part(_RESULT_RESPONSE, _ids(decision) + all_but_ids)
    return _part(_RESULT_REQUEST_ID, decision.request_id.encode()) + response


def result_to_bytes(request_id: str, outcome: Decision | InvalidRequestError) -> bytes:
    """Return the bytes of a CheckResult: the answer to a request, or what is wrong with the one called *request_id*."""
    if isinstance(outcome, InvalidRequestError):
        error = item_error_to_wire(outcome)
        return decision_pb2.CheckResult(request_id=request_id, error=error).SerializeToString()
    return _result(outcome, _all_but_ids(outcome))


@lru_cache(REMEMBERED)
def _beginning(allowed: bool, cause: Cause, revision: str, checked_at: str, cached: bool) -> bytes:
    return decision_pb2.CheckResponse(
        decision=decision_pb2.DECISION_ALLOW if allowed else decision_pb2.DECISION_DENY,
        cause=CAUSES[cause],
        revision=revision,
        checked_at=checked_at,
        cached=cached,
    ).SerializeToString()


def _encode_reasons(reasons: tuple[Reason, ...]) -> bytes:
    return decision_pb2.CheckResponse(reasons=map(reason_to_wire, reasons)).SerializeToString()


def _encode_obligations(obligations: tuple[Obligation, ...]) -> bytes:
    return decision_pb2.CheckResponse(obligations=map(obligation_to_wire, obligations)).SerializeToString()


_reasons: Final = by_identity(_encode_reasons, REMEMBERED)
_obligations: Final = by_identity(_encode_obligations, REMEMBERED)


@lru_cache(REMEMBERED)
def _valid_until(instant: datetime) -> bytes:
    return _part(_VALID_UNTIL, timestamp_from_instant(instant).SerializeToString())


def _part(tag: bytes, content: bytes) -> bytes:
    """Return a field that holds *content*, none at all for an empty text."""
    length = len(content)
    if length < _CONTINUED:
        return tag + length.to_bytes() + content
    digits = bytearray()
    while length >= _CONTINUED:
        digits.append(length & (_CONTINUED - 1) | _CONTINUED)
        length >>= _BITS
    digits.append(length)
    return tag + digits + content
