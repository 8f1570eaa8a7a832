"""From errors to gRPC statuses; only this module knows which code stands for what."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final

import grpc
from google.rpc import status_pb2
from structlog.typing import FilteringBoundLogger

from pdp.core.errors import (
    ConflictError,
    CycleError,
    ForeignTokenError,
    InvalidPolicyError,
    InvalidRequestError,
    InvalidSettingsError,
    KeptNoLongerError,
    NoPolicyError,
    NotAllowedError,
    NotImplementedYetError,
    NotPermittedError,
    NotRecordedError,
    NotThereError,
    OverloadedError,
    RequestError,
    TooMuchToCompareError,
    TooMuchToLookUpError,
    UnavailableError,
    UnknownCallerError,
    UnsettledError,
)
from pdp.core.text import Text
from pdp.server.events import Event
from pdp.server.inline_calls import TOO_LATE, TOO_MANY
from pdp.server.under_way import EndingError
from pdp.wire.errors import retry_status, rich_status

_RETRIES_TOLD: Final = 100
"""When to ask again is told in so many parts of a second."""

_RETRIES_KEPT: Final = 256

MALFORMED_MESSAGE: Final = "malformed-message"
"""Code of the mistake that the bytes of a call are no message of its type."""

NO_POLICY: Final = "no-policy"
"""Code of an item of a batch whose operator has no valid policy set."""

MISTAKEN: Final = "invalid-request"
OURS: Final = "error-of-the-server"


@dataclass(frozen=True, slots=True)
class Refusal:
    """How one kind of error is told: a code and a sentence that never holds the text of an exception.

    *reason* is the word under which it is counted; it is never given another meaning.
    """

    reason: str
    code: grpc.StatusCode
    sentence: str
    event: Event | None = None


class TooManyCallsError(Exception):
    """As many calls of this kind are under way as may be."""


class CallOverError(Exception):
    """The deadline of a call had passed, or its caller had gone, before the work began."""


_OURS: Final = Refusal(
    OURS,
    grpc.StatusCode.INTERNAL,
    "no decision was made: an error of the server",
    Event.REQUEST_FAILED,
)
_NOT_NOW: Final = Refusal(
    "unavailable",
    grpc.StatusCode.UNAVAILABLE,
    "no decision was made: something that it needs cannot be had now",
    Event.UNAVAILABLE,
)

REFUSALS: Final[Mapping[type[Exception], Refusal]] = {
    InvalidRequestError: Refusal(
        MISTAKEN,
        grpc.StatusCode.INVALID_ARGUMENT,
        "the request cannot be right; the details say why",
    ),
    NoPolicyError: Refusal(
        NO_POLICY,
        grpc.StatusCode.FAILED_PRECONDITION,
        "this operator has no valid policy set",
    ),
    InvalidPolicyError: Refusal(
        "invalid-policy",
        grpc.StatusCode.FAILED_PRECONDITION,
        "the policy files are not valid",
    ),
    ForeignTokenError: Refusal(
        "foreign-token",
        grpc.StatusCode.FAILED_PRECONDITION,
        "the token is of another store",
    ),
    KeptNoLongerError: Refusal(
        "kept-no-longer",
        grpc.StatusCode.OUT_OF_RANGE,
        "the past is not kept so far back: read the facts anew",
    ),
    NotRecordedError: Refusal(
        "not-recorded",
        grpc.StatusCode.FAILED_PRECONDITION,
        "there is no record from which this decision could be made again",
    ),
    ConflictError: Refusal(
        "conflict",
        grpc.StatusCode.ABORTED,
        "what the write rests on has changed, or its request id stands for another write",
    ),
    CycleError: Refusal(
        "cycle",
        grpc.StatusCode.INVALID_ARGUMENT,
        "something would lie in itself",
    ),
    NotAllowedError: Refusal(
        "not-allowed",
        grpc.StatusCode.PERMISSION_DENIED,
        "the policy does not let the actor make this change; the details say why",
    ),
    TooManyCallsError: Refusal(
        TOO_MANY,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "too many calls are under way",
    ),
    NotImplementedYetError: Refusal(
        "not-implemented",
        grpc.StatusCode.UNIMPLEMENTED,
        "this version does not serve that",
    ),
    TooMuchToLookUpError: Refusal(
        "too-much-to-look-up",
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "the look-up could only be answered in part, so it is not answered at all",
    ),
    TooMuchToCompareError: Refusal(
        "too-much-to-compare",
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "the policies could not be compared within the bounds, so nothing is told",
    ),
    UnavailableError: _NOT_NOW,
    NotThereError: _NOT_NOW,
    UnknownCallerError: Refusal(
        "unknown-caller",
        grpc.StatusCode.UNAUTHENTICATED,
        "who asks is not known here",
    ),
    NotPermittedError: Refusal(
        "not-permitted",
        grpc.StatusCode.PERMISSION_DENIED,
        "this caller may not do that; the details say what",
    ),
    OverloadedError: Refusal(
        "overloaded",
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "more is asked than can be answered now; the details say when to ask again",
    ),
    UnsettledError: Refusal(
        "unsettled",
        grpc.StatusCode.UNAVAILABLE,
        "the policy files are being changed just now",
    ),
    InvalidSettingsError: _OURS,
    EndingError: Refusal(
        "ending",
        grpc.StatusCode.UNAVAILABLE,
        "the server is ending, and nothing was begun: another one may be asked",
    ),
    CallOverError: Refusal(
        TOO_LATE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        "the deadline had passed before the work began",
    ),
}


REASONS: Final = tuple(dict.fromkeys([*(refusal.reason for refusal in REFUSALS.values()), OURS]))
"""Every word under which refusals are counted."""


def refusal_of(error: BaseException) -> Refusal:
    """Return how *error* is told; what is not in the table is an error of ours."""
    for type_ in type(error).__mro__:
        if type_ in REFUSALS:
            return REFUSALS[type_]
    return _OURS


def reason_of(error: BaseException) -> str:
    """Return the word under which *error* is counted."""
    return refusal_of(error).reason


def status_of(error: BaseException, method: str, log: FilteringBoundLogger) -> status_pb2.Status:
    """Return the status that tells the caller of *method* about *error*, and log what must not be told."""
    refusal = refusal_of(error)
    code, sentence = _number(refusal.code), refusal.sentence
    if isinstance(error, InvalidRequestError | NotAllowedError):
        return rich_status(code, sentence, error)
    if isinstance(error, NotPermittedError):
        return rich_status(code, sentence, InvalidRequestError([error.error]))
    if isinstance(error, OverloadedError):
        return _overloaded(code, sentence, ceil(error.retry_seconds * _RETRIES_TOLD))
    if isinstance(error, NotImplementedYetError):
        return status_pb2.Status(code=code, message=str(error) or sentence)
    if refusal.event is None:
        return status_pb2.Status(code=code, message=sentence)
    correlation_id = str(uuid.uuid4())
    # FAIL CLOSED (exception text): a log that cannot be written must not become a second, unguarded exception.
    with suppress(Exception):
        log.error(refusal.event.value, method=method, correlation_id=correlation_id, exc_info=error)
    return status_pb2.Status(code=code, message=f"{sentence}; correlation id {correlation_id}")


@lru_cache(_RETRIES_KEPT)
def _overloaded(code: int, sentence: str, hundredths: int) -> status_pb2.Status:
    """Return what is told so often, while there is no time for it, that it is made once. Nobody may change it."""
    return retry_status(code, sentence, hundredths / _RETRIES_TOLD)


def malformed_message() -> InvalidRequestError:
    """Return what is wrong with bytes that are no message."""
    text = Text(vi="các byte này không phải là thông điệp của phương thức", en="these bytes are no such message")
    return InvalidRequestError([RequestError(MALFORMED_MESSAGE, "", "", "", text)])


def no_message() -> InvalidRequestError:
    """Return what is wrong with a call that brings no message."""
    text = Text(vi="lời gọi không mang theo yêu cầu nào", en="the call brings no request")
    return InvalidRequestError([RequestError(MALFORMED_MESSAGE, "", "", "", text)])


def no_policy(operator: str) -> InvalidRequestError:
    """Return what is wrong with an item of a batch that is for *operator*, which has no valid policy set."""
    text = Text(
        vi=f"nhà cung cấp `{operator}` không có bộ chính sách hợp lệ",
        en=f"operator `{operator}` has no valid policy set",
    )
    return InvalidRequestError([RequestError(NO_POLICY, "operator", operator, "", text)])


def _number(code: grpc.StatusCode) -> int:
    number: int = code.value[0]
    return number
