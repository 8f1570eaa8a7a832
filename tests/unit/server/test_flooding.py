"""How long a quiet caller waits beside a flood: the parts that decide, at a clock that is turned by hand.

A flood that asks again as soon as it is told meets a thread that handles one event after the other. What each takes is
assumed; `python -m benchmarks.overload` measures the whole on a machine.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable
from typing import Final

import pytest

from pdp.core.caller import Caller
from pdp.core.errors import OverloadedError
from pdp.server.holding import HELD_SECONDS, Holding
from pdp.server.load import Load

SLOTS: Final = 256
"""Four connections of as many calls as one may have."""

ADMISSION, ANSWER, REFUSAL, WAY = 50e-6, 200e-6, 40e-6, 300e-6
SECONDS, WARMING = 2.0, 0.5
EVERY: Final = 0.005
DEADLINE: Final = 0.25
FLOOD, QUIET = Caller("flood"), Caller("quiet")

Moment = Callable[[int, float], float]


class Forgiving(Load):
    """A twin that treats a flood like anybody else: it is refused when the process is pressed."""

    @property
    def is_busy(self) -> bool:
        """Say that nobody floods."""
        return False


class Simulation:
    """A process whose *load* refuses; what is refused is told after a *moment* and asked again."""

    def __init__(self, load: type[Load], moment: Moment) -> None:
        self.now = 0.0
        self._load = load(clock=lambda: self.now)
        self._moment = moment
        self._coming = [(0.0, number, FLOOD) for number in range(SLOTS)]
        chance = random.Random("quiet")
        self._coming += [
            (EVERY * (each + chance.random()), SLOTS + each, QUIET) for each in range(int(SECONDS / EVERY))
        ]
        heapq.heapify(self._coming)
        self._held: list[float] = []
        self._events: deque[tuple[bool, Caller, float]] = deque()
        self._number = len(self._coming)
        self.waits: list[float] = []
        self.refused = 0
        self.answers = 0

    def run(self) -> None:
        """Go on until the time is over."""
        while self.now < SECONDS:
            self._take_in()
            if self._events:
                self._handle(*self._events.popleft())
            else:
                self.now = min([self._coming[0][0], *self._held[:1]])
        self.waits.sort()

    def _take_in(self) -> None:
        while self._coming and self._coming[0][0] <= self.now:
            due, _, caller = heapq.heappop(self._coming)
            self._events.append((False, caller, due))
        while self._held and self._held[0] <= self.now:
            heapq.heappop(self._held)
            self.now += REFUSAL
            self._again()

    def _handle(self, has_message: bool, caller: Caller, due: float) -> None:
        self.now += ANSWER if has_message else ADMISSION
        if has_message:
            self._load.waiting -= 1
            self.answers += 1
            if caller is FLOOD:
                self._again()
            elif due > WARMING:
                self.waits.append(self.now - due)
            return
        try:
            self._load.enter(caller)
        except OverloadedError:
            self.refused += caller is QUIET
            if caller is FLOOD:
                heapq.heappush(self._held, self.now + min(DEADLINE, self._moment(len(self._held), DEADLINE)))
        else:
            self._load.waiting += 1
            self._events.append((True, caller, due))

    def _again(self) -> None:
        self._number += 1
        heapq.heappush(self._coming, (self.now + WAY, self._number, FLOOD))


def simulated(load: type[Load] = Load, moment: Moment | None = None) -> Simulation:
    """Return what became of it."""
    found = Simulation(load, moment or Holding(chance=random.Random("flood").random).seconds_for)
    found.run()
    return found


def test_a_flood_leaves_a_quiet_caller_a_short_wait() -> None:
    """None of its calls is refused; all but a hundredth wait for a few of the flood's, and the time is used."""
    found = simulated()
    assert found.refused == 0
    assert found.waits[int(len(found.waits) * 0.99)] < 0.005
    assert found.answers * ANSWER > 0.65 * SECONDS


@pytest.mark.parametrize(
    ("load", "moment"),
    [
        pytest.param(Load, lambda _held, _left: HELD_SECONDS, id="all refusals are told together"),
        pytest.param(Forgiving, None, id="a flood is treated like anybody else"),
        pytest.param(Load, lambda _held, _left: 0.0, id="refusals are told at once"),
    ],
)
def test_twins_let_it_wait(load: type[Load], moment: Moment | None) -> None:
    """Each lacks one of the parts."""
    found = simulated(load, moment)
    assert found.refused or found.waits[int(len(found.waits) * 0.99)] > 0.008
