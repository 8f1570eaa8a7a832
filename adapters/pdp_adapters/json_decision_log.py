"""Decision records as lines of JSON."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from pdp.core.decision import Decision
from pdp.core.errors import UnavailableError
from pdp.core.request import Request
from pdp_adapters.record_lines import record_line, record_lines

_LINE_END: Final = b"\n"


class ByteStream(Protocol):
    """Where bytes are written to: a file without a buffer, or one that is flushed after every record."""

    def write(self, content: bytes, /) -> int | None:
        """Write *content*; return how many bytes were written."""

    def flush(self) -> None:
        """Hand over to the operating system what is still held back."""


class JsonDecisionLog:
    """Writes one line for each decision to *stream*; a record that cannot be written fails the request."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._is_torn = False
        self._records = self._bytes = 0

    def measured(self) -> Mapping[str, float]:
        """Return how many records and bytes were written."""
        return {"records": self._records, "bytes": self._bytes}

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Write the record and hand it to the operating system; raise UnavailableError when it was not taken whole."""
        try:
            self._write(record_line(request, decision, at), 1)
        # FAIL CLOSED (record lost): an answer whose record is gone is not given.
        except (OSError, ValueError, TypeError) as error:
            raise UnavailableError("the decision record could not be written") from error

    def record_all(self, records: Sequence[tuple[Request, Decision, datetime]]) -> None:
        """Write *records*, in their order and with one write; raise UnavailableError as `record` does, for all."""
        try:
            self._write(record_lines(records), len(records))
        # FAIL CLOSED (record lost): as for one; which of them the operating system has taken is not known.
        except (OSError, ValueError, TypeError) as error:
            raise UnavailableError("the decision records could not be written") from error

    def withholding(self, _keys: Mapping[str, frozenset[str]]) -> "JsonDecisionLog":
        """Return this log: everything stands in its records."""
        return self

    def end(self) -> None:
        """Do nothing: nothing is held back."""

    def _write(self, lines: bytes, records: int) -> None:
        with self._lock:
            # What a full disk left of the record before stays a line of its own.
            whole = _LINE_END + lines if self._is_torn else lines
            self._is_torn = True
            written = self._stream.write(whole)
            self._stream.flush()
            if written != len(whole):
                raise OSError(f"{written} of {len(whole)} bytes were written")
            self._is_torn = False
            self._records += records
            self._bytes += written
