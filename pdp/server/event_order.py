"""A completion queue that gives what is there in an order of its own: what puts a call away, then whoever is alone.

gRPC's core counts a call among the streams of its connection until the event that it is over is taken and nobody holds
it any more; its caller has the answer before that. Whoever floods opens the next stream at once, the core refuses it
(REFUSED_STREAM), and so on: thousands of refusals a second take the core from the thread that would put the call away.
So ends are not left behind the calls that come. Nor does a caller who has nothing else there wait behind the calls and
messages of one who has more there than it may ask at once. Within each rank the order is that of the core. Before a
message of a crowd it may rest, where nothing else is there (pdp/server/pacing.py); what comes meanwhile is taken first.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Final, Protocol

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # its stubs leave it out

CROWDED_FROM: Final = 8
"""So many calls under way make it worth while to look at what stands behind an event."""

PASSED_MOST: Final = 8
"""So many events of earlier ranks are taken while one of a later rank is there: no rank waits for ever."""

ALONE_PASSED_MOST: Final = 2
"""So many of them while the message of somebody alone is there: it has come first.

TRAP: one is too few. Whose call has not been taken has nothing that waits apart, so where messages always go before
calls that come, a flood can have each call that was taken answered at once and all others in front of everybody else's:
all wait for it, and nothing ends that.
"""

_AT_ONCE: Final = 0.0
"""Seconds of the epoch: a moment that is over."""

Poll = Callable[[float | None], Any]
"""Until when to wait, in seconds of the epoch (None: for ever), to the next event, or to one that says that the time is
over."""

_building = threading.Lock()


class Rank(IntEnum):
    """What an event is taken before."""

    END = 0
    PUBLIC = 1
    """What the public server waits for: health, changes of facts, explanations. It does no work on this thread."""
    ARRIVAL = 2
    """A call that comes by a connection of which nothing waits apart."""
    ALONE = 3
    """The message of a caller of whom nothing waits apart."""
    ANOTHER = 4
    """A call that comes by a connection of which others wait apart."""
    CROWD = 5
    """The message of a caller of whom more waits apart."""


Ranking = Callable[[Any], Rank]
"""An event, to its rank."""


class Resting(Protocol):
    """Says how long nothing of a crowd is to be taken."""

    def rest(self) -> float:
        """Begin a rest and return how many seconds it is long."""

    def rested(self) -> None:
        """Note that the rest is over."""


class Ordered:
    """Gives the events of *poll* by *rank*, while *is_crowded*; where nothing but a crowd's are there, at its *pace*.

    Only the thread that takes events may call it.
    """

    def __init__(self, poll: Poll, rank: Ranking, is_crowded: Callable[[], bool], pace: Resting) -> None:
        self._poll = poll
        self._rank = rank
        self._is_crowded = is_crowded
        self._pace = pace
        self._rests_until: float | None = None
        # Each call and each call that is awaited has one event at most, so there is an end of them.
        self._there: dict[Rank, deque[Any]] = {rank: deque() for rank in Rank}
        self._count = 0
        self._passed = dict.fromkeys(Rank, 0)

    def next(self, deadline: float | None) -> Any:
        """Return the next event, as the core's own queue would."""
        if not self._count and not self._is_crowded():
            return self._poll(deadline)
        wait_until = _AT_ONCE if self._count else deadline
        while True:
            event = self._poll(wait_until)
            if event.completion_type == cygrpc.CompletionType.queue_timeout:
                if not self._count:
                    return event
                left = self._left_to_rest()
                if left <= 0:
                    return self._taken()
                wait_until = time.time() + left
                continue
            if event.completion_type == cygrpc.CompletionType.queue_shutdown:
                return event
            rank = self._rank(event)
            if rank is Rank.END:
                return event
            self._there[rank].append(event)
            self._count += 1
            wait_until = _AT_ONCE

    def _left_to_rest(self) -> float:
        """Return for how many seconds to rest before what is there is taken.

        INVARIANT (one rest): before an event of a crowd there is one rest, which is not begun anew when it is broken
        off: so a crowd is answered, too.
        """
        if len(self._there[Rank.CROWD]) < self._count:
            return 0.0
        # Not by the clock on the wall, which may be set back.
        now = time.monotonic()
        if self._rests_until is None:
            self._rests_until = now + self._pace.rest()
        return self._rests_until - now

    def _taken(self) -> Any:
        there, passed = self._there, self._passed
        ranks = [rank for rank in Rank if there[rank]]
        chosen = next((rank for rank in ranks if passed[rank] >= _passed_most(rank)), ranks[0])
        for rank in ranks:
            passed[rank] += rank > chosen
        passed[chosen] = 0
        if chosen is Rank.CROWD and self._rests_until is not None:
            self._rests_until = None
            self._pace.rested()
        self._count -= 1
        return there[chosen].popleft()


def _passed_most(rank: Rank) -> int:
    return ALONE_PASSED_MOST if rank is Rank.ALONE else PASSED_MOST


class OrderedQueue(cygrpc.CompletionQueue):  # type: ignore[misc]  # its stubs leave it out
    """The queue of a server; it is one like any other until it is told how to *order* events."""

    def __init__(self) -> None:
        self._order: Ordered | None = None

    def order(self, rank: Ranking, is_crowded: Callable[[], bool], pace: Resting) -> None:
        """Give events by *rank* while *is_crowded*, at a *pace*; only before the server has started."""
        self._order = Ordered(super().poll, rank, is_crowded, pace)

    def poll(self, deadline: float | None = None) -> Any:
        """Return the next event."""
        return super().poll(deadline) if self._order is None else self._order.next(deadline)


@contextmanager
def ordered_queues() -> Iterator[None]:
    """Let the server that is made meanwhile have such a queue; where gRPC does not make its queue so, it has its own.

    There is no public way to choose it.
    """
    with _building:
        before = cygrpc.CompletionQueue
        cygrpc.CompletionQueue = OrderedQueue
        try:
            yield
        finally:
            cygrpc.CompletionQueue = before


def order_events(server: grpc.Server, rank: Ranking, under_way: Callable[[], int], pace: Resting) -> bool:
    """Let *server*, which has not started, give events by *rank* while many calls are *under_way*; say if it can.

    Messages of a crowd are taken at its *pace*.
    """
    queue = getattr(getattr(server, "_state", None), "completion_queue", None)
    if not isinstance(queue, OrderedQueue):
        return False
    queue.order(rank, lambda: under_way() >= CROWDED_FROM, pace)
    return True
