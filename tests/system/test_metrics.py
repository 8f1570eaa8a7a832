"""What Prometheus reads of a real server of several processes."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pdp.api.v1 import decision_pb2
from tests.malformed_requests import a_request
from tests.system.running import CHECK, ask, connected, wait_until
from tests.system.test_workers import BODY, ready, serving

pytestmark = pytest.mark.system

SECRET = "tên-không-ai-được-thấy"


def page(address: str, path: str = "/metrics") -> str:
    """Return what the server shows at *path*."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{address}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def samples(address: str) -> Mapping[str, list[tuple[dict[str, str], float]]]:
    """Return every sample by name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(page(address)):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def total(address: str, name: str, **labels: str) -> float:
    """Return the sum of the samples of *name* that carry *labels*."""
    return sum(value for told, value in samples(address)[name] if labels.items() <= told.items())


def ask_often(address: str, times: int, body: bytes = BODY) -> None:
    """Ask, each time over a connection of its own, so that the kernel deals the calls out to the workers."""
    for _ in range(times):
        with connected(address) as channel:
            ask(channel, CHECK, body)


def test_a_reading_shows_all_workers_and_nobody() -> None:
    """Counts are those of all workers and outlive one that is killed; whatever is asked, no series is made of it."""
    strange = a_request()
    strange.subject.id = strange.resource.id = SECRET
    unknown = decision_pb2.CheckRequest()
    unknown.CopyFrom(strange)
    unknown.operator = SECRET
    with serving("--listen", "127.0.0.1:0", "--metrics", "0", "--store", "none:", "--workers", "2") as process:
        told = ready(process)
        address, shown = told["address"], told["metrics"]
        before = samples(shown)

        ask_often(address, 12)
        ask_often(address, 1, strange.SerializeToString())
        ask_often(address, 2, unknown.SerializeToString())
        wait_until(lambda: total(shown, "pdp_refusals_total", reason="invalid-request") == 2)
        wait_until(lambda: total(shown, "pdp_decisions_total", operator="kidsonline") == 13)
        assert total(shown, "pdp_call_duration_seconds_count") == 13
        assert total(shown, "pdp_workers") == total(shown, "pdp_workers_wanted") == 2

        os.kill(told["workers"][0], signal.SIGKILL)
        wait_until(lambda: total(shown, "pdp_worker_deaths_total") == 1)
        wait_until(lambda: total(shown, "pdp_workers") == 2)
        assert total(shown, "pdp_decisions_total") == 13
        ask_often(address, 4)
        wait_until(lambda: total(shown, "pdp_decisions_total") == 17)

        after = samples(shown)
        assert SECRET not in page(shown)
        assert {name: len(series) for name, series in after.items()} == {
            name: len(series) for name, series in before.items()
        }
        with pytest.raises(urllib.error.HTTPError) as refused:
            page(shown, "/anything")
        assert refused.value.code == 404
        refused.value.close()


def test_a_server_imports_what_shows_metrics_and_traces_only_where_they_are_asked_for() -> None:
    """Off is off: without --metrics and --traces neither what shows nor what sends is imported."""
    code = "import sys, pdp.cli; sys.exit(bool({'prometheus_client', 'pdp.server.otlp'} & sys.modules.keys()))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
