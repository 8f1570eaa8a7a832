"""What reloads of a policy do to the answers meanwhile: none may fail or be wrong; and how long the worst one takes.

    python -m benchmarks.reloading [--reloads 1000] [--callers 4] [--workers 2] [--most-seconds 0] [--json FILE]

A server of its own serves a copy of one operator's folder. Callers ask one question again and again, first quietly,
then while the folder is edited and reloaded. Every second edition lacks the rows that allow the question. Each answer
has to be of a revision that was in force between its beginning and its end, and to say what that revision says. Times
are milliseconds as the callers see them; callers, server and reloads share the cores of this machine.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from benchmarks import machine
from pdp.api.v1 import decision_pb2, policies_pb2
from pdp.wire.json_form import check_request_from_dict

ROOT: Final = Path(__file__).resolve().parents[1]
CHECK: Final = "/pdp.api.v1.DecisionService/Check"
RELOAD: Final = "/pdp.api.v1.PolicyService/Reload"
OPERATOR: Final = "kidsonline"
_PAUSE: Final = 0.002


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer: when it was asked for and came, in seconds, its revision and whether it allows; or a failure."""

    begun: float
    ended: float
    revision: str = ""
    allows: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """A reload that ended *at*, had taken so many *seconds*, and put edition *edition* in force as *revision*."""

    at: float
    seconds: float
    edition: int
    revision: str


def connected(address: str) -> grpc.Channel:
    """Return a connection to *address*, past any proxy."""
    return grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])


class Callers:
    """Callers who ask *body* of the server at *address*, each over a connection of its own."""

    def __init__(self, address: str, body: bytes, callers: int) -> None:
        self.seen: list[Seen] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(address, body), daemon=True) for _ in range(callers)]
        for thread in self._threads:
            thread.start()

    def end(self) -> list[Seen]:
        """Stop asking, and return what came back."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self.seen

    def _ask(self, address: str, body: bytes) -> None:
        with connected(address) as channel:
            check: Any = channel.unary_unary(CHECK)
            while not self._over.is_set():
                begun = time.monotonic()
                try:
                    answer = decision_pb2.CheckResponse.FromString(check(body, timeout=30))
                except grpc.RpcError as error:
                    self.seen.append(Seen(begun, time.monotonic(), failure=error.code().name))
                    continue
                allows = answer.decision == decision_pb2.DECISION_ALLOW
                self.seen.append(Seen(begun, time.monotonic(), answer.revision, allows))
                time.sleep(_PAUSE)


@contextmanager
def serving(policies: Path, workers: int) -> Iterator[str]:
    """Serve *policies* and yield the address."""
    command = [sys.executable, "-m", "pdp", "serve", "--listen", "127.0.0.1:0", "--policies", str(policies)]
    process = subprocess.Popen(
        [*command, "--decision-log", "none", "--watch-seconds", "0", "--workers", str(workers)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stderr or ():
            if json.loads(line)["event"] == "ready":
                # A server whose events nobody reads stands still once the pipe is full, some hundred reloads on.
                threading.Thread(target=_read_on, args=(process.stderr,), daemon=True).start()
                yield json.loads(line)["address"]
                break
        else:
            raise RuntimeError("the server did not start")
    finally:
        process.kill()
        process.communicate()


def _read_on(lines: Iterable[str] | None) -> None:
    for _ in lines or ():
        pass


def run(reloads: int, callers: int, workers: int, quiet_seconds: float, most_seconds: float = 0.0) -> dict[str, Any]:
    """Return the figures of one run, in which `failed` and `wrong` have to be 0.

    It ends with fewer reloads when *most_seconds* are over, 0 for no bound.
    """
    question = json.loads((ROOT / "policies" / OPERATOR / "cases.json").read_text("utf-8"))
    asked = next(case for case in question if case["expect"]["decision"] == "allow")
    body = check_request_from_dict(asked["request"]).SerializeToString()
    with tempfile.TemporaryDirectory() as directory:
        policies = Path(directory)
        for folder in (OPERATOR, "shared"):
            shutil.copytree(ROOT / "policies" / folder, policies / folder)
        file = policies / OPERATOR / "policy.csv"
        text = file.read_text("utf-8")
        with serving(policies, workers) as address, connected(address) as channel:
            check: Any = channel.unary_unary(CHECK)
            first = decision_pb2.CheckResponse.FromString(check(body, timeout=30, wait_for_ready=True))
            lacking = _without(text, {reason.rule for reason in first.reasons})
            quiet = _seen_for(Callers(address, body, callers), quiet_seconds)
            loaded = Callers(address, body, callers)
            done = [Reloaded(0.0, 0.0, 0, first.revision)]
            reload: Any = channel.unary_unary(RELOAD)
            begun = time.monotonic()
            for edition in range(1, reloads + 1):
                if most_seconds and time.monotonic() - begun > most_seconds:
                    break
                _replace(file, (lacking if edition % 2 else text) + f"# edition {edition}\n")
                done.append(_reload(reload, edition))
            seen = loaded.end()
    return {
        "reloads": len(done) - 1,
        "callers": callers,
        "workers": workers,
        "answers": len(seen),
        "failed": sum(bool(one.failure) for one in (*quiet, *seen)),
        "wrong": wrong(seen, done),
        "revisions_seen": len({one.revision for one in seen}),
        "quiet_ms": _milliseconds(quiet),
        "reloading_ms": _milliseconds(seen),
        "reload_ms": _spread([one.seconds for one in done[1:]]),
    }


def wrong(seen: Sequence[Seen], done: Sequence[Reloaded]) -> int:
    """Return how many answers are of no revision that was in force meanwhile, or do not say what it says."""
    editions = {one.revision: one.edition for one in done}
    number = 0
    for answer in seen:
        edition = editions.get(answer.revision, -1)
        newest_before = max(one.edition for one in done if one.at <= answer.begun)
        oldest_after = min((one.edition for one in done if one.at >= answer.ended), default=len(done))
        is_right = newest_before <= edition <= oldest_after and answer.allows == (edition % 2 == 0)
        number += not answer.failure and not is_right
    return number


def _without(text: str, rules: set[str]) -> str:
    """Return the policy without the rows of *rules*."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if line.split(",")[1:2] not in [[f" {rule}"] for rule in rules])


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name(".fresh")
    fresh.write_text(text, "utf-8")
    fresh.rename(file)


