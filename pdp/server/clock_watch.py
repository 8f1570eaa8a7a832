"""Whether the clock of this machine can be relied on: it goes on evenly, and agrees with the store's.

The terms of facts, and every answer that the passing of time could change, are judged by this clock.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from structlog.typing import FilteringBoundLogger

from pdp.core.errors import UnavailableError
from pdp.core.stores import TellsTime
from pdp.server.events import Event
from pdp.server.health import Health

FAR_SECONDS: Final = 2.0
"""A clock that is further from the store's is not relied on."""

STEP_SECONDS: Final = 0.5
"""A clock that has gone on so much more, or less, than time has passed was set."""

_LOOK_SECONDS: Final = 1.0
_LOOKS_BETWEEN: Final = 10
"""The store is asked what time it is at every tenth look, and after each step."""


def _steady() -> float:
    """Return the seconds since the machine was started, those in which it slept included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ClockWatch:
    """Looks at the clock again and again, asks *store* for its own, and keeps *health* true.

    While the clock is far from the store's, nobody should be sent here. What is asked all the same is answered: an
    instance is not the one to decide that none answers any more.
    """

    def __init__(
        self,
        store: object,
        health: Health,
        log: FilteringBoundLogger,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = _steady,
    ) -> None:
        self._store = store if isinstance(store, TellsTime) else None
        self._health = health
        self._log = log
        self._wall = wall
        self._steady = steady
        self._between = wall() - steady()
        self._looks = 0
        self._steps = 0
        self._offset = 0.0
        self._is_far = False
        self._ending = threading.Event()

    def begin(self) -> None:
        """Look once, and from now on in a thread of its own."""
        threading.Thread(target=self._go_on, name="clock", daemon=True).start()

    def end(self) -> None:
        """Look no more."""
        self._ending.set()

    def measured(self) -> Mapping[str, float]:
        """Return how far the clock is from the store's in seconds, how often it was set, whether it is relied on."""
        return {"offset": abs(self._offset), "steps": self._steps, "trusted": float(not self._is_far)}

    def look(self) -> None:
        """Look whether the clock was set, and now and then whether it agrees with the store's."""
        between = self._wall() - self._steady()
        moved, self._between = between - self._between, between
        has_stepped = abs(moved) > STEP_SECONDS
        if has_stepped:
            self._steps += 1
            self._log.warning(Event.CLOCK_STEPPED.value, pid=os.getpid(), seconds=round(moved, 3))
        if has_stepped or self._looks % _LOOKS_BETWEEN == 0:
            self._compare()
        self._looks += 1

    def _compare(self) -> None:
        if self._store is None:
            return
        before = self._wall()
        try:
            there = self._store.instant(datetime.fromtimestamp(before, UTC))
        except UnavailableError:
            return  # what is not known changes nothing
        after = self._wall()
        # Between asking and hearing the store looked at its clock; when, nobody knows.
        here = min(max(there.timestamp(), before), after)
        self._offset = here - there.timestamp()
        is_far = abs(self._offset) > FAR_SECONDS
        if is_far == self._is_far:
            return
        self._is_far = is_far
        self._health.tell_of_clock(is_right=not is_far)
        event = Event.CLOCK_DOUBTED if is_far else Event.CLOCK_TRUSTED
        self._log.warning(event.value, pid=os.getpid(), seconds=round(self._offset, 3))

    def _go_on(self) -> None:
        self.look()
        while not self._ending.wait(_LOOK_SECONDS):
            self.look()
