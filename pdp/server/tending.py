"""What has to be looked after for a while, where no event may come that would do it."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

TICK_SECONDS: Final = 0.005
"""So often it is looked at: each turn of another thread costs those who are answered more than what it does."""


class Tending:
    """Does *work* again and again, in a thread that runs for as long as that says there is more."""

    def __init__(self, work: Callable[[], bool], seconds: float = TICK_SECONDS) -> None:
        self._work = work
        self._seconds = seconds
        self._is_asked = False
        self._runs = False
        self._changing = threading.Lock()

    def ask(self) -> bool:
        """Let the work be done, from a moment later on; say whether it will be. Any thread may call this.

        Where no thread can be had it is not: whoever asks is not ended by that.
        """
        with self._changing:
            self._is_asked = True
            if not self._runs:
                try:
                    threading.Thread(target=self._go_on, name="tending", daemon=True).start()
                except RuntimeError:
                    return False
                self._runs = True
        return True

    def _go_on(self) -> None:
        while True:
            time.sleep(self._seconds)
            with self._changing:
                self._is_asked = False
            goes_on = True  # what raises is tried again: whoever asked is told that it will be done
            with suppress(Exception):
                goes_on = self._work()
            with self._changing:
                # INVARIANT (tended): who asks after the work was done finds a thread, this one or another.
                if not (goes_on or self._is_asked):
                    self._runs = False
                    return
