"""A store that is lost makes the server unready after a while, until it is there again."""

import io
import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import grpc
import pytest
from grpc_health.v1 import health_pb2

from pdp.core.errors import UnavailableError
from pdp.core.stores import StoreState, Token
from pdp.server import store_waiting
from pdp.server.events import json_log
from pdp.server.health import ALIVE, FACT_SERVICE, MISSING_KEY, health_of
from pdp.server.store_waiting import LOST_SECONDS, StoreWaiting

SERVING = health_pb2.HealthCheckResponse.SERVING


class World:
    """A clock, and a store that fails for a *reason* or takes its time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reason = ""
        self.takes = 0.0
        self.is_confirmed = True
        self.written = io.StringIO()
        self.health = health_of(["kidsonline"], ["kidsonline"])
        facts: Any = self
        self.waiting = StoreWaiting(facts, self.health, json_log(self.written), clock=lambda: self.now)

    def state(self) -> StoreState:
        """Return, or raise, after a while."""
        self.now += self.takes
        if self.reason:
            raise UnavailableError(self.reason)
        return StoreState(Token("history", 1), datetime.now(UTC), 0, confirmed=self.is_confirmed)

    def look_after(self, seconds: float) -> bool:
        """Look when so much time has passed; return whether the server is ready."""
        self.now += seconds
        self.waiting.look()
        return self.serves("")

    def serves(self, service: str) -> bool:
        """Say whether *service* is served."""
        return bool(self.asked(service)[0].status == SERVING)

    def asked(self, service: str) -> tuple[Any, dict[str, str]]:
        """Return the answer about *service*, and what is told after it."""
        context = Mock(spec=grpc.ServicerContext)
        answer = self.health.Check(health_pb2.HealthCheckRequest(service=service), context)
        return answer, dict(context.set_trailing_metadata.call_args.args[0])

    def told(self) -> list[tuple[str, str]]:
        """Return the events, each with its reason."""
        lines = [json.loads(line) for line in self.written.getvalue().splitlines()]
        return [(line["event"], line.get("reason", "")) for line in lines]


@pytest.fixture
def world() -> World:
    """Return a world in which all is well."""
    return World()


def test_a_store_that_is_lost_for_a_moment_changes_nothing(world: World) -> None:
    """One that is restarted is not lost."""
    world.reason = "silent"
    assert world.look_after(0.5)
    assert world.look_after(LOST_SECONDS - 0.1)

    world.reason = ""
    assert world.look_after(0.5)
    assert world.told() == []


def is_there(world: World) -> bool:
    """Say whether the store can be used."""
    return world.waiting.is_there


def becomes_unready(world: World) -> None:
    """Lose the store for long enough, and find it again."""
    world.reason = "silent"
    world.look_after(0.5)
    assert not world.look_after(LOST_SECONDS)
    assert not world.serves(FACT_SERVICE)
    assert world.serves(ALIVE)
    assert not is_there(world)
    assert world.asked("")[1][MISSING_KEY] == "store"

    world.reason = "broken"
    assert not world.look_after(0.5)

    world.reason = ""
    assert world.look_after(0.5)
    assert world.serves(FACT_SERVICE)
    assert is_there(world)
    assert MISSING_KEY not in world.asked("")[1]
    assert world.told() == [("store-not-there", "silent"), ("store-not-there", "broken"), ("store-there", "")]


def test_a_store_that_is_lost_makes_the_server_unready(world: World) -> None:
    """It says so, why, and when it is over; and it says that it is alive."""
    becomes_unready(world)


def test_a_store_that_hangs_is_lost_at_once(world: World) -> None:
    """The time for which it was waited for counts."""
    world.reason, world.takes = "hangs", LOST_SECONDS
    assert not world.look_after(0.5)


def test_a_store_that_nobody_has_confirmed_is_not_there(world: World) -> None:
    """What was restored from a copy answers nothing until an administrator says so."""
    world.is_confirmed = False
    world.look_after(0.5)
    assert not world.look_after(LOST_SECONDS)
    assert "pdp facts confirm" in world.told()[0][1]

    world.is_confirmed = True
    assert world.look_after(0.5)


def test_the_twin_that_is_done_when_the_store_was_there_once_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: what is lost later is none of its business."""
    monkeypatch.setattr(store_waiting, "LOST_SECONDS", float("inf"))
    with pytest.raises(AssertionError):
        becomes_unready(world)
