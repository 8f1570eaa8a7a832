"""Those who watch health: each is sent what changes, and none of them can hold up anybody else."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from grpc_health.v1 import health_pb2

from pdp.core.errors import OverloadedError

WATCHERS: Final = 64
"""So many watches of health a process bears: they need no credential, and one that does not read holds a thread."""

_RETRY_SECONDS: Final = 10.0
_END_SECONDS: Final = 0.5

Send = Callable[[Any], None]
"""Sends a message, or ends the call when given None; it comes back once that has left."""


@dataclass(eq=False, slots=True)
class _Watcher:
    service: str
    send: Send
    sent: int | None = None
    is_sending: bool = False
    ends: bool = False


class Watches:
    """Sends to each watcher the status that *status_of* tells for its service, and again when it is another.

    *status_of* is asked under the lock of the watches, and may take none.
    """

    def __init__(self, status_of: Callable[[str], int]) -> None:
        self._status_of = status_of
        self._watchers: set[_Watcher] = set()
        # INVARIANT (no lock while sending): the thread that takes events asks for it when a caller goes, and without
        # that thread nothing is ever sent.
        self._changing = threading.Lock()
        self._gone = threading.Condition(self._changing)
        self._senders = ThreadPoolExecutor(WATCHERS, "health watches")
        self._ends = False

    def come(self, service: str, send: Send) -> Callable[[], None]:
        """Have *service* watched by *send*; return what is to be called when the watcher goes.

        Raises OverloadedError where too many watch.
        """
        watcher = _Watcher(service, send)
        with self._changing:
            if len(self._watchers) >= WATCHERS or self._ends:
                raise OverloadedError("too many watch the health of this server", _RETRY_SECONDS)
            self._watchers.add(watcher)
            self._begin(watcher)

        def leave() -> None:
            with self._changing:
                self._watchers.discard(watcher)
                self._gone.notify_all()

        return leave

    def look(self, service: str) -> None:
        """Let those who watch *service* know what it is now."""
        with self._changing:
            for watcher in self._watchers:
                if watcher.service == service:
                    self._begin(watcher)

    def end(self) -> None:
        """Tell everybody what is last, end every watch, and wait a moment until they have gone."""
        with self._changing:
            self._ends = True
            for watcher in self._watchers:
                watcher.ends = True
                self._begin(watcher)
            self._gone.wait_for(lambda: not self._watchers, _END_SECONDS)
        self._senders.shutdown(wait=False)

    def _begin(self, watcher: _Watcher) -> None:
        """Send in a thread; the one that sends to this watcher already, if there is one, looks again by itself."""
        if not watcher.is_sending:
            watcher.is_sending = True
            self._senders.submit(self._send, watcher)

    def _send(self, watcher: _Watcher) -> None:
        while True:
            with self._changing:
                # INVARIANT (none is missed): who changes it and then looks finds this one sending, or sent to.
                status = self._status_of(watcher.service)
                if watcher.sent == status:
                    watcher.is_sending = False
                    ends = watcher.ends
                    break
                watcher.sent = status
            with suppress(Exception):  # it has gone
                watcher.send(health_pb2.HealthCheckResponse(status=status))
        if ends:
            with suppress(Exception):
                watcher.send(None)
