"""The barrier between gRPC and the handlers, without a connection."""

import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import grpc
import pytest

from pdp.api.v1 import facts_pb2
from pdp.callers import Presented
from pdp.core.caller import LOCAL, Caller
from pdp.server.barrier import ExceptionBarrier
from pdp.server.events import json_log
from pdp.server.gate import Gate, caller_of


class AbortedError(Exception):
    """What a context raises when a call is aborted."""


class FakeContext:
    """A call with *seconds* left, whose caller is still there or has gone."""

    def __init__(self, seconds: float = 1.0, *, is_there: bool = True) -> None:
        self.seconds = seconds
        self.is_there = is_there
        self.code: object = None

    def time_remaining(self) -> float:
        """Return what is left of the deadline."""
        return self.seconds

    def is_active(self) -> bool:
        """Say whether the caller is there."""
        return self.is_there

    def add_callback(self, _then: Callable[[], None]) -> bool:
        """Say whether the call is still under way."""
        return self.is_there

    def abort(self, code: grpc.StatusCode, _details: str) -> NoReturn:
        """End the call."""
        self.code = code
        raise AbortedError

    def abort_with_status(self, status: grpc.Status) -> NoReturn:
        """End the call."""
        self.abort(status.code, status.details)


class LetIn(Gate):
    """A gate that lets everybody in, whatever the method."""

    def admit(self, method: str, presented: Presented | None) -> Caller:
        """Return who calls."""
        return LOCAL


def guarded(handler: Any, log: io.StringIO | None = None) -> Any:
    """Return *handler* behind a barrier."""
    details: Any = type("Details", (), {"method": "/a.Service/Do"})()
    return ExceptionBarrier(json_log(log or io.StringIO()), {}, LetIn(None, (), json_log())).intercept_service(
        lambda _details: handler, details
    )


@pytest.mark.parametrize("context", [FakeContext(0.0), FakeContext(is_there=False)], ids=["too late", "gone"])
def test_a_call_that_is_over_is_not_begun(context: FakeContext) -> None:
    """Nobody waits for the answer, so that nothing is decided and no record says that it was."""
    begun: list[bytes] = []
    handler = guarded(grpc.unary_unary_rpc_method_handler(lambda body, _context: begun.append(body)))
    with pytest.raises(AbortedError):
        handler.unary_unary(b"", context)
    assert context.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert begun == []


def test_what_a_stream_raises_on_the_way_is_kept_in() -> None:
    """The first answers may be out already; the exception still is not."""

    def answers(_request: bytes, _context: object) -> Any:
        yield b"one"
        raise RuntimeError("a secret")

    log, context = io.StringIO(), FakeContext()
    stream = guarded(grpc.unary_stream_rpc_method_handler(answers), log).unary_stream(b"", context)
    assert next(stream) == b"one"
    with pytest.raises(AbortedError):
        next(stream)
    assert context.code is grpc.StatusCode.INTERNAL
    assert "a secret" in log.getvalue()


def test_a_stream_that_is_closed_early_is_no_error() -> None:
    """Its caller has had enough."""

    def answers(_request: bytes, _context: object) -> Any:
        yield b"one"
        yield b"two"

    log, context = io.StringIO(), FakeContext()
    stream = guarded(grpc.unary_stream_rpc_method_handler(answers), log).unary_stream(b"", context)
    next(stream)
    stream.close()
    assert (context.code, log.getvalue()) == (None, "")


def test_a_caller_that_has_gone_in_the_middle_is_no_line_in_the_log() -> None:
    """gRPC tells a handler so by an exception of its own."""

    def answers(_requests: object, context: FakeContext) -> Any:
        yield b"one"
        context.is_there = False
        raise grpc.RpcError

    log, context = io.StringIO(), FakeContext()
    stream = guarded(grpc.stream_stream_rpc_method_handler(answers), log).stream_stream(iter(()), context)
    next(stream)
    with pytest.raises(AbortedError):
        next(stream)
    assert (context.code, log.getvalue()) == (grpc.StatusCode.CANCELLED, "")


# --- A stream that goes on while its caller changes ---

WATCH = "/pdp.api.v1.FactService/WatchFacts"
STREAM = "/pdp.api.v1.DecisionService/CheckStream"


class Changing(Gate):
    """A gate whose one caller may ask about what it is told, from one moment to the next."""

    operators = frozenset({"homeid"})

    def admit(self, method: str, presented: Presented | None) -> Caller:
        """Return who calls, as it is now."""
        return Caller("app", operators=self.operators)


class AsksOnceForAll(ExceptionBarrier):
    """The twin: it looks at who calls again, and not at what it was asked."""

    def _admit_again(self, name: str, context: grpc.ServicerContext) -> None:
        self._gate.admit(name, None)


def behind(make: type[ExceptionBarrier], gate: Gate, method: str, handler: Any) -> Any:
    """Return *handler* of *method* behind a barrier with *gate*."""
    details: Any = type("Details", (), {"method": method})()
    return make(json_log(io.StringIO()), {}, gate).intercept_service(lambda _details: handler, details)


def watches_on(make: type[ExceptionBarrier]) -> str:
    """Open a stream of facts, take the operator away from its caller, and return what comes then."""
    gate, context = Changing(None, (), json_log(io.StringIO())), FakeContext()
    handler: Any = grpc.unary_stream_rpc_method_handler(
        lambda _request, _context: iter(("one", "two")), facts_pb2.WatchFactsRequest.FromString
    )
    request = facts_pb2.WatchFactsRequest(operator="homeid").SerializeToString()
    stream = behind(make, gate, WATCH, handler).unary_stream(request, context)
    assert next(stream) == "one"
    gate.operators = frozenset({"kiotviet"})
    with suppress(AbortedError):
        return str(next(stream))
    return str(context.code)


def asks_on(make: type[ExceptionBarrier]) -> list[frozenset[str]]:
    """Return for whom each message of a stream is answered, whose caller's operators change in between."""
    gate, context = Changing(None, (), json_log(io.StringIO())), FakeContext()

    def requests() -> Any:
        yield b"one"
        gate.operators = frozenset()
        yield b"two"

    handler: Any = grpc.stream_stream_rpc_method_handler(
        lambda bodies, context: (caller_of(context).operators for _ in bodies)
    )
    return list(behind(make, gate, STREAM, handler).stream_stream(requests(), context))


def test_a_stream_ends_when_its_operator_is_taken_from_the_caller() -> None:
    """What was permitted when it was opened has to be permitted to each of its messages; not so with the twin."""
    assert watches_on(ExceptionBarrier) == "StatusCode.PERMISSION_DENIED"
    assert watches_on(AsksOnceForAll) == "two"


def test_each_message_of_a_stream_is_of_who_calls_by_then() -> None:
    """Also the first one after the change; not so with the twin."""
    assert asks_on(ExceptionBarrier) == [{"homeid"}, frozenset()]
    assert asks_on(AsksOnceForAll) == [{"homeid"}, {"homeid"}]


def test_what_nobody_serves_is_not_implemented() -> None:
    """Whatever its name, nothing is kept of it and no message is waited for."""
    context, handler = FakeContext(), guarded(None)
    assert handler.request_streaming
    with pytest.raises(AbortedError):
        handler.stream_unary(iter(()), context)
    assert context.code is grpc.StatusCode.UNIMPLEMENTED
