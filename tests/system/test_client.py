"""The client gets the decision, or an error that nobody can mistake for one."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from pdp.api.v1 import decision_pb2
from pdp.client import DecisionClient, ServerError
from pdp.core.decision import Decision
from pdp.core.errors import InvalidRequestError, NoPolicyError, UnavailableError
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.server import RunningServer
from pdp.wire.codes import Code
from pdp.wire.lookups import subjects_to_wire
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words
from tests.builders import a_request as a_family_request
from tests.malformed_requests import a_request
from tests.system.running import StubPoint, a_decision, running


def test_the_client_returns_the_decision(server: RunningServer, point: DecisionPoint, words: Words) -> None:
    """A value or a message may be asked; the answer is the decision point's."""
    request = request_from_wire(a_request(), words)
    expected = point.check(request)
    with DecisionClient(server.address, words) as client:
        for question in (request, a_request()):
            decision = client.check(question)
            assert (decision.allowed, decision.cause, decision.reasons, decision.obligations, decision.revision) == (
                expected.allowed,
                expected.cause,
                expected.reasons,
                expected.obligations,
                expected.revision,
            )


def test_the_client_returns_the_explanation(server: RunningServer, point: DecisionPoint, words: Words) -> None:
    """It is the decision point's too, with the facts as they were sent."""
    request = request_from_wire(a_request(), words)
    expected = point.explain(request)
    with DecisionClient(server.address, words) as client:
        explanation = client.explain(request, level="admin")
    assert [trace.rule for trace in explanation.matched] == [trace.rule for trace in expected.matched]
    assert [use.fact for use in explanation.facts] == [use.fact for use in expected.facts]
    assert explanation.decision.allowed == expected.decision.allowed


def test_a_mistake_comes_back_as_it_was_found(server: RunningServer, words: Words) -> None:
    """The exception is the one that reading the request in process raises."""
    message = a_request()
    message.purpose, message.action.name = "family_follow_upp", "reed"
    with pytest.raises(InvalidRequestError) as inside:
        request_from_wire(message, words)
    with DecisionClient(server.address, words) as client:
        for ask in (client.check, client.explain):
            with pytest.raises(InvalidRequestError) as over_the_wire:
                ask(message)
            assert over_the_wire.value.errors == inside.value.errors
    assert {error.code for error in inside.value.errors} == {Code.UNKNOWN_WORD.value}


def test_no_policy_is_an_error_with_its_code(words: Words) -> None:
    """It is not asked again."""
    asked: list[Request] = []

    def refuse(request: Request) -> Decision:
        asked.append(request)
        raise NoPolicyError("kidsonline")

    with (
        running(StubPoint(refuse), words) as server,
        DecisionClient(server.address, words) as client,
        pytest.raises(ServerError) as raised,
    ):
        client.check(a_request())
    assert raised.value.code == "FAILED_PRECONDITION"
    assert len(asked) == 1


def test_what_cannot_be_had_now_is_asked_for_again(words: Words) -> None:
    """UNAVAILABLE is the one status that is retried, a few times."""
    asked: list[Request] = []

    def recover(request: Request) -> Decision:
        asked.append(request)
        if len(asked) < 3:
            raise UnavailableError("the store is away")
        return a_decision(request)

    with running(StubPoint(recover), words) as server, DecisionClient(server.address, words) as client:
        client.check(a_request())
        assert len(asked) == 3
        asked.clear()
        with pytest.raises(ServerError) as raised:
            DecisionClient(server.address, words, deadline_seconds=0.05).check(a_request())
    assert raised.value.code == "UNAVAILABLE"
    assert len(asked) == 1


def test_nobody_there_is_an_error_within_the_deadline(words: Words) -> None:
    """A free port answers nobody; the client does not wait for ever."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    began = time.monotonic()
    with DecisionClient(address, words) as client, pytest.raises(ServerError) as raised:
        client.check(a_request())
    assert raised.value.code == "UNAVAILABLE"
    assert time.monotonic() - began < 2.5


def test_an_answer_that_does_not_come_is_an_error(words: Words) -> None:
    """The deadline holds, retries included."""
    held = threading.Event()

    def hold(request: Request) -> Decision:
        held.wait(10)
        return a_decision(request)

    with running(StubPoint(hold), words) as server:
        with (
            DecisionClient(server.address, words, deadline_seconds=0.3) as client,
            pytest.raises(ServerError) as raised,
        ):
            client.check(a_request())
        held.set()
    assert raised.value.code == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize(
    "answer",
    [
        decision_pb2.CheckResponse(),
        decision_pb2.CheckResponse(cause=decision_pb2.CAUSE_RULE),
        decision_pb2.CheckResponse(decision=decision_pb2.DECISION_ALLOW),
        decision_pb2.CheckResponse(decision=decision_pb2.DECISION_ALLOW, cause=decision_pb2.CAUSE_ERROR),
        decision_pb2.CheckResponse(decision=7, cause=decision_pb2.CAUSE_RULE),  # type: ignore[arg-type]
    ],
    ids=["nothing", "unspecified", "without a cause", "with an error", "unknown"],
)
def test_only_a_plain_allow_is_an_allow(words: Words, answer: decision_pb2.CheckResponse) -> None:
    """A server that is not ours, or newer, may say strange things."""

    class Strange(grpc.GenericRpcHandler):
        def service(self, _details: grpc.HandlerCallDetails) -> Any:
            return grpc.unary_unary_rpc_method_handler(lambda _body, _context: answer.SerializeToString())

    strange = grpc.server(ThreadPoolExecutor(1), handlers=[Strange()])
    port = strange.add_insecure_port("127.0.0.1:0")
    strange.start()
    try:
        with DecisionClient(f"127.0.0.1:{port}", words) as client:
            assert not client.check(a_request()).allowed
    finally:
        strange.stop(None)


def test_the_client_looks_up_what_the_decision_point_finds(
    server: RunningServer, point: DecisionPoint, words: Words
) -> None:
    """Matches come over the wire as they are found, and the answers about actions too."""
    request = a_family_request()
    with DecisionClient(server.address, words) as client:
        assert client.lookup_subjects(request) == point.lookup_subjects(request)
        assert client.lookup_resources(request) == point.lookup_resources(request)
        assert client.lookup_resources(request, (request.resource,)).matches
        answered = [(action, decision.allowed, decision.reasons) for action, decision in client.lookup_actions(request)]
    expected = [(action, decision.allowed, decision.reasons) for action, decision in point.lookup_actions(request)]
    assert answered == expected


@pytest.mark.parametrize("parts", [(), ("match",), ("cut off",)], ids=["nothing", "no end", "not complete"])
def test_a_list_that_is_cut_off_is_no_list(words: Words, parts: tuple[str, ...]) -> None:
    """Whoever reads half of a list would take it for everything: the client raises."""
    sent = {
        "match": decision_pb2.LookupSubjectsResponse(match=decision_pb2.Match(everyone=True, certainty="certain")),
        "cut off": decision_pb2.LookupSubjectsResponse(end=decision_pb2.End(complete=False)),
    }
    with DecisionClient("127.0.0.1:1", words) as client, pytest.raises(ServerError, match="DATA_LOSS"):
        client._found(
            lambda _asked, timeout: iter([sent[part] for part in parts]), subjects_to_wire(a_family_request(), None)
        )
