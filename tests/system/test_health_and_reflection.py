"""Whoever asks how the server is, or what it serves, learns the truth."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from pdp import __version__
from pdp.activation import revision_of
from pdp.core.vocabulary import WordKind
from pdp.decision_point import DecisionPoint
from pdp.server.health_watches import WATCHERS
from pdp.server.methods import SERVICES
from pdp.wire.words import Words
from tests.malformed_requests import a_request
from tests.system.running import CHECK, StubPoint, a_decision, ask, connected, running, wait_until

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def health(channel: grpc.Channel, service: str) -> int:
    """Return the health of *service*."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
    status: int = answer.status
    return status


def listed(channel: grpc.Channel) -> set[str]:
    """Return the services that the server says it has."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    (answer,) = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=5)
    return {service.name for service in answer.list_services_response.service}


def test_each_operator_has_its_own_health(channel: grpc.Channel, point: DecisionPoint, words: Words) -> None:
    """One that is served is SERVING, one without a valid policy set is not."""
    for operator in words.vocabulary.words(WordKind.OPERATOR):
        expected = SERVING if operator in point.policies else NOT_SERVING
        assert health(channel, f"pdp.operator.{operator}") == expected
    assert health(channel, "pdp.operator.kidsonline") == SERVING


@pytest.mark.parametrize("service", ["", "pdp.api.v1.DecisionService"])
def test_the_whole_serves_when_one_operator_does(channel: grpc.Channel, words: Words, service: str) -> None:
    """Without any valid policy set the server is up and serves nobody."""
    assert health(channel, service) == SERVING
    with running(StubPoint(a_decision), words) as server, connected(server.address) as nobody:
        assert health(nobody, service) == NOT_SERVING


def test_every_answer_about_health_tells_the_version_and_the_revision(
    channel: grpc.Channel, point: DecisionPoint
) -> None:
    """The metadata after the answer say which program answers, from which policies."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    _, call = stub.Check.with_call(health_pb2.HealthCheckRequest(service=""), timeout=5)
    told = dict(call.trailing_metadata())

    assert told["pdp-version"] == __version__
    assert told["pdp-revision"] == revision_of(point.policies)


def test_the_health_of_an_unknown_service_is_not_found(channel: grpc.Channel) -> None:
    """Nothing is made up."""
    with pytest.raises(grpc.RpcError) as raised:
        health(channel, "pdp.operator.nobody")
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


def test_bytes_that_are_no_message_are_the_callers_mistake_in_every_service(channel: grpc.Channel) -> None:
    """The services of libraries stand behind the same barrier."""
    assert ask(channel, "/grpc.health.v1.Health/Check", b"\xff").code is grpc.StatusCode.INVALID_ARGUMENT
    stream: Any = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    with pytest.raises(grpc.RpcError) as raised:
        list(stream(iter([b"\xff"]), timeout=5))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_stopping_server_says_so_first_and_lets_watchers_go(point: DecisionPoint, words: Words) -> None:
    """A watcher hears NOT_SERVING before the end, and does not hold the end up."""
    with running(point, words) as server, connected(server.address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=20)
        assert next(watch).status == SERVING
        ended = server.drain(15)
        assert [answer.status for answer in watch] == [NOT_SERVING]
        assert ended.wait(3)


def test_reflection_lists_the_contract(channel: grpc.Channel) -> None:
    """Tools find every service."""
    assert listed(channel) == {
        *(service.full_name for service in SERVICES),
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


def test_reflection_can_be_switched_off(point: DecisionPoint, words: Words) -> None:
    """Then the service does not exist."""
    with (
        running(point, words, reflection="no") as server,
        connected(server.address) as channel,
        pytest.raises(grpc.RpcError) as raised,
    ):
        listed(channel)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_idle_reflection_streams_keep_no_decision_and_no_health_waiting(point: DecisionPoint, words: Words) -> None:
    """They have threads of their own."""
    with running(point, words, threads=1) as server, connected(server.address) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        released = threading.Event()
        streams = [stub.ServerReflectionInfo(_nothing_until(released), timeout=20) for _ in range(4)]
        assert ask(channel, CHECK, a_request().SerializeToString(), timeout=5).code is grpc.StatusCode.OK
        assert health(channel, "") == SERVING
        released.set()
        assert [list(stream) for stream in streams] == [[]] * 4


def _nothing_until(released: threading.Event) -> Iterator[reflection_pb2.ServerReflectionRequest]:
    """Leave the stream open until *released*."""
    released.wait(15)
    yield from ()


def test_watches_of_health_are_bounded(words: Words) -> None:
    """Nobody needs a credential for them, so nobody may fill a process with them; whoever leaves makes room."""
    with running(StubPoint(a_decision), words) as server, connected(server.address, separate=True) as first:
        with connected(server.address, separate=True) as second:
            stubs: list[Any] = [health_pb2_grpc.HealthStub(channel) for channel in (first, second)]
            watches = [stubs[at % 2].Watch(health_pb2.HealthCheckRequest(), timeout=30) for at in range(WATCHERS)]
            for watch in watches:
                next(watch)
            with pytest.raises(grpc.RpcError) as raised:
                next(stubs[0].Watch(health_pb2.HealthCheckRequest(), timeout=30))
            assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert health(first, "") == NOT_SERVING, "Check is answered all the same"

        def is_let_in() -> bool:
            try:
                next(stubs[0].Watch(health_pb2.HealthCheckRequest(), timeout=30))
            except grpc.RpcError:
                return False
            return True

        wait_until(is_let_in)
