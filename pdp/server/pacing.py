"""How long a crowd is left waiting, so that whoever else asks finds the core free.

A process that answers a flood without a pause keeps its core busy, and the threads of gRPC that read connections take
turns there with the thread that answers. A call of somebody else waits for those turns before this process knows of it,
whatever its rank is then. So a tenth of the core is left free of the crowd, in pauses that anything else ends.
"""

import time
from collections.abc import Callable
from typing import Final

from pdp.server.event_order import Rank

SHARE: Final = 0.9
"""So much of the time of one processor this process may take while a crowd is answered."""

CREDIT_SECONDS: Final = 0.0005
"""So much beyond its share it may take at once, where it took less before."""

REST_MOST_SECONDS: Final = 0.002
"""No pause is longer, whatever else this process computes meanwhile: so the crowd is answered all the same."""

REMEMBERED_SECONDS: Final = 10.0
"""So long somebody who has asked beside the crowd is waited for. Where nobody has, there is nobody to rest for."""

Seconds = Callable[[], float]


class Pace:
    """Says how long to rest. *now* and *used*: the time, and the time of processors that this process took.

    Only the thread that takes events may call it.
    """

    def __init__(self, now: Seconds = time.perf_counter, used: Seconds = time.process_time) -> None:
        self._now = now
        self._used = used
        self._seen = now(), used()
        self._owed = 0.0
        self._crowd = ""
        self._beside_at = float("-inf")

    def saw(self, rank: Rank, key: str) -> None:
        """Note that there is a message of that *rank* from the caller *key*."""
        if rank is Rank.CROWD:
            self._crowd = key
        elif rank is Rank.ALONE and key != self._crowd:
            self._beside_at = self._now()

    def rest(self) -> float:
        """Return for how many seconds nothing of a crowd is to be taken, 0.0 where it may be at once."""
        now, used = self._now(), self._used()
        owed = self._owed + (used - self._seen[1]) - SHARE * (now - self._seen[0])
        self._owed = min(max(owed, -CREDIT_SECONDS), SHARE * REST_MOST_SECONDS)
        self._seen = now, used
        return max(self._owed, 0.0) / SHARE if now - self._beside_at <= REMEMBERED_SECONDS else 0.0
