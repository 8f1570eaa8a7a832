"""The barrier between gRPC and the handlers, without a connection."""

import io
from collections.abc import Callable
from typing import Any, NoReturn

import grpc
import pytest

from pdp.callers import Presented
from pdp.core.caller import LOCAL, Caller
from pdp.server.barrier import ExceptionBarrier
from pdp.server.events import json_log
from pdp.server.gate import Gate


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


def test_what_nobody_serves_has_no_handler() -> None:
    """gRPC then answers UNIMPLEMENTED; nothing stands in."""
    assert guarded(None) is None
