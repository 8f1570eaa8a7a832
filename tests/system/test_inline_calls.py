"""Calls that are answered on the thread that takes events: what holds for every call holds for them, and it goes on."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import grpc
import pytest

from pdp.api.v1 import decision_pb2
from pdp.core.caller import LOCAL
from pdp.core.decision import Decision
from pdp.core.request import Request
from pdp.server.core_operations import can_serve_inline
from pdp.server.decisions import Decisions
from pdp.server.event_order import order_events
from pdp.server.events import json_log
from pdp.server.gate import Gate
from pdp.server.inline_calls import InlineCalls
from pdp.server.methods import add_contract
from pdp.server.pacing import Pace
from pdp.server.serving import CALLS_PER_THREAD
from pdp.server.status import malformed_message, status_of
from pdp.wire.words import Words
from tests.malformed_requests import MALFORMED_REQUESTS, a_request
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
from tests.system.test_no_exception_text import ERRORS, assert_nothing_leaks, raising

STREAM = f"{DECISIONS}/CheckStream"
BODY = a_request().SerializeToString()


def stream_of(channel: grpc.Channel) -> Any:
    """Return what opens a stream of bytes."""
    return channel.stream_stream(STREAM)


def streamed(channel: grpc.Channel, bodies: Any) -> list[decision_pb2.CheckResult]:
    """Send *bodies* over one stream and return what came back."""
    return [decision_pb2.CheckResult.FromString(body) for body in stream_of(channel)(bodies, timeout=30)]


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("path", [CHECK, STREAM])
def test_no_text_of_an_exception_reaches_the_caller(words: Words, name: str, path: str) -> None:
    """Each kind of exception has its code and none its text; the next call is answered as if nothing had been."""
    error, code = ERRORS[name]
    point = raising(error, at_once=True)
    with running(point, words) as server, connected(server.address) as channel:
        if path == CHECK:
            answer = ask(channel, CHECK, BODY)
        else:
            with pytest.raises(grpc.RpcError) as raised:
                streamed(channel, iter([BODY]))
            answer = refusal(raised.value)
        point.answer = a_decision
        assert ask(channel, CHECK, BODY).code is grpc.StatusCode.OK
    assert answer.code is code
    assert_nothing_leaks(answer)


OPEN_GATE = Gate(None, (), json_log())


class Unguarded(InlineCalls):
    """A twin that lets pass what an answer raises."""

    def _answer(self, call: Any, body: bytes) -> None:
        call.method.answer(body, LOCAL)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_without_its_guard_one_exception_would_end_the_service(words: Words) -> None:
    """The twin: what the test above relies on is the guard."""
    pool = ThreadPoolExecutor(1)
    server = grpc.server(pool)
    decisions = Decisions(raising(RuntimeError("x"), at_once=True), words)
    add_contract(server, decisions.served, decisions.answered)
    inline = Unguarded(
        server, 8, lambda error, path: status_of(error, path, json_log()), OPEN_GATE.visit, pool, OPEN_GATE.load
    )
    inline.add(CHECK, decisions.check)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    inline.begin()
    with connected(f"127.0.0.1:{port}") as channel:
        codes = [ask(channel, CHECK, BODY, timeout=0.5).code for _ in range(2)]
    assert codes == [grpc.StatusCode.DEADLINE_EXCEEDED] * 2


def test_a_server_that_is_not_as_it_must_be_is_known() -> None:
    """Then the public server answers."""
    assert can_serve_inline(grpc.server(ThreadPoolExecutor(1)))
    assert not can_serve_inline(object())  # type: ignore[arg-type]


def test_events_are_taken_at_the_pace_that_ranking_them_tells(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server rests for those whose messages it has seen, and not by another pace or none."""
    wired = []

    def noting(server: Any, rank: Any, under_way: Any, pace: Any) -> bool:
        is_ordered = order_events(server, rank, under_way, pace)
        wired.append((rank.__self__._pace, server._state.completion_queue._order._pace))
        return is_ordered

    monkeypatch.setattr("pdp.server.serving.order_events", noting)
    with running(StubPoint(a_decision, at_once=True), words):
        ((told, asked),) = wired
    assert isinstance(told, Pace)
    assert told is asked


