"""What a worker counts with; cheap enough for every decision, and nothing at all where nobody looks."""

import threading
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol, TypeVar

from pdp.core.decision import Decision
from pdp.metrics.declared import CALL_SECONDS, Gathered, Kind
from pdp.metrics.numbers import SharedNumbers
from pdp.metrics.series import LabelValues, Series

Noted = TypeVar("Noted")

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
    """Notes down what happens in this process, and adds it to its row in *numbers*, laid out as *series*, when sampled.

    What is on the way of an answer appends to a list, which is cheaper than finding the right number and adding to it,
    and loses nothing between threads. Who is killed loses what it noted since the last sample.
    """

    def __init__(self, series: Series, numbers: SharedNumbers) -> None:
        self.keeps: Final = True
        self.series: Final = series
        self.numbers: Final = numbers
        self._counts = [0.0] * series.width
        self._row: memoryview[float] | None = None  # until a place is taken
        # The causes of what was allowed and of what was denied, by operator: nothing new has to be made to note one.
        self._allowed: defaultdict[str, list[str]] = defaultdict(list)
        self._denied: defaultdict[str, list[str]] = defaultdict(list)
        self._durations: defaultdict[str, list[float]] = defaultdict(list)
        self._refusals: list[str] = []
        self._sampling = threading.Lock()
        self._counters = {metric.name for metric in series.kept if metric.kind is Kind.COUNTER}
        self._before: dict[int, float] = {}

    def take(self, place: int) -> None:
        """Go on with the row of *place*: counts as they stood, what is only true of a process anew."""
        self._sampling = threading.Lock()
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
        """Note a decision."""
        (self._allowed if decision.allowed else self._denied)[operator].append(decision.cause)

    def took(self, method: str, seconds: float) -> None:
        """Note how long an answer took."""
        self._durations[method].append(seconds)

    def refused(self, reason: str) -> None:
        """Note a refusal."""
        self._refusals.append(reason)

    def sampled(self, samples: Iterable[Callable[[], Sample]]) -> None:
        """Put down what was noted and what is sampled; a process that counts from 0 goes on from where its place stood.

        INVARIANT (bounded labels): what has no series is passed over.
        """
        with self._sampling:
            self._add_up()
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

    def _add_up(self) -> None:
        decided, refused = self.series.many("pdp_decisions_total"), self.series.many("pdp_refusals_total")
        for decision, causes in (("allow", self._allowed), ("deny", self._denied)):
            for operator, noted in tuple(causes.items()):
                for cause, times in Counter(_taken(noted)).items():
                    self._add(decided.get((operator, decision, str(cause))), times)
        for reason, times in Counter(_taken(self._refusals)).items():
            self._add(refused.get((reason,)), times)
        for method, durations in tuple(self._durations.items()):
            at = self.series.many("pdp_call_duration_seconds").get((method,))
            taken = sorted(_taken(durations))
            if at is None or not taken:
                continue
            below = 0
            for bucket, bound in enumerate(CALL_SECONDS):
                within = bisect_right(taken, bound)
                self._counts[at + bucket] += within - below
                below = within
            self._counts[at + _OVER] += len(taken) - below
            self._counts[at + _SUM] += sum(taken)

    def _add(self, at: int | None, times: int) -> None:
        if at is not None:
            self._counts[at] += times

    def _put_down(self) -> None:
        if self._row is not None:
            self._row[: self.series.width] = array("d", self._counts)


def _taken(noted: list[Noted]) -> list[Noted]:
    """Take out and return what is in *noted*; what comes meanwhile stays for the next time."""
    length = len(noted)
    taken = noted[:length]
    del noted[:length]
    return taken


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
