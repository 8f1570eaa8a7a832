"""A crowd takes its share of a processor while somebody else asks, and is never left waiting for long."""

import pytest

from pdp.server import pacing
from pdp.server.event_order import Rank
from pdp.server.pacing import REMEMBERED_SECONDS, REST_MOST_SECONDS, SHARE, Pace

COST_SECONDS = 0.0003
SECONDS = 5.0


class _Machine:
    """A processor on which a crowd has a message answered whenever it may, beside *others* that take a share of it."""

    def __init__(self, others: float = 0.0) -> None:
        self.now = 0.0
        self.used = 0.0
        self.answered = 0
        self.longest = 0.0
        self._others = others
        self.pace = Pace(lambda: self.now, lambda: self.used)

    def run(self, seconds: float) -> float:
        """Return the share of the processor that is taken for the crowd in so many *seconds*."""
        until, answered = self.now + seconds, self.answered
        begun = self.now
        while self.now < until:
            self.pace.saw(Rank.CROWD, "flood")
            rest = self.pace.rest()
            self.longest = max(self.longest, rest)
            self.now += rest + COST_SECONDS
            self.used += rest * self._others + COST_SECONDS
            self.answered += 1
        return (self.answered - answered) * COST_SECONDS / (self.now - begun)


def test_a_crowd_takes_its_share_while_somebody_else_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin, whose share is everything, leaves nothing."""
    ours = _Machine()
    ours.pace.saw(Rank.ALONE, "quiet")
    assert ours.run(SECONDS) == pytest.approx(SHARE, abs=0.01)

    monkeypatch.setattr(pacing, "SHARE", 1.0)
    twin = _Machine()
    twin.pace.saw(Rank.ALONE, "quiet")
    assert twin.run(SECONDS) == pytest.approx(1.0)


def test_without_anybody_else_there_is_no_rest() -> None:
    """Nobody has asked, or not for a while, or it was the crowd itself, of whom nothing waited for a moment."""
    ours = _Machine()
    assert ours.run(SECONDS) == pytest.approx(1.0)
    ours.pace.saw(Rank.ALONE, "flood")
    assert ours.run(SECONDS) == pytest.approx(1.0)
    ours.pace.saw(Rank.ALONE, "quiet")
    assert ours.run(SECONDS) < 0.95
    ours.run(REMEMBERED_SECONDS)
    assert ours.run(SECONDS) == pytest.approx(1.0)


def test_a_crowd_is_answered_whatever_else_is_computed() -> None:
    """Threads of this process that take all that a rest leaves do not make it longer than its bound."""
    ours = _Machine(others=1.0)
    ours.pace.saw(Rank.ALONE, "quiet")
    ours.run(SECONDS)
    assert ours.longest == pytest.approx(REST_MOST_SECONDS)
    assert ours.answered >= SECONDS / (REST_MOST_SECONDS + COST_SECONDS)
