"""What an instance has learned of a PostgreSQL store: up to which revision, and which changes it knows."""

import base64
import secrets
import struct
from collections.abc import Sequence
from typing import Final

from pdp.core.ends import Slots
from pdp.core.freshness import Standing
from pdp_adapters.slot_table import TABLE_BYTES, SlotTable

KEPT: Final = 8192
"""So many of the last revisions it is kept of which ends they changed."""

MOST_SLOTS: Final = 4096
"""A change of more ends than this counts as one of all."""

_EVERYTHING: Final = "*"

Change = tuple[int, str, str]
"""A revision, the ends that it changed as `written` gives them, and its mark."""


class Learned:
    """Which changes are known, in one life of the store after another."""

    def __init__(self) -> None:
        self.revision = 0
        self._source = ""
        self._life = ""
        self._floor = 0
        self._slots = SlotTable(bytearray(TABLE_BYTES))
        self._marks: dict[int, str] = {}

    def learn(self, source: str, revision: int, mark: str, changes: Sequence[Change]) -> bool:
        """Take in that the store *source* is at *revision*, which has that *mark*; say whether that is anything new.

        *changes* are those that are kept of from the known revision on, that one included.
        """
        went_back = source == self._source and self._has_gone_back(revision, changes)
        if source != self._source or went_back:
            # Another history, another server in the place of the first, or one that lags: nothing is known of it. One
            # that has gone back will give other changes the same revisions, so what was read of it never counts again.
            is_first = self._source == ""
            self._source, self._life = source, f"{source}/{secrets.token_hex(8)}" if went_back else source
            self._slots = SlotTable(bytearray(TABLE_BYTES))
            self._marks = {}
            if not is_first:
                self._marks[revision] = mark
                self.revision, self._floor = revision, revision
                return True
        self._take_in([change for change in changes if self.revision < change[0]], revision)
        self._marks[revision] = mark
        has_news = revision != self.revision
        self.revision = revision
        return has_news

    def standing(self, history: str, committed: int) -> Standing:
        """Return where the store stands."""
        newest, marks = self._slots.newest_of, self._marks
        return Standing(self._life, history, self.revision, committed, self._floor, newest, marks.get)

    def _has_gone_back(self, revision: int, changes: Sequence[Change]) -> bool:
        """Say whether the store is not the one that it was, further on."""
        if revision < self.revision:
            return True
        if changes and changes[0][0] > self.revision + 1:
            return False  # it is kept no longer which change that was; nothing from before the gap counts any more
        # FAIL CLOSED (older copy that went on): its changes have the same revisions, and were made without ours.
        found = next((mark for at, _, mark in changes if at == self.revision), "")
        return found != self._marks.get(self.revision, "")

    def _take_in(self, changes: Sequence[Change], revision: int) -> None:
        lowest = changes[0][0] if changes else revision + 1
        # FAIL CLOSED (gap): what is not kept any more could have changed anything.
        if lowest > self.revision + 1 or len(changes) != revision - lowest + 1:
            is_whole = len(changes) == revision - lowest + 1
            self._floor = max(self._floor, lowest - 1 if is_whole else revision)
        # INVARIANT (slots before marks): a revision whose mark is known is one whose ends are raised.
        for at, slots, mark in changes:
            if slots == _EVERYTHING:
                self._floor = max(self._floor, at)
            else:
                self._slots.raise_to(_read(slots), at)
            self._marks[at] = mark
        if len(self._marks) > 2 * KEPT:
            # What was read before the floor does not hold, and what is older than is kept is seldom asked for.
            self._marks = {at: mark for at, mark in self._marks.items() if at > revision - KEPT}


def new_mark() -> str:
    """Return a word that no other revision, of this store or of a copy of it, has."""
    return secrets.token_hex(8)


def written(slots: Slots) -> str:
    """Return *slots* as text."""
    if len(slots) > MOST_SLOTS:
        return _EVERYTHING
    return base64.b64encode(struct.pack(f">{len(slots)}I", *slots)).decode("ascii")


def _read(text: str) -> Slots:
    packed = base64.b64decode(text)
    return struct.unpack(f">{len(packed) // 4}I", packed)
