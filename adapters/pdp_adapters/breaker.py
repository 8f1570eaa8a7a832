"""Says when a service that fails, or that is slower than doing without it, is left alone."""

import threading
import time
from typing import Final

FAILURES: Final = 3
OPEN_SECONDS: Final = 1.0
_PROBED_EVERY: Final = 64
_WEIGHT: Final = 0.1
_WEIGHT_DOWN: Final = 0.5
"""What was slow for a while, or has just been connected to, is soon known to be quick again."""


class Breaker:
    """After FAILURES in a row the service is left alone for OPEN_SECONDS; then one call tries it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0
        self._is_probing = False
        self.opened = 0

    def lets_through(self) -> bool:
        """Say whether to call; whoever does has to tell what became of it."""
        if self._failures < FAILURES:
            return True
        with self._lock:
            if self._failures < FAILURES:
                return True
            if self._is_probing or time.monotonic() < self._open_until:
                return False
            self._is_probing = True
            return True

    def succeeded(self) -> None:
        """Note that a call was answered."""
        if self._failures:
            with self._lock:
                self._failures, self._is_probing = 0, False

    def failed(self) -> None:
        """Note that a call was not answered in time."""
        with self._lock:
            self._failures += 1
            self._is_probing = False
            if self._failures >= FAILURES:
                self._open_until = time.monotonic() + OPEN_SECONDS
                self.opened += 1


class Pace:
    """Compares how long two ways take, and says whether the first is worth going; now and then it is tried anyway."""

    def __init__(self) -> None:
        self._first = 0.0
        self._second = 0.0
        self._asked = 0

    def is_worth_it(self) -> bool:
        """Say whether the first way is quicker, as far as is known."""
        if not self._first or not self._second or self._first <= self._second:
            return True
        self._asked += 1
        return self._asked % _PROBED_EVERY == 0

    def first_took(self, seconds: float) -> None:
        """Note how long the first way took."""
        self._first = _mean(self._first, seconds)

    def second_took(self, seconds: float) -> None:
        """Note how long the second way took."""
        self._second = _mean(self._second, seconds)


def _mean(before: float, seconds: float) -> float:
    weight = _WEIGHT_DOWN if seconds < before else _WEIGHT
    return seconds if not before else before + weight * (seconds - before)
