"""What workers count is added up, outlives them, and makes no series that was not there before."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from pdp.caching.counters import Count
from pdp.core.decision import Cause, Decision
from pdp.metrics import DECLARED, Meters, SharedNumbers
from pdp.metrics.declared import Kind
from pdp.metrics.exposition import AllWorkers
from pdp.metrics.meters import Sample
from pdp.metrics.series import CACHE_EVENTS, Series
from pdp_adapters.redis_readings import COUNTED

SERIES = Series(("kidsonline", "homeid"), ("s.Check",), ("overloaded",))
DENIED = Decision("d-1", "r-1", False, Cause.SILENT, (), (), "r", "t", None, ())
ALLOWED = replace(DENIED, allowed=True, cause=Cause.RULE)


class Forgetful(Meters):
    """A broken twin: who takes the place of another begins at 0."""

    def take(self, place: int) -> None:
        """Forget what the place had counted."""
        super().take(place)
        self._before = {}
        self._counts = [0.0] * len(self._counts)
        self._put_down()


def workers(count: int, kind: type[Meters] = Meters) -> list[Meters]:
    """Return the meters of as many workers of one server."""
    numbers = SharedNumbers(count, SERIES.width)
    made = [kind(SERIES, numbers) for _ in range(count)]
    for place, meters in enumerate(made):
        meters.take(place)
    return made


def put_down(*several: Meters) -> None:
    """Let what was counted be read."""
    for meters in several:
        meters.sampled([])


def read(meters: Meters, own: Sample | None = None) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return what Prometheus would read, by name and labels."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(AllWorkers(meters, lambda: own or {}))
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def decisions(meters: Meters, operator: str, decision: str, cause: str) -> float:
    """Return one count of decisions as it is read."""
    labels = (("cause", cause), ("decision", decision), ("operator", operator))
    return read(meters)["pdp_decisions_total", labels]


def test_one_reading_is_the_sum_of_all_workers() -> None:
    """Decisions of three workers are added up, by operator, decision and cause."""
    three = workers(3)

    for meters in three:
        meters.decided("kidsonline", DENIED)
    three[2].decided("homeid", ALLOWED)
    put_down(*three)

    assert decisions(three[0], "kidsonline", "deny", "silent") == 3
    assert decisions(three[1], "homeid", "allow", "rule") == 1
    assert decisions(three[1], "homeid", "deny", "silent") == 0


def goes_on(kind: type[Meters]) -> bool:
    """Say whether counts go on where a worker stopped that died, those that are sampled too."""
    first, second = workers(2, kind)
    first.decided("kidsonline", DENIED)
    second.decided("kidsonline", DENIED)
    second.sampled([lambda: {("pdp_log_records_total", ()): 5.0, ("pdp_log_waiting", ()): 7.0}])
    put_down(first)

    successor = kind(SERIES, first.numbers)
    successor.take(1)
    between = read(first)
    successor.decided("kidsonline", DENIED)
    successor.sampled([lambda: {("pdp_log_records_total", ()): 2.0}])

    after = read(first)
    return (
        decisions(first, "kidsonline", "deny", "silent") == 3
        and (between["pdp_log_records_total", ()], after["pdp_log_records_total", ()]) == (5, 7)
        and between["pdp_log_waiting", ()] == 0
    )


def test_no_count_goes_down_when_a_worker_dies() -> None:
    """Whoever takes the place of a worker that died goes on counting; what was only true of that process is gone."""
    assert goes_on(Meters)


def test_a_successor_that_forgets_is_noticed() -> None:
    """The comparison can fail: a twin that begins anew loses what was counted."""
    assert not goes_on(Forgetful)


def test_what_nobody_knows_makes_no_series() -> None:
    """An operator, a method, a reason or a lane that is not among the words leaves the page as it is."""
    (meters,) = workers(1)
    before = read(meters).keys()

    meters.decided("user:lan", DENIED)
    meters.took("child:minh", 0.1)
    meters.refused("something new")
    meters.sampled([lambda: {("pdp_calls_waiting", ("user:lan",)): 1.0}])

    assert read(meters).keys() == before


def test_a_sample_that_fails_keeps_nobody_else() -> None:
    """What cannot be looked at is passed over, and what comes after it is put down."""
    (meters,) = workers(1)

    def fails() -> Sample:
        raise OSError

    meters.sampled([fails, lambda: {("pdp_log_waiting", ()): 3.0}])

    assert read(meters)["pdp_log_waiting", ()] == 3


def test_durations_lie_in_their_buckets() -> None:
    """Buckets are cumulative, the last one holds everything, and the sum is the time that it took."""
    first, second = workers(2)
    for seconds in (0.00005, 0.0001, 0.003, 9.0):
        first.took("s.Check", seconds)
    second.took("s.Check", 0.003)
    put_down(first, second)

    found = {
        float(dict(labels)["le"]): value
        for (name, labels), value in read(first).items()
        if name == "pdp_call_duration_seconds_bucket"
    }
    values = [found[bound] for bound in sorted(found)]

    assert found[0.0001] == 2
    assert found[0.0025] == 2
    assert found[0.005] == 4
    assert found[math.inf] == 5
    assert all(less <= more for less, more in pairwise(values))
    assert read(first)["pdp_call_duration_seconds_sum", (("method", "s.Check"),)] == pytest.approx(9.00615)


def test_numbers_of_the_parent_stand_beside_those_of_the_workers() -> None:
    """What the parent tells is shown with its labels, and only under a name that is declared."""
    (meters,) = workers(1)

    found = read(meters, {("pdp_policy_info", ("homeid", "r1")): 1.0, ("pdp_made_up", ()): 1.0})

    assert found["pdp_policy_info", (("operator", "homeid"), ("revision", "r1"))] == 1
    assert not [name for name, _ in found if name == "pdp_made_up"]


def test_what_caches_count_has_a_series_each() -> None:
    """The values of `event` are what the caches of a process and of Redis count."""
    assert {*CACHE_EVENTS} == {*(count.value for count in Count), *COUNTED, "evicted", "shared-left-alone"}


def test_names_follow_the_custom() -> None:
    """Counters end with _total, nothing else does, every metric begins with pdp_ and is told in both languages."""
    names = [metric.name for metric in DECLARED]

    assert len(set(names)) == len(names)
    for metric in DECLARED:
        assert metric.name.startswith("pdp_")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
        assert metric.says.vi
        assert metric.says.en
