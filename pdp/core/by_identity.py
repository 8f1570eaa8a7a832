"""Remembers what was made of values that come again and again as the same objects."""

from collections.abc import Callable
from typing import Final, TypeVar

Of = TypeVar("Of")
Made = TypeVar("Made")

REMEMBERED: Final = 8192
"""So many values are remembered at most; when there are more, remembering begins anew."""


def by_identity(make: Callable[[Of], Made], remembered: int = REMEMBERED) -> Callable[[Of], Made]:
    """Return *make* with a memory: asked about an object that it has seen, it gives what it made of it then.

    Comparing two values, or taking the hash of one, often costs more than what is to be made of it; being the same
    object is known at once. A value must never change. Each is kept alive as long as it is remembered, so that no other
    object takes its identity. What *make* raises is raised, and nothing is remembered. Safe for many threads.
    """
    known: dict[int, tuple[Of, Made]] = {}
    get = known.get

    def made_of(value: Of) -> Made:
        found = get(id(value))
        # INVARIANT (kept alive): what another thread clears away meanwhile is still held by `found`.
        if found is not None and found[0] is value:
            return found[1]
        made = make(value)
        if len(known) >= remembered:
            known.clear()
        known[id(value)] = value, made
        return made

    return made_of
