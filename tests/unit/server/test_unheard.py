"""Calls whose message is awaited: the oldest of a caller makes room, and what is late is ended."""

from dataclasses import dataclass

import pytest

from pdp.server.unheard import NOTICED_SECONDS, UNHEARD_MOST, Unheard

PATIENCE = 1.0


@dataclass(eq=False)
class Call:
    """A call of *key*."""

    key: str = "app"


class Scene:
    """Calls that await their message, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.unheard = Unheard(PATIENCE, lambda: self.now)

    def come(self, key: str = "app") -> tuple[Call, list[object]]:
        """Let a call come; return it, and what is to be ended for it."""
        call = Call(key)
        return call, list(self.unheard.come(call))


@pytest.fixture
def scene() -> Scene:
    """Return a scene in which nothing has come yet."""
    return Scene()


def test_what_is_heard_is_awaited_no_more(scene: Scene) -> None:
    """Once, and whatever comes afterwards is nobody's."""
    call, over = scene.come()
    assert (len(scene.unheard), over) == (1, [])
    assert scene.unheard.hear(call)
    assert not scene.unheard.hear(call)
    assert len(scene.unheard) == 0


def test_the_oldest_of_a_caller_makes_room_for_its_newest(scene: Scene) -> None:
    """Another caller, who came before, is not touched."""
    scene.come("gate")
    first, *_ = [scene.come()[0] for _ in range(UNHEARD_MOST)]
    second, over = scene.come()
    assert over == [first]
    assert not scene.unheard.hear(first)
    assert scene.unheard.hear(second)
    assert scene.come("gate")[1] == []
    assert len(scene.unheard) == UNHEARD_MOST + 1


def test_one_that_was_heard_leaves_its_room_to_another(scene: Scene) -> None:
    """What brought its message does not count against its caller."""
    calls = [scene.come()[0] for _ in range(UNHEARD_MOST)]
    assert scene.unheard.hear(calls[7])
    assert scene.come()[1] == []


def test_what_is_late_is_ended_a_moment_after_it_was_noticed(scene: Scene) -> None:
    """The process may have been held up, and the message may lie there."""
    late, _ = scene.come()
    heard, _ = scene.come()
    scene.now += 50 * PATIENCE
    fresh, over = scene.come("gate")
    assert over == []
    assert scene.unheard.hear(heard)
    scene.now += 2 * NOTICED_SECONDS
    assert scene.come("gate")[1] == [late]
    assert not scene.unheard.hear(late)
    assert scene.unheard.hear(fresh)


def test_what_is_late_and_the_oldest_is_ended_once(scene: Scene) -> None:
    """For whichever reason comes first."""
    calls = [scene.come()[0] for _ in range(UNHEARD_MOST)]
    scene.now += PATIENCE
    assert scene.come()[1] == calls[:1]
    scene.now += 2 * NOTICED_SECONDS
    assert scene.come()[1] == calls[1:]
    assert len(scene.unheard) == 2
