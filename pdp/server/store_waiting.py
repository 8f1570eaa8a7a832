"""A server whose store does not answer, when it starts or later: it is up, says that it is not ready, and tries on."""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

from structlog.typing import FilteringBoundLogger

from pdp.core.errors import UnavailableError
from pdp.core.stores import FactStore
from pdp.server.events import Event
from pdp.server.health import Health

LOST_SECONDS: Final = 2.0
"""A store that cannot be used for so long is lost: one that is restarted, or taken over by another machine, is not."""

_LOOK_SECONDS: Final = 0.5
_NOT_CONFIRMED: Final = "the store is a restored or another one, and has not been confirmed (pdp facts confirm)"


class StoreWaiting:
    """Tries again and again whether *facts* can be used, and keeps *health* true.

    While they cannot be, nobody should be sent here: without them, or a lease on them, next to nothing is answered.
    """

    def __init__(
        self,
        facts: FactStore,
        health: Health,
        log: FilteringBoundLogger,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._facts = facts
        self._health = health
        self._log = log
        self._clock = clock
        self._ending = threading.Event()
        self._there = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[Callable[[], None]] = []
        self._told = ""
        self._failing_since: float | None = None

    @property
    def is_there(self) -> bool:
        """Say whether the store can be used, as far as has been told."""
        return self._there.is_set()

    def begin(self) -> None:
        """Try once, and beside everything else from then on."""
        reason = self._try()
        if reason:
            self._lost(reason)
        else:
            self._found()
        threading.Thread(target=self._go_on, name="store-waiting", daemon=True).start()

    def when_there(self, then: Callable[[], None]) -> None:
        """Call *then* once the store can be used."""
        with self._lock:
            if not self.is_there:
                self._waiting.append(then)
                return
        then()

    def end(self) -> None:
        """Try no more."""
        self._ending.set()

    def look(self) -> None:
        """Try once, and tell what has changed; what has only just begun to fail is not told yet."""
        begun = self._clock()
        reason = self._try()
        if not reason:
            self._failing_since = None
            if self._told:
                self._found()
                self._log.info(Event.STORE_THERE.value, pid=os.getpid())
            return
        if self._failing_since is None:
            self._failing_since = begun
        if reason != self._told and (self._told or self._clock() - self._failing_since >= LOST_SECONDS):
            self._lost(reason)

    def _go_on(self) -> None:
        while not self._ending.wait(_LOOK_SECONDS):
            self.look()

    def _try(self) -> str:
        """Return why the store cannot be used, "" when it can."""
        try:
            state = self._facts.state()
        except UnavailableError as error:
            return str(error)
        return "" if state.confirmed else _NOT_CONFIRMED

    def _lost(self, reason: str) -> None:
        self._told = reason
        self._there.clear()
        self._health.tell_of_store(is_there=False)
        self._log.warning(Event.STORE_NOT_THERE.value, pid=os.getpid(), reason=reason)

    def _found(self) -> None:
        self._told = ""
        self._health.tell_of_store(is_there=True)
        with self._lock:
            self._there.set()
            waiting, self._waiting = self._waiting, []
        for then in waiting:
            then()
