"""How questions to an engine are timed: a wrong answer is no figure, however fast it comes."""

import pytest

from benchmarks.access import Question
from benchmarks.in_process.child import timed

ASKED = [Question(f"user{number}", "data", "read") for number in range(10)]


def test_every_question_is_timed_and_asked_again_at_once() -> None:
    """Fast answers are timed twice each, in the order of the questions."""
    heard: list[str] = []

    def ask(user: str, _data: str, _action: str) -> bool:
        heard.append(user)
        return True

    durations, again = timed(ask, ASKED, seconds=10.0, expected=True)
    assert (len(durations), len(again)) == (10, 10)
    assert heard == [question.user for question in ASKED for _ in range(2)]


@pytest.mark.parametrize("wrong_at", [0, 1], ids=["the first time", "when asked again"])
@pytest.mark.parametrize("expected", [True, False])
def test_a_wrong_answer_ends_it(wrong_at: int, expected: bool) -> None:
    """Neither the first answer nor the repeated one may differ from what is expected."""
    answers = [expected, expected]
    answers[wrong_at] = not expected
    given = iter(answers)
    with pytest.raises(ValueError, match="was answered"):
        timed(lambda *_: next(given), ASKED[:1], seconds=10.0, expected=expected)


def test_it_stops_in_time_and_never_before_the_first_answer() -> None:
    """An engine that is slower than its share of the round is asked once."""
    assert len(timed(lambda *_: True, ASKED, seconds=0.0, expected=True)[0]) == 1
