"""What is looked after goes on for as long as there is something, and no longer."""

import threading

import pytest

from pdp.server.tending import Tending
from tests.system.running import wait_until


def _threads() -> int:
    return sum(thread.name == "tending" for thread in threading.enumerate())


def test_it_goes_on_for_as_long_as_there_is_more() -> None:
    """One thread does it, however often it is asked, and ends with it; whoever asks later is heard too."""
    left, done, before = [3], list[int](), _threads()

    def work() -> bool:
        done.append(left[0])
        left[0] -= left[0] > 0
        return left[0] > 0

    tending = Tending(work, 0.001)
    for _ in range(10):
        tending.ask()
    assert _threads() <= before + 1
    wait_until(lambda: left == [0] and _threads() == before)
    count = len(done)
    assert count >= 3
    tending.ask()
    wait_until(lambda: len(done) > count and _threads() == before)


def test_who_asks_while_the_work_ends_is_heard() -> None:
    """The thread that is about to end sees it."""
    asked_again, done = threading.Event(), list[int]()

    def work() -> bool:
        done.append(0)
        if len(done) == 1:
            tending.ask()
            asked_again.set()
        return False

    tending = Tending(work, 0.001)
    tending.ask()
    assert asked_again.wait(10)
    wait_until(lambda: len(done) == 2)


def no_thread(_thread: threading.Thread) -> None:
    """Start nothing, as a machine does that has no thread left."""
    raise RuntimeError("can't start new thread")


def test_where_no_thread_can_be_had_nobody_is_ended_by_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks is told so, and whoever asks later finds one."""
    done: list[int] = []

    def work() -> bool:
        done.append(0)
        return False

    tending = Tending(work, 0.001)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        assert not tending.ask()
    assert tending.ask()
    wait_until(lambda: bool(done))


def test_what_raises_is_tried_again() -> None:
    """It was promised, and one error ends no promise."""
    done: list[int] = []

    def work() -> bool:
        done.append(0)
        if len(done) == 1:
            raise ValueError
        return False

    tending = Tending(work, 0.001)
    assert tending.ask()
    wait_until(lambda: len(done) == 2)
