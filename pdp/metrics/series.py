"""Which series there are: every combination of label values of what workers keep, and its place in a row."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

from pdp.core.decision import Cause
from pdp.metrics.declared import CALL_SECONDS, DECLARED, Gathered, Kind, Metric

CACHE_EVENTS: Final = (
    *("facts-in-process", "facts-shared", "facts-joined", "facts-read", "facts-outdated", "freshness-unknown"),
    *("decisions-in-process", "decisions-made", "decisions-outdated", "denials-late", "evicted"),
    *("shared-hits", "shared-misses", "shared-refused", "shared-failed", "shared-skipped", "shared-written"),
    "shared-left-alone",
)
"""What caches count. `shared-…` is Redis; it was left alone once more each time that its breaker opened."""

LANES: Final = ("arrival", "decisions", "facts", "writes", "watches", "health", "reflection")
"""Where calls wait: at the thread that takes events, or for the threads of a lane."""

LabelValues = tuple[str, ...]


class Series:
    """The places of all numbers in a row, given the words that labels may take."""

    def __init__(self, operators: Sequence[str], methods: Sequence[str], reasons: Sequence[str]) -> None:
        values: Mapping[str, Sequence[str]] = {
            "operator": operators,
            "decision": ("allow", "deny"),
            "cause": [cause.value for cause in Cause],
            "method": methods,
            "reason": reasons,
            "lane": LANES,
            "event": CACHE_EVENTS,
        }
        self.width = 0
        self.places: dict[str, dict[LabelValues, int]] = {}
        self.kept: list[Metric] = [metric for metric in DECLARED if metric.gathered is not Gathered.PARENT]
        for metric in self.kept:
            labels = () if metric.gathered is Gathered.EACH else metric.labels
            size = len(CALL_SECONDS) + 2 if metric.kind is Kind.HISTOGRAM else 1
            places = self.places[metric.name] = {}
            for each in product(*(values[label] for label in labels)):
                places[each] = self.width
                self.width += size

    def at(self, name: str, *labels: str) -> int:
        """Return where the number of *name* with these label values stands; raise KeyError when there is none."""
        return self.places[name][labels]

    def many(self, name: str) -> Mapping[LabelValues, int]:
        """Return where the numbers of *name* stand, by label values."""
        return self.places[name]
