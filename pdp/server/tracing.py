"""A span for each call: what was decided, under which revision, and nothing of those whom it is about.

Nothing here knows how spans are made or where they go; a server without `traces` imports nothing more than this.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, Protocol

from pdp.core.caller import Caller
from pdp.core.decision import Decision
from pdp.core.tally import Tally
from pdp.server.inline_call import Answer, Later, Visit
from pdp.server.inline_calls import Admit
from pdp.server.status import reason_of

Attributes = dict[str, str | int | bool]

_TRACEPARENT: Final = "traceparent"
_DECISIONS: Final = "pdp.decisions"


class Span(Protocol):
    """A span that has begun."""

    def end(self, attributes: Attributes) -> None:
        """End it with *attributes*; must return at once and never raise."""


class Spans(Protocol):
    """Makes spans and sends them somewhere, beside the answers."""

    def begin(self, method: str, traceparent: str) -> Span | None:
        """Begin a span of a call of *method*, within the trace that *traceparent* (W3C, "" for none) names.

        None when this call is not sampled. Must return at once and never raise.
        """

    def close(self) -> None:
        """Send what is left, for a moment."""


class Tracing(Protocol):
    """What the server tells about calls that may be traced."""

    def admitting(self, admit: Admit) -> Admit:
        """Return *admit*, which now also keeps what a call brings for its trace."""

    def answering(self, method: str, answer: Answer) -> Answer:
        """Return *answer*, within a span where the call is sampled."""

    def call(self, method: str, metadata: Callable[[], Iterable[tuple[str, Any]]]) -> AbstractContextManager[object]:
        """Return a context in which a call of *method* is answered."""

    def beside(self, tally: Tally) -> Tally:
        """Return *tally*, which now also lets spans know what was decided."""

    def end(self) -> None:
        """Trace no more."""


class NothingTraced:
    """Traces nothing, and stands in nobody's way."""

    def admitting(self, admit: Admit) -> Admit:
        """Return *admit*."""
        return admit

    def answering(self, method: str, answer: Answer) -> Answer:
        """Return *answer*."""
        return answer

    def call(self, method: str, metadata: Callable[[], Iterable[tuple[str, Any]]]) -> AbstractContextManager[object]:
        """Return a context of nothing."""
        return nullcontext()

    def beside(self, tally: Tally) -> Tally:
        """Return *tally*."""
        return tally

    def end(self) -> None:
        """Do nothing."""


NOTHING_TRACED: Final = NothingTraced()


class _Call:
    """A call within a span; notes what is decided for it."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._decided: list[tuple[str, Decision]] = []

    def decided(self, operator: str, decision: Decision) -> None:
        self._decided.append((operator, decision))

    def end(self, error: BaseException | None = None) -> None:
        attributes: Attributes = {_DECISIONS: len(self._decided)}
        if error is not None:
            attributes["pdp.refused"] = reason_of(error)
        if len(self._decided) == 1:
            ((operator, decision),) = self._decided
            # PERSONAL: these and no others. Whom it is about, who asked, for what: none of it leaves by this way.
            attributes |= {
                "pdp.operator": operator,
                "pdp.decision": "allow" if decision.allowed else "deny",
                "pdp.cause": decision.cause.value,
                "pdp.revision": decision.revision,
                "pdp.decision_id": decision.decision_id,
                "pdp.cached": decision.cached,
            }
        elif self._decided:
            attributes["pdp.denied"] = sum(not decision.allowed for _, decision in self._decided)
        self._span.end(attributes)


class TracedCalls:
    """Lets *spans* have a span of each call that is sampled. Whatever becomes of a span, the answer stays the same."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._here = _Here()

    def admitting(self, admit: Admit) -> Admit:
        """Return *admit*, whose visits tell this thread which trace they belong to when their caller is asked for.

        That is what happens immediately before a message is answered, on the same thread.
        """
        here = self._here

        def admitted(path: str, metadata: Any, call: Any) -> Visit:
            return _TracedVisit(admit(path, metadata, call), _traceparent(metadata), here)

        return admitted

    def answering(self, method: str, answer: Answer) -> Answer:
        """Return *answer*, within a span where the call is sampled; what is done later belongs to the same span."""

        def traced(body: bytes, caller: Caller) -> bytes | Later:
            span = self._spans.begin(method, self._here.traceparent)
            if span is None:
                return answer(body, caller)
            call = _Call(span)
            with self._answered(call, ends=False):
                found = answer(body, caller)
            if isinstance(found, bytes):
                call.end()
                return found
            later = found

            def rest() -> bytes:
                with self._answered(call, ends=True):
                    return later()

            return rest

        return traced

    @contextmanager
    def call(self, method: str, metadata: Callable[[], Iterable[tuple[str, Any]]]) -> Iterator[None]:
        """Return a context in which a call of *method* is answered, within a span where it is sampled."""
        span = self._spans.begin(method, _traceparent(metadata()))
        if span is None:
            yield
            return
        with self._answered(_Call(span), ends=True):
            yield

    def beside(self, tally: Tally) -> Tally:
        """Return *tally*, which now also lets the span of this thread, if there is one, know what was decided."""
        return _Both(tally, self._here)

    def end(self) -> None:
        """Send what is left."""
        self._spans.close()

    @contextmanager
    def _answered(self, call: _Call, *, ends: bool) -> Iterator[None]:
        self._here.call = call
        try:
            yield
        except BaseException as error:
            call.end(error)
            raise
        finally:
            self._here.call = None
        if ends:
            call.end()


class _Here(threading.local):
    """What this thread is at: the call that it answers, and which trace the one that comes belongs to."""

    call: _Call | None = None
    traceparent: str = ""


class _TracedVisit:
    __slots__ = ("_here", "_traceparent", "_visit")

    def __init__(self, visit: Visit, traceparent: str, here: _Here) -> None:
        self._visit = visit
        self._traceparent = traceparent
        self._here = here

    @property
    def caller(self) -> Caller:
        """Return who calls."""
        self._here.traceparent = self._traceparent
        return self._visit.caller

    def still(self) -> Caller:
        """Return who calls, looked at anew where the call has waited."""
        self._here.traceparent = self._traceparent
        return self._visit.still()

    def again(self) -> Caller:
        """Return who calls, looked at anew."""
        self._here.traceparent = self._traceparent
        return self._visit.again()


class _Both:
    def __init__(self, tally: Tally, here: _Here) -> None:
        self._tally = tally
        self._here = here

    def decided(self, operator: str, decision: Decision) -> None:
        """Count *decision*, and let the span know."""
        self._tally.decided(operator, decision)
        call = self._here.call
        if call is not None:
            call.decided(operator, decision)


def _traceparent(metadata: Iterable[tuple[str, Any]]) -> str:
    return next((str(value) for key, value in metadata if key == _TRACEPARENT), "")


MakeTracing = Callable[[], Tracing]
"""Makes what traces, in the process that answers: what sends spans must not be there before a fork."""
