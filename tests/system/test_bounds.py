"""What is borne, over real connections: rates, shares, lanes, deadlines, and when to ask again."""

import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from pdp.core.decision import Decision
from pdp.core.request import Request
from pdp.wire.words import Words
from tests.credentials import a_token, write
from tests.malformed_requests import a_request
from tests.system.guarded import FILE, House, bearer, with_key
from tests.system.running import (
    CHECK,
    DECISIONS,
    StubPoint,
    a_decision,
    ask,
    connected,
    refusal,
    running,
    unary,
    wait_until,
)


def _body() -> bytes:
    message = a_request()
    message.ClearField("facts")
    message.context.ClearField("time")
    return message.SerializeToString()


BODY = _body()


def retry_of(error: Any) -> float:
    """Return in how many seconds *error* says that the same may be asked again."""
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in status.details)
    return float(retry.retry_delay.ToTimedelta().total_seconds())


@pytest.mark.parametrize("at_once", [True, False], ids=["on the thread that takes events", "from a pool"])
def test_a_caller_with_a_rate_is_refused_beyond_it_and_told_when_to_come_again(
    tmp_path: Path, words: Words, at_once: bool
) -> None:
    """After that time it is answered; the other caller never noticed."""
    house = House(tmp_path)
    file = FILE.replace("    asserts: [role, ground]\n", "    asserts: [role, ground]\n    calls_per_second: 5\n")
    write(tmp_path, callers__yaml=file)
    app, register = bearer(a_token(house.key)), with_key(house.api_keys["register"])
    point = StubPoint(a_decision, at_once=at_once)
    with (
        house.serving(point, words, io.StringIO(), certificates=False) as server,
        house.connected(server.address) as channel,
    ):
        check = unary(channel, CHECK)

        def ask_often() -> None:
            for _ in range(100):
                check(BODY, timeout=10, metadata=app)

        with pytest.raises(grpc.RpcError) as raised:
            ask_often()
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        seconds = retry_of(raised.value)
        assert ask(channel, CHECK, BODY, metadata=register).code is grpc.StatusCode.OK
        assert 0 < seconds <= 1
        time.sleep(seconds + 0.05)
        assert ask(channel, CHECK, BODY, metadata=app).code is grpc.StatusCode.OK


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Give an event that is set in the end: what waits for it comes to an end then."""
    event = threading.Event()
    yield event
    event.set()


def test_health_is_answered_while_no_decision_is(words: Words, held: threading.Event) -> None:
    """Every thread for decisions is taken and as many calls wait as may: health has a lane of its own."""

    def hold(request: Request) -> Decision:
        held.wait(20)
        return a_decision(request)

    with running(StubPoint(hold), words, threads=1) as server, connected(server.address) as channel:
        calls = [unary(channel, CHECK).future(BODY, timeout=20) for _ in range(60)]
        wait_until(lambda: sum(call.done() for call in calls) >= 20)
        begun = time.monotonic()
        for _ in range(5):
            assert ask(channel, "/grpc.health.v1.Health/Check", b"").code is grpc.StatusCode.OK
        assert time.monotonic() - begun < 5
        assert not held.is_set()
        held.set()
        done = {call.code() for call in calls}
    assert done == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}


def test_what_is_refused_because_too_many_wait_says_when_to_come_again(words: Words, held: threading.Event) -> None:
    """In the details of its status, as for every refusal of that kind."""

    def hold(request: Request) -> Decision:
        held.wait(20)
        return a_decision(request)

    with running(StubPoint(hold), words, threads=1) as server, connected(server.address) as channel:
        calls = [unary(channel, CHECK).future(BODY, timeout=20) for _ in range(60)]
        wait_until(lambda: sum(call.done() for call in calls) >= 20)
        refused = next(call for call in calls if call.done())
        assert 0 < retry_of(refused) <= 1
        held.set()
        for call in calls:
            call.code()


def test_a_call_without_a_deadline_does_not_wait_for_ever(words: Words, held: threading.Event) -> None:
    """It waits behind another for longer than the default; then its work is not begun."""
    decided: list[str] = []
    begun = threading.Event()

    def hold(request: Request) -> Decision:
        decided.append(request.request_id)
        begun.set()
        held.wait(20)
        return a_decision(request)

    late = a_request()
    late.request_id = "late"
    with (
        running(StubPoint(hold), words, threads=1, default_deadline_ms=200) as server,
        connected(server.address) as channel,
        ThreadPoolExecutor(4) as pool,
    ):
        first: Any = unary(channel, CHECK).future(BODY, timeout=20)
        assert begun.wait(10)
        # The first thread of the pool may take one more before it is seen that any wait.
        waiting: list[Future[Any]] = [
            pool.submit(lambda: refusal_of(channel, late.SerializeToString())) for _ in range(3)
        ]
        time.sleep(1.0)
        held.set()
        first.result()
        codes = [each.result(20) for each in waiting]
    assert grpc.StatusCode.DEADLINE_EXCEEDED in codes
    assert decided.count("late") == codes.count(grpc.StatusCode.OK) <= 1


def test_a_call_without_a_deadline_whose_message_is_late_is_not_begun(words: Words) -> None:
    """Where calls are answered as they come, nothing waits but for the caller itself."""
    decided: list[str] = []

    def note(request: Request) -> Decision:
        decided.append(request.request_id)
        return a_decision(request)

    def late() -> Iterator[bytes]:
        time.sleep(0.6)
        yield BODY

    with (
        running(StubPoint(note, at_once=True), words, default_deadline_ms=200) as server,
        connected(server.address) as channel,
    ):
        call: Any = channel.stream_unary(CHECK)
        with pytest.raises(grpc.RpcError) as raised:
            call(late())
        assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert decided == []
        call(iter([BODY]))
    assert len(decided) == 1


def refusal_of(channel: grpc.Channel, body: bytes) -> grpc.StatusCode:
    """Return the code of a call without a deadline."""
    try:
        unary(channel, CHECK)(body)
    except grpc.RpcError as error:
        return refusal(error).code
    return grpc.StatusCode.OK


def test_more_connections_than_are_borne_are_closed(words: Words) -> None:
    """The others are answered as before."""
    with running(StubPoint(a_decision, at_once=True), words, connections=3) as server:
        channels = [
            grpc.insecure_channel(
                server.address, options=[("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
            )
            for _ in range(6)
        ]
        try:
            codes = [ask(channel, CHECK, BODY, timeout=2).code for channel in channels]
            again = [ask(channel, CHECK, BODY, timeout=2).code for channel in channels[:3]]
        finally:
            for channel in channels:
                channel.close()
    assert codes[:3] == again == [grpc.StatusCode.OK] * 3
    assert grpc.StatusCode.OK not in codes[3:]


def test_beyond_its_memory_the_server_answers_health_and_nothing_else(words: Words) -> None:
    """One mebibyte is less than any process has."""
    with (
        running(StubPoint(a_decision, at_once=True), words, memory_mib=1) as server,
        connected(server.address) as channel,
    ):
        assert ask(channel, CHECK, BODY).code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert ask(channel, f"{DECISIONS}/Explain", b"").code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert ask(channel, "/grpc.health.v1.Health/Check", b"").code is grpc.StatusCode.OK
