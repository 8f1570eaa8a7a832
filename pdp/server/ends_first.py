"""A completion queue that gives the ends of calls before everything else that is there.

gRPC's core counts a call among the streams of its connection until the event that it is over is taken and nobody holds
it any more; its caller has the answer before that. Whoever floods opens the next stream at once, the core refuses it
(REFUSED_STREAM), and so on: thousands of refusals a second take the core from the thread that would put the call away.
So ends are not left behind the calls that come. The order of everything else is that of the core.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # its stubs leave it out

from pdp.server.inline_call import Call

CROWDED_FROM: Final = 8
"""So many calls under way make it worth while to look at what stands behind an event."""

_AT_ONCE: Final = 0.0
"""Seconds of the epoch: a moment that is over."""

Poll = Callable[[float | None], Any]
"""Until when to wait, in seconds of the epoch (None: for ever), to the next event, or to one that says that the time is
over."""

_building = threading.Lock()


class EndsFirst:
    """Gives the events of *poll*, ends first, while *is_crowded*. Only the thread that takes events may call it."""

    def __init__(self, poll: Poll, is_crowded: Callable[[], bool]) -> None:
        self._poll = poll
        self._is_crowded = is_crowded
        # Each call and each call that is awaited has one event at most, so there is an end of them.
        self._behind: deque[Any] = deque()

    def next(self, deadline: float | None) -> Any:
        """Return the next event, as the core's own queue would."""
        behind = self._behind
        if not behind and not self._is_crowded():
            return self._poll(deadline)
        while True:
            event = self._poll(_AT_ONCE if behind else deadline)
            if event.completion_type == cygrpc.CompletionType.queue_timeout:
                return behind.popleft() if behind else event
            if _is_end(event.tag):
                return event
            behind.append(event)


def _is_end(tag: object) -> bool:
    return getattr(tag, "__func__", None) is Call.over


class EndsFirstQueue(cygrpc.CompletionQueue):  # type: ignore[misc]  # its stubs leave it out
    """The queue of a server; it is one like any other until it is told what is *crowded*."""

    def __init__(self) -> None:
        self._order: EndsFirst | None = None

    def order(self, is_crowded: Callable[[], bool]) -> None:
        """Give ends first while *is_crowded*; only before the server has started."""
        self._order = EndsFirst(super().poll, is_crowded)

    def poll(self, deadline: float | None = None) -> Any:
        """Return the next event."""
        return super().poll(deadline) if self._order is None else self._order.next(deadline)


@contextmanager
def ends_first() -> Iterator[None]:
    """Let the server that is made meanwhile have such a queue; where gRPC does not make its queue so, it has its own.

    There is no public way to choose it.
    """
    with _building:
        before = cygrpc.CompletionQueue
        cygrpc.CompletionQueue = EndsFirstQueue
        try:
            yield
        finally:
            cygrpc.CompletionQueue = before


def give_ends_first(server: grpc.Server, under_way: Callable[[], int]) -> bool:
    """Let *server*, which has not started, give ends first while many calls are *under_way*; say whether it can."""
    queue = getattr(getattr(server, "_state", None), "completion_queue", None)
    if not isinstance(queue, EndsFirstQueue):
        return False
    queue.order(lambda: under_way() >= CROWDED_FROM)
    return True
