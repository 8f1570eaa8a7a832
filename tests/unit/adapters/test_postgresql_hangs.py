"""A line is cut for the statement that nobody answers, and for no other."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from pdp_adapters.postgresql_hangs import Statements


class Line:
    """As much of a connection as is cut."""

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair()
        self._there.settimeout(0.0)
        self.is_closed = False

    def fileno(self) -> int:
        """Return the descriptor of the line."""
        return self._here.fileno()

    def close(self) -> None:
        """Close it."""
        self.is_closed = True
        self._here.close()

    @property
    def is_cut(self) -> bool:
        """Say whether the other side hears that it is over."""
        try:
            return self._there.recv(1) == b""
        except BlockingIOError:
            return False

    def end(self) -> None:
        """Close both sides."""
        self._here.close()
        self._there.close()


@pytest.fixture
def line() -> Iterator[Any]:
    """Return a line."""
    line = Line()
    yield line
    line.end()


def test_a_statement_that_has_ended_is_not_cut_in_the_next_one(line: Any) -> None:
    """Who looks found one late, and it has ended since: the connection serves another call now."""
    statements = Statements()
    with statements.bounded(line, -1.0):
        late = statements._under_way[line]
    with statements.bounded(line, 60.0):
        statements._cut_off(line, late)

        assert not line.is_cut
    assert not line.is_closed


def test_a_line_that_was_cut_when_its_answer_came_serves_nobody_else(line: Any) -> None:
    """The answer is given, and the connection is closed, so that the pool does not hand it on."""
    statements = Statements()
    with statements.bounded(line, 60.0):
        statements._cut_off(line, statements._under_way[line])
        assert line.is_cut

    assert line.is_closed
    assert statements._under_way == {}