def _reload(reload: Any, edition: int) -> Reloaded:
    begun = time.monotonic()
    body = policies_pb2.ReloadRequest(operator=OPERATOR).SerializeToString()
    answer = policies_pb2.ReloadResponse.FromString(reload(body, timeout=120))
    if not answer.activated:
        raise RuntimeError(f"edition {edition} was refused: {answer.findings}")
    return Reloaded(time.monotonic(), time.monotonic() - begun, edition, answer.revision)


def _seen_for(callers: Callers, seconds: float) -> list[Seen]:
    time.sleep(seconds)
    return callers.end()


def _milliseconds(seen: Sequence[Seen]) -> dict[str, float]:
    return _spread([one.ended - one.begun for one in seen])


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(each * 1_000 for each in seconds)
    at = {"median": statistics.median(ordered), "p99": ordered[len(ordered) * 99 // 100], "worst": ordered[-1]}
    return {name: round(value, 2) for name, value in at.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the figures and return the exit code: 1 when an answer failed or was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reloading", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--reloads", type=int, default=1_000, help="how many [1000]")
    parser.add_argument("--callers", type=int, default=4, help="who ask at once [4]")
    parser.add_argument("--workers", type=int, default=2, help="processes that answer [2]")
    parser.add_argument("--quiet-seconds", type=float, default=10.0, help="of questions without reloads [10]")
    parser.add_argument("--most-seconds", type=float, default=0.0, help="of reloads; 0 for no bound [0]")
    parser.add_argument("--json", type=Path, help="a file to keep the figures in")
    given = parser.parse_args(arguments)
    busy = machine.busy()
    figures = run(given.reloads, given.callers, given.workers, given.quiet_seconds, given.most_seconds)
    figures |= {"machine": machine.describe(), "busy": {"before": busy, "after": machine.busy()}}
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    counted = f"{figures['failed']} failed, {figures['wrong']} wrong, {figures['revisions_seen']} revisions seen"
    print(f"{figures['answers']} answers during {figures['reloads']} reloads: {counted}")
    for name in ("quiet_ms", "reloading_ms", "reload_ms"):
        spread = figures[name]
        print(f"{name:<13} median {spread['median']:>8}  p99 {spread['p99']:>8}  worst {spread['worst']:>8}")
    return 1 if figures["failed"] or figures["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
