"""What becomes of checks when Redis is not there, dies, is slow, hangs, is emptied, full, read-only, old, or lies.

Two servers share a store and a Redis; the first test starts them before there is a Redis, each leaves it whole. A
server asks Redis where that is quicker than the store, and now and then to learn whether it is: so every test asks
about many photos, each of them new to both servers.
"""

import itertools
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.caching.redis_server import SERVER, RedisServer
from tests.faults.link import Link, linked
from tests.faults.served import one_policy, started
from tests.faults.world import ALLOW, DENY, Family, family_at, until
from tests.stores.postgresql_server import free_port
from tests.system.test_health_and_reflection import SERVING

pytestmark = pytest.mark.system

MANY = 140
"""More than twice as many questions as there are for each that Redis is asked although it is slower."""


@dataclass
class World:
    """A Redis, a link to it, and two servers that share it."""

    redis: RedisServer
    link: Link
    one: Family
    other: Family
    _photos: Iterator[int] = field(default_factory=lambda: itertools.count(10, MANY))

    def new(self) -> range:
        """Return photos that nobody has asked about."""
        first = next(self._photos)
        return range(first, first + MANY)

    def counted(self, name: str) -> int:
        """Return what both servers have counted under *name*."""
        return self.one.counted(name) + self.other.counted(name)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start the servers; nobody has started Redis yet."""
    if SERVER is None:
        pytest.skip("Redis is not installed: apt install redis-server")
    folder = tmp_path_factory.mktemp("faults")
    policies = one_policy(folder / "policies")
    keys = folder / "keys"
    keys.write_text(f"one {bytes(range(32)).hex()}\n", "ascii")
    redis = RedisServer(folder)
    with ExitStack() as stack, ThreadPoolExecutor() as starting:
        link = stack.enter_context(linked(redis.port))
        stack.callback(redis.kill)
        more = ("--redis", f"redis://127.0.0.1:{link.port}/0", "--cache-keys", str(keys))
        start = started(policies, f"sqlite:///{folder}/facts.db", folder, *more, workers=1)
        servers = starting.map(stack.enter_context, [start(), start()])
        one, other = (stack.enter_context(family_at(server)) for server in servers)
        yield World(redis, link, one, other)


@pytest.fixture
def shared(world: World) -> World:
    """Give the world with a Redis that is in use, and the aunt let in."""
    if not world.redis.is_up:
        world.redis.start()
    world.one.begin()
    in_use(world)
    return world


def in_use(world: World) -> None:
    """Wait until both servers write to Redis again, which they do by themselves."""
    for each in (world.one, world.other):
        until(partial(_writes, each, world), True)


def _writes(each: Family, world: World) -> bool:
    before = each.counted("shared-written")
    assert each.asked(world.new()[0]) == ALLOW
    return each.counted("shared-written") > before


def grown(world: World, name: str, work: Callable[[], None]) -> int:
    """Return by how much what both servers count under *name* grows while *work* is done."""
    before = world.counted(name)
    work()
    return world.counted(name) - before


def all_allowed(world: World) -> None:
    """Ask both servers about the same new photos, one after the other: every one has to be allowed."""
    photos = world.new()
    assert world.one.asked_of_all(photos) == {ALLOW}
    assert world.other.asked_of_all(photos) == {ALLOW}


def test_f01_a_redis_that_is_not_there_at_the_start(world: World) -> None:
    """F-01: the servers are ready, answer from the store, leave Redis alone, and use it once it is there."""
    assert {world.one.health(), world.other.health()} == {SERVING}
    world.one.begin()
    assert grown(world, "shared-left-alone", lambda: all_allowed(world)) > 0
    assert world.counted("shared-written") == 0

    world.redis.start()

    in_use(world)


def test_f02_a_redis_that_dies(shared: World) -> None:
    """F-02: what it does not answer is read from the store; it is left alone for a while, and used again after."""
    shared.redis.kill()

    assert grown(shared, "shared-left-alone", lambda: all_allowed(shared)) > 0

    shared.redis.start()
    in_use(shared)


def test_f03_a_redis_that_is_slow(shared: World) -> None:
    """F-03: one that is slower than the store is not asked but now and then, and costs nobody an answer."""
    shared.link.seconds = 0.004
    try:
        assert grown(shared, "shared-skipped", lambda: all_allowed(shared)) > MANY
        shared.link.seconds = 0.1
        assert grown(shared, "shared-left-alone", lambda: all_allowed(shared)) > 0
    finally:
        shared.link.seconds = 0.0
    in_use(shared)


def test_f04_a_redis_that_hangs(shared: World) -> None:
    """F-04: one that takes connections and answers nothing is left alone, and used again when it goes on."""
    shared.redis.signal(signal.SIGSTOP)
    try:
        assert grown(shared, "shared-left-alone", lambda: all_allowed(shared)) > 0
    finally:
        shared.redis.signal(signal.SIGCONT)
    in_use(shared)


def test_f05_a_redis_that_is_emptied(shared: World) -> None:
    """F-05: what is gone is a miss, read and written again."""
    photos = shared.new()
    assert shared.one.asked_of_all(photos) == {ALLOW}
    shared.redis.client().flushall()

    def ask() -> None:
        assert shared.other.asked_of_all(photos) == {ALLOW}

    assert grown(shared, "shared-written", ask) == MANY


def test_f06_a_redis_that_is_full(shared: World) -> None:
    """F-06: what it does not take is counted, and it goes on being read."""
    shared.redis.client().config_set("maxmemory-policy", "noeviction")
    shared.redis.client().config_set("maxmemory", "1")
    try:
        left_alone = shared.counted("shared-left-alone")
        assert grown(shared, "shared-failed", lambda: all_allowed(shared)) > MANY
        assert shared.counted("shared-left-alone") == left_alone
    finally:
        shared.redis.client().config_set("maxmemory", "0")
    in_use(shared)


def test_f07_a_redis_that_became_a_replica(shared: World) -> None:
    """F-07: what it does not take is counted, and no caller notices."""
    shared.redis.client().replicaof("127.0.0.1", free_port())
    try:
        assert grown(shared, "shared-failed", lambda: all_allowed(shared)) > MANY
    finally:
        shared.redis.client().replicaof("NO", "ONE")
    in_use(shared)


def test_f08_a_redis_that_went_back(shared: World) -> None:
    """F-08: what was true before the revocation comes back, and nobody is allowed by it."""
    photos = shared.new()
    assert shared.one.asked_of_all(photos) == {ALLOW}
    client = shared.redis.client()
    names = client.keys("pdp:*")
    old = dict(zip(names, client.mget(names), strict=True))
    assert shared.one.revoke() == "OK"
    assert shared.one.asked_of_all(photos) == {DENY}
    client.mset(old)

    assert shared.other.asked_of_all(photos) == {DENY}
    assert shared.one.asked_of_all(shared.new()) == {DENY}


def test_f09_a_redis_that_lies(shared: World) -> None:
    """F-09: garbage, another kind of value, and the value of another question are refused and counted."""
    photos = shared.new()
    client = shared.redis.client()
    client.flushall()
    assert shared.one.asked_of_all(photos) == {ALLOW}
    names = client.keys("pdp:*")
    values = client.mget(names)
    for number, name in enumerate(names):
        if number % 3 == 0:
            client.delete(name)
            client.lpush(name, "another kind")
        else:
            client.set(name, values[number - 1] if number % 3 == 1 else values[number][:-1] + b"x")

    def ask() -> None:
        assert shared.other.asked_of_all(photos) == {ALLOW}

    assert grown(shared, "shared-refused", ask) + shared.other.counted("shared-failed") > 0
