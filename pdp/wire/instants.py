"""Instants: protobuf Timestamps and RFC 3339 text to aware datetimes in UTC, floored to the microsecond, and back."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.mistakes import Mistakes
from pdp.wire.reading import Reading

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND: Final = -62_135_596_800
_LAST_SECOND: Final = 253_402_300_799
_NANOS: Final = 1_000_000_000
_MICROSECOND: Final = timedelta(microseconds=1)
_MICROSECONDS_IN_A_SECOND: Final = 1_000_000

_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?", re.ASCII
)
_OFFSET_HERE: Final = "+07:00"


class OffsetMissingError(ValueError):
    """An instant that is right but for its offset; its text is what to add."""


def instant_from_text(text: str) -> datetime:
    """Return the instant that *text* writes as RFC 3339; raise OffsetMissingError or ValueError when it writes none."""
    written = _RFC3339.fullmatch(text)
    if written is None:
        raise ValueError
    moment, fraction, offset = written.groups()
    parsed = datetime.fromisoformat(f"{moment}.{(fraction or '0')[:6]:0<6}{(offset or 'Z')}".upper())
    if offset is None:
        raise OffsetMissingError(f"{text}{_OFFSET_HERE}")
    try:
        return parsed.astimezone(UTC)
    except OverflowError:
        raise ValueError from None


def read_instant(mistakes: Mistakes, text: str, field: str) -> datetime | None:
    """Read an instant that is written as text."""
    try:
        return instant_from_text(text)
    except OffsetMissingError as error:
        mistakes.refuse(Code.OFFSET_MISSING, field, text, phrases.OFFSET_MISSING, str(error))
    except ValueError:
        if limits.is_too_long(text):
            mistakes.refuse_long(text, field)
        else:
            mistakes.refuse(Code.MALFORMED_TIMESTAMP, field, text, phrases.MALFORMED_TIMESTAMP)
    return None


def read_timestamp(reading: Reading, timestamp: Timestamp, field: str) -> datetime | None:
    """Read a protobuf Timestamp that is set."""
    reading.check_known_fields(timestamp, field)
    seconds, nanos = timestamp.seconds, timestamp.nanos
    if not (_FIRST_SECOND <= seconds <= _LAST_SECOND and 0 <= nanos < _NANOS):
        reading.refuse(Code.OUT_OF_RANGE, field, f"{seconds} s {nanos} ns", phrases.OUT_OF_RANGE)
        return None
    return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)


def instant_from_timestamp(timestamp: Timestamp) -> datetime:
    """Return the instant of a Timestamp from our own side; raise ValueError when it is out of range."""
    try:
        return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1000)
    except OverflowError:
        raise ValueError from None


def timestamp_from_instant(instant: datetime) -> Timestamp:
    """Return *instant* as a protobuf Timestamp."""
    microseconds = (instant - _EPOCH) // _MICROSECOND
    seconds, rest = divmod(microseconds, _MICROSECONDS_IN_A_SECOND)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def text_from_instant(instant: datetime) -> str:
    """Return *instant* as RFC 3339 writes it."""
    return instant.astimezone(UTC).isoformat()
