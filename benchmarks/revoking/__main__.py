"""How long a revocation takes until it is acknowledged, over three servers at half of what they can answer.

Usage: python -m benchmarks.revoking [--store sqlite|postgresql] [--seconds N] [--rate CHECKS]
    [--knee-seconds N] [--knee-ms MS] [--folder DIR] [--json FILE]
Three servers answer over one store and one Redis; those who ask, a database and a Redis share the machine with them.
All the time mothers grant and revoke: by one server the grant, by any the revocation. First the knee of the three
together is looked for (`benchmarks.knee`): what they can answer beside these changes, each of which makes answers be
worked out anew. Then they are asked at half of it. Where the time of the revocations went is told stage
by stage (`benchmarks.revoking.stages`).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.knee import KNEE_MS, knee
from benchmarks.revoking import stages
from benchmarks.served.open_loop import Asked, Outcome, Stream, ask_at_rates
from benchmarks.served.ours_api import CHECK
from tests.caching.redis_server import redis_server
from tests.storm.storm import Plan, served
from tests.storm.world import FAMILIES, PHOTOS, question

STORES: Final = ("sqlite", "postgresql")
BOUNDS_MS: Final = {"sqlite": 50.0, "postgresql": 150.0}
"""The 99th percentile that is aimed at, in milliseconds."""

_FIRST_RATE: Final = 90.0
_WARMING_RATE: Final = 300.0
_WARMING_SECONDS: Final = 4.0
"""Time enough to ask each server about everybody once."""


def streams(addresses: list[str], rate: float) -> list[Stream]:
    """Return what asks all of *addresses* together *rate* times a second, about every family in turn."""
    bodies = [question(family, photo).SerializeToString() for photo in range(PHOTOS) for family in range(FAMILIES)]
    asked = Asked(CHECK, bodies[0], others=tuple(bodies[1:]))
    return [Stream(asked, rate / len(addresses), address=address) for address in addresses]


def asked_of_all(addresses: list[str], rate: float, seconds: float) -> Outcome:
    """Ask all of *addresses* together *rate* times a second, and return what became of it as one."""
    whole = Outcome()
    for outcome in ask_at_rates("", streams(addresses, rate), seconds):
        whole.answered += outcome.answered
        whole.refused += outcome.refused
        whole.late += outcome.late
        whole.unsent += outcome.unsent
        whole.sent += outcome.sent
    return whole


class Revoker:
    """A process that grants and revokes by all of *addresses* when it is told so."""

    def __init__(self, addresses: list[str]) -> None:
        command = [sys.executable, "-m", "benchmarks.served.revoker", *addresses]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said: dict[str, Any] = {}
        self._line()

    def begin(self, seconds: float) -> None:
        """Let it begin, and go on for so long."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """Wait until it has ended, and keep what it says."""
        self.said = json.loads(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def __enter__(self) -> "Revoker":
        """Return it, ready."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@dataclass(frozen=True)
class Lengths:
    """How long each rate is held on the way to the knee, and how long there is revoking; *rate* is asked for instead
    of half the knee, 0 to look for the knee."""

    knee: float
    revoking: float
    rate: float = 0.0


def measure(store: str, lengths: Lengths, bound_ms: float = KNEE_MS, folder: Path | None = None) -> dict[str, Any]:
    """Return every figure of one store."""
    with _servers(store, folder) as (addresses, pids, own), Revoker(addresses) as revoker:
        asked_of_all(addresses, _WARMING_RATE, _WARMING_SECONDS)

        def ask(rate: float, seconds: float) -> Outcome:
            revoker.begin(seconds)
            outcome = asked_of_all(addresses, rate, seconds)
            revoker.end()
            return outcome

        rate, p99 = lengths.rate * 2, None
        if not rate:
            rate, at_knee = knee(lambda rate: ask(rate, lengths.knee), _FIRST_RATE, bound_ms)
            p99 = round(at_knee.percentile(0.99) * 1000, 2)
        if not rate:
            raise SystemExit(f"even {_FIRST_RATE:.0f} calls a second are not answered in time: leave the machine alone")
        used, asking, serving = _processor_seconds(), time.process_time(), _process_seconds(pids)
        beside = ask(rate / 2, lengths.revoking)
        said = revoker.said
        used, asking, serving = (
            _processor_seconds() - used, time.process_time() - asking, _process_seconds(pids) - serving
        )  # fmt: skip
        parts = stages.parted(said["took"], stages.read(own.glob("stages-*")))
    took = sorted((answered - sent) * 1000 for _, sent, answered in said["took"])
    return {
        "store": store,
        "seconds": lengths.revoking,
        "knee_bound_ms": bound_ms,
        "processors_wanted": round(os.getloadavg()[0], 1),
        "processors_used": {
            "by_all_of_the_machine": round(used / lengths.revoking, 2),
            "by_the_servers": round(serving / lengths.revoking, 2),
            "by_those_who_ask": round(asking / lengths.revoking, 2),
            "by_those_who_revoke": round(said["processor_seconds"] / lengths.revoking, 2),
        },
        "knee": {"calls_a_second": round(rate), "p99_ms": p99},
        "at_half_the_knee": {
            "checks": beside.due,
            "answered": len(beside.answered),
            "checks_p99_ms": round(beside.percentile(0.99) * 1000, 2),
            "revocations": len(took),
            "failed": said["failed"],
            "revoked_p50_ms": _part(took, 0.5),
            "revoked_p99_ms": _part(took, 0.99),
            "revoked_longest_ms": _part(took, 1.0),
            "aim_p99_ms": BOUNDS_MS[store],
        },
        "stages": stages.table(parts),
    }


def _processor_seconds() -> float:
    """Return for how long the processors of this machine have been busy, whoever made them so."""
    user, nice, system, _idle, _waiting, interrupt, soft, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + interrupt + soft) / os.sysconf("SC_CLK_TCK")


def _process_seconds(pids: list[int]) -> float:
    """Return for how long processors have worked for these processes."""
    fields = [Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split() for pid in pids]
    return sum(int(own[11]) + int(own[12]) for own in fields) / os.sysconf("SC_CLK_TCK")


def _part(ordered: list[float], part: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 2) if ordered else None


@contextmanager
def _servers(store: str, parent: Path | None) -> Iterator[tuple[list[str], list[int], Path]]:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="pdp-revoking-", dir=parent))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        redis = stack.enter_context(redis_server(folder))
        plan = Plan(store, 0, 0, is_calm=True, instance="benchmarks.revoking.instance")
        servers = stack.enter_context(served(plan, folder, redis.address))
        yield [address for address, _ in servers], [pid for _, pid in servers], folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=STORES, action="append", help="over this store alone")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long there is revoking")
    parser.add_argument("--knee-seconds", type=float, default=3.0, help="how long each rate is held before that")
    parser.add_argument("--rate", type=float, default=0.0, help="checks a second, instead of half the knee")
    parser.add_argument("--knee-ms", type=float, default=KNEE_MS, help="the 99th percentile that makes the knee")
    parser.add_argument("--folder", type=Path, help="where the store lies; a temporary one by default")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    found = []
    for store in arguments.store or STORES:
        lengths = Lengths(arguments.knee_seconds, arguments.seconds, arguments.rate)
        found.append(measure(store, lengths, arguments.knee_ms, arguments.folder))
        print(json.dumps(found[-1], indent=2), flush=True)
    if arguments.json:
        arguments.json.write_text(f"{json.dumps(found, indent=2)}\n", "utf-8")


if __name__ == "__main__":
    main()
