"""Calls that bring no message hold no thread of a lane, whoever opens them: what is revoked never waits for them."""

import io
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict

from pdp.api.v1 import facts_pb2
from pdp.core.stores import FactStore
from pdp.decision_point import DecisionPoint
from pdp.server import entrances
from pdp.server.lanes import Lane
from pdp.wire.words import Words
from pdp.wiring.stores import fact_store
from tests.builders import AUNT
from tests.credentials import write
from tests.system.guarded import FILE, House, with_key
from tests.system.running import DECISIONS, Answer, ask, refusal, wait_until
from tests.system.test_facts_service import SIGNED_IN, THE_SERVICE, subject

FACTS = "/pdp.api.v1.FactService"
DELETE, READ, EXPLAIN = f"{FACTS}/DeleteFacts", f"{FACTS}/ReadFacts", f"{DECISIONS}/Explain"
HEALTH = "/grpc.health.v1.Health/Check"
SILENT = 20
"""More than any lane has threads."""

DELETION = ParseDict(
    {
        "operator": "kidsonline",
        "actor": subject(THE_SERVICE),
        "context": SIGNED_IN,
        "filter": {"kind": "role", "subject": AUNT},
    },
    facts_pb2.DeleteFactsRequest(),
).SerializeToString()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house with all its files."""
    house = House(tmp_path_factory.mktemp("house"))
    write(house.folder, callers__yaml=FILE.replace("service:import", THE_SERVICE))
    return house


@pytest.fixture
def facts() -> Iterator[FactStore]:
    """Give an empty store."""
    store = fact_store("memory:")
    yield store
    store.close()


@pytest.fixture
def channel(house: House, point: DecisionPoint, words: Words, facts: FactStore) -> Iterator[grpc.Channel]:
    """Connect to a server that knows its callers."""
    with (
        house.serving(point, words, io.StringIO(), certificates=False, facts=facts, default_deadline_ms=300) as server,
        house.connected(server.address) as channel,
    ):
        yield channel


class Silence:
    """Opens calls that bring no message until it is over."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._over = threading.Event()

    def open(self, path: str, metadata: Any, count: int = SILENT) -> list[Any]:
        """Open so many calls, without a deadline, and return them."""

        def nothing() -> Iterator[bytes]:
            self._over.wait()
            yield from ()

        call: Any = self._channel.stream_unary(path)
        return [call.future(nothing(), metadata=metadata) for _ in range(count)]

    def end(self) -> None:
        """End what is still open: without a message."""
        self._over.set()


@pytest.fixture
def silence(channel: grpc.Channel) -> Iterator[Silence]:
    """Give what opens silent calls, and end them."""
    silence = Silence(channel)
    yield silence
    silence.end()


def revoke(channel: grpc.Channel, house: House, timeout: float) -> Answer:
    """Delete facts, for real."""
    return ask(channel, DELETE, DELETION, timeout=timeout, metadata=with_key(house.api_keys["register"]))


def no_revocation_waits(
    channel: grpc.Channel, house: House, silence: Silence, path: str, who: str, timeout: float
) -> None:
    """Fail when a deletion is not made because *who* opened silent calls of *path*."""
    silent = silence.open(path, with_key(house.api_keys[who]) if who else ())
    # What is refused without its message has been seen before what is asked now.
    for call in [] if who else silent:
        with pytest.raises(grpc.RpcError) as raised:
            call.result(timeout)
        assert refusal(raised.value).code is grpc.StatusCode.UNAUTHENTICATED
    for _ in range(3):
        answer = revoke(channel, house, timeout)
        assert answer.code is grpc.StatusCode.OK, answer


@pytest.mark.parametrize("who", ["", "register"], ids=["nobody", "a known caller"])
@pytest.mark.parametrize("path", [DELETE, READ], ids=["deletions", "readings"])
def test_no_revocation_waits_for_calls_that_bring_no_message(
    channel: grpc.Channel, house: House, silence: Silence, path: str, who: str
) -> None:
    """They are told at once that they are not known, or wait where they hold nothing."""
    no_revocation_waits(channel, house, silence, path, who, 20)


