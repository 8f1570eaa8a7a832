"""Whatever Redis does costs time alone: each fault is made for real."""

import signal
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.freshness.delay_proxy import delayed
from pdp.core.caches import Reading
from pdp.core.content import of_wanted
from pdp.core.errors import InvalidSettingsError
from pdp.core.fact_identity import same_content
from pdp.core.ports import StoredFacts
from pdp_adapters import breaker, redis_readings
from pdp_adapters.breaker import FAILURES, OPEN_SECONDS, Breaker, Pace
from pdp_adapters.cache_keys import CacheKeys
from pdp_adapters.fact_rows import instant
from pdp_adapters.redis_address import connector
from pdp_adapters.redis_readings import PREFIX, RedisReadings
from tests.builders import KIDSONLINE
from tests.caching.kept import KEYS, instance_of, shared_in
from tests.caching.redis_server import RedisServer, redis_server
from tests.caching.test_kept import ASKED, ELSEWHERE, grant, revoke
from tests.freshness.places import Open
from tests.stores.postgresql_server import free_port
from tests.stores.writing import consent, fact, ground, lies_in, role, wanted, write

CONTENT: Final = ("life", "l", *of_wanted("o", wanted(start=["child:minh"])))
OTHER_CONTENT: Final = ("life", "l", *of_wanted("o", wanted(start=["child:an"])))
READING: Final = Reading(
    StoredFacts(
        (
            fact(role("user:hoa", "family_member", "child:minh", "user:lan")),
            fact(lies_in("child:minh", "class:lá-1")),
            fact(consent("child:minh", "user:lan", recipient="org:báo")),
            fact(ground("ticket", "1", "user:a", urgent=True, count=3, since=instant(7))),
        ),
        "h.7",
        instant(1_000_000),
    ),
    "l",
    7,
    (1, 5, 9),
)
SLACK: Final = 0.25
"""Seconds that a busy machine may add to a wait of 30 ms."""


def test_what_one_writes_another_reads(redis: RedisServer) -> None:
    """A reading comes back as it was, types included."""
    shared_in(redis.address).put("o", CONTENT, READING)

    found = shared_in(redis.address).get("o", CONTENT)

    assert found == READING
    assert found is not None
    assert all(map(same_content, found.stored.facts, READING.stored.facts))


def test_nothing_about_anybody_can_be_read_in_redis(redis: RedisServer) -> None:
    """Neither in the names of values nor in values: what lies there for some minutes says nothing without the key."""
    shared_in(redis.address).put("o", CONTENT, READING)
    client = redis.client()
    (name,) = client.keys("*")

    lying = name + client.get(name)

    assert [word for word in (b"minh", b"user:", b"hoa", b"role", b"life") if word in lying] == []


def test_a_value_does_not_stay_for_ever(redis: RedisServer) -> None:
    """What nobody asks for again makes room by itself."""
    shared_in(redis.address).put("o", CONTENT, READING)

    (name,) = redis.client().keys("*")

    assert name.startswith(PREFIX)
    assert 200 < redis.client().ttl(name) <= 360


def test_who_has_another_key_program_or_operator_finds_nothing(redis: RedisServer) -> None:
    """Each has names of its own, so nobody comes upon what another has written."""
    shared_in(redis.address).put("o", CONTENT, READING)

    assert shared_in(redis.address, CacheKeys({"two": bytes(range(1, 33))})).get("o", CONTENT) is None
    assert shared_in(redis.address, version="2").get("o", CONTENT) is None
    assert shared_in(redis.address).get("p", CONTENT) is None
    assert shared_in(redis.address).get("o", ("life", "other", *CONTENT[2:])) is None


def test_keys_are_changed_without_losing_what_is_there(redis: RedisServer) -> None:
    """With the old key beside the new one, what was written under either is found."""
    old, new = bytes(range(32)), bytes(range(1, 33))
    shared_in(redis.address, CacheKeys({"old": old})).put("o", CONTENT, READING)

    both = shared_in(redis.address, CacheKeys({"new": new, "old": old}))

    assert both.get("o", CONTENT) == READING
    both.put("o", OTHER_CONTENT, READING)
    assert shared_in(redis.address, CacheKeys({"new": new})).get("o", OTHER_CONTENT) == READING
    assert shared_in(redis.address, CacheKeys({"new": new})).get("o", CONTENT) is None


