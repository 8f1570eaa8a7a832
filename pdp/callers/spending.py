"""An allowance that fills up with time: so much a second, and as much at once."""

import threading
import time
from collections.abc import Callable
from typing import Final

from pdp.core.errors import OverloadedError

_LEAST_WAIT: Final = 0.05


class Allowance:
    """Lets *per_second* things a second pass; more are refused with *sentence*. Any thread may spend."""

    def __init__(self, per_second: float, sentence: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._sentence = sentence
        self._clock = clock
        self._left = float(per_second)
        self._filled = clock()
        self._spending = threading.Lock()

    def spend(self) -> None:
        """Take one; raise OverloadedError, with the time until there is one again, when none is left."""
        with self._spending:
            now = self._clock()
            self._left = min(self._per_second, self._left + (now - self._filled) * self._per_second)
            self._filled = now
            if self._left < 1.0:
                raise OverloadedError(self._sentence, max(_LEAST_WAIT, (1.0 - self._left) / self._per_second))
            self._left -= 1.0
