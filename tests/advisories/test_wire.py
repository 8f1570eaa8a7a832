"""K-79, K-80 and K-82: odd bytes, absent fields and odd paths; and what a client takes for an answer."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from pdp.api.v1 import decision_pb2
from pdp.client import DecisionClient, ServerError
from pdp.client.decision_client import as_error
from pdp.core.decision import Decision
from pdp.core.errors import PdpError
from pdp.core.request import Request
from pdp.server import access, barrier, decisions
from pdp.server.gate import Gate
from pdp.wire.words import Words
from tests.advisories.conftest import allowing
from tests.advisories.http2 import Header, block, grpc_headers, speaking
from tests.credentials import a_token
from tests.malformed_requests import a_request
from tests.system.guarded import House
from tests.system.running import CHECK, StubPoint, ask, connected, running

OK: Final = 0

# --- K-79: nothing but an answer is one -------------------------------------------------------------------------------


@contextmanager
def ending(code: grpc.StatusCode, body: bytes = b"") -> Iterator[str]:
    """Serve a Check that ends with *code*, or with *body* where that is OK."""

    def answer(_body: bytes, context: grpc.ServicerContext) -> bytes:
        if code is not grpc.StatusCode.OK:
            context.abort(code, "allowed")
        return body

    server = grpc.server(ThreadPoolExecutor(1))
    handlers: dict[str, Any] = {"Check": grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("pdp.api.v1.DecisionService", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


Ask = Callable[[DecisionClient, decision_pb2.CheckRequest], bool]


def asked(client: DecisionClient, question: decision_pb2.CheckRequest) -> bool:
    """Say whether *client* says that it is allowed."""
    return client.check(question).allowed


NO_ANSWERS: Final = {
    "nothing": b"",
    "no decision": decision_pb2.CheckResponse(cause=decision_pb2.CAUSE_RULE).SerializeToString(),
    "a decision that nobody knows": b"\x18\x07\x20\x01",
    "an allow for no cause": decision_pb2.CheckResponse(decision=decision_pb2.DECISION_ALLOW).SerializeToString(),
    "an allow for a cause that nobody knows": b"\x18\x01\x20\x09",
    "an allow after an error": decision_pb2.CheckResponse(
        decision=decision_pb2.DECISION_ALLOW, cause=decision_pb2.CAUSE_ERROR
    ).SerializeToString(),
    "no message": b"\xff\xff",
}


def only_an_allow_allows(words: Words, may: Ask) -> None:
    """Every status but OK is an error, and so is an answer that says nothing: neither is ever an allow."""
    for code in grpc.StatusCode:
        if code is grpc.StatusCode.OK:
            continue
        with (
            ending(code) as address,
            DecisionClient(address, words, deadline_seconds=1.0) as client,
            pytest.raises(PdpError),
        ):
            pytest.fail(f"{code} was taken for an answer, allowed: {may(client, a_request())}")
    for name, body in NO_ANSWERS.items():
        with ending(grpc.StatusCode.OK, body) as address, DecisionClient(address, words) as client:
            try:
                allowed = may(client, a_request())
            except PdpError:
                allowed = False
            assert not allowed, name
    good = decision_pb2.CheckResponse(decision=decision_pb2.DECISION_ALLOW, cause=decision_pb2.CAUSE_RULE)
    with ending(grpc.StatusCode.OK, good.SerializeToString()) as address, DecisionClient(address, words) as client:
        assert may(client, a_request())


def test_k_79_only_an_allow_allows(words: Words) -> None:
    """Sixteen statuses, and seven answers that are none."""
    only_an_allow_allows(words, asked)


def _open_on_failure(client: DecisionClient, question: decision_pb2.CheckRequest) -> bool:
    try:
        return client.check(question).allowed
    except ServerError:
        return True


def _whatever_says_allow(client: DecisionClient, question: decision_pb2.CheckRequest) -> bool:
    try:
        answer: decision_pb2.CheckResponse = client._stub.Check(question)
    except grpc.RpcError as error:
        raise as_error(error) from None
    return answer.decision != decision_pb2.DECISION_DENY


@pytest.mark.parametrize("twin", [_open_on_failure, _whatever_says_allow])
def test_k_79_mutant_a_client_that_lets_pass_what_is_no_answer(words: Words, twin: Ask) -> None:
    """As the advisory's failure mode, and one that only looks out for denials."""
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        only_an_allow_allows(words, twin)


