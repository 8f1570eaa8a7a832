"""What the saboteur of a storm forges: refused by an instance, and believed by the twin that believes what it finds."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pdp_adapters.cache_keys import CacheKeys
from tests.caching.kept import instance_of, shared_in
from tests.caching.redis_server import SERVER, RedisServer, redis_server
from tests.caching.test_kept import ASKED, grant, revoke
from tests.freshness.places import opening
from tests.stores.postgresql_server import binaries, short_lived_postgresql
from tests.storm.saboteur import forged, said_in
from tests.storm.twins import TWINS

pytestmark = pytest.mark.skipif(SERVER is None, reason="Redis is not installed: apt install redis-server")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """Run a server."""
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str | Path]]:
    """Return a kind of store, and where one is."""
    if request.param == "sqlite":
        yield "sqlite", tmp_path / "facts.db"
        return
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt install postgresql-15")
    with short_lived_postgresql() as address:
        yield "postgresql", f"{address}/postgres"


def allowed_by_what_was_forged(redis: RedisServer, place: tuple[str, str | Path]) -> bool:
    """Return what an instance answers that finds a grant in Redis, revoked since, which claims to be new."""
    with ExitStack() as stack:
        opens = stack.enter_context(opening(*place))
        here = instance_of(opens(), shared_in(redis.address))
        client = redis.client()
        grant(here.store)
        assert here.point.check(ASKED).allowed
        old = {name: client.get(name) for name in client.scan_iter()}
        assert old
        revoke(here.store)
        assert not here.point.check(ASKED).allowed
        newest = max(
            (said_in(client.get(name)) for name in client.scan_iter()),
            key=lambda said: int(said.get("revision", 0)),
        )
        for name, value in old.items():
            client.set(name, forged(value, newest))

        there = instance_of(opens(), shared_in(redis.address))
        answer = there.point.check(ASKED)
        found = there.answers.counted()
        assert found["shared-hits"] + found["shared-refused"] == 1
        return answer.allowed


def test_what_is_forged_is_refused_and_a_twin_that_believes_it_is_found_out(
    redis: RedisServer, place: tuple[str, str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The forged value has the form and the name that are looked for: nothing but its seal is wrong."""
    assert not allowed_by_what_was_forged(redis, place)

    for name in ("sealed", "opened"):
        monkeypatch.setattr(CacheKeys, name, getattr(CacheKeys, name))  # put back when the test has ended
    TWINS["unverified-value"]()
    redis.client().flushall()
    assert allowed_by_what_was_forged(redis, place)
