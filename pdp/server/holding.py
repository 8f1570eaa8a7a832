"""Refusals that are held back for a moment: whoever asks again at once would take the time of the others."""

import heapq
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Final

from pdp.server.tending import TICK_SECONDS

HELD_SECONDS: Final = 0.1
LONGER_BY_SECONDS: Final = 0.01
"""So much longer for each that is held of the same caller already: the more it floods, the less often it comes."""

LONGEST_SECONDS: Final = 1.0
BRIEF_SECONDS: Final = 0.025
"""So long what may take nobody's place: at once it would come again at once."""

HELD_MOST: Final = 4096
"""More are not held: they are refused at once."""

TAKEN_MOST: Final = 4
"""So many are let go for each call that comes: more at once would make that one wait."""

_OF_DEADLINE: Final = 0.9
"""Such a part of the time that a call has left: what is told later is heard by nobody."""

_Held = tuple[float, int, str, Callable[[], None]]


class Holding:
    """Keeps what is to be done a moment later, until it is taken.

    The moment is *seconds*, and longer for a caller of whom many are held. Half of it is chance: what is refused
    together would come again together, and who comes in between would wait behind all of it. Any thread may call it.
    """

    def __init__(
        self,
        seconds: float = HELD_SECONDS,
        most: int = HELD_MOST,
        chance: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._chance = chance
        self._clock = clock
        self._held: list[_Held] = []
        self._of: Counter[str] = Counter()
        self._numbers = count()
        self._changing = threading.Lock()

    def __len__(self) -> int:
        """Return how many are held."""
        return len(self._held)

    def seconds_for(self, held: int, left: float, *, briefly: bool = False) -> float:
        """Return how long one more is held for somebody of whom *held* are, and who waits for *left* seconds more."""
        longest = BRIEF_SECONDS if briefly else min(self._seconds + held * LONGER_BY_SECONDS, LONGEST_SECONDS)
        # Heard even where a thread has to look for what nobody takes.
        in_time = max(0.0, left * _OF_DEADLINE - 2 * TICK_SECONDS)
        return min(longest, in_time) * (0.5 + 0.5 * self._chance())

    def hold(self, key: str, left: float, then: Callable[[], None], *, briefly: bool = False) -> bool:
        """Keep *then* for a moment, for *key*, who waits *left* seconds more; say whether it is kept.

        When too many are, it is done at once.
        """
        with self._changing:
            is_held = len(self._held) < self._most
            if is_held:
                due = self._clock() + self.seconds_for(self._of[key], left, briefly=briefly)
                self._of[key] += 1
                heapq.heappush(self._held, (due, next(self._numbers), key, then))
        if not is_held:
            then()
        return is_held

    def taken(self, overdue: float = 0.0, most: int = TAKEN_MOST) -> list[Callable[[], None]]:
        """Return what is to be done now, at most *most*, whose moment was over *overdue* seconds ago."""
        if not self._held:
            return []
        found: list[Callable[[], None]] = []
        with self._changing:
            due_by = self._clock() - overdue
            while self._held and self._held[0][0] <= due_by and len(found) < most:
                _, _, key, then = heapq.heappop(self._held)
                self._of[key] -= 1
                if not self._of[key]:
                    del self._of[key]
                found.append(then)
        return found
