"""What the public server hands to a pool is taken for a call only where it looks as it must."""

from collections.abc import Iterator
from threading import Condition
from types import SimpleNamespace
from typing import Any

import pytest

from pdp.core.caller import LOCAL
from pdp.server.core_operations import handed_call
from pdp.server.delaying import Delaying
from pdp.server.entrances import Entrance
from pdp.server.gate import Admitted
from pdp.server.lanes import Lane
from pdp.server.unheard import Unheard


def handed() -> list[Any]:
    """Return what the pinned release hands over, as far as it is looked at."""
    state = SimpleNamespace(condition=Condition(), due=set(), request=None)
    return [len, SimpleNamespace(call=None), state, len, len, None, None]


@pytest.fixture
def lane() -> Iterator[Lane]:
    """Give a lane with one thread."""
    lane = Lane(1, "a lane", 1)
    yield lane
    lane.shutdown()


def test_what_looks_as_it_must_is_a_call() -> None:
    """As in the release that is pinned."""
    assert handed_call(len, tuple(handed())) is not None


@pytest.mark.parametrize("at", range(5))
def test_what_looks_otherwise_is_none(at: int) -> None:
    """Each part that is used is looked at."""
    other = handed()
    other[at] = None
    assert handed_call(len, tuple(other)) is None
    assert handed_call(len, (*handed(), None)) is None


def test_a_release_without_what_is_needed_hands_over_no_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then gRPC reads the message itself."""
    monkeypatch.delattr("grpc._server._receive_message")
    assert handed_call(len, tuple(handed())) is None


def test_what_is_no_call_is_left_to_the_lane(lane: Lane) -> None:
    """It is answered as gRPC does by itself, and nobody is refused."""

    def refuse(*_: object) -> Any:
        raise AssertionError

    entrance = Entrance(
        lane, lambda *_: Admitted(LOCAL, None, 0.0), refuse, Unheard(1.0), 1.0, Delaying(), streams=False
    )
    assert entrance.submit(max, 3, 4).result(10) == 4
