"""Path patterns whose segments are each a word or a variable: `/users/:id/photos`, `/files/*`.

They need no regular expression, and many of them are found at once by walking the value's segments through a tree.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

_WORD: Final = re.compile(r"[\w\-~@%=,;!&' ]*")
"""Segments that stand for themselves: nothing in them means anything to a regular expression."""

_VARIABLES: Final[Mapping[str, re.Pattern[str]]] = {
    ":": re.compile(r":[\w\-]+"),
    "{": re.compile(r"\{[\w\-]+\}"),
}

Segment = str | None
"""A word, or None for a variable: one or more characters that are no slash."""


@dataclass(frozen=True, slots=True)
class Path:
    """A pattern as segments; with *open* it ends in `/*`, which anything without a line break follows.

    A line break at the very end of a value is overlooked, because Python's `$` overlooks it.
    """

    segments: tuple[Segment, ...]
    open: bool

    def matches(self, value: str) -> bool:
        """Say whether *value* matches."""
        parts = value.split("/")
        length = len(self.segments)
        if self.open:
            rest = parts[length:]
            if not rest or not _is_rest(rest):
                return False
        elif len(parts) != length:
            return False
        last = length - 1 if not self.open else -1
        for at, (wanted, part) in enumerate(zip(self.segments, parts, strict=False)):
            if wanted is None:
                if not part:
                    return False
            elif wanted != part and not (at == last and part == f"{wanted}\n"):
                return False
        return True


def _is_rest(parts: list[str]) -> bool:
    return "\n" not in "/".join(parts).removesuffix("\n")


def path_of(pattern: str, variable: str) -> Path | None:
    """Return *pattern* as segments, with variables that begin with *variable*, or None when it is no such path."""
    parts = pattern.split("/")
    ends_open = len(parts) > 1 and parts[-1] == "*"
    segments: list[Segment] = []
    for part in parts[:-1] if ends_open else parts:
        if _VARIABLES[variable].fullmatch(part):
            segments.append(None)
        elif _WORD.fullmatch(part):
            segments.append(part)
        else:
            return None
    return Path(tuple(segments), ends_open)


@dataclass(slots=True)
class _Node:
    words: dict[str, "_Node"] = field(default_factory=dict)
    variable: "_Node | None" = None
    here: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)


class PathTree:
    """Finds which of many paths match a value."""

    def __init__(self, paths: Iterable[tuple[str, Path]]) -> None:
        self._root = _Node()
        for pattern, path in paths:
            node = self._root
            for segment in path.segments:
                if segment is None:
                    node.variable = node.variable or _Node()
                    node = node.variable
                else:
                    node = node.words.setdefault(segment, _Node())
            (node.beyond if path.open else node.here).append(pattern)

    def find(self, value: str) -> list[str]:
        """Return the patterns that match *value*."""
        found: list[str] = []
        parts = value.split("/")
        self._walk(self._root, parts, 0, found.extend)
        return found

    def _walk(self, node: _Node, parts: list[str], at: int, add: Callable[[list[str]], None]) -> None:
        if at == len(parts):
            add(node.here)
            return
        if node.beyond and _is_rest(parts[at:]):
            add(node.beyond)
        part = parts[at]
        word = node.words.get(part)
        if word is not None:
            self._walk(word, parts, at + 1, add)
        if at == len(parts) - 1 and part.endswith("\n"):
            word = node.words.get(part[:-1])
            if word is not None:
                add(word.here)
        if node.variable is not None and part:
            self._walk(node.variable, parts, at + 1, add)
