"""Whose turn it is to write, without a store."""

import fcntl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pdp.core.errors import UnavailableError
from pdp_adapters.writers_turns import GIVING_WAY, PATIENCE, Precedence, Turns

LONG = 60.0


class _Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def order_of(turns: Turns, writers: list[bool], meanwhile: Callable[[], None] = lambda: None) -> list[int]:
    """Return in which order *writers*, each of which gives way or not, have their turns; *meanwhile* they all wait."""
    had: list[int] = []

    def write(number: int) -> None:
        with turns.turn(LONG, gives_way=writers[number]):
            had.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(writers))]
    with turns.turn(LONG, gives_way=True):
        for number, thread in enumerate(threads):
            thread.start()
            while turns.waiting <= number:
                threading.Event().wait(0.001)
        meanwhile()
    for thread in threads:
        thread.join(LONG)
    return had


def test_what_takes_something_back_comes_first() -> None:
    """Those that go first are before those that have waited longer, each kind in its own order."""
    assert order_of(Turns(), [True, True, False, True, False]) == [2, 4, 0, 1, 3]


def test_those_that_give_way_have_their_turn_too() -> None:
    """After a while they alternate: who revokes without end does not keep everybody from writing."""
    clock = _Clock()

    def wait() -> None:
        clock.now += PATIENCE

    assert order_of(Turns(clock), [True, True, False, False, False], wait) == [0, 2, 1, 3, 4]


def test_who_gets_no_turn_is_told_so_and_stands_in_nobodys_way() -> None:
    """A writer that has waited for too long is out of the queue."""
    turns = Turns()
    with turns.turn(LONG, gives_way=False):
        for gives_way in (True, False):
            with pytest.raises(UnavailableError), turns.turn(0.01, gives_way=gives_way):
                raise AssertionError("two have a turn at once")
        assert turns.waiting == 0
    with turns.turn(LONG, gives_way=True):
        pass


def test_a_turn_ends_with_whatever_happens_in_it() -> None:
    """An error in a turn does not keep it."""
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.turn(LONG, gives_way=False):
        raise ZeroDivisionError
    with turns.turn(0.01, gives_way=False):
        pass


def test_other_processes_are_given_way_to(tmp_path: Path) -> None:
    """Who gives way waits while something is announced; not without end, and not for one that waits for it."""
    path = tmp_path / "board"
    path.touch()
    precedence, looks = Precedence(path), iter([False, False, True])

    with Precedence(path).announced():
        precedence.give_way(unless=lambda: next(looks))
    assert next(looks, None) is None, "it did not wait at all"

    precedence.give_way(unless=lambda: False)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nothing is left of either
    assert GIVING_WAY < PATIENCE, "who stands still holds up others for less than they wait anyway"


def test_without_the_file_nobody_waits(tmp_path: Path) -> None:
    """It is order and nothing else: what is not there keeps nobody from writing."""
    precedence = Precedence(tmp_path / "not-there")
    with precedence.announced():
        precedence.give_way(unless=lambda: pytest.fail("it waits"))
