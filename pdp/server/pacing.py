"""How long a crowd is left waiting, so that whoever else asks finds the core free.

A process that answers a flood without a pause keeps its core busy, and the threads of gRPC that read connections take
turns there with the thread that answers. A call of somebody else waits for those turns before this process knows of it,
whatever its rank is then. So a tenth of the core is left free of the crowd, in rests that anything else interrupts.
"""

import time
from collections.abc import Callable
from typing import Final

from pdp.server.event_order import Rank

SHARE: Final = 0.9
"""So much of the time of one processor this process takes, all of its threads together, while a crowd is answered."""

RESTED_MOST: Final = 0.25
"""So many seconds are rested at most for each second between rests: whatever else this process computes, the crowd is
answered in four fifths of the time."""

ROUNDING_SECONDS: Final = 0.002
"""A queue of gRPC waits for whole milliseconds. So much less may be rested later where it was too long, and no rest is
asked for that is longer."""

REMEMBERED_SECONDS: Final = 10.0
"""So long somebody who has asked beside the crowd is waited for, and so long a crowd is one, should it have a lull.
Where nobody has asked, there is nobody to rest for."""

Seconds = Callable[[], float]


class Pace:
    """Says how long to rest. *now* and *used*: the time, and the time of processors that this process took.

    Only the thread that takes events may call it.
    """

    def __init__(self, now: Seconds = time.perf_counter, used: Seconds = time.process_time) -> None:
        self._now = now
        self._used = used
        self._seen = now(), used()
        # Seconds of a processor beyond the share, and seconds that may be rested. Both go below nothing by little.
        self._owed = 0.0
        self._may_rest = 0.0
        # By caller, of whom there are as many as the file of callers names: when it was last a crowd, and when it last
        # asked beside one; the newest of those is the last.
        self._crowds: dict[str, float] = {}
        self._beside: dict[str, float] = {}

    def saw(self, rank: Rank, key: str) -> None:
        """Note that there is a message of that *rank* from the caller *key*."""
        now = self._now()
        if rank is Rank.CROWD:
            self._crowds[key] = now
            self._beside.pop(key, None)
        elif rank is Rank.ALONE and now - self._crowds.get(key, float("-inf")) > REMEMBERED_SECONDS:
            self._beside.pop(key, None)
            self._beside[key] = now

    def rest(self) -> float:
        """Begin a rest, before a message of a crowd; return how many seconds it is long, 0.0 for none."""
        if not self._beside:
            return 0.0
        worked = self._pass()
        if self._seen[0] - next(reversed(self._beside.values())) > REMEMBERED_SECONDS:
            self._beside.clear()
            return 0.0
        self._may_rest = min(self._may_rest + RESTED_MOST * worked, ROUNDING_SECONDS)
        return max(min(self._owed / SHARE, self._may_rest), 0.0)

    def rested(self) -> None:
        """Note that a rest is over."""
        if self._beside:
            self._may_rest = max(self._may_rest - self._pass(), -ROUNDING_SECONDS)

    def _pass(self) -> float:
        """Note what was used since this was called last, and return how many seconds that was ago."""
        (before, used_before), self._seen = self._seen, (self._now(), self._used())
        now, used = self._seen
        owed = self._owed + (used - used_before) - SHARE * (now - before)
        self._owed = min(max(owed, -ROUNDING_SECONDS), ROUNDING_SECONDS)
        return now - before
