"""Spans by OpenTelemetry, sent over OTLP (gRPC) by a thread of their own. This module alone knows OpenTelemetry.

It is imported by a server that has `traces`; the extra of that name brings what it needs. What cannot be sent is
dropped: the queue holds QUEUED spans at most, and nobody waits for it.
"""

from typing import Any, Final

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pdp import __version__
from pdp.server.tracing import Attributes, TracedCalls

QUEUED: Final = 2048
_CLOSE_MS: Final = 500
_EXPORT_SECONDS: Final = 2


class _Begun:
    def __init__(self, span: Span) -> None:
        self._span = span

    def end(self, attributes: Attributes) -> None:
        """End the span."""
        self._span.set_attributes(attributes)
        self._span.end()


class OtlpSpans:
    """Makes spans of *percent* of the calls that belong to no trace; the others are sampled as their trace is."""

    def __init__(self, exporter: SpanExporter, percent: float) -> None:
        self._processor = BatchSpanProcessor(exporter, max_queue_size=QUEUED)
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(percent / 100)),
            resource=Resource.create({"service.name": "promise-pdp", "service.version": __version__}),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("pdp", __version__)
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, method: str, traceparent: str) -> _Begun | None:
        """Begin a span within the trace of *traceparent*, None when it is not sampled."""
        # What is no traceparent begins a trace of its own, as the standard asks for (W3C Trace Context, section 4.3).
        context = self._propagator.extract({"traceparent": traceparent}) if traceparent else None
        service, _, name = method.rpartition(".")
        attributes: dict[str, Any] = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}
        span = self._tracer.start_span(f"{service}/{name}", context, SpanKind.SERVER, attributes)
        return _Begun(span) if span.is_recording() else None

    def close(self) -> None:
        """Send what is left, for half a second."""
        self._processor.force_flush(_CLOSE_MS)
        self._processor.shutdown()  # type: ignore[no-untyped-call]


def traced_calls(collector: str, percent: float) -> TracedCalls:
    """Return what sends spans to *collector*, `http://HOST:PORT` in the clear or `https://HOST:PORT`."""
    exporter = OTLPSpanExporter(endpoint=collector, insecure=collector.startswith("http://"), timeout=_EXPORT_SECONDS)
    return TracedCalls(OtlpSpans(exporter, percent))
