"""A crowd takes its share of a processor while somebody else asks, and is never left waiting for long."""

from math import ceil

import pytest

from pdp.server import pacing
from pdp.server.event_order import Rank
from pdp.server.pacing import REMEMBERED_SECONDS, ROUNDING_SECONDS, SHARE, Pace

COST_SECONDS = 0.0003
SECONDS = 5.0
MILLISECOND = 0.001


class _Machine:
    """A processor on which a crowd has a message answered whenever it may.

    *others*: threads of the same process take that share of each rest. Rests are rounded up to milliseconds, as a queue
    of gRPC does.
    """

    def __init__(self, others: float = 0.0, pace: type[Pace] = Pace) -> None:
        self.now = 0.0
        self.used = 0.0
        self.longest = 0.0
        self._others = others
        self.pace = pace(lambda: self.now, lambda: self.used)

    def run(self, seconds: float, *crowd: str) -> float:
        """Return the share of the processor that messages of a *crowd* get in so many *seconds*."""
        until, begun, answered = self.now + seconds, self.now, 0
        who = crowd or ("flood",)
        while self.now < until:
            self.pace.saw(Rank.CROWD, who[answered % len(who)])
            rest = self.pace.rest()
            self.longest = max(self.longest, rest)
            rested = ceil(rest / MILLISECOND) * MILLISECOND
            self.now += rested
            self.used += rested * self._others
            self.pace.rested()
            self.now += COST_SECONDS
            self.used += COST_SECONDS
            answered += 1
        return answered * COST_SECONDS / (self.now - begun)


def _beside_somebody(others: float = 0.0, pace: type[Pace] = Pace) -> float:
    machine = _Machine(others, pace)
    machine.pace.saw(Rank.ALONE, "quiet")
    return machine.run(SECONDS)


def test_a_crowd_takes_its_share_while_somebody_else_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though rests are longer than they are asked to be; the twin makes up for none of that."""
    assert _beside_somebody() == pytest.approx(SHARE, abs=0.01)

    monkeypatch.setattr(pacing, "ROUNDING_SECONDS", 0.0005)
    assert _beside_somebody() < SHARE - 0.03


class _RestsFor(Pace):
    """Rests for anybody who has nothing that waits, be it the crowd itself in a lull."""

    def saw(self, rank: Rank, key: str) -> None:
        if rank is Rank.ALONE:
            self._beside[key] = self._now()


def test_without_anybody_else_there_is_no_rest() -> None:
    """Nobody has asked, or not for a while, or it was a crowd of which nothing waited for a moment."""
    for pace, is_right in ((Pace, True), (_RestsFor, False)):
        ours = _Machine(pace=pace)
        assert ours.run(SECONDS, "flood", "another") == pytest.approx(1.0)
        ours.pace.saw(Rank.ALONE, "flood")
        assert (ours.run(SECONDS, "flood", "another") > 0.99) is is_right

    ours = _Machine()
    ours.pace.saw(Rank.ALONE, "flood")
    assert ours.run(SECONDS) == pytest.approx(1.0), "it was the first of its calls"
    ours.pace.saw(Rank.ALONE, "quiet")
    assert ours.run(SECONDS) < 0.95
    ours.run(REMEMBERED_SECONDS)
    assert ours.run(SECONDS) == pytest.approx(1.0)


class _RestsAsOwed(Pace):
    """Rests for all that is owed, whoever used it."""

    def rest(self) -> float:
        super().rest()
        return max(self._owed, 0.0)


@pytest.mark.parametrize("others", [0.5, 0.9, 1.0])
def test_a_crowd_is_answered_whatever_else_is_computed(others: float) -> None:
    """Threads of this process that take what a rest leaves do not make it longer; they do with the twin."""
    ours = _Machine(others)
    ours.pace.saw(Rank.ALONE, "quiet")
    assert ours.run(SECONDS) > 0.78
    assert ours.longest <= ROUNDING_SECONDS
    assert others < 0.9 or _beside_somebody(others, _RestsAsOwed) < 0.3
