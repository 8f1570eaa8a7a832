"""A Prometheus on a free port of 127.0.0.1 that reads one server, once a second."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

SECONDS: Final = 20.0
_PROGRAM: Final = shutil.which("prometheus")
_CONFIGURATION: Final = """
global: {{scrape_interval: 500ms, scrape_timeout: 450ms, evaluation_interval: 500ms}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: promise-pdp
    static_configs: [{{targets: ["{target}"]}}]
"""


class Prometheus:
    """Asks the Prometheus at *address*, HOST:PORT."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def query(self, expression: str) -> list[float]:
        """Return the values that *expression* has now, those alone that are numbers."""
        found = self._api("query", query=expression)["result"]
        values = [float(each["value"][1]) for each in found]
        return [value for value in values if value == value]  # not a number is no data

    def rules(self) -> list[dict[str, Any]]:
        """Return what became of each rule."""
        return [rule for group in self._api("rules")["groups"] for rule in group["rules"]]

    def answers(self) -> bool:
        """Say whether it is there."""
        try:
            self._api("query", query="1")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def _api(self, what: str, **parameters: str) -> Any:
        url = f"http://{self._address}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with self._opener.open(url, timeout=5) as answer:
            return json.load(answer)["data"]


@contextmanager
def prometheus(folder: Path, target: str, rules: Path) -> Iterator[Prometheus]:
    """Run Prometheus in *folder*, reading *target* and evaluating *rules*, for as long as the context lasts."""
    if _PROGRAM is None:
        if os.environ.get("CI"):
            pytest.fail("prometheus is not there (scripts/prometheus.sh)")
        pytest.skip("prometheus is not there (scripts/prometheus.sh)")
    configuration = folder / "prometheus.yml"
    configuration.write_text(_CONFIGURATION.format(rules=rules, target=target), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        _PROGRAM,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        asked = Prometheus(address)
        end = time.monotonic() + SECONDS
        while not asked.answers():
            assert process.poll() is None, "prometheus ended"
            assert time.monotonic() < end, "prometheus does not answer"
            time.sleep(0.05)
        yield asked
    finally:
        process.terminate()
        process.wait(timeout=10)
