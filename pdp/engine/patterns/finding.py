"""Finds which of many patterns match a value without testing each of them."""

from collections.abc import Iterable, Mapping
from typing import Final

from pdp.engine.patterns.addresses import NetworkTable
from pdp.engine.patterns.families import Family, Test
from pdp.engine.patterns.segments import PathTree

_MEANS_SOMETHING: Final = frozenset(".^$*+?{}[]\\|()")
_FEWER_WITHOUT: Final = frozenset("*?{")
"""What makes the character before it one that may be missing."""


class PatternIndex:
    """The patterns of one column, with their tests."""

    def __init__(self, family: Family, tests: Mapping[str, Test]) -> None:
        self._family = family
        self._tests = tests
        paths, others = [], []
        for pattern in tests:
            path = family.path(pattern)
            if path is not None:
                paths.append((pattern, path))
            else:
                others.append(pattern)
        self._networks = NetworkTable(tests) if family.name == "ipMatch" else None
        self._tree = PathTree(paths) if paths else None
        self._by_start = _ByStart(family, others)

    def find(self, value: str) -> list[str]:
        """Return the patterns that match *value*; raises what testing one of them raises."""
        if self._networks is not None:
            return self._networks.find(value)
        if self._family.name == "keyMatch5":
            value = value.partition("?")[0]
        found = self._tree.find(value) if self._tree is not None else []
        found.extend(pattern for pattern in self._by_start.find(value) if self._tests[pattern](value))
        return found


class _ByStart:
    """Patterns by the text that every matching value starts with."""

    def __init__(self, family: Family, patterns: Iterable[str]) -> None:
        self._starting: dict[str, list[str]] = {}
        for pattern in patterns:
            self._starting.setdefault(literal_start(family, pattern), []).append(pattern)
        self._lengths = sorted({len(start) for start in self._starting})

    def find(self, value: str) -> list[str]:
        found: list[str] = []
        for length in self._lengths:
            if length > len(value):
                break
            found.extend(self._starting.get(value[:length], ()))
        return found


def literal_start(family: Family, pattern: str) -> str:
    """Return a text that every value starts with that *pattern* matches; "" when none is known."""
    if family.name == "keyMatch":
        star = pattern.find("*")
        return pattern if star < 0 else pattern[:star]
    expression = family.expression(pattern) if family.expression is not None and family.name != "globMatch" else "."
    if "|" in expression:
        return ""
    text = expression.removeprefix("^")
    length = next((at for at, char in enumerate(text) if char in _MEANS_SOMETHING), len(text))
    if text[length : length + 1] in _FEWER_WITHOUT:
        length -= 1
    return text[: max(length, 0)]
