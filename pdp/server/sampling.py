"""What a worker looks at once a second, beside its answers, so that its numbers can be read in another process."""

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from pdp.core.tally import Measured
from pdp.decision_point import DecisionPoint
from pdp.metrics import Metering, Sample
from pdp.server.inline_calls import InlineCalls
from pdp.server.lanes import Lanes
from pdp.server.load import Load

SAMPLED_SECONDS: Final = 1.0
"""So old a number may be that nobody counts on the way of an answer."""

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_STATM: Final = Path("/proc/self/statm")
_LOG: Final = {
    "records": "pdp_log_records_total",
    "bytes": "pdp_log_bytes_total",
    "waiting": "pdp_log_waiting",
    "head-age": "pdp_log_head_age_seconds",
}
_SHADOW: Final = {
    "compared": "pdp_shadow_compared_total",
    "differences": "pdp_shadow_differences_total",
    "left-out": "pdp_shadow_left_out_total",
}
_CALLERS: Final = {"age": "pdp_callers_age_seconds"}
_CLOCK: Final = {
    "offset": "pdp_clock_offset_seconds",
    "steps": "pdp_clock_steps_total",
    "trusted": "pdp_clock_trusted",
}
_STORE: Final = {
    "statements": "pdp_store_statements_total",
    "failures": "pdp_store_failures_total",
    "fresh": "pdp_freshness_known",
}

Samples = Iterable[Callable[[], Sample]]


class Sampling:
    """Puts down what *samples* say, in a thread of its own and once more at the end."""

    def __init__(self, metering: Metering, samples: Samples) -> None:
        self._metering = metering
        self._samples = tuple(samples)
        self._ending = threading.Event()

    def begin(self) -> None:
        """Look from now on, if anything is counted."""
        if self._metering.keeps:
            self._metering.sampled(self._samples)
            threading.Thread(target=self._go_on, name="sampling", daemon=True).start()

    def end(self) -> None:
        """Look once more, and then no longer."""
        self._ending.set()
        self._metering.sampled(self._samples)

    def _go_on(self) -> None:
        while not self._ending.wait(SAMPLED_SECONDS):
            self._metering.sampled(self._samples)


def samples_of(
    point: DecisionPoint,
    store: object,
    clock: Measured,
    callers: Measured | None,
    is_stored: Callable[[], bool],
    inline: InlineCalls,
    lanes: Lanes,
    load: Load,
) -> Samples:
    """Return what there is to look at in a worker; *store* and *callers* may be None.

    *is_stored* says whether the store can be used.
    """
    yield lambda: {("pdp_calls_under_way", ()): inline.under_way, **_waiting(lanes, load)}
    yield lambda: {("pdp_cache_events_total", (name,)): count for name, count in point.cache.counted().items()}
    yield lambda: {("pdp_store_there", ()): float(is_stored())}
    yield lambda: {("pdp_resident_bytes", ()): int(_STATM.read_text("ascii").split()[1]) * _PAGE}
    parts: tuple[tuple[object, dict[str, str]], ...] = (
        (point.log, _LOG),
        (point.shadow, _SHADOW),
        (store, _STORE),
        (clock, _CLOCK),
        (callers, _CALLERS),
    )
    for part, names in parts:
        if isinstance(part, Measured):
            yield _told(part, names)


def _told(part: Measured, names: dict[str, str]) -> Callable[[], Sample]:
    return lambda: {(names[name], ()): value for name, value in part.measured().items()}


def _waiting(lanes: Lanes, load: Load) -> dict[tuple[str, tuple[str, ...]], Any]:
    found: dict[tuple[str, tuple[str, ...]], Any] = {("pdp_calls_waiting", ("arrival",)): load.waiting}
    for lane in lanes.all:
        found["pdp_calls_waiting", (lane.name,)] = lane.waiting
    return found
