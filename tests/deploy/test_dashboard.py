"""Every query of the dashboard and of the alerts finds data in what a server really shows, by a real Prometheus."""

import copy
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pdp.metrics import DECLARED
from tests.deploy.prometheus_server import Prometheus, prometheus
from tests.deploy.queries import RULES, alerts, dashboard, queries_of
from tests.system.test_metrics import ask_often, total
from tests.system.test_workers import ready, serving

pytestmark = pytest.mark.system

_NAME = re.compile(r"\bpdp_[a-z_]+")
_ENDS = ("_bucket", "_sum", "_count")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Return a Prometheus that has read a server while it was asked."""
    folder = tmp_path_factory.mktemp("prometheus")
    flags = ("--listen", "127.0.0.1:0", "--metrics", "0", "--store", f"sqlite:///{folder}/facts.db", "--workers", "1")
    with serving(*flags) as process:
        told = ready(process)
        with prometheus(folder, told["metrics"], RULES) as asked:
            end = time.monotonic() + 20
            done = 0
            while done < 3 or not asked.query("rate(pdp_decisions_total[4s]) > 0"):
                ask_often(told["address"], 10)
                done += 1
                assert time.monotonic() < end, "nothing was read"
                time.sleep(0.2)
            assert total(told["metrics"], "pdp_decisions_total") > 0
            yield asked


def without_data(asked: Prometheus, queries: dict[str, str]) -> list[str]:
    """Return the names of *queries* that find nothing."""
    return [name for name, query in queries.items() if not asked.query(query)]


def test_every_query_of_the_dashboard_finds_data(watched: Prometheus) -> None:
    """No panel stays empty."""
    queries = queries_of(dashboard())

    assert len(queries) > 35
    assert without_data(watched, queries) == []


def test_the_quantity_of_every_alert_finds_data(watched: Prometheus) -> None:
    """An alert that says nothing says so because all is well; and Prometheus can evaluate each as it stands."""
    assert without_data(watched, alerts()) == []
    rules = watched.rules()
    assert len(rules) == len(alerts())
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []


def test_a_dashboard_with_a_misspelt_metric_is_found(watched: Prometheus) -> None:
    """The comparison can fail: one letter more, or a label that is not there, and a panel is empty."""
    for old, new in (("pdp_decisions_total", "pdp_decision_total"), ('decision="deny"', 'decision="denied"')):
        broken = copy.deepcopy(dashboard())
        for panel in broken["panels"]:
            for target in panel.get("targets", []):
                target["expr"] = target["expr"].replace(old, new)

        assert without_data(watched, queries_of(broken)) != []


def test_every_metric_is_looked_at() -> None:
    """What is shown is on the dashboard or in an alert, and what they name is shown."""
    named = {
        name.removesuffix(next((end for end in _ENDS if name.endswith(end)), ""))
        for query in [*queries_of(dashboard()).values(), *alerts().values()]
        for name in _NAME.findall(query)
    }

    assert named == {metric.name for metric in DECLARED}


def test_alerts_are_told_in_both_languages() -> None:
    """Each alert has a summary in English and in Vietnamese, and a severity."""
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["summary_vi"]
            assert rule["labels"]["severity"] in {"page", "ticket", "note"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not there (scripts/prometheus.sh)")
def test_promtool_takes_the_rules(tmp_path: Path) -> None:
    """Prometheus' own checker finds no mistake, and finds one where there is one."""
    broken = tmp_path / "broken.yaml"
    broken.write_text(RULES.read_text("utf-8").replace("sum by (instance) (", "sum by instance (", 1), "utf-8")

    def check(path: Path) -> int:
        return subprocess.run(["promtool", "check", "rules", path], check=False, capture_output=True).returncode

    assert check(RULES) == 0
    assert check(broken) != 0
