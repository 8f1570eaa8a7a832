"""Whoever watches health holds up nobody, however slowly it reads and whenever it goes."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from grpc_health.v1 import health_pb2

from pdp.core.errors import OverloadedError
from pdp.server.health_watches import WATCHERS, Watches, _Watcher
from tests.system.running import wait_until

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SECONDS = 10.0


class Watcher:
    """Hears what it is sent."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def __call__(self, message: Any) -> None:
        """Hear it."""
        self.heard.append(None if message is None else message.status)


class Stuck(Watcher):
    """Reads nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_sent = threading.Event()
        self.go = threading.Event()

    def __call__(self, message: Any) -> None:
        """Hear it later."""
        self.is_sent.set()
        assert self.go.wait(SECONDS)
        super().__call__(message)


def test_each_hears_what_is_and_what_it_becomes() -> None:
    """Not what it knows already, and in the end that it is over."""
    statuses: dict[str, int] = {"a": SERVING, "b": SERVING}
    watches = Watches(lambda service: statuses[service])
    first, second = Watcher(), Watcher()
    leave = [watches.come(service, each) for service, each in (("a", first), ("b", second))]
    wait_until(lambda: first.heard == second.heard == [SERVING])
    statuses["a"] = NOT_SERVING
    watches.look("a")
    watches.look("b")
    wait_until(lambda: first.heard == [SERVING, NOT_SERVING])
    leave[1]()
    watches.end()
    wait_until(lambda: first.heard == [SERVING, NOT_SERVING, None])
    assert second.heard == [SERVING]


def test_one_that_does_not_read_holds_up_nobody() -> None:
    """It may go meanwhile, others come and hear, and the end does not wait for it. It hears the newest alone."""
    statuses: dict[str, int] = {"": SERVING}
    watches = Watches(lambda service: statuses[service])
    stuck, other = Stuck(), Watcher()
    leave = watches.come("", stuck)
    assert stuck.is_sent.wait(SECONDS)
    watches.come("", other)
    wait_until(lambda: other.heard == [SERVING])
    for statuses[""] in (NOT_SERVING, SERVING, NOT_SERVING):
        watches.look("")
    wait_until(lambda: other.heard[-1] == NOT_SERVING)
    leave()
    watches.end()
    wait_until(lambda: other.heard[-1] is None)
    assert stuck.heard == []
    stuck.go.set()
    wait_until(lambda: stuck.heard[:2] == [SERVING, NOT_SERVING])


def test_only_so_many_watch() -> None:
    """Whoever leaves makes room."""
    watches = Watches(lambda _service: SERVING)
    leave = [watches.come("", Watcher()) for _ in range(WATCHERS)]
    with pytest.raises(OverloadedError):
        watches.come("", Watcher())
    leave[0]()
    watches.come("", Watcher())
    watches.end()


class LooksBefore(Watches):
    """The twin: it reads the status before it holds the lock under which it stops sending."""

    def _send(self, watcher: _Watcher) -> None:
        while True:
            status = self._status_of(watcher.service)
            with self._changing:
                if watcher.sent == status:
                    watcher.is_sending = False
                    return
                watcher.sent = status
            with suppress(Exception):
                watcher.send(health_pb2.HealthCheckResponse(status=status))


class ChangesMeanwhile:
    """Tells the status of a service, and has it changed right after it was read for the second time."""

    def __init__(self, make: type[Watches]) -> None:
        self.status: int = SERVING
        self.watches = make(self.read)
        self.changing = threading.Thread(target=self._change)
        self._read = 0

    def read(self, _service: str) -> int:
        """Return the status; whoever reads it unlocked finds it changed and looked at when it goes on."""
        self._read += 1
        status = self.status
        if self._read == 2:
            self.changing.start()
            if not self.watches._changing.locked():
                self.changing.join(SECONDS)
        return status

    def _change(self) -> None:
        self.status = NOT_SERVING
        self.watches.look("")


def heard_of_a_change_meanwhile(make: type[Watches]) -> list[Any]:
    """Change the status while it is read, and return what a watcher has heard once nothing is sent any more."""
    changes, watcher = ChangesMeanwhile(make), Watcher()
    changes.watches.come("", watcher)
    wait_until(lambda: changes.changing.ident is not None)
    changes.changing.join(SECONDS)
    changes.watches._senders.shutdown()
    return watcher.heard


def test_no_change_is_missed_that_comes_while_the_status_is_read() -> None:
    """Whoever changes it finds the sender still at it, or done and to be begun again."""
    assert heard_of_a_change_meanwhile(Watches) == [SERVING, NOT_SERVING]


def test_the_twin_that_reads_the_status_unlocked_is_found_out() -> None:
    """Its watcher believes for ever that the service can be asked."""
    assert heard_of_a_change_meanwhile(LooksBefore) == [SERVING]
