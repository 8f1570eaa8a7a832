"""What is at hand is answered on the thread that takes events; what is not keeps nobody else waiting."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from pdp.api.v1 import decision_pb2, policies_pb2, policies_pb2_grpc
from pdp.core.errors import UnavailableError
from pdp.core.request import Consistency
from pdp.settings import Settings
from pdp.wire.words import Words
from pdp.wiring.deciding import served_decision_point
from pdp.wiring.folders import load_policies
from pdp.wiring.stores import fact_store
from pdp.wiring.words import load_words
from pdp_adapters.sql_facts import SqlFacts
from tests.builders import KIDSONLINE, POLICIES
from tests.caching.kept import instance_of
from tests.caching.redis_server import RedisServer
from tests.caching.test_kept import ASKED, grant
from tests.freshness.places import Open, opening
from tests.stores.writing import write
from tests.storm.world import at_first, granted, question
from tests.system.running import CHECK, DECISIONS, ask, connected, running

THREADS = 2
CHECK_BATCH = CHECK + "Batch"


@pytest.fixture(scope="module")
def words() -> Words:
    """Return the words of the package."""
    return load_words()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlFacts]:
    """Return a store with families whose aunts may see everything."""
    store = fact_store(f"sqlite:///{tmp_path}/facts.db")
    assert isinstance(store, SqlFacts)
    write(store, *at_first(), *(granted(number) for number in range(4)), operator=KIDSONLINE)
    yield store
    store.close()


def point_of(store: SqlFacts, words: Words, **settings: Any) -> Any:
    """Return a decision point as `pdp serve` wires it."""
    chosen = Settings(decision_log="none", **settings)
    return served_decision_point(chosen, load_policies(POLICIES, words, only=KIDSONLINE), store)


def test_what_is_at_hand_does_not_wait_behind_what_is_not(
    store: SqlFacts, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every thread of the pool waiting for the store, kept answers go on: alone, in a batch and in a stream."""
    point = point_of(store, words)
    known, unknown = question(1, 1).SerializeToString(), question(2, 2).SerializeToString()
    batch = decision_pb2.CheckBatchRequest(requests=[question(1, 1)] * 3).SerializeToString()
    go_on = threading.Event()
    real = store.gather

    def slow(*asked: Any) -> Any:
        go_on.wait(10)
        return real(*asked)

    with running(point, words, facts=store, threads=THREADS) as server, connected(server.address) as channel:
        assert ask(channel, CHECK, known).code is grpc.StatusCode.OK
        monkeypatch.setattr(store, "gather", slow)
        checks: Any = channel.unary_unary(CHECK)
        waiting = [checks.future(unknown, timeout=20) for _ in range(3 * THREADS)]
        time.sleep(0.2)
        begun = time.monotonic()
        answers = [ask(channel, CHECK, known, timeout=5) for _ in range(5)]
        answers += [ask(channel, CHECK_BATCH, batch, timeout=5)]
        stream: Any = channel.stream_stream(f"{DECISIONS}/CheckStream")
        streamed = list(stream(iter([known] * 3), timeout=5))
        took = time.monotonic() - begun
        assert not any(call.done() for call in waiting)
        go_on.set()
        late = [decision_pb2.CheckResponse.FromString(call.result()) for call in waiting]

    assert {answer.code for answer in answers} == {grpc.StatusCode.OK}
    assert len(streamed) == 3
    assert took < 5
    assert {answer.decision for answer in late} == {decision_pb2.DECISION_ALLOW}
    response = decision_pb2.CheckResponse.FromString(answers[0].body)
    assert response.cached
    assert response.decision == decision_pb2.DECISION_ALLOW


def test_what_fails_in_the_pool_is_told_as_ever(store: SqlFacts, words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that cannot be read is UNAVAILABLE, without its words, and the next answer is there again."""
    point = point_of(store, words)
    real = store.gather

    def gone(*asked: Any) -> Any:
        raise UnavailableError("a secret path")

    with running(point, words, facts=store, threads=THREADS) as server, connected(server.address) as channel:
        monkeypatch.setattr(store, "gather", gone)
        answer = ask(channel, CHECK, question(1, 1).SerializeToString())
        monkeypatch.setattr(store, "gather", real)
        again = ask(channel, CHECK, question(1, 1).SerializeToString())

    assert (answer.code, again.code) == (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.OK)
    assert "secret" not in answer.everything


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_kept_is_told(store: SqlFacts, words: Words, redis: RedisServer, kept: bool) -> None:
    """GetPolicySet says whether Redis is in use, what has happened, and what is never kept, in both languages."""
    settings = {"redis": redis.address} if kept else {"cache_megabytes": 0}
    point = point_of(store, words, **settings)
    with running(point, words, facts=store) as server, connected(server.address) as channel:
        for _ in range(3):
            ask(channel, CHECK, question(1, 1).SerializeToString())
        stub = policies_pb2_grpc.PolicyServiceStub(channel)
        cache = stub.GetPolicySet(policies_pb2.GetPolicySetRequest(), timeout=10).cache

    assert cache.keeps is kept
    assert cache.shared == ("redis" if kept else "")
    if kept:
        assert cache.counted["decisions-in-process"] == 2
        assert cache.counted["shared-written"] == 1
        assert {"decisions-shared", "own-time", "past"} == {each.what for each in cache.not_kept}
        assert all(each.message["vi"] and each.message["en"] for each in cache.not_kept)


def test_a_store_that_is_behind_is_refused(place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-14: a standby in the place of the store, whose revision is older than what is known, answers nothing."""
    from dataclasses import replace

    here = instance_of(place())
    grant(here.store)
    write(here.store, *at_first(), operator=KIDSONLINE)
    here.point.check(ASKED)
    real = here.store.gather

    def behind(*asked: Any) -> Any:
        found = real(*asked)
        history, _, revision = found.token.rpartition(".")
        return replace(found, token=f"{history}.{int(revision) - 1}")

    monkeypatch.setattr(here.store, "gather", behind)
    with pytest.raises(UnavailableError):
        here.point.check(replace(ASKED, resource=replace(ASKED.resource, id="another")))


def test_without_store_and_freshness_nothing_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-12: when nobody knows what has changed and the store cannot be read, what is kept is no answer."""
    with opening("sqlite", tmp_path / "facts.db") as opens:
        here = instance_of(opens())
        grant(here.store)
        assert here.point.check(ASKED).allowed

        def gone(*_: Any) -> Any:
            raise UnavailableError("gone")

        monkeypatch.setattr(here.store, "gather", gone)
        monkeypatch.setattr(here.store.freshness, "standing", lambda: None)
        with pytest.raises(UnavailableError):
            here.point.check(ASKED)
        with pytest.raises(UnavailableError):
            here.point.check_batch(KIDSONLINE, [ASKED, ASKED], Consistency())
