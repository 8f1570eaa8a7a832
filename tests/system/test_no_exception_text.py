"""Whatever goes wrong inside, the caller learns that no decision was made, and nothing else."""

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from pdp.api.v1 import decision_pb2
from pdp.core.caller import LOCAL
from pdp.core.decision import Decision
from pdp.core.errors import InvalidPolicyError, InvalidSettingsError, NoPolicyError, PdpError, UnavailableError
from pdp.core.finding import Finding
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.server.decisions import Decisions
from pdp.server.methods import add_contract
from pdp.wire.words import Words
from tests.malformed_requests import a_request
from tests.system.running import CHECK, DECISIONS, Answer, StubPoint, a_decision, ask, connected, running

SECRET = "hồ-sơ-bí-mật /etc/pdp/key"

METHODS = {
    CHECK: a_request(),
    f"{DECISIONS}/CheckBatch": decision_pb2.CheckBatchRequest(requests=[a_request()]),
    f"{DECISIONS}/Explain": decision_pb2.ExplainRequest(request=a_request()),
}


class Unprintable(Exception):
    """An exception whose text cannot be had."""

    def __str__(self) -> str:
        raise ValueError(SECRET)


def raising(error: BaseException, *, at_once: bool = False) -> StubPoint:
    """Return a decision point that always raises *error*."""

    def raise_it(_request: Request) -> Decision:
        raise error

    return StubPoint(raise_it, at_once=at_once)


def assert_nothing_leaks(answer: Answer) -> None:
    """The one assertion of this file, so that the twin can show that it catches a leak."""
    assert answer.code is not grpc.StatusCode.OK
    for part in ("hồ-sơ", "bí-mật", "/etc", "Traceback", "Exception", "Error:"):
        assert part not in answer.everything


ERRORS: dict[str, tuple[BaseException, grpc.StatusCode]] = {
    "ours": (RuntimeError(SECRET), grpc.StatusCode.INTERNAL),
    "unprintable": (Unprintable(), grpc.StatusCode.INTERNAL),
    "rpc": (grpc.RpcError(SECRET), grpc.StatusCode.INTERNAL),
    "recursion": (RecursionError(SECRET), grpc.StatusCode.INTERNAL),
    "memory": (MemoryError(SECRET), grpc.StatusCode.INTERNAL),
    "exit": (SystemExit(SECRET), grpc.StatusCode.INTERNAL),
    "interrupt": (KeyboardInterrupt(SECRET), grpc.StatusCode.INTERNAL),
    "bare": (PdpError(SECRET), grpc.StatusCode.INTERNAL),
    "settings": (InvalidSettingsError([SECRET]), grpc.StatusCode.INTERNAL),
    "unavailable": (UnavailableError(SECRET), grpc.StatusCode.UNAVAILABLE),
    "policy": (
        InvalidPolicyError([Finding("f.csv", 1, 1, "error", "c", Text(SECRET, SECRET))]),  # type: ignore[arg-type]
        grpc.StatusCode.FAILED_PRECONDITION,
    ),
}


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.rpartition("/")[2])
def test_no_text_of_an_exception_reaches_the_caller(words: Words, name: str, method: str) -> None:
    """Each kind of exception has its code, and none its text."""
    error, code = ERRORS[name]
    with running(raising(error), words) as server, connected(server.address) as channel:
        answer = ask(channel, method, METHODS[method].SerializeToString())
    assert answer.code is code
    assert_nothing_leaks(answer)


def test_the_log_and_the_caller_share_an_id_and_only_the_log_has_the_trace(words: Words) -> None:
    """Whoever runs the server finds the line that belongs to a complaint."""
    log = io.StringIO()
    with running(raising(RuntimeError(SECRET)), words, log) as server, connected(server.address) as channel:
        answer = ask(channel, CHECK, a_request().SerializeToString())
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert line["event"] == "request-failed"
    assert line["method"] == CHECK
    assert SECRET in line["exception"]
    assert "Traceback" in line["exception"]
    assert line["correlation_id"] in answer.said


def test_a_log_that_cannot_be_written_changes_nothing_for_the_caller(words: Words) -> None:
    """The answer stays a plain INTERNAL."""
    log = io.StringIO()
    with running(raising(RuntimeError(SECRET)), words, log) as server, connected(server.address) as channel:
        log.close()
        answer = ask(channel, CHECK, a_request().SerializeToString())
    assert answer.code is grpc.StatusCode.INTERNAL
    assert_nothing_leaks(answer)


def test_an_operator_without_policy_is_a_failed_precondition(words: Words) -> None:
    """It is neither a denial nor an error of ours."""
    with running(raising(NoPolicyError("kidsonline")), words) as server, connected(server.address) as channel:
        answer = ask(channel, CHECK, a_request().SerializeToString())
    assert answer.code is grpc.StatusCode.FAILED_PRECONDITION


def test_an_answer_that_cannot_be_written_is_an_internal_error(words: Words) -> None:
    """What fails after the decision is as silent as what fails before."""

    def unwritable(request: Request) -> Decision:
        decision = a_decision(request)
        object.__setattr__(decision, "revision", f"\ud800 {SECRET}")
        return decision

    with running(StubPoint(unwritable), words) as server, connected(server.address) as channel:
        answer = ask(channel, CHECK, a_request().SerializeToString())
    assert answer.code is grpc.StatusCode.INTERNAL
    assert_nothing_leaks(answer)


def test_without_the_barrier_the_text_would_leak(words: Words) -> None:
    """The twin: the same handlers on a bare server fail the assertion that the tests above rest on."""
    server = grpc.server(ThreadPoolExecutor(1))
    decisions = Decisions(raising(RuntimeError(SECRET)), words)
    add_contract(server, decisions.served, decisions.answered, lambda _context: LOCAL)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with connected(f"127.0.0.1:{port}") as channel:
            answer = ask(channel, CHECK, a_request().SerializeToString())
    finally:
        server.stop(None)
    with pytest.raises(AssertionError):
        assert_nothing_leaks(answer)


def test_the_server_answers_after_an_exception(words: Words) -> None:
    """One failure, even one that ends threads, leaves the server as it was."""
    outcomes: list[Callable[[Request], Decision]] = [raising(SystemExit(1)).answer] * 20 + [a_decision]

    point = StubPoint(lambda request: outcomes.pop(0)(request))
    with running(point, words, threads=1) as server, connected(server.address) as channel:
        codes = [ask(channel, CHECK, a_request().SerializeToString()).code for _ in range(21)]
    assert codes == [grpc.StatusCode.INTERNAL] * 20 + [grpc.StatusCode.OK]
