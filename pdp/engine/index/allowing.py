"""What the plain question for allow or deny needs of rules, and no more: the fewer objects, the fewer are fetched.

Asked about in turn, different questions find little of a big policy in the processor's caches. Numbers of rows, rows,
roles and effects are objects of their own. Here every text of the one column that roles are looked for in is a single
character, its *code*; the rules of one key are a string of codes, and so is all that a subject holds. Comparing the two
reads two objects.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pdp.engine.index.buckets import FEW

MIXED: Final = object()
"""Stands for rules that are too many to be tested one by one, or whose order matters."""

Coded = str | tuple[str, str] | object
"""The codes of rules that share a key: of those that allow; where some deny, of those and of those that allow."""

NOTHING: Final[Mapping[str, Any]] = {}
"""Looked into where an outer table has no key."""

_MOST_CODES: Final = 0x110000
_FEW_KEYS: Final = 1_000
_LEAST_A_TABLE: Final = 4
"""Keys that each inner table has to hold on average, where there are many: with fewer it costs more than it spares."""


class Codes:
    """A character for each of *texts*; raises ValueError when there are more than characters."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.of: dict[str, str] = {}
        for text in texts:
            if text not in self.of:
                if len(self.of) == _MOST_CODES:
                    raise ValueError("more texts than characters")
                self.of[text] = chr(len(self.of))
        self._known: dict[str, str] = {}

    def string(self, texts: Iterable[str]) -> str:
        """Return the codes of those of *texts* that have one; equal strings are one object."""
        found = "".join(dict.fromkeys(self.of[text] for text in texts if text in self.of))
        return self._known.setdefault(found, found)


Says = Callable[[int], bool | None]
"""Whether the rule of a number allows or denies; None when it does neither, or when what it does changes nothing."""


class AllowingTable:
    """The rules *numbers* by their texts at *equal*, each as the code of its text at *column*.

    With *in_order* the first rule that matches decides, otherwise a rule that denies wins. There are tables in tables:
    the column with the most different texts is the innermost, whose keys are those texts themselves. *outer* are the
    places in *equal* of the columns around it, outermost first, and *inner* is the place of the last one. Raises
    ValueError where tables in tables would be too many.
    """

    def __init__(
        self,
        rules: Sequence[tuple[str, ...]],
        numbers: Iterable[int],
        equal: Sequence[int],
        column: int | None,
        says: Says,
        *,
        in_order: bool,
    ) -> None:
        chosen = [number for number in numbers if says(number) is not None]
        different = [len({rules[number][at] for number in chosen}) for at in equal]
        *outer, self.inner = sorted(range(len(equal)), key=different.__getitem__)
        self.outer: tuple[int, ...] = tuple(outer)
        # Without a column every rule of a key matches: it has the code of the empty text, as whoever asks has.
        texts = {number: "" if column is None else rules[number][column] for number in chosen}
        self.codes = Codes(texts.values())
        found: dict[tuple[str, ...], list[int]] = {}
        columns = [equal[at] for at in (*outer, self.inner)]
        for number in chosen:
            found.setdefault(tuple([rules[number][at] for at in columns]), []).append(number)
        tables = Counter(key[:depth] for key in found for depth in range(1, len(columns)))
        if len(tables) * _LEAST_A_TABLE > len(found) > _FEW_KEYS:
            raise ValueError(f"{len(tables)} tables for {len(found)} keys")
        self.table: dict[str, Any] = {}
        for key, held in found.items():
            table = self.table
            for text in key[:-1]:
                table = table.setdefault(text, {})
            allowing = self.codes.string(texts[number] for number in held if says(number))
            denying = self.codes.string(texts[number] for number in held if not says(number))
            table[key[-1]] = _coded(allowing, denying, in_order=in_order)


def _coded(allowing: str, denying: str, *, in_order: bool) -> Coded:
    if len(allowing) + len(denying) > FEW or (in_order and denying):
        return MIXED
    return (denying, allowing) if denying else allowing