def test_a_call_whose_deadline_has_passed_costs_no_work(words: Words) -> None:
    """It waits while another is decided, and is never begun."""
    held, begun, decided = threading.Event(), threading.Event(), []

    def hold(request: Request) -> Decision:
        decided.append(request.request_id)
        begun.set()
        held.wait(10)
        return a_decision(request)

    late = a_request()
    late.request_id = "late"
    with running(StubPoint(hold, at_once=True), words) as server, connected(server.address) as channel:
        first = unary(channel, CHECK).future(BODY, timeout=30)
        assert begun.wait(10)
        answer = ask(channel, CHECK, late.SerializeToString(), timeout=0.2)
        held.set()
        first.result()
        assert ask(channel, CHECK, BODY).code is grpc.StatusCode.OK
    assert answer.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "late" not in decided


@pytest.fixture
def idle() -> Iterator[threading.Event]:
    """Give an event that is set in the end: what waits for it comes to an end then."""
    event = threading.Event()
    yield event
    event.set()


def silent_until(idle: threading.Event) -> Iterator[bytes]:
    """Yield nothing until *idle*."""
    idle.wait(20)
    yield from ()


def test_idle_streams_take_no_call_its_place(
    words: Words, idle: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are bounded apart: what is more is refused, and a check is answered all the same."""
    monkeypatch.setattr("pdp.server.streams.STREAMS_OF_ONE", 2 * CALLS_PER_THREAD)
    point = StubPoint(a_decision, at_once=True)
    with running(point, words, threads=1) as server, ExitStack() as stack:
        first, second = (stack.enter_context(connected(server.address, separate=True)) for _ in range(2))
        streams = [
            stream_of((first, second)[at % 2])(silent_until(idle), timeout=20) for at in range(2 * CALLS_PER_THREAD)
        ]
        for stream in streams:
            assert stream.initial_metadata() is not None
        with pytest.raises(grpc.RpcError) as raised:
            streamed(first, iter([BODY]))
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert ask(first, CHECK, BODY).code is grpc.StatusCode.OK
        streams[0].cancel()
        wait_until(lambda: can_stream(second))
        idle.set()


def can_stream(channel: grpc.Channel) -> bool:
    """Say whether a stream is let in."""
    try:
        return len(streamed(channel, iter([BODY]))) == 1
    except grpc.RpcError:
        return False


def test_a_stream_answers_each_request_with_its_id(channel: grpc.Channel, asked: list[Any]) -> None:
    """As many results as requests; each is the answer to its request, or what is wrong with it."""
    bodies, ids = [], []
    for number, message in enumerate(asked[:40]):
        message.request_id = ids_of(number)
        bodies.append(message.SerializeToString())
        ids.append(message.request_id)
    spoilt = MALFORMED_REQUESTS[0].message()
    spoilt.request_id = "spoilt"
    results = streamed(channel, iter([*bodies, spoilt.SerializeToString(), b"\xff", bodies[0]]))
    assert [result.request_id for result in results] == [*ids, "spoilt", "", ids[0]]
    assert [result.WhichOneof("outcome") for result in results] == ["response"] * 40 + ["error", "error", "response"]
    assert results[41].error.code == malformed_message().errors[0].code
    alone = decision_pb2.CheckResponse.FromString(ask(channel, CHECK, bodies[0]).body)
    assert (results[0].response.decision, results[0].response.reasons) == (alone.decision, alone.reasons)


def ids_of(number: int) -> str:
    """Return the id of a request of the stream."""
    return f"ask-{number}"


def test_a_stream_waits_for_the_next_request(channel: grpc.Channel) -> None:
    """An answer comes before the next request is sent."""
    gate = threading.Semaphore(0)

    def bodies() -> Iterator[bytes]:
        for _ in range(3):
            yield BODY
            assert gate.acquire(timeout=30)

    answers = stream_of(channel)(bodies(), timeout=20)
    for _ in range(3):
        assert next(answers)
        gate.release()
    assert list(answers) == []


def test_a_call_without_a_message_is_the_callers_mistake(channel: grpc.Channel) -> None:
    """A stream of no messages to a method that takes one."""
    with pytest.raises(grpc.RpcError) as raised:
        channel.stream_unary(CHECK)(iter(()), timeout=30)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
