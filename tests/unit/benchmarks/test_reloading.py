"""The benchmark of reloads counts an answer that is wrong as wrong."""

import pytest

from benchmarks.reloading import Reloaded, Seen, wrong

DONE = [Reloaded(0.0, 0.0, 0, "r0"), Reloaded(10.0, 1.0, 1, "r1"), Reloaded(20.0, 1.0, 2, "r2")]


@pytest.mark.parametrize(
    ("seen", "number"),
    [
        (Seen(1.0, 2.0, "r0", True), 0),
        (Seen(9.0, 11.0, "r0", True), 0),
        (Seen(9.0, 11.0, "r1", False), 0),
        (Seen(9.5, 9.9, "r1", False), 0),
        (Seen(11.0, 12.0, "r1", False), 0),
        (Seen(21.0, 22.0, "r2", True), 0),
        (Seen(11.0, 12.0, "r0", True), 1),
        (Seen(1.0, 2.0, "r2", True), 1),
        (Seen(11.0, 12.0, "r1", True), 1),
        (Seen(1.0, 2.0, "r0", False), 1),
        (Seen(1.0, 2.0, "nobody's", True), 1),
    ],
)
def test_an_answer_is_right_when_its_revision_was_in_force_and_says_so(seen: Seen, number: int) -> None:
    """Neither older than what every worker had confirmed before it was asked, nor newer than what had been written."""
    assert wrong([seen], DONE) == number
