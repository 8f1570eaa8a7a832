"""A call that is over is let go at once, and not only when garbage is collected.

gRPC's core counts a call among those of its connection for as long as anything in Python holds it; what comes beyond
their number it refuses (REFUSED_STREAM).
"""

import functools
import gc
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

import grpc
import pytest

from pdp.api.v1 import decision_pb2
from pdp.core.errors import OverloadedError
from pdp.server import barrier
from pdp.server.barrier import Behaviour, ExceptionBarrier
from pdp.server.gate import caller_of
from pdp.server.listening import STREAMS
from pdp.wire.words import Words
from tests.malformed_requests import a_request
from tests.system.running import DECISIONS, StubPoint, a_decision, ask, connected, running

CALLS = 2 * STREAMS + 8
EXPLAIN = f"{DECISIONS}/Explain"
BODY = decision_pb2.ExplainRequest(request=a_request()).SerializeToString()


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Let no garbage be collected meanwhile."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class HoldsTheContext(ExceptionBarrier):
    """The twin: what the context of a call holds, holds that context."""

    def _permitting(self, behaviour: Behaviour, name: str, *, streams: bool) -> Behaviour:
        permit = self._gate.permit_of(name)

        @functools.wraps(behaviour)
        def permitting(request: Any, context: grpc.ServicerContext, *callback: Any) -> Any:
            setattr(context, barrier._PERMIT, lambda _caller: permit(caller_of(context), request))
            return behaviour(request, context, *callback)

        return permitting


def codes(words: Words) -> Counter[grpc.StatusCode]:
    """Ask for explanations one after the other over one connection, and return how each ended."""
    with running(StubPoint(a_decision), words) as server, connected(server.address, separate=True) as channel:
        return Counter(ask(channel, EXPLAIN, BODY).code for _ in range(CALLS))


@pytest.mark.usefixtures("uncollected")
def test_a_connection_bears_more_calls_than_it_may_have_at_once(words: Words) -> None:
    """None of those that are over stands in the way of another."""
    assert codes(words) == {grpc.StatusCode.OK: CALLS}


@pytest.mark.usefixtures("uncollected")
def test_the_twin_whose_contexts_hold_themselves_is_found_out(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is full after as many calls as it may have at once."""
    monkeypatch.setattr("pdp.server.serving.ExceptionBarrier", HoldsTheContext)
    found = codes(words)
    assert found[grpc.StatusCode.UNAVAILABLE] >= STREAMS, found


def _refused(_request: object) -> NoReturn:
    error = OverloadedError("not now", 0.0)
    raise error


@pytest.mark.usefixtures("uncollected")
def test_a_connection_bears_more_refused_calls_than_it_may_have_at_once(words: Words) -> None:
    """An error that is raised by its name holds the frame that it was raised in, and so the context above it."""
    with running(StubPoint(_refused), words) as server, connected(server.address, separate=True) as channel:
        found = Counter(ask(channel, EXPLAIN, BODY).code for _ in range(CALLS))
    assert found == {grpc.StatusCode.RESOURCE_EXHAUSTED: CALLS}


@pytest.mark.usefixtures("uncollected")
def test_the_twin_whose_errors_keep_their_frames_is_found_out(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is full of refused calls."""
    monkeypatch.setattr("pdp.server.barrier.let_go", lambda _error: None)
    with running(StubPoint(_refused), words) as server, connected(server.address, separate=True) as channel:
        found = Counter(ask(channel, EXPLAIN, BODY).code for _ in range(CALLS))
    assert found[grpc.StatusCode.UNAVAILABLE] >= CALLS - 2 * STREAMS, found
