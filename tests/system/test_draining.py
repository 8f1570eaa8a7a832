"""A server that ends answers what it has begun and tells everybody else UNAVAILABLE, and nobody CANCELLED."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest

from pdp.core.decision import Decision
from pdp.core.request import Request
from pdp.server import RunningServer
from pdp.server.inline_calls import AWAITED
from pdp.server.under_way import UnderWay
from pdp.wire.words import Words
from tests.malformed_requests import a_request
from tests.system.running import CHECK, DECISIONS, SECONDS, StubPoint, a_decision, ask, connected, running, unary

BODY = a_request().SerializeToString()
CONNECTIONS = 4
CALLS = 50
OK, UNAVAILABLE, CANCELLED = grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED

Drain = Callable[[RunningServer], threading.Event]


class Held(StubPoint):
    """Decides nothing until it is let go."""

    def __init__(self, *, at_once: bool) -> None:
        super().__init__(self._hold, at_once=at_once)
        self.begun = threading.Event()
        self.go = threading.Event()

    def _hold(self, request: Request) -> Decision:
        self.begun.set()
        assert self.go.wait(SECONDS)
        return a_decision(request)


def stopped(server: RunningServer) -> threading.Event:
    """The twin: the core is told to end at once."""
    server._ended = server._server.stop(SECONDS)
    return server._ended


def what_became(words: Words, drain: Drain, *, at_once: bool) -> Counter[Any]:
    """End a server with one decision begun and more calls before it than it has asked the core for; count the codes."""
    point = Held(at_once=at_once)
    with running(point, words) as server, ExitStack() as stack:
        channels = [stack.enter_context(connected(server.address, separate=True)) for _ in range(CONNECTIONS)]
        first = unary(channels[0], CHECK).future(BODY, timeout=SECONDS)
        assert point.begun.wait(SECONDS)
        others = [unary(channel, CHECK).future(BODY, timeout=SECONDS) for channel in channels for _ in range(CALLS)]
        time.sleep(0.5)  # until all of them lie before the server; nothing says so, and none is answered
        ended = drain(server)
        time.sleep(0.1)
        point.go.set()
        assert ended.wait(SECONDS)
        assert first.code() is OK
        return Counter(each.code() for each in others)


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_not_begun_is_unavailable(words: Words, at_once: bool) -> None:
    """What had begun is answered; a client that asks again where it is told UNAVAILABLE loses nothing."""
    assert CONNECTIONS * CALLS > 2 * AWAITED
    became = what_became(words, lambda server: server.drain(SECONDS), at_once=at_once)

    assert became[CANCELLED] == 0, became
    assert became[UNAVAILABLE], became
    assert set(became) <= {OK, UNAVAILABLE}, became


def test_the_twin_that_ends_the_core_first_tells_cancelled(words: Words) -> None:
    """Without the connections being ended below it, the core tells so to what it has not handed over."""
    assert what_became(words, stopped, at_once=True)[CANCELLED]


def test_the_twin_that_forgets_what_has_begun_loses_an_answer(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is ended too."""
    monkeypatch.setattr(UnderWay, "peers", lambda _self: frozenset())
    with pytest.raises(AssertionError, match="UNAVAILABLE"):
        what_became(words, lambda server: server.drain(SECONDS), at_once=True)


def test_a_connection_ends_once_nothing_is_under_way_on_it(words: Words) -> None:
    """Who waits for a long decision keeps its own connection open and no other; who connects anew finds nobody."""
    point = Held(at_once=False)
    with running(point, words) as server, connected(server.address, separate=True) as long:
        with connected(server.address, separate=True) as idle:
            grpc.channel_ready_future(idle).result(SECONDS)
            under_way = unary(long, CHECK).future(BODY, timeout=SECONDS)
            assert point.begun.wait(SECONDS)
            left = threading.Event()
            idle.subscribe(lambda state: left.set() if state is not grpc.ChannelConnectivity.READY else None)
            ended = server.drain(SECONDS)
            assert left.wait(5)
            with connected(server.address, separate=True) as late:
                assert ask(late, CHECK, BODY).code is UNAVAILABLE
            assert ask(long, CHECK, BODY).code is UNAVAILABLE
        assert not ended.is_set()
        point.go.set()
        assert under_way.result()
        assert ended.wait(SECONDS)


def test_an_idle_stream_is_told_that_the_server_ends(words: Words) -> None:
    """What it had asked is answered; it holds up nothing."""
    asked = threading.Semaphore(0)

    def bodies() -> Iterator[bytes]:
        yield BODY
        asked.acquire(timeout=SECONDS)

    with running(StubPoint(a_decision, at_once=True), words) as server, connected(server.address) as channel:
        stream: Any = channel.stream_stream(f"{DECISIONS}/CheckStream")
        answers = stream(bodies(), timeout=SECONDS)
        assert next(answers)
        assert server.drain(SECONDS).wait(5)
        with pytest.raises(grpc.RpcError) as raised:
            next(answers)
        asked.release()
    assert raised.value.code() is UNAVAILABLE
    assert "ending" in (raised.value.details() or "")
