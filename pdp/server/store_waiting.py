"""A server whose store does not answer when it starts: it is up, says that it is not ready, and goes on trying."""

import os
import threading
from collections.abc import Callable
from typing import Final

from structlog.typing import FilteringBoundLogger

from pdp.core.errors import UnavailableError
from pdp.core.stores import FactStore
from pdp.server.events import Event
from pdp.server.health import Health

_AGAIN_SECONDS: Final = 0.5


class StoreWaiting:
    """Tries *facts* until they can be used, and keeps *health* true meanwhile.

    A store that is lost later is none of its business: what can be answered without it still is.
    """

    def __init__(self, facts: FactStore, health: Health, log: FilteringBoundLogger) -> None:
        self._facts = facts
        self._health = health
        self._log = log
        self._ending = threading.Event()
        self._there = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[Callable[[], None]] = []

    @property
    def is_there(self) -> bool:
        """Say whether the store could be used."""
        return self._there.is_set()

    def begin(self) -> None:
        """Try once, and beside everything else from then on."""
        reason = self._try()
        if not reason:
            self._found()
            return
        self._health.tell_of_store(is_there=False)
        self._log.warning(Event.STORE_NOT_THERE.value, pid=os.getpid(), reason=reason)
        threading.Thread(target=self._go_on, args=(reason,), name="store-waiting", daemon=True).start()

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

    def _go_on(self, told: str) -> None:
        while not self._ending.wait(_AGAIN_SECONDS):
            reason = self._try()
            if not reason:
                self._found()
                self._log.info(Event.STORE_THERE.value, pid=os.getpid())
                return
            if reason != told:
                told = reason
                self._log.warning(Event.STORE_NOT_THERE.value, pid=os.getpid(), reason=reason)

    def _try(self) -> str:
        """Return why the store cannot be used, "" when it can."""
        try:
            self._facts.state()
        except UnavailableError as error:
            return str(error)
        return ""

    def _found(self) -> None:
        self._health.tell_of_store(is_there=True)
        with self._lock:
            self._there.set()
            waiting, self._waiting = self._waiting, []
        for then in waiting:
            then()
