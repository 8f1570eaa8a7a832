"""K-01, K-44, K-54 and K-59: who asks, and whether it may, is known of every call and of what is done for it."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import grpc
import pytest

from pdp.api.v1 import decision_pb2
from pdp.callers.methods import EVERY_METHOD
from pdp.core.caller import Caller
from pdp.core.decision import Decision
from pdp.core.errors import NotPermittedError
from pdp.core.request import Request
from pdp.server import access, barrier, decisions
from pdp.server.access import NEEDS, Need
from pdp.server.gate import Gate
from pdp.server.methods import SERVICES
from pdp.server.names import path_of
from pdp.wire.request_reader import RequestReader
from pdp.wire.words import Words
from tests.advisories.conftest import allowing
from tests.credentials import a_token
from tests.malformed_requests import a_request
from tests.system.guarded import House, bearer, with_key
from tests.system.running import CHECK, DECISIONS, StubPoint, ask, refusal
from tests.system.test_callers_table import is_refused, message
from tests.unit.server.test_access import served_methods

Metadata = Sequence[tuple[str, str]]

KINDS: Final = {
    method.full_name: (method.client_streaming, method.server_streaming)
    for service in SERVICES
    for method in service.methods
}


def code_of(channel: Any, method: str, body: bytes, metadata: Metadata = ()) -> grpc.StatusCode:
    """Return the status with which a call of *method*, a full name, ends: that of its first answer if it streams."""
    streams, answers = KINDS.get(method, (True, True))
    make = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, True): channel.stream_stream,
    }[streams, answers]
    try:
        answer = make(path_of(method))(iter([body]) if streams else body, timeout=5, metadata=metadata)
        if answers:
            next(iter(answer), None)
    except grpc.RpcError as error:
        return refusal(error).code
    return grpc.StatusCode.OK


# --- K-01: a method beside the guarded ones ---------------------------------------------------------------------------


def every_method_is_guarded(house: House, address: str) -> None:
    """Each method of a server, streams and those of libraries among them, refuses who is unknown and who may not."""
    walked = sorted(served_methods() - set(access.HEALTH_METHODS))
    assert KINDS.keys() < set(walked)
    token = bearer(a_token(house.key))  # of `app`: DecisionService, about kidsonline and homeid
    with house.connected(address) as channel:
        for method in walked:
            short = method.removeprefix("pdp.api.v1.")
            assert code_of(channel, method, b"") is grpc.StatusCode.UNAUTHENTICATED, method
            if method not in KINDS:
                continue  # reflection: for whoever is known
            if not short.startswith("DecisionService."):
                assert code_of(channel, method, b"", token) is grpc.StatusCode.PERMISSION_DENIED, method
                continue
            assert is_refused(channel, short, message(short, "onmeeting"), token), method
            assert not is_refused(channel, short, message(short, "homeid"), token), method


def test_k_01_every_method_is_guarded(house: House, words: Words) -> None:
    """No credential, a method that is not granted, another operator: each is refused by each."""
    with house.serving(
        StubPoint(allowing, at_once=True), words, io.StringIO(), certificates=False, reflection="yes"
    ) as server:
        every_method_is_guarded(house, server.address)


def test_k_01_mutant_the_streams_have_been_forgotten(
    house: House, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the advisory: what answers one by one is guarded, what answers in a stream is not."""
    guard = barrier.ExceptionBarrier._guard

    def forgetful(self: barrier.ExceptionBarrier, handler: Any, method: str) -> Any:
        return handler if handler.response_streaming else guard(self, handler, method)

    monkeypatch.setattr(barrier.ExceptionBarrier, "_guard", forgetful)
    with (
        house.serving(
            StubPoint(allowing, at_once=True), words, io.StringIO(), certificates=False, reflection="yes"
        ) as server,
        pytest.raises(AssertionError),
    ):
        every_method_is_guarded(house, server.address)


def a_new_method_is_refused() -> None:
    """A method without an entry is refused to everybody."""
    with pytest.raises(NotPermittedError):
        access.check_may_call(Caller("any", may_everything=True), "pdp.api.v1.DecisionService.StreamedCheck")


