"""Numbers of several processes in memory that they share: one row for each, which it alone writes.

A row belongs to a place among the workers and outlives the process that had it: whoever takes the place of one that
died goes on counting where it stopped, so no sum goes down.
"""

import mmap
from typing import Final

_NUMBER: Final = 8
_LINE: Final = 8
"""So many numbers lie in one line of a processor's cache: two rows share none."""


class SharedNumbers:
    """*places* rows of *width* numbers, all 0; made before the processes that share them are forked."""

    def __init__(self, places: int, width: int) -> None:
        self.places: Final = places
        self._width = -(-width // _LINE) * _LINE
        self._map = mmap.mmap(-1, max(1, places) * self._width * _NUMBER)
        self._all = memoryview(self._map).cast("d")

    def row(self, place: int) -> "memoryview[float]":
        """Return the numbers of *place*, counted from 0."""
        if not 0 <= place < self.places:
            raise ValueError(f"there is no place {place}")
        return self._all[place * self._width : (place + 1) * self._width]

    def of_all(self, at: int) -> tuple[float, ...]:
        """Return the number at *at* of every place."""
        return tuple([self._all[place * self._width + at] for place in range(self.places)])
