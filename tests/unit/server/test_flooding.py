"""How long a quiet caller waits beside a flood: the parts that decide, at a clock that is turned by hand.

A flood that asks again as soon as it is told meets a thread that handles one event after the other. What each takes is
assumed; `python -m benchmarks.overload` measures the whole on a machine.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest

from pdp.core.caller import Caller
from pdp.core.errors import OverloadedError
from pdp.server.holding import TAKEN_MOST, Holding
from pdp.server.load import Load
from pdp.server.turns import Turns

SLOTS: Final = 256
"""Four connections of as many calls as one may have."""

ADMISSION, ANSWER, REFUSAL, WAY = 120e-6, 280e-6, 60e-6, 300e-6
SECONDS, WARMING = 2.0, 0.5
EVERY: Final = 0.005
FLOOD, QUIET = "flood", "quiet"
CALLERS: Final = {name: Caller(name) for name in (FLOOD, QUIET)}

Moment = Callable[[int, float], float]


@dataclass(eq=False, slots=True)
class Call:
    """A call of a caller, due at an instant."""

    key: str
    due: float
    is_abreast: bool = False
    weight: int = 1
    connection: str = ""


class AnyOrder(Turns[Call]):
    """A twin in which everything stands in one order, as it came."""

    def come(self, call: Call) -> bool:
        """Let everybody stand in it."""
        return True


class Simulation:
    """A process that lets each caller have its *turns*; what is refused is told after a *moment* and asked again."""

    def __init__(self, turns: type[Turns[Call]], moment: Moment, deadline: float) -> None:
        self.now = 0.0
        self._load = Load(clock=lambda: self.now)
        self._turns = turns()
        self._moment = moment
        self._deadline = deadline
        chance = random.Random("quiet")
        quiet = [(EVERY * (each + chance.random()), SLOTS + each, QUIET) for each in range(int(SECONDS / EVERY))]
        self._coming = [(0.0, number, FLOOD) for number in range(SLOTS)] + quiet
        heapq.heapify(self._coming)
        self._held: list[float] = []
        self._events: deque[tuple[bool, Call]] = deque()
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
                self.now = max(self.now, min([self._coming[0][0], *self._held[:1]]))
        self.waits.sort()

    def _take_in(self) -> None:
        while self._coming and self._coming[0][0] <= self.now:
            due, _, key = heapq.heappop(self._coming)
            self._events.append((False, Call(key, due)))
        for _ in range(TAKEN_MOST):
            if self._held and self._held[0] <= self.now:
                heapq.heappop(self._held)
                self.now += REFUSAL
                self._again()

    def _handle(self, has_message: bool, call: Call) -> None:
        self.now += ANSWER if has_message else ADMISSION
        if not has_message:
            self._let_in(call)
            return
        self._load.waiting -= 1
        following = self._turns.leave(call)
        if following is not None:
            self._hear(following)
        self.answers += 1
        if call.key == FLOOD:
            self._again()
        elif call.due > WARMING:
            self.waits.append(self.now - call.due)

    def _let_in(self, call: Call) -> None:
        try:
            self._load.enter(CALLERS[call.key])
            is_its_turn = self._turns.come(call)
        except OverloadedError:
            self.refused += call.key == QUIET
            if call.key == FLOOD:
                left = self._deadline - (self.now - call.due)
                heapq.heappush(self._held, self.now + self._moment(len(self._held), left))
        else:
            if is_its_turn:
                self._hear(call)

    def _hear(self, call: Call) -> None:
        self._load.waiting += 1
        self._events.append((True, call))

    def _again(self) -> None:
        self._number += 1
        heapq.heappush(self._coming, (self.now + WAY, self._number, FLOOD))


def simulated(turns: type[Turns[Call]] = Turns, moment: Moment | None = None, deadline: float = 0.25) -> Simulation:
    """Return what became of it."""
    found = Simulation(turns, moment or Holding(chance=random.Random("flood").random).seconds_for, deadline)
    found.run()
    return found


@pytest.mark.parametrize("deadline", [0.25, 10.0], ids=["impatient", "patient"])
def test_a_flood_leaves_a_quiet_caller_a_short_wait(deadline: float) -> None:
    """None of its calls is refused; all but a hundredth wait for a few of the flood's, and the time is used."""
    found = simulated(deadline=deadline)
    assert found.refused == 0
    assert found.waits[int(len(found.waits) * 0.99)] < 0.004
    assert found.answers * ANSWER > 0.55 * SECONDS


@pytest.mark.parametrize(
    ("turns", "moment"),
    [
        pytest.param(AnyOrder, None, id="who comes first is answered first"),
        pytest.param(Turns, lambda _held, _left: 0.0, id="refusals are told at once"),
    ],
)
def test_twins_let_it_wait(turns: type[Turns[Call]], moment: Moment | None) -> None:
    """Each lacks one of the parts."""
    found = simulated(turns, moment)
    assert found.refused or found.waits[int(len(found.waits) * 0.99)] > 0.008
