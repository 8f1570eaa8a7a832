"""Calls that are no proper question never become an answer."""

import random
import threading
import time
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from pdp.core.decision import Decision
from pdp.core.request import Request
from pdp.server.methods import SERVICES
from pdp.server.serving import CALLS_PER_THREAD
from pdp.wire.words import Words
from tests.malformed_requests import a_request
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

MEBIBYTE = 1 << 20
LOOKUPS = {"LookupSubjects", "LookupResources", "LookupActions"}
SERVED = {"Check", "CheckBatch", "CheckStream", "Explain", "GetPolicySet", "Validate", "Reload", "Diff", *LOOKUPS}
METHODS = [method for service in SERVICES for method in service.methods]
UNSERVED = [method for method in METHODS if method.name not in SERVED]


def path(method: MethodDescriptor) -> str:
    """Return the path of *method* in a call."""
    return f"/{method.containing_service.full_name}/{method.name}"


def call(channel: grpc.Channel, method: MethodDescriptor) -> Any:
    """Return what a caller of *method* gets, streams read to their end."""
    connection: Any = channel
    kinds = {
        (False, False): connection.unary_unary,
        (False, True): connection.unary_stream,
        (True, False): connection.stream_unary,
        (True, True): connection.stream_stream,
    }
    answer = kinds[method.client_streaming, method.server_streaming](path(method))(
        iter([b""]) if method.client_streaming else b"", timeout=5
    )
    return list(answer) if method.server_streaming else answer


@pytest.mark.parametrize("method", UNSERVED, ids=lambda method: method.full_name)
def test_a_method_that_is_not_served_yet_says_so(channel: grpc.Channel, method: MethodDescriptor) -> None:
    """Every method of the contract is known; those that are not served are UNIMPLEMENTED, in a sentence."""
    with pytest.raises(grpc.RpcError) as raised:
        call(channel, method)
    answer = refusal(raised.value)
    assert answer.code is grpc.StatusCode.UNIMPLEMENTED
    assert answer.said == (
        f"{method.containing_service.name}.{method.name} is part of the contract and not served by this version"
    )


def test_the_contract_has_the_methods_that_are_served() -> None:
    """The walk above leaves out nothing but these."""
    assert len(METHODS) - len(UNSERVED) == len(SERVED)
    assert len(METHODS) >= 15


@pytest.mark.parametrize(
    "method",
    [
        f"{DECISIONS}/Allow",
        f"{DECISIONS}/check",
        f"{DECISIONS}/Check/",
        f"{DECISIONS}/",
        f"/{DECISIONS}/Check",
        "/DecisionService/Check",
        "/pdp.api.v2.DecisionService/Check",
        "/",
    ],
)
def test_an_unknown_method_is_unimplemented(channel: grpc.Channel, method: str) -> None:
    """Nothing answers for a method that nobody serves, however near its name is."""
    assert ask(channel, method, a_request().SerializeToString()).code is grpc.StatusCode.UNIMPLEMENTED


def test_a_path_without_its_slash_answers_nothing(channel: grpc.Channel) -> None:
    """Such a path is refused on one side or the other."""
    answer = ask(channel, CHECK.lstrip("/"), a_request().SerializeToString())
    assert answer.code is not grpc.StatusCode.OK


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xff", id="no tag"),
        pytest.param(a_request().SerializeToString()[:-1], id="cut off"),
        pytest.param(b"\x12\x02\xc3\x28", id="no UTF-8"),
        pytest.param(b"\x0a\xff\xff\xff\xff\x0f", id="length beyond the end"),
        pytest.param(b"\x3b" * 2000, id="groups without end"),
        pytest.param(b'{"operator": "kidsonline"}', id="JSON"),
    ],
)
@pytest.mark.parametrize("name", sorted(SERVED - {"CheckStream", "Diff", "GetPolicySet", "Reload", "Validate"}))
def test_bytes_that_are_no_message_are_the_callers_mistake(channel: grpc.Channel, name: str, body: bytes) -> None:
    """They are told as any other mistake, without a word of the parser."""
    answer = ask(channel, f"{DECISIONS}/{name}", body)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "deserializ" not in answer.everything
    assert [error.code for error in answer.errors] in (["malformed-message"], ["unknown-field"])


