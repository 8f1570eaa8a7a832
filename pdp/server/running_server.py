"""A server that answers, and how it comes to its end."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc

from pdp.server.health import Health
from pdp.server.security import OPEN, Security
from pdp.server.store_waiting import StoreWaiting

LAST_SECONDS: Final = 1.0
"""So long a thread is waited for that was told to end."""


class RunningServer:
    """A server that answers at *address*."""

    def __init__(
        self,
        server: grpc.Server,
        health: Health,
        ending: tuple[Callable[[], None], ...],
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
        """Accept nothing new and finish what has begun within *grace* seconds (None: break it off).

        The event is set once every call has ended.
        """
        for end in self._ending:
            does_end(end)  # a watcher that does not read may not hold up the end
        self._ended = self._server.stop(grace)
        return self._ended

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
