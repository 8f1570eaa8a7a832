"""How a process that answers comes to its end: a signal, what has begun is finished, a second signal hurries."""

import os
import signal
import threading
from collections.abc import Callable
from typing import NoReturn

from structlog.typing import FilteringBoundLogger

from pdp.server.ending_signals import EndingSignals
from pdp.server.events import Event
from pdp.server.running_server import LAST_SECONDS, RunningServer, does_end


def drain(server: RunningServer, signals: EndingSignals, grace_seconds: int, log: FilteringBoundLogger) -> None:
    """Wait for a signal and let *server* finish; a second signal hurries it."""
    first = signals.wait() or signal.SIGTERM
    log.info(Event.DRAINING.value, signal=signal.Signals(first).name, grace_seconds=grace_seconds)
    ended = server.drain(grace_seconds)
    _call_when(ended, signals.wake)
    # None: an answer that does not come back holds up the end of everything.
    second = signals.wait(grace_seconds + LAST_SECONDS)
    if second:
        log.warning(Event.HURRIED.value, signal=signal.Signals(second).name)
        does_end(lambda: server.drain(None))


def _call_when(event: threading.Event, then: Callable[[], None]) -> None:
    def wait() -> None:
        event.wait()
        then()

    threading.Thread(target=wait, daemon=True).start()


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads that do not come back."""
    os._exit(code)