def _texts(message: Message) -> Iterator[bytes]:
    """Yield the bytes of *message* with a byte that is no UTF-8 in one text after another, those inside included."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        inner = list(value) if field.is_repeated else [value]
        for part in inner:
            if field.type is FieldDescriptor.TYPE_STRING and part:
                spoilt = message.SerializeToString().replace(part.encode(), b"\xc3\x28" + part.encode()[2:])
                if len(part.encode()) >= 2:
                    yield spoilt
            elif field.type is FieldDescriptor.TYPE_MESSAGE:
                yield from (
                    message.SerializeToString().replace(part.SerializeToString(), spoilt) for spoilt in _texts(part)
                )


def odd_bytes_are_the_callers_mistake(words: Words) -> None:
    """Bytes that are no UTF-8, in any text of a request, are INVALID_ARGUMENT, and nothing is decided about them."""
    decided: list[Request] = []

    def note(request: Request) -> Decision:
        decided.append(request)
        return allowing(request)

    with (
        running(StubPoint(note, at_once=True), words, io.StringIO()) as server,
        connected(server.address) as channel,
    ):
        spoilt = list(_texts(a_request()))
        assert len(spoilt) >= 30
        for body in spoilt:
            answer = ask(channel, CHECK, body)
            assert answer.code is grpc.StatusCode.INVALID_ARGUMENT, (answer, body)
    assert decided == []


def test_k_79_odd_bytes_in_a_request_are_the_callers_mistake(words: Words) -> None:
    """Each text in turn."""
    odd_bytes_are_the_callers_mistake(words)


def test_k_79_mutant_a_parser_that_raises(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the parser raises becomes an error of ours, which a proxy might be told to let pass."""
    monkeypatch.setattr(decisions, "parsed", lambda body, parse: _careless(body, parse))
    with pytest.raises(AssertionError):
        odd_bytes_are_the_callers_mistake(words)


def _careless(body: bytes, parse: Callable[[bytes], Any]) -> Any:
    try:
        return parse(body)
    except DecodeError as error:
        raise RuntimeError("cannot be read") from error


def odd_headers_name_nobody(house: House, address: str) -> None:
    """A header with bytes that are no text is no credential, and holds up nobody else."""
    key = b"ApiKey " + house.api_keys["app"].encode()
    authority = house.server_authority.certificate
    body = _plain()
    odd = [b"\xff\xfe", b"Bearer \xff\xfe", b"Bearer \xc3\xa9", key + b"\xff", b"\x80" + key, key + b" \xc3\x28"]
    for value in odd:
        with speaking(address, authority) as connection:
            told = connection.call(block(grpc_headers(CHECK.encode(), (b"authorization", value))), body)
        assert told.status != OK, value
    with speaking(address, authority) as connection:
        told = connection.call(block(grpc_headers(CHECK.encode(), (b"authorization", key))), body)
    assert told.status == OK


def _plain() -> bytes:
    asked = a_request()
    asked.ClearField("facts")
    asked.context.ClearField("time")
    return asked.SerializeToString()


def test_k_79_odd_bytes_in_a_header_name_nobody(house: House, address: str) -> None:
    """By a connection on which anything can be said: a proper client sends no such header."""
    odd_headers_name_nobody(house, address)


