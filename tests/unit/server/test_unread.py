"""A call without its message is work for a moment, then it is silent, and in the end it is over."""

from dataclasses import dataclass

import pytest

from pdp.core.errors import OverloadedError
from pdp.server.unread import BLAMED_SECONDS, SILENT_AFTER_SECONDS, SILENT_MOST, Unread

PATIENCE = 1.0


@dataclass(eq=False)
class Call:
    """A call of a caller."""

    key: str = "slow"
    is_unread: bool = False
    is_silent: bool = False


class Scene:
    """What waits, at a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waiting = 0
        self.unread: Unread[Call] = Unread(self, PATIENCE, lambda: self.now)

    def come(self, count: int, key: str = "slow") -> list[Call]:
        """Let calls come."""
        calls = [Call(key) for _ in range(count)]
        for call in calls:
            self.unread.come(call)
        return calls

    def later(self, seconds: float) -> list[object]:
        """Turn the clock and return what is to be ended then."""
        self.now += seconds
        return list(self.unread.overdue())


def test_a_message_that_comes_is_work_until_it_is_read() -> None:
    """The usual."""
    scene = Scene()
    (call,) = scene.come(1)
    assert scene.waiting == 1
    assert scene.unread.read(call)
    assert (scene.waiting, scene.unread.silent) == (0, 0)
    assert not scene.unread.read(call)
    assert scene.later(10) == []


def test_what_brings_no_message_presses_nobody_for_long() -> None:
    """Then it counts apart, its caller has no more of them, and others have theirs."""
    scene = Scene()
    calls = scene.come(SILENT_MOST)
    scene.unread.check("slow")
    assert scene.later(1.01 * SILENT_AFTER_SECONDS) == []
    assert (scene.waiting, scene.unread.silent) == (0, SILENT_MOST)
    with pytest.raises(OverloadedError) as raised:
        scene.unread.check("slow")
    assert raised.value.caller == "slow"
    scene.unread.check("quiet")
    assert scene.unread.read(calls[0]), "late is better than never"
    scene.unread.check("slow")


def test_it_is_ended_once_and_its_caller_presses_nobody_again() -> None:
    """Until the blame is over."""
    scene = Scene()
    (call,) = scene.come(1)
    scene.later(1.01 * SILENT_AFTER_SECONDS)
    assert scene.later(1.01 * PATIENCE) == [call]
    assert not scene.unread.read(call)
    assert (scene.waiting, scene.unread.silent, scene.later(1)) == (0, 0, [])
    (blamed,) = scene.come(1)
    scene.come(1, "quiet")
    assert (scene.waiting, scene.unread.silent) == (1, 1)
    assert scene.unread.read(blamed)
    scene.later(BLAMED_SECONDS)
    (again,) = scene.come(1)
    assert not again.is_silent


def test_a_process_that_was_held_up_ends_nothing_at_once() -> None:
    """The message may lie there: it looks first."""
    scene = Scene()
    (call,) = scene.come(1)
    assert scene.later(60) == []
    assert scene.unread.read(call)