@pytest.mark.parametrize("who", ["", "register"], ids=["nobody", "a known caller"])
def test_the_test_sees_lanes_whose_threads_wait_for_messages(
    channel: grpc.Channel, house: House, silence: Silence, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """As gRPC does it by itself: the thread waits, and nobody knows yet for whom."""
    monkeypatch.setattr(entrances, "handed_call", lambda *_: None)
    # Whoever is not known is not even told so.
    with pytest.raises(AssertionError if who else grpc.FutureTimeoutError, match="DEADLINE_EXCEEDED" if who else None):
        no_revocation_waits(channel, house, silence, DELETE, who, 1)


@pytest.mark.parametrize("who", ["", "app"], ids=["nobody", "a known caller"])
def test_explanations_do_not_wait_either(channel: grpc.Channel, house: House, silence: Silence, who: str) -> None:
    """The lane of decisions is held as little as the others: the same caller is answered."""
    app = with_key(house.api_keys["app"])
    silent = silence.open(EXPLAIN, with_key(house.api_keys[who]) if who else ())
    assert ask(channel, EXPLAIN, b"", metadata=app).code is grpc.StatusCode.INVALID_ARGUMENT
    assert who or {call.code() for call in silent} == {grpc.StatusCode.UNAUTHENTICATED}


@pytest.mark.parametrize("who", ["", "register"], ids=["nobody", "a known caller"])
def test_a_method_that_nobody_serves_is_told_so_without_a_message(
    channel: grpc.Channel, house: House, silence: Silence, who: str
) -> None:
    """It has no lane, and takes no thread of any."""
    silent = silence.open(f"{FACTS}/Nothing", with_key(house.api_keys[who]) if who else ())
    assert {call.code() for call in silent} == {grpc.StatusCode.UNIMPLEMENTED}
    assert revoke(channel, house, 20).code is grpc.StatusCode.OK


def test_probes_are_answered_beside_silent_ones(channel: grpc.Channel, silence: Silence) -> None:
    """Nobody is known there, and nobody is refused for what others opened."""
    silence.open(HEALTH, ())
    assert ask(channel, HEALTH, b"").code is grpc.StatusCode.OK


def test_a_call_that_stays_silent_is_ended(channel: grpc.Channel, house: House, silence: Silence) -> None:
    """When others come; none of them is refused for it."""
    silent = silence.open(DELETE, with_key(house.api_keys["register"]))

    def are_ended() -> bool:
        assert revoke(channel, house, 20).code is grpc.StatusCode.OK
        return all(call.done() for call in silent)

    wait_until(are_ended)
    assert {call.code() for call in silent} == {grpc.StatusCode.DEADLINE_EXCEEDED}


@pytest.mark.parametrize("path", [DELETE, READ], ids=["deletions", "readings"])
def test_a_call_without_a_message_is_the_mistake_of_its_caller(channel: grpc.Channel, house: House, path: str) -> None:
    """It ends what it would say before it has said anything."""
    call: Any = channel.stream_unary(path)
    with pytest.raises(grpc.RpcError) as raised:
        call(iter(()), timeout=20, metadata=with_key(house.api_keys["register"]))
    assert refusal(raised.value).code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_message_that_comes_later_is_answered(channel: grpc.Channel, house: House) -> None:
    """The thread that takes events has gone on in the meantime, and comes back for it."""
    revoked = threading.Event()

    def late() -> Iterator[bytes]:
        revoked.wait()
        yield DELETION

    register = with_key(house.api_keys["register"])
    opened: Any = channel.stream_unary(DELETE)
    call = opened.future(late(), timeout=20, metadata=register)
    assert revoke(channel, house, 20).code is grpc.StatusCode.OK
    revoked.set()
    assert facts_pb2.DeleteFactsResponse.FromString(call.result()).token


def test_a_full_lane_refuses_without_a_message(
    channel: grpc.Channel, house: House, silence: Silence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits for the message of what is refused whatever it says."""
    monkeypatch.setattr(Lane, "is_full", property(lambda lane: lane.name == "revocations"))
    silent = silence.open(DELETE, with_key(house.api_keys["register"]))
    assert {call.code() for call in silent} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert revoke(channel, house, 20).code is grpc.StatusCode.RESOURCE_EXHAUSTED
    monkeypatch.undo()
    assert revoke(channel, house, 20).code is grpc.StatusCode.OK


def test_a_server_ends_beside_silent_calls(house: House, point: DecisionPoint, words: Words, facts: FactStore) -> None:
    """Nothing has begun for them: their connections are closed, and they may ask another server."""
    with (
        house.serving(point, words, io.StringIO(), certificates=False, facts=facts) as server,
        house.connected(server.address) as channel,
    ):
        silence = Silence(channel)
        silent = silence.open(DELETE, with_key(house.api_keys["register"]))
        assert revoke(channel, house, 20).code is grpc.StatusCode.OK
        assert server.drain(20.0).wait(20)
        assert server.has_finished()
        assert {call.code() for call in silent} == {grpc.StatusCode.UNAVAILABLE}
        silence.end()
