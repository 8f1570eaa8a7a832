"""`python -m tests.system.drain_storm`: a server is ended and started again under load, and nobody loses anything.

Callers ask without a pause and ask again where they are told UNAVAILABLE, as the contract says; a writer writes so too.
Again and again the server is sent SIGTERM and another one started in its place. Lost is what ends in any other way, an
answer without a record, a write that was acknowledged and is not stored, and a server that does not end in order. So is
what is told CANCELLED: gRPC's core says so of calls that reached it and that it had not handed over when the server
ended.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc

from pdp.api.v1 import decision_pb2_grpc, facts_pb2_grpc
from pdp.server.inline_calls import InlineCalls
from pdp.server.running_server import RunningServer
from pdp.wiring.stores import fact_store
from pdp_adapters.json_decision_log import JsonDecisionLog
from tests.stores.writing import all_of
from tests.storm.world import FAMILIES, OPERATOR, question, unrelated

ROOT: Final = Path(__file__).parents[2]
CALLERS: Final = 6
_PATIENCE: Final = 60.0
_AGAIN_SECONDS: Final = 0.01
_WITHOUT_PROXY: Final = (("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", 200))


def _asks_on() -> None:
    """A server that ends goes on asking for calls, and the thread that takes events ends with what it is told then."""

    def ask_for(self: InlineCalls, method: Any, _real: Any = InlineCalls._ask_for) -> None:
        try:
            _real(self, method)
        except ValueError as error:
            raise RuntimeError from error

    setattr(InlineCalls, "_ask_for", ask_for)  # noqa: B010


def _stops_at_once() -> None:
    """The core is told to end while there are connections on which it can say CANCELLED."""

    def drain(self: RunningServer, grace: float | None) -> threading.Event:
        self._ended = self._server.stop(grace)
        return self._ended

    setattr(RunningServer, "drain", drain)  # noqa: B010


def _log_left_behind() -> None:
    """Records are written some at a time, and the end leaves those that are held."""
    held: list[bytes] = []
    real = JsonDecisionLog._write

    def write(self: JsonDecisionLog, lines: bytes, _records: int) -> None:
        held.append(lines)
        if len(held) >= _HELD:
            real(self, b"".join(held), len(held))
            held.clear()

    setattr(JsonDecisionLog, "_write", write)  # noqa: B010


_HELD: Final = 32


TWINS: Final[dict[str, Callable[[], None]]] = {
    "none": lambda: None,
    "asks-on": _asks_on,
    "log-left-behind": _log_left_behind,
    "stops-at-once": _stops_at_once,
}


@dataclass
class Report:
    """What was asked, and what was lost."""

    answered: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    again: int = 0
    ended: list[int] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """Return the report."""
        return (
            f"{len(self.ended)} ends, {len(self.answered):,} answers, {len(self.written):,} writes,"
            f" {self.again:,} times asked again, {self.lost['CANCELLED']} told CANCELLED,"
            f" lost: {dict(+self.lost) or 'nothing'}"
        )


class _Caller(threading.Thread):
    """Asks, or writes, without a pause until the end."""

    def __init__(self, number: int, address: str, ending: threading.Event, report: Report) -> None:
        super().__init__(daemon=True)
        self._number = number
        self._address = address
        self._ending = ending
        self._report = report

    def run(self) -> None:
        """Ask until the end; what has been begun is ended."""
        with grpc.insecure_channel(self._address, options=_WITHOUT_PROXY) as channel:
            decisions = decision_pb2_grpc.DecisionServiceStub(channel)
            facts = facts_pb2_grpc.FactServiceStub(channel)
            at = 0
            while not self._ending.is_set():
                at += 1
                if self._number:
                    answer = self._answered(decisions.Check, question((self._number * 7 + at) % FAMILIES, at % 4))
                    if answer is not None:
                        self._report.answered.append(answer.decision_id)
                else:
                    change = unrelated(at)
                    change.request_id = f"write {at}"
                    answer = self._answered(facts.WriteFacts, change)
                    if answer is not None:
                        self._report.written.extend(answer.ids)

    def _answered(self, call: Callable[..., Any], asked: Any) -> Any:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                return call(asked, timeout=_PATIENCE)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    self._report.lost[f"{error.code().name}"] += 1
                    return None
            self._report.again += 1
            time.sleep(_AGAIN_SECONDS)
        self._report.lost["never answered"] += 1
        return None


@contextmanager
def _server(address: str, folder: Path, twin: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.system.drain_storm", "--serve", twin, "--listen", address]
    command += ["--store", f"sqlite:///{folder}/facts.db", "--decision-log", str(folder / "log.jsonl")]
    command += ["--workers", "1", "--policies", str(folder / "policies")]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}", "XDG_STATE_HOME": str(folder)}
    with (folder / "server.log").open("ab") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_until_it_answers(address: str, process: "subprocess.Popen[str]") -> None:
    with grpc.insecure_channel(address, options=_WITHOUT_PROXY) as channel:
        stub = decision_pb2_grpc.DecisionServiceStub(channel)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            try:
                stub.Check(question(0, 0), timeout=1)
            except grpc.RpcError:
                time.sleep(0.02)
            else:
                return
    raise AssertionError("the server does not answer")


def run(ends: int, seconds: float, twin: str = "none") -> Report:
    """End a server so often, *seconds* after it has begun to answer each time, and return what came of it."""
    report, ending = Report(), threading.Event()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="pdp-drain-") as name:
        folder = Path(name)
        # One operator is ready sooner than all.
        for each in (OPERATOR, "house", "shared"):
            shutil.copytree(ROOT / "policies" / each, folder / "policies" / each)
        callers = [_Caller(number, address, ending, report) for number in range(CALLERS)]
        for _ in range(ends):
            with _server(address, folder, twin) as process:
                _wait_until_it_answers(address, process)
                if not report.ended:
                    for caller in callers:
                        caller.start()
                time.sleep(seconds)
                process.send_signal(signal.SIGTERM)
                report.ended.append(process.wait(_PATIENCE))
        with _server(address, folder, "none") as process:
            _wait_until_it_answers(address, process)
            ending.set()
            for caller in callers:
                caller.join(_PATIENCE)
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)
        recorded = (folder / "log.jsonl").read_text("utf-8")
        report.lost["without a record"] += sum(f'"{id_}"' not in recorded for id_ in report.answered)
        store = fact_store(f"sqlite:///{folder}/facts.db")
        stored = {fact.id for fact in all_of(store, OPERATOR)}
        store.close()
        report.lost["written and not stored"] += sum(id_ not in stored for id_ in report.written)
        report.lost["ends with trouble"] += sum(code != 0 for code in report.ended)
        report.lost = +report.lost
    return report


def main() -> int:
    """Run what is asked for; return 1 where something was lost, and for a twin where nothing was."""
    if sys.argv[1:2] == ["--serve"]:
        from pdp.cli import main as command

        TWINS[sys.argv[2]]()
        sys.argv[1:] = ["serve", *sys.argv[3:]]
        command()
    parser = argparse.ArgumentParser(prog="python -m tests.system.drain_storm", description=__doc__)
    parser.add_argument("--ends", type=int, default=100, help="how often the server is ended")
    parser.add_argument("--seconds", type=float, default=2.0, help="so long each one answers")
    parser.add_argument("--twin", choices=sorted(TWINS), default="none")
    chosen = parser.parse_args()
    report = run(chosen.ends, chosen.seconds, chosen.twin)
    print(report.line())  # noqa: T201
    return int(bool(report.lost) == (chosen.twin == "none"))


if __name__ == "__main__":
    sys.exit(main())