def test_a_struct_that_is_nested_without_end_is_refused(channel: grpc.Channel) -> None:
    """Neither the parser nor the reader goes down without a bound."""
    inner = b""
    for _ in range(200):
        value = b"\x2a" + _length(inner) + inner
        entry = b"\x0a\x01a\x12" + _length(value) + value
        inner = b"\x0a" + _length(entry) + entry
    subject = b"\x1a" + _length(inner) + inner
    answer = ask(channel, CHECK, a_request().SerializeToString() + b"\x1a" + _length(subject) + subject)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT


def _length(body: bytes) -> bytes:
    number, written = len(body), b""
    while number > 0x7F:
        written += bytes([number & 0x7F | 0x80])
        number >>= 7
    return written + bytes([number])


def test_random_bytes_never_get_an_answer(channel: grpc.Channel) -> None:
    """A seeded thousand of changed and made-up messages: refused, or answered for what they still say; no INTERNAL."""
    seeded = random.Random(20261124)
    right = a_request().SerializeToString()
    for _ in range(1000):
        body = bytearray(right)
        for _ in range(seeded.randint(1, 8)):
            body[seeded.randrange(len(body))] = seeded.randrange(256)
        code = ask(channel, CHECK, bytes(body)).code
        assert code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OK, grpc.StatusCode.FAILED_PRECONDITION}
        assert ask(channel, CHECK, seeded.randbytes(seeded.randint(1, 200))).code is grpc.StatusCode.INVALID_ARGUMENT


def test_an_empty_message_lacks_everything_that_is_required(channel: grpc.Channel) -> None:
    """No bytes are a message too, and the emptiest request."""
    answer = ask(channel, CHECK, b"")
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert {error.field for error in answer.errors} == {
        "operator",
        "subject.type",
        "subject.id",
        "action.name",
        "resource.type",
        "resource.id",
        "purpose",
    }


def test_a_message_over_a_mebibyte_is_too_much(channel: grpc.Channel) -> None:
    """Its bytes are not even looked at; one below the bound is."""
    assert ask(channel, CHECK, bytes(MEBIBYTE + 1)).code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ask(channel, CHECK, bytes(MEBIBYTE)).code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_message_that_unpacks_to_too_much_is_too_much(server: Any) -> None:
    """Compression carries nothing past the bound."""
    with connected(server.address, compression=grpc.Compression.Gzip) as channel:
        assert ask(channel, CHECK, bytes(64 * MEBIBYTE)).code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_call_whose_deadline_has_passed_costs_no_work(words: Words) -> None:
    """While one call holds the only thread, the deadline of the next passes; it is never decided."""
    held, begun, decided = threading.Event(), threading.Event(), []

    def hold(request: Request) -> Decision:
        decided.append(request.request_id)
        begun.set()
        held.wait(10)
        return a_decision(request)

    late = a_request()
    late.request_id = "late"
    with running(StubPoint(hold), words, threads=1) as server, connected(server.address) as channel:
        first = unary(channel, CHECK).future(a_request().SerializeToString(), timeout=30)
        assert begun.wait(10)
        answer = ask(channel, CHECK, late.SerializeToString(), timeout=0.2)
        time.sleep(0.5)  # the deadline reaches the server later than the client, and by its own clock
        held.set()
        first.result()
        assert ask(channel, CHECK, a_request().SerializeToString()).code is grpc.StatusCode.OK
    assert answer.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "late" not in decided


def test_more_calls_than_are_borne_are_refused_at_once(words: Words) -> None:
    """The ones too many learn it without waiting; those accepted are answered."""
    held = threading.Event()

    def hold(request: Request) -> Decision:
        held.wait(20)
        return a_decision(request)

    with running(StubPoint(hold), words, threads=1) as server, connected(server.address) as channel:
        check = unary(channel, CHECK)
        calls = [check.future(a_request().SerializeToString(), timeout=20) for _ in range(CALLS_PER_THREAD + 20)]
        wait_until(lambda: sum(call.done() for call in calls) == 20)
        refused = [call.code() for call in calls if call.done()]
        held.set()
        codes = [call.code() for call in calls]
    assert refused == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 20
    assert codes.count(grpc.StatusCode.OK) == CALLS_PER_THREAD
