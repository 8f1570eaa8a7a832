"""Values of a YAML file that remember where they stood; every scalar is text."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocatedText:
    """One scalar, never typed: `no`, `1.0` and `2024-01-01` stay what was written.

    *raw_start* and *raw_end* are offsets of the scalar in the decoded file, with its quotes or its `|` or `>`, so that
    whoever reads the text in greater detail can tell true places (`position`). *style* is "" for a plain scalar and
    otherwise the character that opens it: `'`, `"`, `|` or `>`.
    """

    text: str
    line: int
    column: int
    raw_start: int
    raw_end: int
    style: str


@dataclass(frozen=True, slots=True)
class LocatedList:
    """A sequence and its place."""

    items: tuple["Located", ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class LocatedMap:
    """A mapping and its place; the entries stand in the order of the file and have different keys."""

    entries: tuple[tuple[LocatedText, "Located"], ...]
    line: int
    column: int

    def get(self, key: str) -> "Located | None":
        """Return the value at *key*, or None when there is none."""
        return next((value for name, value in self.entries if name.text == key), None)

    def key(self, key: str) -> LocatedText | None:
        """Return the place at which *key* itself stands, or None when it does not."""
        return next((name for name, _ in self.entries if name.text == key), None)

    def __iter__(self) -> Iterator[tuple[LocatedText, "Located"]]:
        return iter(self.entries)


Located = LocatedText | LocatedList | LocatedMap
