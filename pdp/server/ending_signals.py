"""The signals that end a process, to be waited for; none is lost."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

ENDING: Final = (signal.SIGTERM, signal.SIGINT)
_WOKEN: Final = 0
_MEANT: Final = (_WOKEN, *ENDING)
_SOON: Final = 1e-6  # no time at all would be an answer at once: that is another error


class EndingSignals:
    """What has come of ENDING, and whether somebody has called `wake`."""

    def __init__(self, heard: socket.socket, told: socket.socket) -> None:
        self._heard = heard
        self._told = told

    def wake(self) -> None:
        """Let `wait` return without a signal. Any thread may call this."""
        with suppress(OSError):  # it is full of what wakes as well, or nobody waits any more
            self._told.send(bytes((_WOKEN,)))

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the signal that has come, 0 where `wake` was called, None where neither has within *seconds*."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            self._heard.settimeout(None if deadline is None else max(_SOON, deadline - time.monotonic()))
            try:
                (number,) = self._heard.recv(1)
            except TimeoutError:
                return None
            # The interpreter writes every signal that has a handler in Python, whoever set it.
            if number in _MEANT:
                return int(number)


@contextmanager
def ending_signals() -> Iterator[EndingSignals]:
    """Take the signals that end a process, until the end of the block; only the main thread may.

    INVARIANT (no signal is lost): the interpreter writes each to a socket at once, on whatever thread it comes. A
    handler in Python runs on the main thread, between two of its steps: one that comes after the last step before that
    thread begins to wait, or on another thread, would be handled when the wait is over, and that is never.
    """
    heard, told = socket.socketpair()
    with heard, told:
        told.setblocking(False)
        before = {number: signal.signal(number, _taken) for number in ENDING}
        waker = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        try:
            yield EndingSignals(heard, told)
        finally:
            signal.set_wakeup_fd(waker)
            for number, handler in before.items():
                signal.signal(number, handler)


def _taken(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the socket has it."""
