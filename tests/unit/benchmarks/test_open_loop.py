"""Calls at a given rate: every one of them is counted once, as what it became."""

import time
from collections.abc import Callable

import pytest

from benchmarks.served.open_loop import Asked, Outcome, Stream, ask_at_rates
from pdp.core.decision import Decision
from pdp.core.errors import UnavailableError
from pdp.core.request import Request
from pdp.wire.words import Words
from pdp.wiring.words import load_words
from tests.malformed_requests import a_request
from tests.system.running import CHECK, StubPoint, a_decision, running

BODY = a_request().SerializeToString()


@pytest.fixture(scope="module")
def words() -> Words:
    """Return the words of the package."""
    return load_words()


def outcome_of(
    decide: Callable[[Request], Decision], words: Words, *, seconds: float = 5.0, rate: float = 50
) -> Outcome:
    """Ask a server that does as *decide* for a second; return what became of the calls."""
    with running(StubPoint(decide, at_once=True), words) as server:
        asked = Asked(CHECK, BODY, seconds=seconds, patience=seconds)
        (outcome,) = ask_at_rates(server.address, [Stream(asked, rate, 2)], 1.0)
    return outcome


def test_what_is_answered_is_counted_with_its_time(words: Words) -> None:
    """All that was due, and each took longer than nothing."""
    outcome = outcome_of(a_decision, words)
    assert len(outcome.answered) == outcome.due == pytest.approx(50, abs=2)
    assert 0 < outcome.percentile(0.5) <= outcome.percentile(0.99)


def test_what_is_refused_is_not_counted_as_answered(words: Words) -> None:
    """A status without a message is a refusal."""

    def refuse(_request: Request) -> Decision:
        raise UnavailableError("away")

    outcome = outcome_of(refuse, words)
    assert (outcome.answered, outcome.refused) == ([], outcome.due)
    assert outcome.percentile(0.99) == float("inf")


def test_what_comes_too_late_is_late(words: Words) -> None:
    """Measured from when it was due."""

    def slowly(request: Request) -> Decision:
        time.sleep(0.3)
        return a_decision(request)

    outcome = outcome_of(slowly, words, seconds=0.05, rate=10)
    assert outcome.answered == []
    assert outcome.due == outcome.late + outcome.unsent + outcome.refused > 0
