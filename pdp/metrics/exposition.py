"""What Prometheus reads: all numbers of all workers, and what the parent knows, at the moment of the question.

This module alone knows prometheus-client, and is imported by a server that shows metrics.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import make_wsgi_app
from prometheus_client.registry import Collector

from pdp.metrics.declared import CALL_SECONDS, DECLARED, Gathered, Kind, Metric
from pdp.metrics.meters import Meters, Sample, bucket_counts, gathered

_FAMILIES: Final[dict[Kind, type[Any]]] = {Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}
_BOUNDS: Final = (*map(str, CALL_SECONDS), "+Inf")


class AllWorkers(Collector):
    """Collects the numbers of *meters* and those of the parent, which *own* tells."""

    def __init__(self, meters: Meters, own: Callable[[], Sample]) -> None:
        self._meters = meters
        self._own = own

    def describe(self) -> list[Family]:
        """Return nothing: what there is, is collected."""
        return []

    def collect(self) -> Iterator[Family]:
        """Yield every metric."""
        own = self._own()
        for metric in DECLARED:
            if metric.kind is Kind.HISTOGRAM:
                yield self._histogram(metric)
                continue
            family = _FAMILIES[metric.kind](metric.name, metric.says.en, labels=metric.labels)
            for labels, value in self._values(metric, own):
                family.add_metric(labels, value)
            yield family

    def _values(self, metric: Metric, own: Sample) -> Iterator[tuple[tuple[str, ...], float]]:
        if metric.gathered is Gathered.PARENT:
            yield from ((labels, value) for (name, labels), value in own.items() if name == metric.name)
            return
        numbers = self._meters.numbers
        for labels, at in self._meters.series.many(metric.name).items():
            if metric.gathered is Gathered.EACH:
                yield from (((str(place),), value) for place, value in enumerate(numbers.of_all(at)))
            else:
                yield labels, gathered(numbers, metric.gathered, at)

    def _histogram(self, metric: Metric) -> Family:
        family = HistogramMetricFamily(metric.name, metric.says.en, labels=metric.labels)
        for labels, at in self._meters.series.many(metric.name).items():
            counts, total = bucket_counts(self._meters.numbers, at)
            family.add_metric(labels, list(zip(_BOUNDS, counts, strict=True)), total)
        return family


def page_of(meters: Meters, own: Callable[[], Sample]) -> Any:
    """Return the WSGI application that shows every metric, from a registry of its own."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(AllWorkers(meters, own))
    return make_wsgi_app(registry, disable_compression=True)
