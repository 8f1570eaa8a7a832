"""How a process that answers comes to its end: a signal, what has begun is finished, a second signal hurries."""

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

from structlog.typing import FilteringBoundLogger

from pdp.server.events import Event
from pdp.server.running_server import LAST_SECONDS, RunningServer, does_end

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def drain(
    server: RunningServer, signals: "queue.SimpleQueue[int]", grace_seconds: int, log: FilteringBoundLogger
) -> None:
    """Wait for a signal and let *server* finish; a second signal hurries it."""
    first = signals.get()
    log.info(Event.DRAINING.value, signal=signal.Signals(first).name, grace_seconds=grace_seconds)
    ended = server.drain(grace_seconds)
    _call_when(ended, lambda: signals.put(0))
    try:
        second = signals.get(timeout=grace_seconds + LAST_SECONDS)
    except queue.Empty:  # an answer that does not come back holds up the end of everything
        return
    if second:
        log.warning(Event.HURRIED.value, signal=signal.Signals(second).name)
        does_end(lambda: server.drain(None))


def _call_when(event: threading.Event, then: Callable[[], None]) -> None:
    def wait() -> None:
        event.wait()
        then()

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def caught_signals() -> Iterator["queue.SimpleQueue[int]"]:
    """Put the signals that end a server into a queue, whose `put` alone may be called from a signal handler."""
    caught: queue.SimpleQueue[int] = queue.SimpleQueue()

    def catch(number: int, _frame: FrameType | None) -> None:
        caught.put(number)

    before = {number: signal.signal(number, catch) for number in _SIGNALS}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads that do not come back."""
    os._exit(code)
