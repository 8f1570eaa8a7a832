"""What is wrong with a request: to wire messages and the details of a status, and back for a client."""

from collections.abc import Sequence
from typing import Final

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from pdp.api.v1 import errors_pb2
from pdp.core.errors import InvalidRequestError, NotAllowedError, RequestError
from pdp.wire.mistakes import more_errors
from pdp.wire.responses import text_from_wire

ROOM: Final = 5_500
"""Bytes that a status may take. gRPC refuses trailers of more than 8 KiB by default, and writes these in base64."""

_NAMED: Final = 16
"""So many mistakes the one error of an item names."""


def errors_to_wire(error: InvalidRequestError) -> errors_pb2.Errors:
    """Return every mistake of a request as a message."""
    return errors_pb2.Errors(errors=[error_to_wire(mistake) for mistake in error.errors])


def error_to_wire(mistake: RequestError) -> errors_pb2.Error:
    """Return one mistake as a message."""
    return errors_pb2.Error(
        code=mistake.code,
        field=mistake.field,
        value=mistake.value,
        suggestion=mistake.suggestion,
        message=mistake.message.as_map(),
    )


def item_error_to_wire(error: InvalidRequestError) -> errors_pb2.Error:
    """Return what is wrong with one item of a batch or stream: its first mistake, whose message names the others."""
    first, *others = error.errors
    if len(others) >= _NAMED:
        others = [*others[: _NAMED - 1], more_errors()]
    on_wire = error_to_wire(first)
    if others:
        for locale, said in tuple(on_wire.message.items()):
            listed = (_placed(other.field, other.message.in_locale(locale)) for other in others)
            on_wire.message[locale] = "; ".join((_placed(first.field, said), *listed))
    return on_wire


def _placed(field: str, said: str) -> str:
    return f"{field}: {said}" if field else said


def rich_status(
    code: int, message: str, error: InvalidRequestError | NotAllowedError, *, room: int = ROOM
) -> status_pb2.Status:
    """Return a status with every mistake in its details, as our own message and as `google.rpc.BadRequest`.

    Where they need more than *room* bytes, the last ones are left out of both, and one more says so.
    """
    status = _status(code, message, error.errors)
    kept = len(error.errors)
    while kept > 0 and status.ByteSize() > room:
        kept -= 1 + kept // 8
        status = _status(code, message, (*error.errors[:kept], more_errors()))
    return status


def retry_status(code: int, message: str, seconds: float) -> status_pb2.Status:
    """Return a status whose details say in how many seconds the same may be asked again."""
    status = status_pb2.Status(code=code, message=message)
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromNanoseconds(max(1, round(seconds * 1e9)))
    status.details.add().Pack(retry)
    return status


def errors_from_status(status: status_pb2.Status) -> InvalidRequestError | None:
    """Return the mistakes in the details of *status*, None when it tells of none."""
    errors = errors_pb2.Errors()
    try:
        if not any(detail.Unpack(errors) for detail in status.details):
            return None
    except DecodeError:
        return None
    return InvalidRequestError(error_from_wire(each) for each in errors.errors)


def error_from_wire(message: errors_pb2.Error) -> RequestError:
    """Return the mistake that *message* tells of."""
    text = text_from_wire(message.message)
    return RequestError(message.code, message.field, message.value, message.suggestion, text)


def _status(code: int, message: str, mistakes: Sequence[RequestError]) -> status_pb2.Status:
    status = status_pb2.Status(code=code, message=message)
    status.details.add().Pack(errors_pb2.Errors(errors=[error_to_wire(mistake) for mistake in mistakes]))
    status.details.add().Pack(
        error_details_pb2.BadRequest(field_violations=[_violation(mistake) for mistake in mistakes])
    )
    return status


def _violation(mistake: RequestError) -> error_details_pb2.BadRequest.FieldViolation:
    return error_details_pb2.BadRequest.FieldViolation(
        field=mistake.field,
        description=mistake.message.en,
        reason=mistake.code.upper().replace("-", "_"),
    )