def test_k_01_a_method_without_an_entry_is_refused() -> None:
    """So that it cannot be forgotten; the walk above finds it as soon as it is served."""
    a_new_method_is_refused()


def test_k_01_mutant_methods_are_open_unless_they_have_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of what is refused in place of one of what is allowed."""

    class Generous(dict[str, Need]):
        def __contains__(self, _method: object) -> bool:
            return True

        def __missing__(self, _method: str) -> Need:
            return Need.NOBODY_KNOWN

    monkeypatch.setattr(access, "NEEDS", Generous(NEEDS))
    with pytest.raises(pytest.fail.Exception):
        a_new_method_is_refused()


# --- K-44: names in headers -------------------------------------------------------------------------------------------

CLAIMED: Final = (
    "x-forwarded-user",
    "x-forwarded-for",
    "x-forwarded-client-cert",
    "x-forwarded-authorization",
    "x-original-authorization",
    "proxy-authorization",
    "forwarded",
    "x-user",
    "x-caller",
    "x-tenant",
    "x-operator",
    "x-spiffe-id",
    "x-real-ip",
    "cookie",
)


def headers_name_nobody(house: House, address: str) -> None:
    """Whatever such headers say, the call is that of its credential: with none it is nobody's."""
    office = f"Bearer {a_token(house.key, sub='office')}"
    everything = [(name, value) for name in CLAIMED for value in ("office", office)]
    body = b""
    with house.connected(address) as channel:
        for said in ([each] for each in everything):
            assert code_of(channel, "pdp.api.v1.PolicyService.Validate", body, said) is grpc.StatusCode.UNAUTHENTICATED
        app = [*bearer(a_token(house.key)), *everything]
        assert code_of(channel, "pdp.api.v1.PolicyService.Validate", body, app) is grpc.StatusCode.PERMISSION_DENIED
        # A proxy that takes `connection: authorization` at its word leaves a call without a credential.
        assert ask(channel, CHECK, body, metadata=[("x-connection", "authorization")]).code is (
            grpc.StatusCode.UNAUTHENTICATED
        )
        alone = [("authorization", office)]
        assert code_of(channel, "pdp.api.v1.PolicyService.Validate", body, alone) is not (
            grpc.StatusCode.PERMISSION_DENIED
        )


def test_k_44_headers_name_nobody(house: House, address: str) -> None:
    """Who asks is known from TLS, a token or a key, and from nothing else of a call."""
    headers_name_nobody(house, address)


@pytest.mark.parametrize("believed", ["x-forwarded-authorization", "x-original-authorization"])
def test_k_44_mutant_a_header_of_a_proxy_is_believed(
    house: House, address: str, monkeypatch: pytest.MonkeyPatch, believed: str
) -> None:
    """Whoever sends it."""
    real = Gate._authorizations

    def believing(self: Gate, metadata: Any) -> tuple[str, ...]:
        told = tuple(str(value) for key, value in metadata if key == believed)
        return told or real(self, metadata)

    monkeypatch.setattr(Gate, "_authorizations", believing)
    with pytest.raises(AssertionError):
        headers_name_nobody(house, address)


# --- K-54: what is looked at is what is done --------------------------------------------------------------------------


def _named(operator: str) -> bytes:
    """Return a request without facts to *operator*."""
    asked = a_request()
    asked.operator = operator
    asked.ClearField("facts")
    asked.context.ClearField("time")
    return asked.SerializeToString()


def _in_two_ways() -> Iterator[bytes]:
    """Yield bytes that name two operators, so that two readers could take each for the one that is meant."""
    mine, other = decision_pb2.CheckRequest(operator="kidsonline"), decision_pb2.CheckRequest(operator="onmeeting")
    for first, second in ((mine, other), (other, mine)):
        yield first.SerializeToString() + _named(second.operator)
        yield _named(first.operator) + second.SerializeToString()
        yield first.SerializeToString() + _named("homeid") + second.SerializeToString()
    # The same field, its key and its length written longer than they need be.
    yield _named("kidsonline") + b"\x92\x00\x89\x00onmeeting"
    yield b"\x92\x80\x00\x89\x80\x00onmeeting" + _named("kidsonline")


