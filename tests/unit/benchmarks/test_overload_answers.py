"""Answers under load are held against those when nothing else is asked."""

import pytest

from benchmarks.overload.answers import compared, settled
from benchmarks.overload.asking import asked
from benchmarks.served.open_loop import Outcome, Stream, ask_at_rates
from pdp.core.decision import Cause, Decision
from pdp.core.request import Request
from pdp.wire.words import Words
from pdp.wiring.words import load_words
from tests.system.running import StubPoint, running


@pytest.fixture(scope="module")
def words() -> Words:
    """Return the words of the package."""
    return load_words()


class Hurried(StubPoint):
    """A twin that allows everything once it has been asked *calm* times; None for never."""

    def __init__(self, calm: int | None) -> None:
        super().__init__(self._decide, at_once=True)
        self._calm = calm
        self._asked = 0

    def _decide(self, request: Request) -> Decision:
        self._asked += 1
        allows = request.action == "login" or (self._calm is not None and self._asked > self._calm)
        return Decision(f"d-{self._asked}", request.request_id, allows, Cause.SILENT, (), (), "r", "t", None, ())


def _outcomes(point: StubPoint, words: Words) -> tuple[Outcome, Outcome]:
    with running(point, words) as server:
        (calm,) = ask_at_rates(server.address, [Stream(asked(), 50)], 0.5)
        (beyond,) = ask_at_rates(server.address, [Stream(asked(), 200)], 0.5)
    return calm, beyond


def test_answers_that_stay_the_same_are_right(words: Words) -> None:
    """All are looked at, though each has an id of its own."""
    calm, beyond = _outcomes(Hurried(None), words)
    right = settled(calm.said)
    assert len(right) == 3
    assert len(set(right.values())) > 1
    found = compared(beyond.said, right)
    assert found == {"looked_at": sum(beyond.said.values()), "wrong": 0}
    assert found["looked_at"] >= len(beyond.answered) > 0


def test_the_twin_that_allows_when_it_is_asked_much_is_counted(words: Words) -> None:
    """Nothing else about it is another."""
    calm, beyond = _outcomes(Hurried(40), words)
    assert compared(beyond.said, settled(calm.said))["wrong"] > 0


def test_answers_that_differ_in_calm_are_no_measure() -> None:
    """Nor are none."""
    with pytest.raises(ValueError, match="alike"):
        settled({})
