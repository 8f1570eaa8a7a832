"""Prints the pages that are made from declarations: `python -m tests.docs.made_pages metrics`."""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pdp.metrics import DECLARED, Gathered, Metric
from pdp.metrics.declared import CALL_SECONDS
from pdp.metrics.series import CACHE_EVENTS, LANES
from pdp.server.event_meanings import MEANINGS
from pdp.server.status import REASONS

_GATHERED: Final = {
    Gathered.SUM: "sum",
    Gathered.MOST: "largest",
    Gathered.EACH: "each",
    Gathered.PARENT: "the server's",
}


def metrics() -> Iterator[str]:
    """Yield the lines of the page of metrics."""
    yield "| metric | type | labels | over workers | meaning | ý nghĩa |"
    yield "| --- | --- | --- | --- | --- | --- |"
    yield from map(_metric, DECLARED)
    yield ""
    yield f"Buckets of durations, in seconds: {', '.join(map(str, CALL_SECONDS))}."
    yield ""
    for label, values in (("reason", REASONS), ("lane", LANES), ("event", CACHE_EVENTS)):
        yield f"Values of `{label}`: {', '.join(f'`{value}`' for value in values)}."
        yield ""
    yield "`decision` is `allow` or `deny`, `cause` is `rule`, `unmet`, `silent` or `error`."
    yield "`overloaded` and `too-many-calls` are what was shed."
    yield "`shared-left-alone` rises once a second while the breaker of Redis is open."


def _metric(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    cells = (f"`{metric.name}`", metric.kind.value, labels, _GATHERED[metric.gathered], metric.says.en, metric.says.vi)
    return f"| {' | '.join(cells)} |"


def events() -> Iterator[str]:
    """Yield the lines of the page of events."""
    yield "| event | meaning | ý nghĩa |"
    yield "| --- | --- | --- |"
    for event, says in MEANINGS.items():
        yield f"| `{event.value}` | {says.en} | {says.vi} |"


PAGES: Final[Mapping[str, Callable[[], Iterator[str]]]] = {"metrics": metrics, "events": events}

if __name__ == "__main__":
    print("\n".join(PAGES[sys.argv[1]]()))  # noqa: T201
