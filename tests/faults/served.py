"""A server in a process of its own over a store, which a test may kill, and how one talks to it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.builders import KIDSONLINE, POLICIES
from tests.system.test_life import ROOT

REAL: Final = ("pdp", "serve", "--listen", "127.0.0.1:0", "--workers", "2", "--decision-log", "none")


Start = Callable[[], AbstractContextManager["Served"]]
"""Starts a server over one store; it ends with the context."""


@dataclass(frozen=True)
class Served:
    """A server that answers at *address*; *pid* is the parent of its workers, in a group of its own."""

    pid: int
    address: str

    def kill(self) -> None:
        """End it and all its workers at once, without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def one_policy(folder: Path, operator: str = KIDSONLINE) -> Path:
    """Copy the policy of one operator to *folder*, so that a server is soon there; return the folder."""
    for part in (operator, "shared", f"house/{operator}"):
        if (POLICIES / part).is_dir():
            shutil.copytree(POLICIES / part, folder / part)
    return folder


def started(policies: Path, store: str, state: Path) -> Start:
    """Return what starts `pdp serve` with two workers."""

    @contextmanager
    def start() -> Iterator[Served]:
        with _running((*REAL, "--policies", str(policies), "--store", store), state) as process:
            server = Served(process.pid, _ready(process)["address"])
            try:
                yield server
            finally:
                server.kill()

    return start


@contextmanager
def forked(
    policies: Path, store: str, state: Path, twin: str = "Twin", decision_log: str = "none", log_wait: str = "on"
) -> Iterator[Start]:
    """Give what starts a server, forked from a process that has read the policies: far sooner than `pdp serve` is."""
    command = (
        *("tests.faults.forking_server", twin, "--policies", str(policies)),
        *("--store", store, "--decision-log", decision_log, "--log-wait", log_wait),
    )
    with _running(command, state) as process:
        assert process.stdin is not None
        asking = process.stdin

        @contextmanager
        def start() -> Iterator[Served]:
            print("start", file=asking, flush=True)
            said = _ready(process)
            server = Served(said["pid"], said["address"])
            try:
                yield server
            finally:
                server.kill()

        yield start


@contextmanager
def _running(command: Sequence[str], state: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}", "XDG_STATE_HOME": str(state)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _ready(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("{"):
            event: dict[str, Any] = json.loads(line)
            if event["event"] == "ready":
                return event
    raise AssertionError("".join(said))
