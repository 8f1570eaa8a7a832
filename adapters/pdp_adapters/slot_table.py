"""The revision of the last change in each slot of ends (pdp.core.ends), in memory that several threads may look at.

A slot is a word of eight bytes that lies on a boundary of eight: it is read and written in one piece.
"""

from collections.abc import Iterable
from typing import Final

from pdp.core.ends import SLOTS, Slots

WORD: Final = 8
TABLE_BYTES: Final = SLOTS * WORD


class SlotTable:
    """The table in *memory*, which holds TABLE_BYTES from *offset* on."""

    def __init__(self, memory: "memoryview | bytearray", offset: int = 0) -> None:
        self._words = memoryview(memory)[offset : offset + TABLE_BYTES].cast("Q")

    def newest_of(self, slots: Slots) -> int:
        """Return the revision of the last change in any of *slots*."""
        # The slowest part of finding something unchanged: no loop in Python.
        return max(map(self._words.__getitem__, slots), default=0)

    def raise_to(self, slots: Iterable[int], revision: int) -> None:
        """Note that *revision* changes something in *slots*; a later change stays noted.

        Only one writer of a store at a time may call this for one table.
        """
        words = self._words
        for slot in slots:
            if words[slot] < revision:
                words[slot] = revision

    def release(self) -> None:
        """Let go of the memory."""
        self._words.release()