def the_one_that_is_asked_about_is_looked_at(house: House, words: Words) -> None:
    """An answer is never about an operator that the caller may not ask about, in whatever way that is said."""
    decided: list[str] = []

    def note(request: Request) -> Decision:
        decided.append(request.operator)
        return allowing(request)

    app = bearer(a_token(house.key))
    bodies = list(_in_two_ways())
    with (
        house.serving(StubPoint(note, at_once=True), words, io.StringIO(), certificates=False) as server,
        house.connected(server.address) as channel,
    ):
        for body in bodies:
            ask(channel, CHECK, body, metadata=app)
            batch = decision_pb2.CheckBatchRequest().SerializeToString()
            item = b"\x0a" + _length(body) + body
            ask(channel, f"{DECISIONS}/CheckBatch", batch + item + item, metadata=app)
            stream: Any = channel.stream_stream(f"{DECISIONS}/CheckStream")
            list(stream(iter([body]), timeout=10, metadata=app))
        assert ask(channel, CHECK, _named("kidsonline"), metadata=app).code is grpc.StatusCode.OK
    assert set(decided) == {"kidsonline"}


def _length(body: bytes) -> bytes:
    left, written = len(body), bytearray()
    while left > 0x7F:
        written.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*written, left])


def test_k_54_what_is_looked_at_is_what_is_decided(house: House, words: Words) -> None:
    """By Check, by CheckBatch and by CheckStream."""
    the_one_that_is_asked_about_is_looked_at(house, words)


class FirstWins(RequestReader):
    """A second reader of the same bytes, for which the first operator that is named counts, not the last."""

    def request(self, body: bytes) -> Request:
        """Return the request, about the first operator."""
        places = {body.find(name.encode()): name for name in ("kidsonline", "onmeeting", "homeid")}
        return replace(super().request(body), operator=places[min(place for place in places if place >= 0)])


def test_k_54_two_readers_that_differ_cannot_be_played_against_each_other(
    house: House, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is decided is looked at as well: a reader that went wrong would be refused."""
    monkeypatch.setattr(decisions, "RequestReader", FirstWins)
    the_one_that_is_asked_about_is_looked_at(house, words)


def test_k_54_mutant_one_reader_looks_and_another_one_asks(
    house: House, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the advisory: looked at by one place of the request, done by another."""
    monkeypatch.setattr(decisions, "RequestReader", FirstWins)
    monkeypatch.setattr(decisions, "check_operator", lambda *_: None)
    with pytest.raises(AssertionError):
        the_one_that_is_asked_about_is_looked_at(house, words)


# --- K-59: a credential for questions, used for anything else ---------------------------------------------------------


def questions_only(house: House, address: str) -> None:
    """Callers that may ask for decisions may neither change facts nor policies, by either kind of credential."""
    rest = sorted(name for name in EVERY_METHOD if ".DecisionService." not in name)
    assert len(rest) >= 8
    with house.connected(address) as channel:
        for shown in (bearer(a_token(house.key)), with_key(house.api_keys["app"])):
            for method in rest:
                assert code_of(channel, method, b"", shown) is grpc.StatusCode.PERMISSION_DENIED, method
            assert ask(channel, CHECK, _named("kidsonline"), metadata=shown).code is grpc.StatusCode.OK


def test_k_59_who_may_ask_may_not_administer(house: House, address: str) -> None:
    """Every method of FactService and of PolicyService is refused to it."""
    questions_only(house, address)


def test_k_59_mutant_a_known_caller_may_call_what_there_is(
    house: House, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To be known is taken for being allowed."""
    monkeypatch.setattr(Caller, "may_call", lambda _caller, _method: True)
    with pytest.raises(AssertionError):
        questions_only(house, address)
