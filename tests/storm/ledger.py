"""What is known of each family on the one clock of the host, in memory that all processes of a storm share.

For each family a word says since when its grant is known to be revoked: the instant, in nanoseconds of CLOCK_MONOTONIC,
at which the revocation was acknowledged, or 0. It is set to 0 before the next grant is sent. So an allow is stale if
the word was not 0 before the question was sent and is still the same when the answer has come.

Beside that it says which families were changed last, and how many unrelated writes are behind their pace.
"""

import mmap
import time
from pathlib import Path
from typing import Final

from tests.storm.world import FAMILIES

COUNTS: Final = (
    "checks", "batches", "singles", "allows", "stale", "races", "errors", "changes", "revocations", "failed",
    "unrelated", "redis-killed", "redis-hung", "redis-emptied", "redis-filled", "frozen",
)  # fmt: skip
"""What is counted; each process has a row of its own, so that none loses a count of another."""

ROWS: Final = 12
_WAITS: Final = 20_000
LATELY: Final = 8
"""So many families are remembered as changed last."""

_WORDS: Final = FAMILIES + ROWS * len(COUNTS) + 1 + _WAITS + 1 + LATELY


class Ledger:
    """The memory at *path*; a process counts in *row*."""

    def __init__(self, path: Path, row: int = 0) -> None:
        if not path.exists():
            path.write_bytes(bytes(8 * _WORDS))
        with path.open("r+b") as file:
            self._words = memoryview(mmap.mmap(file.fileno(), 8 * _WORDS)).cast("Q")
        self._row = FAMILIES + row * len(COUNTS)
        self._waits = FAMILIES + ROWS * len(COUNTS)
        self._behind = self._waits + 1 + _WAITS
        self._lately = self._behind + 1

    def revoked_since(self, family: int) -> int:
        """Return since when the grant is known to be revoked, 0 when it is not."""
        return self._words[family]

    def is_revoked(self, family: int) -> None:
        """Note that the revocation has just been acknowledged."""
        self._words[family] = now()
        self._is_changed(family)

    def will_be_granted(self, family: int) -> None:
        """Note, before the grant is sent, that it may be in force from now on."""
        self._words[family] = 0

    def is_granted(self, family: int) -> None:
        """Note that the grant has just been acknowledged."""
        self._is_changed(family)

    def _is_changed(self, family: int) -> None:
        # Several processes at once may overwrite what one of them notes: it says what to ask, and judges nothing.
        self._words[self._lately + family % LATELY] = family

    def lately(self, number: int) -> int:
        """Return one of the families that were changed last, by a *number*."""
        return self._words[self._lately + number % LATELY]

    @property
    def behind(self) -> int:
        """Return how many unrelated writes are due and not answered."""
        return self._words[self._behind]

    @behind.setter
    def behind(self, number: int) -> None:
        self._words[self._behind] = number

    def add(self, name: str, number: int = 1) -> None:
        """Count."""
        self._words[self._row + COUNTS.index(name)] += number

    def took(self, nanoseconds: int) -> None:
        """Note how long a revocation took to be acknowledged; one process alone may call this."""
        number = self._words[self._waits]
        self._words[self._waits + 1 + number % (_WAITS - 1)] = nanoseconds
        self._words[self._waits] = number + 1

    def count(self, name: str) -> int:
        """Return the sum over all processes."""
        place = COUNTS.index(name)
        return sum(self._words[FAMILIES + row * len(COUNTS) + place] for row in range(ROWS))

    def waits(self) -> list[float]:
        """Return, in ascending order, how many milliseconds revocations took."""
        number = min(self._words[self._waits], _WAITS - 1)
        return sorted(self._words[self._waits + 1 + at] / 1e6 for at in range(number))


def now() -> int:
    """Return the instant on the clock that all processes of the host share."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
