"""Calls of one caller stand one behind the other, so that nobody stands behind all of them.

The thread that takes events answers what comes in the order in which it came. Whoever has much under way would fill
that order, and everybody else would wait behind it; so only a few calls of each caller stand in it, and the others wait
apart. They hold no thread, their messages are not read, and what takes the place of one that was read is the next.
"""

from collections import Counter, deque
from typing import Final, Generic, Protocol, TypeVar

from pdp.core.errors import OverloadedError

ABREAST: Final = 2
"""So many calls of a caller stand in the order of all, for each unit of its weight: enough that the thread never waits
for the next one."""

ABREAST_MOST: Final = 16
"""So many of one whose weight is greater: others wait behind them."""

APART_OF_ONE: Final = 94
"""So many wait apart: with those abreast as many as can be answered while anybody waits for them."""

APART_OF_ALL: Final = 1024
_RETRY_SECONDS: Final = 0.1


class Queued(Protocol):
    """A call by one *connection*; *key* is its caller, of a *weight*. Whether it stands abreast is for Turns to say."""

    key: str
    weight: int
    is_abreast: bool

    @property
    def connection(self) -> str:
        """Return what is equal for the calls of one connection."""


C = TypeVar("C", bound=Queued)


class _Line(Generic[C]):
    """The calls of one caller."""

    __slots__ = ("abreast", "apart")

    def __init__(self) -> None:
        self.abreast = 0
        self.apart: deque[C] = deque()


class Turns(Generic[C]):
    """Says whose turn it is; *of_one* and *of_all* calls may wait. Only one thread at a time may call this."""

    def __init__(self, of_one: int = APART_OF_ONE, of_all: int = APART_OF_ALL) -> None:
        self._of_one = of_one
        self._of_all = of_all
        self._lines: dict[str, _Line[C]] = {}
        self._apart = 0
        self._apart_from: Counter[str] = Counter()

    @property
    def apart(self) -> int:
        """Return how many calls wait for their turn."""
        return self._apart

    def has_apart(self, key: str) -> bool:
        """Say whether calls of the caller *key* wait for their turn."""
        line = self._lines.get(key)
        return line is not None and bool(line.apart)

    def has_apart_from(self, connection: str) -> bool:
        """Say whether calls by that *connection* wait for their turn."""
        return connection in self._apart_from

    def come(self, call: C) -> bool:
        """Say whether it is the turn of *call*, which has come; if not, it waits apart.

        Raises OverloadedError where too many of its caller do: each may have half as many as there is room for more.
        """
        line = self._lines.get(call.key)
        if line is None:
            line = self._lines[call.key] = _Line()
        if line.abreast < min(ABREAST * call.weight, ABREAST_MOST):
            line.abreast += 1
            call.is_abreast = True
            return True
        if len(line.apart) >= min(self._of_one, (self._of_all - self._apart) // 2):
            error = OverloadedError("too many calls of this caller wait", _RETRY_SECONDS)
            error.caller = call.key
            raise error
        line.apart.append(call)
        self._apart += 1
        self._apart_from[call.connection] += 1
        return False

    def leave(self, call: C) -> C | None:
        """Note that *call* stands in the order no more; return the one whose turn it is now, if there is one."""
        if not call.is_abreast:
            return None
        call.is_abreast = False
        line = self._lines[call.key]
        if line.apart:
            self._apart -= 1
            following = line.apart.popleft()
            following.is_abreast = True
            self._count_down(following.connection)
            return following
        line.abreast -= 1
        if not line.abreast:
            del self._lines[call.key]
        return None

    def _count_down(self, connection: str) -> None:
        self._apart_from[connection] -= 1
        if not self._apart_from[connection]:
            del self._apart_from[connection]
