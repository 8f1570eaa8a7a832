"""What a worker counts with; cheap enough for every decision, and nothing at all where nobody looks."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from pdp.core.decision import Decision
from pdp.metrics.declared import CALL_SECONDS, Gathered, Kind
from pdp.metrics.numbers import SharedNumbers
from pdp.metrics.series import LabelValues, Series

Sample = Mapping[tuple[str, LabelValues], float]
"""Numbers that are looked at now and then, by the name of the metric and its label values."""


class Metering(Protocol):
    """What the server tells about each call and each decision; none of it waits or raises."""

    @property
    def keeps(self) -> bool:
        """Say whether anything is counted."""

    def decided(self, operator: str, decision: Decision) -> None:
        """Count a decision."""

    def took(self, method: str, seconds: float) -> None:
        """Count an answer to *method*, a full name, after so many seconds."""

    def refused(self, reason: str) -> None:
        """Count a refusal."""

    def take(self, place: int) -> None:
        """Be the worker at *place*, in this process, from now on."""

    def sampled(self, samples: Iterable[Callable[[], Sample]]) -> None:
        """Put down what *samples* say now, and what was counted; one that fails is passed over."""


class NothingMetered:
    """Counts nothing."""

    keeps: Final = False

    def decided(self, operator: str, decision: Decision) -> None:
        """Do nothing."""

    def took(self, method: str, seconds: float) -> None:
        """Do nothing."""

    def refused(self, reason: str) -> None:
        """Do nothing."""

    def take(self, place: int) -> None:
        """Do nothing."""

    def sampled(self, samples: Iterable[Callable[[], Sample]]) -> None:
        """Do nothing."""


UNMETERED: Final = NothingMetered()
_OVER: Final = len(CALL_SECONDS)
_SUM: Final = _OVER + 1


class Meters:
    """Counts in this process, and puts all of it into its row in *numbers*, laid out as *series*, when it is sampled.

    A list is counted in for a fourth of what shared memory would take; who is killed loses what it counted since the
    last sample. Two threads at once may lose one count, which is cheaper than a lock for each answer.
    """

    def __init__(self, series: Series, numbers: SharedNumbers) -> None:
        self.keeps: Final = True
        self.series: Final = series
        self.numbers: Final = numbers
        self._counts = [0.0] * series.width
        self._row: memoryview[float] | None = None  # until a place is taken
        self._decided: dict[str, dict[str, tuple[int, int]]] = {}
        for (operator, decision, cause), at in series.many("pdp_decisions_total").items():
            pair = self._decided.setdefault(operator, {}).get(cause, (0, 0))
            self._decided[operator][cause] = (pair[0], at) if decision == "allow" else (at, pair[1])
        self._took = {labels[0]: at for labels, at in series.many("pdp_call_duration_seconds").items()}
        self._refused = {labels[0]: at for labels, at in series.many("pdp_refusals_total").items()}
        kept = {metric.name: metric for metric in series.kept}
        self._counters = {name for name, metric in kept.items() if metric.kind is Kind.COUNTER}
        self._before: dict[int, float] = {}

    def take(self, place: int) -> None:
        """Go on with the row of *place*: counts as they stood, what is only true of a process anew."""
        self._row = self.numbers.row(place)
        self._counts = list(self._row[: self.series.width])
        self._before = {}
        for metric in self.series.kept:
            for at in self.series.many(metric.name).values():
                if metric.kind is Kind.GAUGE:
                    self._counts[at] = 0.0
                elif metric.kind is Kind.COUNTER:
                    self._before[at] = self._counts[at]
        self._put_down()

    def decided(self, operator: str, decision: Decision) -> None:
        """Count a decision."""
        causes = self._decided.get(operator)
        if causes is not None:
            self._counts[causes[decision.cause][decision.allowed]] += 1.0

    def took(self, method: str, seconds: float) -> None:
        """Count an answer, in its bucket alone: whoever reads them adds them up."""
        at = self._took.get(method)
        if at is not None:
            counts = self._counts
            counts[at + bisect_left(CALL_SECONDS, seconds)] += 1.0
            counts[at + _SUM] += seconds

    def refused(self, reason: str) -> None:
        """Count a refusal."""
        at = self._refused.get(reason)
        if at is not None:
            self._counts[at] += 1.0

    def sampled(self, samples: Iterable[Callable[[], Sample]]) -> None:
        """Put down what is sampled; what the process counts from 0 goes on from where the place stood."""
        for sample in samples:
            try:
                found = sample()
            # Whatever cannot be looked at now, the answers go on and so do the other numbers.
            except Exception:  # noqa: BLE001
                continue
            for (name, labels), value in found.items():
                at = self.series.places[name].get(labels)
                if at is not None:
                    self._counts[at] = value + self._before.get(at, 0.0) if name in self._counters else value
        self._put_down()

    def _put_down(self) -> None:
        if self._row is not None:
            self._row[: self.series.width] = array("d", self._counts)


def bucket_counts(numbers: SharedNumbers, at: int) -> tuple[list[float], float]:
    """Return, over all places, how many took at most as long as each bound, those of no bound last, and their sum."""
    counts, total = [], 0.0
    for bucket in range(_OVER + 1):
        total += sum(numbers.of_all(at + bucket))
        counts.append(total)
    return counts, sum(numbers.of_all(at + _SUM))


def gathered(numbers: SharedNumbers, how: Gathered, at: int) -> float:
    """Return one number out of those of all places."""
    found = numbers.of_all(at)
    return max(found, default=0.0) if how is Gathered.MOST else sum(found)
