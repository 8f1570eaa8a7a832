"""Whose turn it is to write: those who take something back come before those who only add.

A store lets one writer in at a time. Where many write (a school year begins, a register is carried over), a revocation
would wait for all of them; so it goes to the head of the queue, in the process and among the processes of a machine.
"""

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pdp.core.errors import UnavailableError

PATIENCE: Final = 1.0
"""Seconds after which a writer that gives way has its turn all the same, in alternation with those that go first."""

GIVING_WAY: Final = 0.25
"""Seconds for which a process gives way to a revocation of another one, which may stand still."""

_LOOK_SECONDS: Final = 0.001
_OTHERS: Final = "the store cannot be used: other writers take too long"


class _Waiting:
    """A writer that waits since an instant, and is told when it is its turn."""

    __slots__ = ("has_turn", "since", "told")

    def __init__(self, since: float) -> None:
        self.since = since
        self.has_turn = False
        self.told = threading.Event()


class Turns:
    """Turns of the threads of one process, one at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changing = threading.Lock()
        self._is_taken = False
        self._first: deque[_Waiting] = deque()
        self._others: deque[_Waiting] = deque()
        self._was_aged = False

    @contextmanager
    def turn(self, seconds: float, *, gives_way: bool) -> Iterator[None]:
        """Have a turn; raise UnavailableError when none comes within *seconds*."""
        self._take(seconds, gives_way=gives_way)
        try:
            yield
        finally:
            self._pass_on()

    @property
    def first_waits(self) -> bool:
        """Say whether one that goes first waits for the turn of another."""
        return bool(self._first)

    @property
    def waiting(self) -> int:
        """Return how many wait for their turn."""
        return len(self._first) + len(self._others)

    def _take(self, seconds: float, *, gives_way: bool) -> None:
        queue = self._others if gives_way else self._first
        with self._changing:
            if not self._is_taken:
                self._is_taken = True
                return
            own = _Waiting(self._clock())
            queue.append(own)
        if own.told.wait(seconds):
            return
        with self._changing:
            if own.has_turn:  # it came at the last moment
                return
            queue.remove(own)
        raise UnavailableError(_OTHERS)

    def _pass_on(self) -> None:
        with self._changing:
            following = self._following()
            self._is_taken = following is not None
            if following is not None:
                following.has_turn = True
                following.told.set()

    def _following(self) -> _Waiting | None:
        """Return whose turn it is, out of the queue."""
        is_aged = bool(self._others) and self._clock() - self._others[0].since >= PATIENCE
        if self._first and not (is_aged and not self._was_aged):
            self._was_aged = False
            return self._first.popleft()
        self._was_aged = is_aged
        return self._others.popleft() if self._others else None


class Precedence:
    """Lets the processes that share the file at *path* know that one of them wants to take something back.

    A lock of the file says so, which ends with the process that has it. What it comes to is order alone: where the file
    is not there, or is another one, whoever comes first is first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Let the others give way meanwhile."""
        file = self._opened()
        try:
            if file is not None:
                with suppress(OSError):
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            yield
        finally:
            if file is not None:
                os.close(file)

    def give_way(self, unless: Callable[[], bool]) -> None:
        """Return when nobody has announced anything any more, or after a while, or when *unless* says so.

        What waits for the one that gives way must not be waited for by it.
        """
        file = self._opened()
        if file is None:
            return
        deadline = time.monotonic() + GIVING_WAY
        try:
            while time.monotonic() < deadline and not unless():
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    time.sleep(_LOOK_SECONDS)
                else:
                    return
        except OSError:
            return
        finally:
            os.close(file)

    def _opened(self) -> int | None:
        try:
            return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
