"""A call that is over is held by nothing, though no garbage is collected and nothing else comes.

As long as anything holds it, gRPC's core counts it among the streams of its connection.
"""

import gc
import weakref
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from pdp.core.errors import UnknownCallerError
from pdp.server.inline_call import Call
from pdp.server.turns import ABREAST
from pdp.server.unread import Unread
from tests.unit.server import test_inline_turns
from tests.unit.server.test_inline_turns import House


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator["weakref.WeakSet[object]"]:
    """Return the calls of the core that something holds; no garbage is collected meanwhile."""
    alive: weakref.WeakSet[object] = weakref.WeakSet()

    class OfCore(test_inline_turns._OfCore):
        def __init__(self, who: str) -> None:
            super().__init__(who)
            alive.add(self)

    monkeypatch.setattr(test_inline_turns, "_OfCore", OfCore)
    gc.collect()
    gc.disable()
    yield alive
    gc.enable()


class KeepsWhatIsRead(Unread[Call]):
    """The twin: a call that was read is forgotten when the next one comes."""

    def read(self, call: Call) -> bool:
        """Note it, and keep it."""
        self._kept = call
        return super().read(call)


def _unknown(*_: object) -> NoReturn:
    error = UnknownCallerError("nobody that is known")
    raise error


def _refused(house: House) -> None:
    house.calls._admit = _unknown
    house.come("a")
    house.go_on()


def test_what_was_answered_is_held_by_nothing(held: "weakref.WeakSet[object]") -> None:
    """Those abreast, those that waited for their turn, and messages of streams."""
    house = House()
    for _ in range(ABREAST + 3):
        house.come("a")
        house.open("b")
    assert len(held) == 2 * (ABREAST + 3)
    house.go_on()
    assert len(house.answered) == 2 * (ABREAST + 3)
    assert len(held) == ABREAST + 3, "the streams are open"


def test_a_server_that_keeps_what_it_has_read_is_found_out(
    held: "weakref.WeakSet[object]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin."""
    monkeypatch.setattr("pdp.server.inline_calls.Unread", KeepsWhatIsRead)
    house = House()
    house.come("a")
    house.go_on()
    assert len(held) == 1


def test_what_was_refused_is_held_by_nothing(held: "weakref.WeakSet[object]") -> None:
    """Whatever holds the error by its name where it was raised."""
    house = House()
    _refused(house)
    assert house.ended == ["a"]
    assert not held


def test_an_error_that_keeps_its_frames_is_found_out(
    held: "weakref.WeakSet[object]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin."""
    monkeypatch.setattr("pdp.server.inline_calls.let_go", lambda _error: None)
    house = House()
    _refused(house)
    assert house.ended == ["a"]
    assert len(held) == 1


def test_what_an_error_came_of_is_let_go_too(held: "weakref.WeakSet[object]") -> None:
    """Its cause, and what was being handled when it was raised."""

    def twice(*_: object) -> NoReturn:
        try:
            _unknown()
        except UnknownCallerError as cause:
            kept: Any = cause
            other = UnknownCallerError("somebody else")
            raise other from kept

    house = House()
    house.calls._admit = twice
    house.come("a")
    house.go_on()
    assert house.ended == ["a"]
    assert not held