def test_k_79_mutant_odd_bytes_are_passed_over(house: House, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no text is left out of the header, and what remains is good."""

    def mending(_gate: Gate, metadata: Any) -> tuple[str, ...]:
        found = []
        for name, value in metadata:
            if name == "authorization":
                text = value if isinstance(value, str) else value.decode("ascii", "ignore")
                found.append(text.encode("ascii", "ignore").decode().strip())
        return tuple(found)

    monkeypatch.setattr(Gate, "_authorizations", mending)
    with pytest.raises(AssertionError):
        odd_headers_name_nobody(house, address)


# --- K-80: each field absent in turn ----------------------------------------------------------------------------------

REQUIRED: Final = ("operator", "subject", "action", "resource", "purpose")


def _cleared(message: Message, place: str = "") -> Iterator[tuple[str, Callable[[Message], None]]]:
    """Yield the place of each field of *message*, those inside included, and what takes it out."""
    for field, value in message.ListFields():
        name = field.name
        yield f"{place}{name}", lambda inner, name=name: inner.ClearField(name)  # type: ignore[misc]
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        if not field.is_repeated:
            for inner_place, clear in _cleared(value, f"{place}{name}."):
                yield inner_place, lambda whole, name=name, clear=clear: clear(getattr(whole, name))  # type: ignore[misc]
            continue
        for at, item in enumerate(value):
            for inner_place, clear in _cleared(item, f"{place}{name}[{at}]."):
                yield (
                    inner_place,
                    lambda whole, name=name, at=at, clear=clear: clear(getattr(whole, name)[at]),  # type: ignore[misc]
                )


def no_absent_field_is_an_error_of_ours(words: Words) -> None:
    """A request without any one of its fields is answered, or is the caller's mistake; without one that is required
    it is that for certain."""
    cleared = list(_cleared(a_request()))
    assert len(cleared) >= 45
    with (
        running(StubPoint(allowing, at_once=True), words, io.StringIO()) as server,
        connected(server.address) as channel,
    ):
        for place, clear in cleared:
            message = a_request()
            clear(message)
            code = ask(channel, CHECK, message.SerializeToString()).code
            assert code in {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT}, place
            if place in REQUIRED:
                assert code is grpc.StatusCode.INVALID_ARGUMENT, place
        assert ask(channel, CHECK, a_request().SerializeToString()).code is grpc.StatusCode.OK


def test_k_80_a_request_may_lack_any_field(words: Words) -> None:
    """Nothing falls over something that is not there."""
    no_absent_field_is_an_error_of_ours(words)


def test_k_80_mutant_something_is_taken_to_be_there(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading that looks at the first scope without asking whether there is one."""
    real = barrier.parsed

    def hasty(body: bytes, parse: Callable[[bytes], Any]) -> Any:
        request = real(body, parse)
        request.resource.scopes[0]
        return request

    monkeypatch.setattr(decisions, "parsed", hasty)
    with pytest.raises(AssertionError):
        no_absent_field_is_an_error_of_ours(words)


def test_k_80_a_call_may_lack_any_header(open_address: str) -> None:
    """No path, no method, CONNECT: the call is refused, the connection or another one is answered as before."""
    right = grpc_headers(CHECK.encode())
    body = a_request().SerializeToString()
    lacking: list[list[Header]] = [[each for each in right if each is not left_out] for left_out in right]
    lacking.append([(b":method", b"CONNECT"), (b":authority", b"localhost")])
    lacking.append([])
    for headers in lacking:
        with speaking(open_address) as connection:
            told = connection.call(block(headers), body)
        lacks_what_matters = {b":path", b":method"} - {name for name, _ in headers}
        assert not lacks_what_matters or told.status != OK, headers
        with speaking(open_address) as connection:
            assert connection.call(block(right), body).status == OK


# --- K-82: paths that are nearly right --------------------------------------------------------------------------------

RELOAD: Final = b"pdp.api.v1.PolicyService/Reload"
ODD_PATHS: Final = (
    RELOAD,
    b"//" + RELOAD,
    b"/./" + RELOAD,
    b"/" + RELOAD + b"/",
    b"/" + RELOAD + b"?x=1",
    b"/" + RELOAD + b"#x",
    b"/" + RELOAD + b";x=1",
    b"/" + RELOAD.replace(b"/", b"%2F"),
    b"/" + RELOAD.replace(b"/", b"//"),
    b"/" + RELOAD.replace(b"/", b"."),
    b"/" + RELOAD.replace(b".", b"/", 1),
    b"/" + RELOAD.lower(),
    b"/" + RELOAD + b"\0",
    b"/x/../" + RELOAD,
    b"http://localhost/" + RELOAD,
    b"*",
    b"",
)


def odd_paths_reach_nothing(house: House, address: str) -> None:
    """A path that is not exactly that of a method reaches no handler, whoever asks; the exact one is refused."""
    app = (b"authorization", b"Bearer " + a_token(house.key).encode())
    office = (b"authorization", b"Bearer " + a_token(house.key, sub="office").encode())
    authority = house.server_authority.certificate
    for path in ODD_PATHS:
        for shown in (app, office):
            with speaking(address, authority) as connection:
                told = connection.call(block(grpc_headers(path, shown)), b"")
            assert told.status != OK, path
            assert not told.body, path
            # Office may call the exact one, and would be told INVALID_ARGUMENT or worse by its handler.
            assert told.status in {1, 12, None}, (path, told)
    with speaking(address, authority) as connection:
        told = connection.call(block(grpc_headers(b"/" + RELOAD, app)), b"")
    assert told.status == grpc.StatusCode.PERMISSION_DENIED.value[0]


def test_k_82_a_path_that_is_nearly_right_reaches_nothing(house: House, address: str) -> None:
    """What is served is found by its exact name, and what is allowed by the name of what was found."""
    odd_paths_reach_nothing(house, address)


def test_k_82_mutant_paths_are_tidied_on_their_way_to_a_handler(
    house: House, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the advisory: one place goes by the path as it came, another one by the path as it was tidied."""
    real = barrier.ExceptionBarrier.intercept_service

    def tidying(self: barrier.ExceptionBarrier, continuation: Any, details: Any) -> Any:
        tidy = details._replace(method="/" + details.method.strip("/").partition("?")[0])
        found = continuation(tidy)
        return real(self, lambda _details: found, details)

    monkeypatch.setattr(barrier.ExceptionBarrier, "intercept_service", tidying)
    monkeypatch.setattr(barrier, "NEEDS", {})
    monkeypatch.setattr("pdp.server.gate.check_may_call", _denying_by_name)
    with pytest.raises(AssertionError):
        odd_paths_reach_nothing(house, address)


def _denying_by_name(caller: Any, method: str) -> None:
    if method in access.NEEDS:
        access.check_may_call(caller, method)


def capitals_are_no_way_in(house: House, address: str) -> None:
    """A header whose name has capitals, which HTTP/2 forbids, is no credential."""
    key = b"ApiKey " + house.api_keys["app"].encode()
    for name in (b"Authorization", b"AUTHORIZATION", b"authorizatioN"):
        with speaking(address, house.server_authority.certificate) as connection:
            assert connection.call(block(grpc_headers(CHECK.encode(), (name, key))), _plain()).status != OK
    with house.connected(address) as channel:
        for other in ("x-authorization", "authorization-", "authorization-bin"):
            value: Any = key if other.endswith("-bin") else key.decode()
            assert ask(channel, CHECK, _plain(), metadata=[(other, value)]).code is grpc.StatusCode.UNAUTHENTICATED


def test_k_82_names_of_headers_are_exact(house: House, address: str) -> None:
    """Neither another case nor another name that looks alike."""
    capitals_are_no_way_in(house, address)


def test_k_82_mutant_names_of_headers_are_compared_loosely(
    house: House, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what they contain."""

    def loosely(_gate: Gate, metadata: Any) -> tuple[str, ...]:
        return tuple(str(value) for name, value in metadata if "authorization" in name.lower())

    monkeypatch.setattr(Gate, "_authorizations", loosely)
    with pytest.raises(AssertionError):
        capitals_are_no_way_in(house, address)
