"""A span for each call that is sampled: in its caller's trace, with the decision, and with nothing about anybody."""

import io
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pdp.api.v1 import decision_pb2
from pdp.decision_point import DecisionPoint
from pdp.server import start
from pdp.server.events import json_log
from pdp.server.otlp import OtlpSpans
from pdp.server.tracing import TracedCalls
from pdp.settings import Settings
from pdp.wire.words import Words
from tests.malformed_requests import a_request
from tests.system.running import CHECK, DECISIONS, SECONDS, Answer, ask, connected

pytestmark = pytest.mark.system

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = f"00-{TRACE}-00f067aa0ba902b7-01"
NOT_SAMPLED = f"00-{TRACE}-00f067aa0ba902b7-00"
SECRET = "ten-khong-ai-duoc-thay"
OF_A_CALL = {"rpc.system", "rpc.service", "rpc.method", "pdp.decisions"}
OF_A_DECISION = {f"pdp.{what}" for what in ("operator", "decision", "cause", "revision", "decision_id", "cached")}


class Hanging(SpanExporter):
    """A collector that does not answer, and then fails."""

    def __init__(self) -> None:
        self.is_asked = threading.Event()
        self.is_over = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hang, and fail."""
        self.is_asked.set()
        self.is_over.wait(SECONDS)
        return SpanExportResult.FAILURE


@contextmanager
def traced(
    point: DecisionPoint, words: Words, exporter: SpanExporter, percent: float = 0.0
) -> Iterator[tuple[grpc.Channel, OtlpSpans]]:
    """Serve *point*, whose spans go to *exporter*."""
    spans = OtlpSpans(exporter, percent)
    settings = Settings(listen="127.0.0.1:0")
    server = start(point, words, settings, json_log(io.StringIO()), tracing=TracedCalls(spans))
    try:
        with connected(server.address) as channel:
            yield channel, spans
    finally:
        assert server.drain(1.0).wait(SECONDS)
        assert server.has_finished()


def secret_request() -> decision_pb2.CheckRequest:
    """Return a request in which everybody bears a name that must not be seen."""
    request = a_request()
    request.subject.id = request.resource.id = SECRET
    request.resource.data_subject = f"child:{SECRET}"
    return request


def exported(
    point: DecisionPoint, words: Words, path: str, body: bytes, *traceparents: str, percent: float = 0.0
) -> tuple[list[Answer], list[dict[str, Any]], str]:
    """Return the answers to *body*, asked within each trace, the attributes of every span, and all of it as text."""
    kept = InMemorySpanExporter()
    with traced(point, words, kept, percent) as (channel, spans):
        answers = [ask(channel, path, body, metadata=[("traceparent", each)] if each else []) for each in traceparents]
        spans.close()
    found = kept.get_finished_spans()
    return answers, [dict(span.attributes or {}) for span in found], "".join(span.to_json() for span in found)


def test_a_span_tells_the_decision_and_nothing_about_anybody(point: DecisionPoint, words: Words) -> None:
    """It lies in the trace of its caller and has these attributes and no others; the decision is the one answered."""
    (answer,), (found,), text = exported(point, words, CHECK, secret_request().SerializeToString(), SAMPLED)
    response = decision_pb2.CheckResponse.FromString(answer.body)

    assert found.keys() == OF_A_CALL | OF_A_DECISION
    assert (found["pdp.decision_id"], found["pdp.revision"]) == (response.decision_id, response.revision)
    assert (found["rpc.service"], found["rpc.method"]) == ("pdp.api.v1.DecisionService", "Check")
    assert TRACE in text
    assert SECRET not in text


def test_explanations_are_traced_as_well(point: DecisionPoint, words: Words) -> None:
    """What is not answered where it arrives has a span too, as bare of names."""
    body = decision_pb2.ExplainRequest(request=secret_request()).SerializeToString()
    _, (found,), text = exported(point, words, f"{DECISIONS}/Explain", body, SAMPLED)

    assert found.keys() == OF_A_CALL | OF_A_DECISION
    assert SECRET not in text


def test_a_batch_is_one_span(point: DecisionPoint, words: Words) -> None:
    """It tells how many were decided, and how many denied."""
    body = decision_pb2.CheckBatchRequest(requests=[secret_request()] * 3).SerializeToString()
    _, (found,), text = exported(point, words, f"{DECISIONS}/CheckBatch", body, SAMPLED)

    assert found.keys() == OF_A_CALL | {"pdp.denied"}
    assert (found["pdp.decisions"], found["pdp.denied"]) == (3, 3)
    assert SECRET not in text


def test_a_refusal_is_a_span_with_its_reason(point: DecisionPoint, words: Words) -> None:
    """A request that cannot be right is told by the word that counts it, not by what it says."""
    wrong = secret_request()
    wrong.purpose = SECRET
    (answer,), (found,), text = exported(point, words, CHECK, wrong.SerializeToString(), SAMPLED)

    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert found.keys() == OF_A_CALL | {"pdp.refused"}
    assert (found["pdp.refused"], found["pdp.decisions"]) == ("invalid-request", 0)
    assert SECRET not in text


@pytest.mark.parametrize(("percent", "spans"), [(0.0, 1), (100.0, 4)])
def test_what_belongs_to_no_trace_is_sampled_by_the_setting(
    point: DecisionPoint, words: Words, percent: float, spans: int
) -> None:
    """A caller's trace says for itself; none, and what is no traceparent, go by the setting."""
    body = a_request().SerializeToString()
    _, found, _ = exported(point, words, CHECK, body, SAMPLED, NOT_SAMPLED, "", "zz-nonsense", SECRET, percent=percent)

    assert len(found) == spans


def test_a_collector_that_hangs_costs_nothing(point: DecisionPoint, words: Words) -> None:
    """While it hangs, calls are answered as before, more of them than the queue of spans holds; none waits for it."""
    hanging = Hanging()
    body = a_request().SerializeToString()
    with traced(point, words, hanging, 100.0) as (channel, _):
        first = [ask(channel, CHECK, body) for _ in range(600)]  # a batch of spans is 512
        assert hanging.is_asked.wait(SECONDS)
        began = time.monotonic()
        answers = [ask(channel, CHECK, body) for _ in range(20)]
        assert time.monotonic() - began < SECONDS  # it would hang for so long
        hanging.is_over.set()

    assert {answer.code for answer in [*first, *answers]} == {grpc.StatusCode.OK}
