"""Refusals that are held back for a moment: whoever asks again at once would take the time of the others."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

HELD_SECONDS: Final = 0.1
HELD_MOST: Final = 1024
"""More are not held: they are refused at once."""


class Holding:
    """Does things *seconds* later, in order, in a thread that runs while there are any."""

    def __init__(self, seconds: float = HELD_SECONDS, most: int = HELD_MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._held: deque[tuple[float, Callable[[], None]]] = deque()
        self._changing = threading.Lock()
        self._runs = False

    def hold(self, then: Callable[[], None]) -> None:
        """Call *then* a moment later; at once when too many are held."""
        with self._changing:
            is_held = len(self._held) < self._most
            if is_held:
                self._held.append((time.monotonic() + self._seconds, then))
                if not self._runs:
                    self._runs = True
                    threading.Thread(target=self._release, name="held refusals", daemon=True).start()
        if not is_held:
            then()

    def _release(self) -> None:
        while True:
            with self._changing:
                if not self._held:
                    self._runs = False
                    return
                due, then = self._held[0]
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            with self._changing:
                self._held.popleft()  # until now it counted among those held
            then()
