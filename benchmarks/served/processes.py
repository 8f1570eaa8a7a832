"""Starts the servers that are compared, each on the cores that it is given, and stops them."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import grpc

from benchmarks import peers

POLICIES: Final = peers.ROOT / "policies"
_READY_SECONDS: Final = 120.0
_CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers at *address*; *pids* are its processes."""

    address: str
    pids: tuple[int, ...]

    def processor_seconds(self) -> float:
        """Return how long its processes have been on a processor since they started."""
        return sum(_processor_seconds(pid) for pid in self.pids)


def _processor_seconds(pid: int) -> float:
    # After the name, which may hold anything: the 12th and 13th field are the ticks in user and in kernel mode.
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


@contextmanager
def connected(address: str) -> Iterator[grpc.Channel]:
    """Connect to *address* directly, past any proxy."""
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        grpc.channel_ready_future(channel).result(timeout=_READY_SECONDS)
        yield channel


@contextmanager
def ours(
    cores: Sequence[int], decision_log: Path | None, *, workers: int = 1, more: Sequence[str] = ()
) -> Iterator[Running]:
    """Run `pdp serve` with the operators' own policies and nothing stored; its records go to *decision_log*.

    *more* are further options.
    """
    command = [sys.executable, "-m", "pdp", "serve", "--listen", "127.0.0.1:0", "--policies", str(POLICIES)]
    command += ["--workers", str(workers), "--decision-log", str(decision_log or "none")]
    # A store in memory is that of one process; several have none.
    command += ["--store", "memory:" if workers == 1 else "none:", *more]
    with _process(command, cores, stderr=subprocess.PIPE) as process:
        ready = _awaited(process.stderr, process, _ready_line)
        yield Running(ready["address"], (process.pid, *ready["workers"]))


def _ready_line(line: str) -> dict[str, Any] | None:
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return said if said.get("event") == "ready" else None


@contextmanager
def echo(cores: Sequence[int], lengths: Mapping[str, int], *, public: bool = False) -> Iterator[Running]:
    """Run the echo with a method for each of *lengths*: its answers are so many bytes long.

    *public*: the public server of gRPC answers, from a pool of threads.
    """
    command = [sys.executable, "-m", "benchmarks.served.echo", *(["--public"] if public else [])]
    command += [f"{name}={size}" for name, size in lengths.items()]
    with started(command, cores) as (process, address):
        yield Running(address, (process.pid,))


@contextmanager
def started(command: Sequence[str], cores: Sequence[int]) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run a server that prints its address once it answers; yield its process and the address."""
    with _process(command, cores, stdout=subprocess.PIPE) as process:
        yield process, _awaited(process.stdout, process, str.strip)


@contextmanager
def cerbos(
    cores: Sequence[int], folder: Path, policies: Mapping[str, Mapping[str, Any]], *, audit: bool
) -> Iterator[Running]:
    """Run Cerbos with *policies* written to *folder*; with *audit* it records every decision in a file there."""
    stored = folder / "policies"
    stored.mkdir(parents=True)
    for name, content in policies.items():
        (stored / name).write_text(json.dumps(content), "utf-8")
    port, http_port = _free_port(), _free_port()
    configuration = {
        "server": {"grpcListenAddr": f"127.0.0.1:{port}", "httpListenAddr": f"127.0.0.1:{http_port}"},
        "storage": {"driver": "disk", "disk": {"directory": str(stored), "watchForChanges": False}},
        "telemetry": {"disabled": True},
        "audit": {
            "enabled": audit,
            "accessLogsEnabled": False,
            "decisionLogsEnabled": audit,
            "backend": "file",
            "file": {"path": str(folder / "audit.log")},
        },
    }
    file = folder / "cerbos.json"
    file.write_text(json.dumps(configuration), "utf-8")
    command = [str(peers.required(peers.CERBOS)), "server", f"--config={file}", "--log-level=error"]
    # Go makes a thread for each core of the machine unless it is told how many there are for it.
    with _process(command, cores, GOMAXPROCS=str(len(cores))) as process:
        _wait_until_listening(port, process)
        yield Running(f"127.0.0.1:{port}", (process.pid,))


@contextmanager
def _process(
    command: Sequence[str], cores: Sequence[int], stdout: int | None = None, stderr: int | None = None, **more: str
) -> Iterator["subprocess.Popen[str]"]:
    environment = {**os.environ, **more}
    placed = ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]
    process = subprocess.Popen(placed, cwd=peers.ROOT, env=environment, stdout=stdout, stderr=stderr, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _awaited(stream: IO[str] | None, process: "subprocess.Popen[str]", wanted: Callable[[str], Any]) -> Any:
    """Return what *wanted* makes of the first line in which it finds something."""
    assert stream is not None
    said: list[str] = []
    late = threading.Timer(_READY_SECONDS, process.kill)  # ends the lines too
    late.start()
    try:
        for line in iter(stream.readline, ""):
            said.append(line)
            if found := wanted(line):
                return found
    finally:
        late.cancel()
    raise RuntimeError(f"{process.args!r} did not start:\n{''.join(said)}")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_until_listening(port: int, process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("Cerbos did not start; see above")