def forged(value: bytes, other: bytes) -> Iterator[bytes]:
    """Yield values that nobody who may has written for this question."""
    yield other
    yield b""
    yield b"x" * len(value)
    yield value[:-1]
    yield value + b"x"
    body = KEYS.opened("o", value)
    assert body is not None
    yield KEYS.sealed("another operator", body)
    yield CacheKeys({"two": bytes(range(1, 33))}).sealed("o", body)
    for bit in range(0, len(value) * 8, 29):
        edited = bytearray(value)
        edited[bit // 8] ^= 1 << (bit % 8)
        yield bytes(edited)


def _swapped(redis: RedisServer) -> tuple[Any, bytes, bytes]:
    shared = shared_in(redis.address)
    shared.put("o", CONTENT, READING)
    (name,) = redis.client().keys("*")
    shared.put("o", OTHER_CONTENT, READING)
    (other,) = set(redis.client().keys("*")) - {name}
    return redis.client(), name, other


def accepted(redis: RedisServer) -> tuple[int, int]:
    """Return how many forged values were believed, and how many were refused and counted."""
    client, name, other = _swapped(redis)
    shared = shared_in(redis.address)
    believed = 0
    values = list(forged(client.get(name), client.get(other)))
    for value in values:
        client.set(name, value)
        believed += shared.get("o", CONTENT) is not None
    client.delete(name)
    client.lpush(name, "another kind")
    believed += shared.get("o", CONTENT) is not None
    return believed, shared.counted()["shared-refused"]


def test_nothing_that_was_forged_edited_or_swapped_is_believed(redis: RedisServer) -> None:
    """Hundreds of values that nobody with the key wrote for this question: every one is refused, and counted."""
    believed, refused = accepted(redis)

    assert believed == 0
    assert refused > 100


def test_values_that_are_not_verified_are_found_out(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin that believes what it finds takes an edited value."""
    monkeypatch.setattr(CacheKeys, "sealed", lambda _self, _operator, body: body)
    monkeypatch.setattr(CacheKeys, "opened", lambda _self, _operator, value: value)
    monkeypatch.setattr(redis_readings, "reading_from", _whatever_it_says)

    assert accepted(redis)[0] > 0


def test_values_that_are_not_compared_are_found_out(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin that looks at the code alone takes the answer to another question."""
    monkeypatch.setattr(redis_readings, "reading_from", _whatever_it_says)

    assert accepted(redis)[0] > 0


def _whatever_it_says(body: bytes, _content: bytes) -> Reading | None:
    from pdp_adapters.reading_bytes import reading_from

    length = int.from_bytes(body[:4], "big")
    try:
        return reading_from(body, body[4 : 4 + length])
    except (ValueError, KeyError, TypeError):
        return None


# --- Gone, slow, hung, emptied, full, read-only -----------------------------------------------------------------------


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def test_a_redis_that_is_not_there_costs_next_to_nothing() -> None:
    """F-01: a closed port is refused at once, and left alone after three times."""
    shared = shared_in(f"redis://127.0.0.1:{free_port()}/0")

    took = seconds_of(lambda: [shared.get("o", CONTENT) for _ in range(50)])

    assert took < 0.1 + SLACK
    assert shared.counted()["shared-failed"] == FAILURES
    assert shared.counted()["shared-left-alone"] == 1


GARBAGE: Final = (
    b"$abc\r\n",
    b":x\r\n",
    b"%1\r\n",
    b"$-7\r\n",
    b"-ASK\r\n",
    b"-MOVED 1 a:b:c\r\n",
    b"*1000\r\n" + b"*1\r\n" * 3000,
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
)
"""What the library cannot read, each of which it tells in another way."""


@contextmanager
def answering(said: bytes) -> Iterator[str]:
    """Run what answers everything with *said*, and return its address."""

    class Answer(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                while asked := self.request.recv(1 << 16):
                    # What introduces a client is taken note of.
                    self.request.sendall(b"+OK\r\n" * asked.count(b"SETINFO") or said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        running = threading.Thread(target=server.serve_forever, args=(0.01,))
        running.start()
        try:
            yield f"redis://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            running.join()


@pytest.mark.parametrize("said", GARBAGE, ids=range(len(GARBAGE)))
def test_what_speaks_no_redis_is_a_redis_that_fails(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes out of it, and no probe of it stays under way for ever."""
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 0.0)
    with answering(said) as address:
        shared = shared_in(address)
        for _ in range(2 * FAILURES):
            shared.put("o", CONTENT, READING)
            assert shared.get("o", CONTENT) is None

        assert shared.counted()["shared-written"] == 0
        assert shared.counted()["shared-left-alone"] > 0
        assert shared._breaker.lets_through()


def test_a_hung_redis_is_waited_for_three_times(redis: RedisServer) -> None:
    """F-04: 30 ms each, then it is left alone for a second; when it goes on, so do we."""
    shared = shared_in(redis.address)
    shared.put("o", CONTENT, READING)
    redis.signal(signal.SIGSTOP)
    try:
        took = [seconds_of(lambda: shared.get("o", CONTENT)) for _ in range(20)]
    finally:
        redis.signal(signal.SIGCONT)

    assert max(took) < 0.035 + SLACK
    assert sorted(took)[-4] < 0.02 + SLACK / 10
    time.sleep(OPEN_SECONDS)
    deadline = time.monotonic() + 10
    while shared.get("o", CONTENT) is None:  # slower than doing without it, it is tried now and then
        assert time.monotonic() < deadline


def test_a_redis_that_dies_and_comes_back_is_used_again(redis: RedisServer) -> None:
    """F-02: what is under way is a miss; within seconds of its return it serves, without a restart."""
    shared = shared_in(redis.address)
    shared.put("o", CONTENT, READING)
    assert shared.get("o", CONTENT) is not None
    redis.kill()
    assert [shared.get("o", CONTENT) for _ in range(10)] == [None] * 10

    redis.start()

    deadline = time.monotonic() + 10
    while shared.get("o", CONTENT) is None:
        shared.put("o", CONTENT, READING)
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("delay", [0.005, 0.05])
def test_a_slow_redis_is_gone_around(redis: RedisServer, place: Open, delay: float) -> None:
    """F-03: where the store is quicker, it is asked instead; nobody waits for longer than the limit."""
    with delayed(redis.port, delay) as port:
        here = instance_of(place(), shared_in(f"redis://127.0.0.1:{port}/0"))
        grant(here.store)
        took = []
        for number in range(30):
            wants = wanted(start=["child:minh"], holders=[f"user:u{number}"])
            took.append(seconds_of(partial(here.facts.gather, KIDSONLINE, wants, ASKED.consistency)))

        assert here.count("shared-skipped") > 10
        assert sorted(took)[len(took) // 2] < delay + 0.03 + SLACK
        assert max(took) < 0.2 + SLACK


def test_an_emptied_redis_means_misses(redis: RedisServer) -> None:
    """F-05: what is gone is read and written again."""
    shared = shared_in(redis.address)
    shared.put("o", CONTENT, READING)
    redis.client().flushall()

    assert shared.get("o", CONTENT) is None
    shared.put("o", CONTENT, READING)
    assert shared_in(redis.address).get("o", CONTENT) == READING


def test_a_full_redis_is_read_and_not_written(tmp_path: Path) -> None:
    """F-06: a refused write is counted, and reading goes on."""
    with redis_server(tmp_path, "--maxmemory-policy", "noeviction") as server:
        shared = shared_in(server.address)
        shared.put("o", CONTENT, READING)
        server.client().config_set("maxmemory", "1")

        for _ in range(5):
            shared.put("o", OTHER_CONTENT, READING)

        assert shared.counted()["shared-failed"] == 5
        assert shared.counted()["shared-left-alone"] == 0
        assert shared.get("o", CONTENT) == READING
        assert shared.get("o", OTHER_CONTENT) is None


def test_a_read_only_redis_is_read_and_not_written(redis: RedisServer) -> None:
    """F-07: after a failover the old primary may be a replica: it answers reads and refuses writes."""
    shared = shared_in(redis.address)
    shared.put("o", CONTENT, READING)
    redis.client().replicaof("127.0.0.1", free_port())

    shared.put("o", OTHER_CONTENT, READING)

    assert shared.get("o", CONTENT) == READING
    assert shared.counted()["shared-failed"] == 1


def test_old_values_that_come_back_are_not_taken(redis: RedisServer, place: Open) -> None:
    """F-08: a Redis that has lost its newest writes gives back what was true before a revocation."""
    here = instance_of(place(), shared_in(redis.address))
    grant(here.store)
    assert here.point.check(ASKED).allowed
    (name,) = redis.client().keys("*")
    old = redis.client().get(name)
    revoke(here.store)
    assert not here.point.check(ASKED).allowed
    redis.client().set(name, old)

    there = instance_of(place(), shared_in(redis.address))

    assert not there.point.check(ASKED).allowed
    assert there.count("shared-hits") == 1  # it was found, and seen to be of before
    assert there.count("facts-shared") == 0


def test_another_instance_begins_with_what_is_shared(redis: RedisServer, place: Open) -> None:
    """A new instance answers from Redis, with no statement, what another one has read."""
    here = instance_of(place(), shared_in(redis.address))
    there = instance_of(place(), shared_in(redis.address))
    grant(here.store)
    write(here.store, ELSEWHERE, operator=KIDSONLINE)
    here.point.check(ASKED)

    assert there.point.check(ASKED).allowed
    assert there.count("facts-shared") == 1


def test_who_may_only_do_what_is_needed_is_enough(redis: RedisServer) -> None:
    """A user of Redis that may get and set what begins with our prefix, and nothing else."""
    redis.client().execute_command(
        "ACL", "SETUSER", "pdp", "on", ">secret", f"~{PREFIX.decode()}*", "+get", "+set", "+select"
    )
    shared = shared_in(f"redis://pdp:secret@127.0.0.1:{redis.port}/0")
    shared.put("o", CONTENT, READING)

    assert shared.get("o", CONTENT) == READING
    assert shared.counted()["shared-failed"] == 0


# --- Addresses and keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1",
        "redis://user:p%40ss@127.0.0.1:6380/2",
        "rediss://cache.example:6380/0",
        "redis+sentinel://127.0.0.1,127.0.0.2:26380/primary/1",
        "redis+cluster://127.0.0.1:7000,127.0.0.1:7001",
        "redis://[::1]:6379/0",
    ],
)
def test_addresses_that_are_understood(url: str) -> None:
    """One server, Sentinel and Cluster."""
    assert callable(connector(url))


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:6379", "http://127.0.0.1", "redis://", "redis://h/x", "redis://h/0/1", "redis+sentinel://h",
     "redis+cluster://h/1", "redis://h?ca=f", "redis://h:port", "rediss://h?verify=no"],
)  # fmt: skip
def test_addresses_that_are_not(url: str) -> None:
    """A mistake is told without what stood there: it may hold a password."""
    with pytest.raises(InvalidSettingsError) as error:
        connector(url)

    assert len(url) < 10 or url not in str(error.value)


def test_a_password_is_not_repeated() -> None:
    """Nothing of an address that is wrong is said again."""
    with pytest.raises(InvalidSettingsError) as error:
        connector("redis://user:hoa-sen@host:port/0")

    assert "hoa-sen" not in str(error.value)


def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    """The first is written with; comments and empty lines are none."""
    path = tmp_path / "keys"
    path.write_text(f"# keys\n\nnew {bytes(range(1, 33)).hex()}\nold  {bytes(range(32)).hex()}\n", "ascii")

    keys = CacheKeys.read(path)

    assert keys.opened("o", CacheKeys({"old": bytes(range(32))}).sealed("o", b"x")) == b"x"
    assert CacheKeys({"new": bytes(range(1, 33))}).opened("o", keys.sealed("o", b"x")) == b"x"


@pytest.mark.parametrize(
    "text", ["", "# none\n", "new 00ff\n", f"new {'0' * 64}\n", f"a {'01' * 32}\n", "x y z\n", "é\n"]
)
def test_files_that_hold_no_key(tmp_path: Path, text: str) -> None:
    """Nothing of what stands in such a file is repeated."""
    path = tmp_path / "keys"
    path.write_text(text, "utf-8")

    with pytest.raises(InvalidSettingsError) as error:
        CacheKeys.read(path)

    assert "00ff" not in str(error.value)


def test_the_breaker_lets_one_through_after_a_second() -> None:
    """Three failures in a row open it; then one call tries, and its success closes it."""
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    for _ in range(FAILURES):
        assert breaker.lets_through()
        breaker.failed()
    assert not breaker.lets_through()
    time.sleep(OPEN_SECONDS)
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.failed()
    assert not breaker.lets_through()
    time.sleep(OPEN_SECONDS)
    assert breaker.lets_through()
    breaker.succeeded()
    assert [breaker.lets_through() for _ in range(3)] == [True] * 3


def test_the_slower_way_is_tried_now_and_then() -> None:
    """What was slow once may be quick again."""
    pace = Pace()
    assert pace.is_worth_it()
    pace.first_took(0.03)
    pace.second_took(0.001)
    assert sum(pace.is_worth_it() for _ in range(640)) == 10
    for _ in range(60):
        pace.first_took(0.0005)
    assert pace.is_worth_it()


def test_a_client_is_of_its_process(redis: RedisServer) -> None:
    """Two processes that share a connection would read one another's answers."""
    made: list[int] = []

    def connect() -> Any:
        made.append(1)
        return connector(redis.address)()

    shared = RedisReadings(connect, KEYS, "1")
    shared.put("o", CONTENT, READING)
    import os

    child = os.fork()
    if child == 0:
        os._exit(0 if shared.get("o", CONTENT) == READING and len(made) == 2 else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert shared.get("o", CONTENT) == READING
    assert len(made) == 1
