"""What the server says about itself: lines of JSON, each with one event of the table below."""

import logging
import sys
from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any, Final, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor


class Event(StrEnum):
    """The events; none is renamed or given another meaning once released.

    ready               the server answers: `address`, `revision` (over all operators), `pid`, `workers`, `tiers`
    not-ready           as `ready`, which follows; until then the store is not there and what needs it is refused
    store-not-there     the store cannot be used yet: `reason`; it is tried again and again
    store-there         the store can be used now
    worker-ready        a worker process answers: `address`, `revision`, `pid`, `core`
    worker-died         the process `worker` ended with `code` though nobody had asked it to; another takes its place
    worker-given-up     as above, but it never answered or too many died; the server ends
    worker-failed       a worker process met an error of ours
    worker-left-behind  the process `worker` did not go along with a change of policy and is ended
    open-to-local       no callers are configured: whoever connects is the caller `local`, which may do everything
    caller-refused      nobody who is known, or may, called `method`: `reason`, `caller`; so did `untold` more
    callers-in-force    the files of callers have changed; what they say now counts
    callers-kept        they have changed and cannot be right: `mistakes`; what they said before still counts
    certificate-kept    the server's own certificate has changed and cannot be used: `mistake`; the former one is shown
    policy-activated    `operator` answers from `revision` in every worker; `by` whom, and `revision_of_all`
    policy-refused      what lies in the folder of `operator` may not be served: `findings`; the revision `stays`
    policy-not-built    workers could not build the new set of `operator`: `errors`
    shadow-report       so many answers were `compared` with those of the policy in the shadow, and `groups` differ
    operator-not-served `operator` has no valid policy set; its requests are refused
    request-failed      a request to `method` met an error of ours; the caller has been told `correlation_id` alone
    unavailable         a request to `method` was refused because something that it needs cannot be had now
    log-trouble         beside the decision log something fails, the records do not: `problem`
    not-started         the server cannot listen where it should; `mistakes` say why
    draining            `signal` came: nothing new is accepted, what has begun is finished within `grace_seconds`
    hurried             `signal` came while draining: what has begun is broken off
    stopped             everything that had begun is answered
    stopped-unfinished  some of what had begun was broken off
    library             a library logged `message`
    """

    READY = "ready"
    NOT_READY = "not-ready"
    STORE_NOT_THERE = "store-not-there"
    STORE_THERE = "store-there"
    WORKER_READY = "worker-ready"
    WORKER_DIED = "worker-died"
    WORKER_GIVEN_UP = "worker-given-up"
    WORKER_FAILED = "worker-failed"
    WORKER_LEFT_BEHIND = "worker-left-behind"
    OPEN_TO_LOCAL = "open-to-local"
    CALLER_REFUSED = "caller-refused"
    CALLERS_IN_FORCE = "callers-in-force"
    CALLERS_KEPT = "callers-kept"
    CERTIFICATE_KEPT = "certificate-kept"
    POLICY_ACTIVATED = "policy-activated"
    POLICY_REFUSED = "policy-refused"
    POLICY_NOT_BUILT = "policy-not-built"
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
