"""Calls that have come and bring no message: nothing waits with them, and nobody may wait because of them."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from pdp.core.errors import OverloadedError

SILENT_AFTER_SECONDS: Final = 0.1
"""Longer than a message that is there waits to be read: what brings none until then is silent, and no work."""

SILENT_MOST: Final = 16
"""So many silent calls a caller may have; then nothing more of it is let in."""

BLAMED_SECONDS: Final = 10.0
"""So long what comes of a caller counts as silent at once, after a call of it was ended for want of a message."""


class Waiting(Protocol):
    """Where it is counted how many calls wait to be answered."""

    waiting: int


class Opened(Protocol):
    """A call; *key* is its caller. The rest belongs to Unread."""

    key: str
    is_unread: bool
    is_silent: bool


C = TypeVar("C", bound=Opened)


class Unread(Generic[C]):
    """Counts the calls whose message is awaited: in *load* for as long as they may be work, and apart from then on.

    What is silent for *patience* seconds is to be ended. Only the thread that takes events may call this.
    """

    def __init__(self, load: Waiting, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._patience = patience
        self._clock = clock
        # Since when, the longest first. INVARIANT (let go): nothing that is read is kept here: gRPC counts a call among
        # the streams of its connection for as long as anybody holds it, and refuses what comes beyond their number.
        self._fresh: OrderedDict[C, float] = OrderedDict()
        self._silent: OrderedDict[C, float] = OrderedDict()
        self._silent_of: Counter[str] = Counter()
        self._blamed: dict[str, float] = {}
        self._fallen: dict[C, None] = {}

    @property
    def count(self) -> int:
        """Return how many calls are awaited."""
        return len(self._fresh) + len(self._silent)

    @property
    def silent(self) -> int:
        """Return how many calls are silent."""
        return self._silent_of.total()

    def check(self, key: str) -> None:
        """Raise OverloadedError where the caller *key* has too many silent calls."""
        if self._silent_of and self._silent_of[key] >= SILENT_MOST:
            error = OverloadedError("this caller has opened too many calls that bring no message", self._patience)
            error.caller = key
            raise error

    def come(self, call: C) -> None:
        """Note that *call* has come."""
        now = self._clock()
        call.is_unread = True
        if self._blamed and self._blamed.get(call.key, 0.0) > now:
            self._fall_silent(call, now)
        else:
            self._load.waiting += 1
            self._fresh[call] = now

    def read(self, call: C) -> bool:
        """Note that the message of *call* has come, or that none will; say whether it was still awaited."""
        if not call.is_unread:
            return False
        call.is_unread = False
        if call.is_silent:
            del self._silent[call]
            self._fallen.pop(call, None)
            self._speak(call)
        else:
            del self._fresh[call]
            self._load.waiting -= 1
        return True

    def overdue(self) -> list[C]:
        """Return the calls that are to be ended now; they are awaited no more."""
        now = self._clock()
        found: list[C] = []
        while (call := _since(self._fresh, now - SILENT_AFTER_SECONDS)) is not None:
            del self._fresh[call]
            self._load.waiting -= 1
            # Its patience begins now: a process that was held up has not looked for its message yet.
            self._fall_silent(call, now)
        while (call := _since(self._silent, now - self._patience)) is not None:
            del self._silent[call]
            call.is_unread = False
            self._speak(call)
            self._blamed[call.key] = now + BLAMED_SECONDS
            found.append(call)
        return found

    def fallen(self) -> list[C]:
        """Return the calls that have fallen silent since this was last asked."""
        found, self._fallen = self._fallen, {}
        return list(found)

    def _fall_silent(self, call: C, now: float) -> None:
        call.is_silent = True
        self._silent_of[call.key] += 1
        self._silent[call] = now
        self._fallen[call] = None

    def _speak(self, call: C) -> None:
        call.is_silent = False
        self._silent_of[call.key] -= 1
        if not self._silent_of[call.key]:
            del self._silent_of[call.key]


def _since(awaited: OrderedDict[C, float], latest: float) -> C | None:
    """Return the call that is *awaited* longest, if it is since *latest* or before."""
    for call, since in awaited.items():
        return call if since <= latest else None
    return None
