"""A clock that is set is told, and one that is far from the store's makes the server unready until it agrees again."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import grpc
import pytest
from grpc_health.v1 import health_pb2

from pdp.core.errors import UnavailableError
from pdp.server.clock_watch import FAR_SECONDS, ClockWatch
from pdp.server.events import json_log
from pdp.server.health import CLOCK, DECISION_SERVICE, Health, health_of

SERVING = health_pb2.HealthCheckResponse.SERVING
NOON = 1_800_000_000.0


class World:
    """Two clocks of a machine, and that of a store."""

    def __init__(self) -> None:
        self.wall = NOON
        self.steady = 1000.0
        self.store_ahead = 0.0
        self.is_silent = False
        self.asked = 0
        self.written = io.StringIO()
        self.health = health_of(["kidsonline"], ["kidsonline"])
        self.watch = ClockWatch(
            self, self.health, json_log(self.written), wall=lambda: self.wall, steady=lambda: self.steady
        )

    def instant(self, _here: datetime) -> datetime:
        """Return what time it is by the store's clock."""
        self.asked += 1
        if self.is_silent:
            raise UnavailableError("silent")
        return datetime.fromtimestamp(self.wall, UTC) + timedelta(seconds=self.store_ahead)

    def go_on(self, looks: int = 1) -> None:
        """Let seconds pass, with a look at the end of each."""
        for _ in range(looks):
            self.wall += 1
            self.steady += 1
            self.watch.look()

    @property
    def events(self) -> list[str]:
        """Return the events that were logged."""
        return [json.loads(line)["event"] for line in self.written.getvalue().splitlines()]


def says(health: Health, service: str) -> Any:
    """Return the health of *service*."""
    return health.Check(health_pb2.HealthCheckRequest(service=service), Mock(grpc.ServicerContext)).status


def is_ready(world: World) -> list[bool]:
    """Say whether the whole, its decisions and its clock are ready."""
    return [says(world.health, service) == SERVING for service in ("", DECISION_SERVICE, CLOCK)]


@pytest.fixture
def world() -> World:
    """Return a world in which all clocks agree."""
    return World()


def test_clocks_that_agree_are_relied_on(world: World) -> None:
    """Nothing is said, and the store is asked now and then, not at every look."""
    world.go_on(30)

    assert world.events == []
    assert world.asked == 3
    assert is_ready(world) == [True, True, True]
    assert world.watch.measured() == {"offset": 0.0, "steps": 0, "trusted": 1.0}


@pytest.mark.parametrize("ahead", [FAR_SECONDS + 1, -FAR_SECONDS - 1])
def test_a_clock_far_from_the_stores_is_not_relied_on_until_it_agrees(world: World, ahead: float) -> None:
    """Ahead or behind: unready within ten looks, told once, and ready again after it agrees."""
    world.store_ahead = ahead
    world.go_on(25)
    doubted = is_ready(world)
    measured = world.watch.measured()
    world.store_ahead = FAR_SECONDS / 2
    world.go_on(10)

    assert doubted == [False, False, False]
    assert (measured["offset"], measured["trusted"]) == (abs(ahead), 0.0)
    assert world.events == ["clock-doubted", "clock-trusted"]
    assert is_ready(world) == [True, True, True]


def test_a_clock_that_is_set_is_told_and_compared_at_once(world: World) -> None:
    """A step is an event; whether it was for the better, the store says at the same look."""
    world.go_on()
    world.wall += 3600
    world.store_ahead = -3600
    world.go_on()

    assert world.events == ["clock-stepped", "clock-doubted"]
    assert world.watch.measured()["steps"] == 1
    assert is_ready(world) == [False, False, False]


def test_a_slew_is_no_step(world: World) -> None:
    """A clock that is led to the right time a little each second was not set."""
    for _ in range(30):
        world.wall += 0.05
        world.go_on()

    assert world.events == []


def test_a_store_that_does_not_answer_changes_nothing(world: World) -> None:
    """What is not known neither makes a server unready nor ready."""
    world.is_silent = True
    world.go_on(11)
    assert is_ready(world) == [True, True, True]

    world.is_silent, world.store_ahead = False, 60
    world.go_on(10)
    world.is_silent = True
    world.go_on(20)
    assert is_ready(world) == [False, False, False]


def test_health_of_policies_does_not_hide_the_clock(world: World) -> None:
    """A change of policies while the clock is doubted does not make the whole ready."""
    world.store_ahead = 60
    world.go_on(10)

    world.health.tell(["kidsonline"], [])
    world.health.tell_of_store(is_there=True)

    assert is_ready(world) == [False, False, False]
