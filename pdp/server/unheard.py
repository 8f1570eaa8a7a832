"""Calls of lanes that await their message: they hold no thread, and the newest of a caller puts out its oldest."""

import time
from collections.abc import Callable
from typing import Final, Protocol

UNHEARD_MOST: Final = 256
"""So many calls of a caller may await their message: one more ends the oldest. Nobody is refused for them, since those
who are not known, such as probes, count as one caller."""

NOTICED_SECONDS: Final = 0.1
"""So long after a call was found to be late it is ended: a process that was held up has not looked for its message."""


class Awaiting(Protocol):
    """A call; *key* is its caller."""

    @property
    def key(self) -> str:
        """Return who calls."""


class Unheard:
    """Knows the calls whose message is awaited. What awaits it for *patience* seconds is to be ended.

    Only the thread that takes events may call this.
    """

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        # Each in the order in which they came; when, and, of those that are late, when that was noticed.
        self._fresh: dict[Awaiting, float] = {}
        self._late: dict[Awaiting, float] = {}
        self._of: dict[str, dict[Awaiting, None]] = {}

    def __len__(self) -> int:
        """Return how many calls await their message."""
        return len(self._fresh) + len(self._late)

    def come(self, call: Awaiting) -> list[Awaiting]:
        """Note that *call* awaits its message; return the calls that are to be ended now, and are awaited no more."""
        now = self._clock()
        over: list[Awaiting] = []
        while self._late and now - self._late[first := next(iter(self._late))] >= NOTICED_SECONDS:
            self.hear(first)
            over.append(first)
        while self._fresh and now - self._fresh[first := next(iter(self._fresh))] >= self._patience:
            del self._fresh[first]
            self._late[first] = now
        of_caller = self._of.setdefault(call.key, {})
        if len(of_caller) >= UNHEARD_MOST:
            oldest = next(iter(of_caller))
            self.hear(oldest)
            over.append(oldest)
        self._fresh[call] = now
        self._of.setdefault(call.key, {})[call] = None
        return over

    def hear(self, call: Awaiting) -> bool:
        """Note that the message of *call* has come, or that none will; say whether it was still awaited."""
        if self._fresh.pop(call, None) is None and self._late.pop(call, None) is None:
            return False
        of_caller = self._of[call.key]
        del of_caller[call]
        if not of_caller:
            del self._of[call.key]
        return True
