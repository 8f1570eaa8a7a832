"""Starts a real server on a free port, and calls it with bytes as any caller could."""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from pdp.activation import Standing
from pdp.api.v1 import errors_pb2
from pdp.core.caches import NOTHING_KEPT, Cache
from pdp.core.decision import Cause, Decision
from pdp.core.explanation import Explanation
from pdp.core.request import Consistency, Request
from pdp.core.stores import FactStore
from pdp.decision_point import DecisionPoint
from pdp.server import RunningServer, Security, start
from pdp.server.events import json_log
from pdp.server.following import FixedPolicies, Following
from pdp.server.services import ServicesInForce
from pdp.settings import Settings
from pdp.wire.words import Words
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock

DECISIONS = "/pdp.api.v1.DecisionService"
CHECK = f"{DECISIONS}/Check"
SECONDS = 30.0


class StubPoint(DecisionPoint):
    """Answers as it is told to, in place of a decision point."""

    def __init__(self, answer: Callable[[Request], Decision], *, at_once: bool = False) -> None:
        super().__init__({}, NoStoredFacts(), SystemClock(), NoDecisionLog())
        self.answer = answer
        self._at_once = at_once

    @property
    def cache(self) -> Cache:
        """Return that nothing is kept."""
        return NOTHING_KEPT

    @property
    def at_once(self) -> bool:
        """Say whether it never waits; when it may, its calls are answered on threads of their own."""
        return self._at_once

    def check(self, request: Request) -> Decision:
        """Return what it was told to."""
        return self.answer(request)

    def check_batch(self, operator: str, requests: Sequence[Request], consistency: Consistency) -> tuple[Decision, ...]:
        """Return what it was told to, for each."""
        return tuple(self.answer(request) for request in requests)

    def explain(self, request: Request, as_of: datetime | None = None) -> Explanation:
        """Return what it was told to, without any more of it."""
        return Explanation(self.answer(request), (), (), ())


@dataclass(frozen=True)
class Answer:
    """What came back: bytes, or a status with its details."""

    code: grpc.StatusCode
    said: str = ""
    body: bytes = b""
    errors: Sequence[errors_pb2.Error] = ()
    violations: Sequence[error_details_pb2.BadRequest.FieldViolation] = ()
    everything: str = field(default="", repr=False)


@contextmanager
def running(
    point: DecisionPoint,
    words: Words,
    log: io.StringIO | None = None,
    *,
    facts: FactStore | None = None,
    security: Security | None = None,
    standing: Standing | None = None,
    **settings: Any,
) -> Iterator[RunningServer]:
    """Serve *point*, and the stored *facts* if there are any, on a free port for as long as the context lasts.

    Its policies are those of *standing*; by default those of *point*, whose files it does not know.
    """
    chosen = Settings(**{"listen": "127.0.0.1:0", **settings})
    written = json_log(log if log is not None else io.StringIO())
    kept = standing or Standing.of(point.policies, datetime.now(UTC))

    def follow(_in_force: ServicesInForce) -> Following:
        return FixedPolicies(kept)

    server = start(point, words, chosen, written, facts=facts, security=security or Security(), follow=follow)
    try:
        yield server
    finally:
        assert server.drain(1.0).wait(SECONDS)
        assert server.has_finished()


@contextmanager
def connected(address: str, *, separate: bool = False, **options: Any) -> Iterator[grpc.Channel]:
    """Connect to *address* directly, past any proxy; *separate*: by a connection that no other channel shares."""
    chosen = [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", int(separate))]
    channel = grpc.insecure_channel(address, options=chosen, **options)
    try:
        yield channel
    finally:
        channel.close()


def unary(channel: grpc.Channel, path: str) -> Any:
    """Return what calls the method at *path* with bytes and returns bytes."""
    return channel.unary_unary(path)


def ask(
    channel: grpc.Channel,
    path: str,
    body: bytes,
    *,
    timeout: float = SECONDS,
    metadata: Sequence[tuple[str, Any]] = (),
) -> Answer:
    """Send *body* to *path*, with *metadata*, and return what came back."""
    try:
        return Answer(grpc.StatusCode.OK, body=unary(channel, path)(body, timeout=timeout, metadata=metadata))
    except grpc.RpcError as error:
        return refusal(error)


def refusal(error: grpc.RpcError) -> Answer:
    """Return what *error* tells, details included."""
    trailers: Any = error.trailing_metadata() or ()
    metadata = dict(trailers)
    status = status_pb2.Status.FromString(metadata.get("grpc-status-details-bin", b""))
    errors, bad_request = errors_pb2.Errors(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(errors)
        detail.Unpack(bad_request)
    everything = f"{error.details()} {metadata} {status} {errors} {bad_request}"
    return Answer(
        error.code(), error.details() or "", b"", tuple(errors.errors), tuple(bad_request.field_violations), everything
    )


def wait_until(is_so: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait until *is_so*; fail when it takes too long."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def a_decision(request: Request) -> Decision:
    """Return a decision that says nothing in particular."""
    return Decision("d-1", request.request_id, False, Cause.SILENT, (), (), "r", "t", None, ())
