"""Entries in this process, in bounded memory of which every operator has a share of its own."""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pdp.core.caches import Content
from pdp.core.entity import Entity
from pdp.core.facts import Fact

Value = TypeVar("Value")

_ENTRY: Final = 600
_FACT: Final = 900
_ITEM: Final = 64
"""Bytes that an entry, a fact and any other item of a tuple take, by measurement and generously."""


@dataclass(slots=True)
class _Entry(Generic[Value]):
    value: Value
    weight: int
    put_at: float
    used: bool = False


class _Share(Generic[Value]):
    """The entries of one operator, the one longest unused going first when there are too many."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.entries: dict[Content, _Entry[Value]] = {}
        self._clock = clock
        self.weight = 0
        self.evicted = 0
        self._most = most
        self._lock = threading.Lock()

    def put(self, content: Content, value: Value, weight: int) -> None:
        if weight > self._most:
            return
        with self._lock:
            held = self.entries.pop(content, None)
            self.weight += weight - (held.weight if held is not None else 0)
            self.entries[content] = _Entry(value, weight, self._clock())
            while self.weight > self._most:
                oldest = next(iter(self.entries))
                entry = self.entries.pop(oldest)
                if entry.used:
                    # It goes to the end of the queue once more: whoever was asked for lately stays.
                    entry.used = False
                    self.entries[oldest] = entry
                else:
                    self.weight -= entry.weight
                    self.evicted += 1

    def drop(self, content: Content) -> None:
        with self._lock:
            held = self.entries.pop(content, None)
            self.weight -= held.weight if held is not None else 0

    def forget(self, older_seconds: float) -> None:
        until = self._clock() - older_seconds
        # One after another, so that nobody waits while all are looked at.
        for content, entry in list(self.entries.items()):
            if entry.put_at <= until:
                with self._lock:
                    if self.entries.get(content) is entry:
                        del self.entries[content]
                        self.weight -= entry.weight


class Memory(Generic[Value]):
    """At most *most* bytes of entries by operator and content; no operator takes what belongs to another.

    INVARIANT (whole keys): an entry is found by its whole content, compared part by part, never by a digest of it.
    """

    def __init__(self, operators: Collection[str], most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._shares: dict[str, _Share[Value]] = {
            operator: _Share(most // max(1, len(operators)), clock) for operator in operators
        }

    def get(self, operator: str, content: Content) -> Value | None:
        """Return what is kept, None when nothing is."""
        share = self._shares.get(operator)
        entry = None if share is None else share.entries.get(content)
        if entry is None:
            return None
        entry.used = True
        return entry.value

    def put(self, operator: str, content: Content, value: Value, weight: int) -> None:
        """Keep *value*, which takes *weight* bytes with its key, if the operator's share can hold it."""
        share = self._shares.get(operator)
        if share is not None:
            share.put(content, value, weight)

    def drop(self, operator: str, content: Content) -> None:
        """Let go of what is kept, if anything is."""
        share = self._shares.get(operator)
        if share is not None:
            share.drop(content)

    def forget(self, older_seconds: float) -> None:
        """Let go of every entry that was put *older_seconds* ago or earlier, however often it was asked for since."""
        for share in self._shares.values():
            share.forget(older_seconds)

    @property
    def evicted(self) -> int:
        """Return how many entries had to make room."""
        return sum(share.evicted for share in self._shares.values())

    @property
    def weight(self) -> int:
        """Return how many bytes all entries take, as far as they were weighed."""
        return sum(share.weight for share in self._shares.values())


def weight_of(*values: object) -> int:
    """Return how many bytes an entry of *values* takes, rather too many than too few."""
    return _ENTRY + sum(map(_weight, values))


def _weight(value: object) -> int:
    match value:
        case str():
            return _ITEM + 4 * len(value)
        case Entity():
            return 2 * _ITEM + 4 * (len(value.type) + len(value.id))
        case Fact():
            return _FACT
        case tuple() | frozenset():
            return _ITEM + sum(map(_weight, value)) + _ITEM * len(value)
        case _ if hasattr(value, "__slots__"):
            return _ITEM + sum(_weight(getattr(value, name)) for name in value.__slots__)
        case _:
            return _ITEM
