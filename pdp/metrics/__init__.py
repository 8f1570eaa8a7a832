"""What a server counts about itself, and how Prometheus reads it: numbers of all workers in memory that they share."""

from pdp.metrics.declared import DECLARED, Gathered, Kind, Metric
from pdp.metrics.meters import UNMETERED, Metering, Meters, Sample
from pdp.metrics.numbers import SharedNumbers

__all__ = ["DECLARED", "UNMETERED", "Gathered", "Kind", "Metering", "Meters", "Metric", "Sample", "SharedNumbers"]
