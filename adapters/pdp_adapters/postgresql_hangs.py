"""Ends statements that nobody answers any more.

The database itself ends a statement that takes too long (`statement_timeout`); one that is frozen, or behind a link
that swallows everything, does not. A thread that waits for it would wait for as long, and with it one place among those
that answer.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg

WAIT_SECONDS: Final = 2.0
"""So long a call waits for a connection, for a statement and for a lock, each."""

HANG_SECONDS: Final = WAIT_SECONDS + 1.0
"""A statement that has no answer after so long, not even that it took too long, gets none."""

_LOOK_SECONDS: Final = 0.25


class _Awaited:
    """An answer: until when it is waited for, and whether its line was cut."""

    __slots__ = ("is_cut", "until")

    def __init__(self, until: float) -> None:
        self.until = until
        self.is_cut = False


class Statements:
    """The statements under way in this process; looked at by a thread that is there while there are any to look at."""

    def __init__(self) -> None:
        self._under_way: dict[psycopg.Connection[Any], _Awaited] = {}
        self._lock = threading.Lock()
        self._cutting = threading.Lock()
        self._looking: threading.Thread | None = None

    @contextmanager
    def bounded(self, connection: psycopg.Connection[Any], seconds: float = HANG_SECONDS) -> Iterator[None]:
        """Let the statement that is run on *connection* meanwhile fail with psycopg.Error after so many *seconds*."""
        awaited = self._under_way[connection] = _Awaited(time.monotonic() + seconds)
        looking = self._looking
        if looking is None or not looking.is_alive():  # no thread outlives a fork
            self._look_from_now_on()
        try:
            yield
        finally:
            # INVARIANT (cut once): whoever has the connection next is not cut off for this statement, and does not
            # get a line that was cut when the answer had just come.
            with self._cutting:
                self._under_way.pop(connection, None)
            if awaited.is_cut:
                connection.close()

    def _look_from_now_on(self) -> None:
        with self._lock:
            if self._looking is None or not self._looking.is_alive():
                self._looking = threading.Thread(target=self._look, name="hangs", daemon=True)
                self._looking.start()

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            for connection, awaited in list(self._under_way.items()):
                if now > awaited.until:
                    self._cut_off(connection, awaited)

    def _cut_off(self, connection: psycopg.Connection[Any], awaited: "_Awaited") -> None:
        """Cut the line of *connection*, if *awaited* is what is still waited for on it."""
        with self._cutting:
            if self._under_way.get(connection) is awaited and not awaited.is_cut:
                awaited.is_cut = True
                _cut(connection)


def _cut(connection: psycopg.Connection[Any]) -> None:
    """Cut the line, so that whoever waits at it is told."""
    with suppress(psycopg.Error, OSError), socket.socket(fileno=connection.fileno()) as line:
        try:
            line.shutdown(socket.SHUT_RDWR)
        finally:
            line.detach()  # it is the connection's to close
