"""A server that answers, and how it comes to its end."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc

from pdp.server.connections import Connections
from pdp.server.health import Health
from pdp.server.security import OPEN, Security
from pdp.server.store_waiting import StoreWaiting
from pdp.server.under_way import Peer, UnderWay

LAST_SECONDS: Final = 1.0
"""So long a thread is waited for that was told to end, and the other side of a connection to close it."""

_LOOK_SECONDS: Final = 0.005


class Ending:
    """What is told of the end: *first*, so that whoever lasts goes; *last*, when nothing is under way any more."""

    def __init__(
        self, under_way: UnderWay, first: tuple[Callable[[], None], ...] = (), last: tuple[Callable[[], None], ...] = ()
    ) -> None:
        self.under_way = under_way
        self._first = first
        self._last = last

    def begin(self) -> None:
        """Let nothing begin any more."""
        self.under_way.begin_to_end()
        for end in self._first:
            does_end(end)  # a watcher that does not read may not hold up the end

    def end(self) -> None:
        """End what the calls needed."""
        for end in self._last:
            does_end(end)


class RunningServer:
    """A server that answers at *address*."""

    def __init__(
        self,
        server: grpc.Server,
        health: Health,
        ending: Ending,
        pools: tuple[ThreadPoolExecutor, ...],
        address: str,
        security: Security = OPEN,
        store: StoreWaiting | None = None,
    ) -> None:
        self.address = address
        self._store = store
        self._security = security
        self.health = health
        self._server = server
        self._ending = ending
        self._pools = pools
        self._ended = threading.Event()
        self._drains: threading.Thread | None = None
        self._hurries = False

    @property
    def has_store(self) -> bool:
        """Say whether the stored facts, if it is to have any, could be used."""
        return self._store is None or self._store.is_there

    def when_stored(self, then: Callable[[], None]) -> None:
        """Call *then* once they can be."""
        if self._store is None:
            then()
        else:
            self._store.when_there(then)

    def drain(self, grace: float | None) -> threading.Event:
        """Begin nothing new and finish what has begun within *grace* seconds (None: break it off).

        The event is set once every call has ended. Whoever is not answered is told UNAVAILABLE, and never CANCELLED:
        gRPC is told to end only when no connection is left on which it could say so.
        """
        self._hurries = self._hurries or grace is None
        if self._drains is None:
            self._drains = threading.Thread(target=self._drain, args=(grace or 0.0,), name="draining", daemon=True)
            self._drains.start()
        return self._ended

    def _drain(self, grace: float) -> None:
        until = time.monotonic() + grace
        connections = Connections(self.address)
        try:
            self._ending.begin()
            self._wait_for_connections(connections, until)
        finally:
            self._ending.end()
            self._server.stop(None if self._hurries else max(0.0, until - time.monotonic())).wait()
            self._ended.set()

    def _wait_for_connections(self, connections: Connections, until: float) -> None:
        """Take no more connections, end each once nothing is under way on it, and all when the time is over."""
        last, takes_more = None, True
        while True:
            now = time.monotonic()
            kept: frozenset[Peer | None] = frozenset()
            if not self._hurries and now < until:
                kept = self._ending.under_way.peers()
            try:
                if takes_more:
                    connections.refuse_new()
                    takes_more = False
                is_left = connections.half_close(kept)
            except OSError:  # no descriptor is left to look at them with; what is under way is waited for all the same
                is_left = 1
            if kept:
                last = None
            elif last is None:
                last = now
            if last is not None and (now - last >= LAST_SECONDS or (not is_left and now > last)):
                return
            time.sleep(_LOOK_SECONDS)

    def has_finished(self, seconds: float = LAST_SECONDS) -> bool:
        """Say whether all calls and threads come to an end within *seconds*."""
        return self._ended.wait(seconds) and does_end(self._end_threads, seconds)

    def _end_threads(self) -> None:
        self._security.end()
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)


def does_end(work: Callable[[], object], seconds: float = LAST_SECONDS) -> bool:
    """Do *work* beside the rest, and say whether it ends within *seconds*."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()
