"""A Redis, and stores whose readings are kept."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.caching.redis_server import SERVER, RedisServer, redis_server
from tests.freshness.places import Open, opening
from tests.stores.conftest import new_database, postgresql_address

__all__ = ["new_database", "postgresql_address"]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """Run a Redis for one test."""
    if SERVER is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Redis is not installed: apt install redis-server")
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Return what opens one store, for as many instances as are wanted."""
    where: str | Path = tmp_path / "facts.db"
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("new_database")
        where = make()
    with opening(request.param, where) as opens:
        yield opens
