"""How far a search is, is told to somebody who waits, and to nobody else."""

from contextlib import redirect_stderr
from io import StringIO

import pytest

from pdp.cli.analysing import QUIET_SECONDS, progress_on_stderr


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def _told(stream: StringIO, *instants: float) -> list[str]:
    times = iter((0.0, *instants))
    with redirect_stderr(stream):
        tell = progress_on_stderr("pdp matrix", lambda: next(times))
        for at, _ in enumerate(instants):
            tell(at, 9)
    return stream.getvalue().splitlines()


def test_a_long_search_says_on_a_terminal_how_far_it_is() -> None:
    """After the quiet time, and not more than once in a second."""
    late = QUIET_SECONDS + 0.5

    assert _told(_Terminal(), 1.0, late, late + 0.5, late + 1.5) == ["pdp matrix: 1 / 9", "pdp matrix: 3 / 9"]


@pytest.mark.parametrize(
    ("stream", "instants"),
    [
        pytest.param(_Terminal(), (0.5, QUIET_SECONDS), id="a short search"),
        pytest.param(StringIO(), (QUIET_SECONDS + 1, QUIET_SECONDS + 5), id="a pipe"),
    ],
)
def test_nothing_is_told(stream: StringIO, instants: tuple[float, ...]) -> None:
    """A short search says nothing, and none says anything where no terminal is."""
    assert _told(stream, *instants) == []
