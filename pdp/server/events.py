"""What the server says about itself: lines of JSON, each with one of the events below."""

import logging
import sys
from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any, Final, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor


class Event(StrEnum):
    """The events; none is renamed or given another meaning once released (pdp.server.event_meanings)."""

    READY = "ready"
    NOT_READY = "not-ready"
    STORE_NOT_THERE = "store-not-there"
    STORE_THERE = "store-there"
    WORKER_READY = "worker-ready"
    WORKER_DIED = "worker-died"
    WORKER_GIVEN_UP = "worker-given-up"
    WORKER_FAILED = "worker-failed"
    WORKER_LEFT_BEHIND = "worker-left-behind"
    CLOCK_STEPPED = "clock-stepped"
    CLOCK_DOUBTED = "clock-doubted"
    CLOCK_TRUSTED = "clock-trusted"
    OPEN_TO_LOCAL = "open-to-local"
    CALLER_REFUSED = "caller-refused"
    CALLERS_IN_FORCE = "callers-in-force"
    CALLERS_KEPT = "callers-kept"
    CALLERS_AWAITED = "callers-awaited"
    ISSUER_KEYS_NOT_HAD = "issuer-keys-not-had"
    CERTIFICATE_KEPT = "certificate-kept"
    POLICY_ACTIVATED = "policy-activated"
    POLICY_REFUSED = "policy-refused"
    POLICY_NOT_BUILT = "policy-not-built"
    POLICY_NOT_REMEMBERED = "policy-not-remembered"
    SHADOW_REPORT = "shadow-report"
    OPERATOR_NOT_SERVED = "operator-not-served"
    REQUEST_FAILED = "request-failed"
    UNAVAILABLE = "unavailable"
    LOG_TROUBLE = "log-trouble"
    NOT_STARTED = "not-started"
    DRAINING = "draining"
    HURRIED = "hurried"
    STOPPED = "stopped"
    STOPPED_UNFINISHED = "stopped-unfinished"
    LIBRARY = "library"


def json_log(stream: TextIO | None = None) -> FilteringBoundLogger:
    """Return a log that writes one line of JSON for each event to *stream* (default: stderr)."""
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[*_SHARED, _event_first, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        context_class=dict,
    )
    return log


def log_libraries_too(stream: TextIO | None = None) -> None:
    """Let what libraries log come out in the same form, from WARNING on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _as_library_event,
                _event_first,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _event_first(_log: object, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"event": event.pop("event"), **event}


def _as_library_event(_log: object, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**event, "event": Event.LIBRARY.value, "message": event["event"]}


# Tracebacks as text: the structured form would carry local variables, and with them data about people.
_SHARED: Final[list[Processor]] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.format_exc_info,
]
