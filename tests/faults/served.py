"""A server in a process of its own over a store, which a test may kill, and how one talks to it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.builders import KIDSONLINE, POLICIES
from tests.system.test_life import ROOT

REAL: Final = ("pdp", "serve", "--listen", "127.0.0.1:0", "--decision-log", "none")


Start = Callable[[], AbstractContextManager["Served"]]
"""Starts a server over one store; it ends with the context."""


@dataclass(frozen=True)
class Served:
    """A server that answers at *address*; *pid* is the parent of its workers, in a group of its own.

    *said* are the lines that it has written to stderr until now.
    """

    pid: int
    address: str
    said: Sequence[str] = ()

    def kill(self) -> None:
        """End it and all its workers at once, without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def told(self, name: str) -> list[dict[str, Any]]:
        """Return the events called *name* until now."""
        events = [json.loads(line) for line in tuple(self.said) if line.startswith("{")]
        return [event for event in events if event["event"] == name]

    def workers(self) -> list[int]:
        """Return the processes that answer."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()]


def one_policy(folder: Path, operator: str = KIDSONLINE) -> Path:
    """Copy the policy of one operator to *folder*, so that a server is soon there; return the folder."""
    for part in (operator, "shared", f"house/{operator}"):
        if (POLICIES / part).is_dir():
            shutil.copytree(POLICIES / part, folder / part)
    return folder


def started(policies: Path, store: str, state: Path, *more: str, workers: int = 2) -> Start:
    """Return what starts `pdp serve` with the options *more*; it answers, whether or not it is ready."""

    @contextmanager
    def start() -> Iterator[Served]:
        options = ("--workers", str(workers), "--policies", str(policies), "--store", store, *more)
        with _running((*REAL, *options), state) as process:
            said: list[str] = []
            event = _ready(process, said)
            draining = threading.Thread(target=_drain, args=(process, said), daemon=True)
            draining.start()
            server = Served(process.pid, event["address"], said)
            try:
                yield server
            finally:
                server.kill()
                draining.join()

    return start


def _drain(process: "subprocess.Popen[str]", said: list[str]) -> None:
    """Take whatever the server says: with a full pipe it could not go on."""
    assert process.stderr is not None
    said.extend(process.stderr)


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
        process.wait()
        for stream in (process.stdin, process.stderr):
            if stream is not None:
                stream.close()


def _ready(process: "subprocess.Popen[str]", said: list[str] | None = None) -> dict[str, Any]:
    assert process.stderr is not None
    said = [] if said is None else said
    while line := process.stderr.readline():
        said.append(line)
        if line.startswith("{"):
            event: dict[str, Any] = json.loads(line)
            if event["event"] in {"ready", "not-ready"}:
                return event
    raise AssertionError("".join(said))
