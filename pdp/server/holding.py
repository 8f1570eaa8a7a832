"""Refusals that are held back for a moment: whoever asks again at once would take the time of the others."""

import heapq
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Final

HELD_SECONDS: Final = 0.1
LONGER_BY_SECONDS: Final = 0.01
"""So much longer for each that is held of the same caller already: the more it floods, the less often it comes."""

LONGEST_SECONDS: Final = 1.0
HELD_MOST: Final = 4096
"""More are not held: they are refused at once."""

_OF_DEADLINE: Final = 0.9
"""Such a part of the time that a call has left: what is told later is heard by nobody."""

_Held = tuple[float, int, str, Callable[[], None]]


class Holding:
    """Does things a moment later, in a thread that runs while there are any.

    The moment is *seconds*, and longer for a caller of whom many are held. Half of it is chance: what is refused
    together would come again together, and who comes in between would wait behind all of it.
    """

    def __init__(
        self, seconds: float = HELD_SECONDS, most: int = HELD_MOST, chance: Callable[[], float] = random.random
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._chance = chance
        self._held: list[_Held] = []
        self._of: Counter[str] = Counter()
        self._numbers = count()
        self._changed = threading.Condition()
        self._runs = False

    def seconds_for(self, held: int, left: float) -> float:
        """Return how long one more is held for somebody of whom *held* are, and who waits for *left* seconds more."""
        longest = min(self._seconds + held * LONGER_BY_SECONDS, LONGEST_SECONDS, max(0.0, left) * _OF_DEADLINE)
        return longest * (0.5 + 0.5 * self._chance())

    def hold(self, key: str, left: float, then: Callable[[], None]) -> None:
        """Call *then* a moment later, for *key*, who waits *left* seconds more; at once when too many are held."""
        with self._changed:
            is_held = len(self._held) < self._most
            if is_held:
                due = time.monotonic() + self.seconds_for(self._of[key], left)
                self._of[key] += 1
                heapq.heappush(self._held, (due, next(self._numbers), key, then))
                if not self._runs:
                    self._runs = True
                    threading.Thread(target=self._release, name="held refusals", daemon=True).start()
                elif self._held[0][0] == due:
                    self._changed.notify()
        if not is_held:
            then()

    def _release(self) -> None:
        while (then := self._next()) is not None:
            then()

    def _next(self) -> Callable[[], None] | None:
        """Wait for what is due, and return it; None when nothing is held any more."""
        with self._changed:
            while self._held:
                wait = self._held[0][0] - time.monotonic()
                if wait > 0:
                    self._changed.wait(wait)
                    continue
                _, _, key, then = heapq.heappop(self._held)
                self._of[key] -= 1
                if not self._of[key]:
                    del self._of[key]
                return then
            self._runs = False
            return None
