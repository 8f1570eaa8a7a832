"""How much is borne: what a caller may ask a second, and its part of a process that is asked too much.

A process that is not pressed refuses nobody. It is pressed when calls wait for it: then each caller, and each operator,
gets its part, by weight: whoever has had more than the others in this moment is refused, and whoever goes on asking
much more than it is given is refused sooner. Whoever asks for less is not touched, however much the others ask for.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pdp.callers.spending import Allowance
from pdp.core.caller import Caller
from pdp.core.errors import OverloadedError

PRESSED_FROM: Final = 24
"""So many calls that wait to be answered press a process: some milliseconds of its work."""

BORNE: Final = 192
"""So many calls may wait: what is more could not be answered while anybody waits for it."""

WINDOW_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 0.1
_MIB: Final = 1 << 20
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_STATM: Final = Path("/proc/self/statm")

Clock = Callable[[], float]


class Shares:
    """What of a process each of several gets while it is pressed: whoever has had more than the others waits for them.

    Nothing has to be known of what the process can do: it is pressed as long as it is asked for more, and so has always
    something to do.
    """

    def __init__(self, what: str, clock: Clock = time.monotonic) -> None:
        self._sentence = f"{what} asks for more than its part of a server that has no time left"
        self._clock = clock
        self._began = clock()
        self._taken: dict[str, float] = {}
        self._before: dict[str, float] = {}
        self._changing = threading.Lock()

    def take(self, key: str, weight: int = 1, *, is_pressed: bool, amount: int = 1) -> None:
        """Let *key* have *amount*; raise OverloadedError while pressed when it has had more than the others."""
        with self._changing:
            self._turn()
            taken = self._taken.setdefault(key, 0.0)
            if is_pressed and self._had(key) > self._mean():
                raise OverloadedError(self._sentence, WINDOW_SECONDS)
            self._taken[key] = taken + amount / weight

    def has_had_most(self, key: str) -> bool:
        """Say whether *key* is alone, or has had more than the others."""
        with self._changing:
            self._turn()
            return self._is_alone(key) or self._had(key) > self._mean()

    def _had(self, key: str) -> float:
        """Return what *key* has had of this moment and the last: else a new one would begin with everybody equal."""
        return self._taken.get(key, 0.0) + self._before.get(key, 0.0)

    def _mean(self) -> float:
        """Return what each of those who have had anything has had."""
        had = sum(self._taken.values()) + sum(self._before.values())
        return had / len(self._taken.keys() | self._before.keys())

    def _is_alone(self, key: str) -> bool:
        return (self._taken.keys() | self._before.keys()) <= {key}

    def _turn(self) -> None:
        now = self._clock()
        if now - self._began >= WINDOW_SECONDS:
            self._before, self._taken = self._taken, {}
            self._began = now


class Memory:
    """Says whether this process has grown beyond *limit_mib* of resident memory, 0 for no limit."""

    def __init__(self, limit_mib: int, clock: Clock = time.monotonic, statm: Path = _STATM) -> None:
        self._limit = limit_mib * _MIB
        self._clock = clock
        self._statm = statm
        self._looked = float("-inf")
        self._is_over = False

    def check(self) -> None:
        """Raise OverloadedError while the process is beyond its limit."""
        if not self._limit:
            return
        now = self._clock()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self._is_over = int(self._statm.read_text("ascii").split()[1]) * _PAGE > self._limit
        if self._is_over:
            raise OverloadedError("the server has no memory left for more", 1.0)


class Load:
    """What is borne by one process.

    *waiting* is how many calls wait for the thread that takes events, which alone changes it; *in_queue* says how many
    wait for others.
    """

    def __init__(
        self, memory_mib: int = 0, in_queue: Callable[[], int] = lambda: 0, clock: Clock = time.monotonic
    ) -> None:
        self.waiting = 0
        self._in_queue = in_queue
        self._clock = clock
        self._callers = Shares("this caller", clock)
        self._operators = Shares("this operator", clock)
        self._rates: dict[tuple[str, int], Allowance] = {}
        self._memory = Memory(memory_mib, clock)

    @property
    def is_pressed(self) -> bool:
        """Say whether calls wait for this process."""
        return self.waiting + self._in_queue() >= PRESSED_FROM

    def enter(self, caller: Caller) -> None:
        """Let *caller* ask once more; raise OverloadedError, with its name, when it may not now."""
        try:
            self._enter(caller)
        except OverloadedError as error:
            error.caller = caller.name
            raise

    def _enter(self, caller: Caller) -> None:
        self._memory.check()
        if self.waiting >= BORNE:
            raise OverloadedError("too many calls wait", WINDOW_SECONDS)
        if caller.calls_per_second:
            self.spend(caller)
        self._callers.take(caller.name, caller.weight, is_pressed=self.is_pressed)

    def spend(self, caller: Caller) -> None:
        """Take one of the calls that *caller* may make this second; raise OverloadedError when none is left."""
        key = (caller.name, caller.calls_per_second)
        allowance = self._rates.get(key)
        if allowance is None:
            made = Allowance(caller.calls_per_second, "this caller asks more often than it may", self._clock)
            allowance = self._rates.setdefault(key, made)
        allowance.spend()

    def ask_about(self, operator: str, caller: Caller, amount: int = 1) -> None:
        """Let *amount* questions about *operator* be answered; raise OverloadedError when they may not now."""
        # Who asks little is not refused because others ask much about the same operator.
        is_pressed = self.is_pressed and self._callers.has_had_most(caller.name)
        self._operators.take(operator, is_pressed=is_pressed, amount=amount)
        if amount > 1:  # one call of many questions; the call itself has been counted
            self._callers.take(caller.name, caller.weight, is_pressed=False, amount=amount - 1)
