"""The rules that share a key: few are a tuple of row numbers, many are found by the texts of further columns."""

from collections.abc import Collection, Sequence
from typing import Final

from pdp.engine.index.bits import BitColumn, numbers

FEW: Final = 16
"""Up to so many rows are tested one by one sooner than looked up."""

_MANY: Final = 1024
"""Up to so many rows are kept as bits; with more, a set for each text would take too much room."""

Accepted = Collection[str]
"""The texts that a column may hold for the rule to match."""


class Crowd:
    """The rows of a bucket with many of them, by the texts of several columns."""

    def __init__(self, rows: Sequence[int], columns: Sequence[Sequence[str]]) -> None:
        self._rows = rows
        self._bits = [BitColumn(column) for column in columns] if len(rows) <= _MANY else None
        self._postings = [_postings(rows, column) for column in columns] if self._bits is None else []

    def find(self, accepted: Sequence[Accepted | None]) -> Sequence[int]:
        """Return, in order, rows among which are all whose columns hold one of the *accepted* texts each.

        None stands for any text.
        """
        if self._bits is not None:
            found = -1
            for column, texts in zip(self._bits, accepted, strict=True):
                if texts is None:
                    continue
                found &= column.rows_of_any(texts)
                if not found:
                    return ()
            rows = self._rows
            return [rows[number] for number in numbers(found)] if found > 0 else rows
        return self._rarest(accepted)

    def _rarest(self, accepted: Sequence[Accepted | None]) -> Sequence[int]:
        best: list[Sequence[int]] | None = None
        fewest = len(self._rows)
        for postings, texts in zip(self._postings, accepted, strict=True):
            if texts is None:
                continue
            if len(texts) <= len(postings):
                lists: list[Sequence[int]] = [postings[text] for text in texts if text in postings]
            else:
                wanted = texts if isinstance(texts, frozenset) else frozenset(texts)
                lists = [rows for text, rows in postings.items() if text in wanted]
            count = sum(map(len, lists))
            if not count:
                return ()
            if count < fewest:
                best, fewest = lists, count
        if best is None:
            return self._rows
        # A text may be accepted twice, as a name and as a role that the name holds.
        return best[0] if len(best) == 1 else sorted({row for rows in best for row in rows})


Bucket = tuple[int, ...] | Crowd


def _postings(rows: Sequence[int], column: Sequence[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for row, text in zip(rows, column, strict=True):
        found.setdefault(text, []).append(row)
    return {text: tuple(listed) for text, listed in found.items()}
