"""A server that is asked more than it can answer: where its knee is, what it answers beyond, and whom that touches.

Usage: python -m benchmarks.overload [--seconds N] [--json FILE]
The server has one core and the load the other. The *knee* is the highest rate that is answered with a 99th percentile
of at most ten milliseconds (--knee-ms for another bound) in one of two attempts; a call is good when it is answered
within 250 ms.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.knee import KNEE_MS, knee
from benchmarks.served.open_loop import Asked, Outcome, Stream, ask_at_rates
from benchmarks.served.ours_api import CHECK, request_body
from benchmarks.served.processes import Running, ours
from benchmarks.served.situations import without_facts
from pdp.callers.key_store import KeyStore

BEYOND: Final = 5
_FIRST_RATE: Final = 250.0

_FILE: Final = """
keys: {file: keys.json, pepper: keys.pepper}
callers:
  flood: {api_keys: yes, operators: [kidsonline], methods: [DecisionService]}
  quiet: {api_keys: yes, operators: [kidsonline], methods: [DecisionService]}
  register:
    api_keys: yes
    operators: [kidsonline]
    methods: [FactService]
    writes: [role, consent, ground, containment]
    actors: [service]
"""


@contextmanager
def served(core: int, *, with_callers: bool = True) -> Iterator[tuple[Running, Mapping[str, str]]]:
    """Serve on *core*; give the server and what each caller shows."""
    with tempfile.TemporaryDirectory(prefix="pdp-bench-") as name:
        folder = Path(name)
        (folder / "callers.yaml").write_text(_FILE, "utf-8")
        store = KeyStore(folder / "keys.json", folder / "keys.pepper")
        keys = {
            caller: f"ApiKey {store.issue(caller, 1, '', datetime.now(UTC))[0]}"
            for caller in ("flood", "quiet", "register")
        }
        more = ("--callers", str(folder / "callers.yaml")) if with_callers else ()
        with ours([core], None, more=more) as running:
            yield running, keys


def asked(authorization: str = "") -> Asked:
    """Return one question of the comparison, with a credential if there is one."""
    return Asked(CHECK, request_body(without_facts(0)), authorization)


def cost(core: int, rate: float, seconds: float, rounds: int = 3) -> dict[str, float]:
    """Return the processor time of one call in microseconds with and without callers, in turn at the same rate."""
    found: dict[str, list[float]] = {"with_callers": [], "without": []}
    for _ in range(rounds):
        for name, with_callers in (("with_callers", True), ("without", False)):
            with served(core, with_callers=with_callers) as (running, keys):
                question = asked(keys["quiet"] if with_callers else "")
                ask_at_rates(running.address, [Stream(question, rate)], 1.0)
                before = running.processor_seconds()
                (outcome,) = ask_at_rates(running.address, [Stream(question, rate)], seconds)
                found[name].append((running.processor_seconds() - before) / max(1, len(outcome.answered)) * 1e6)
    return {name: round(statistics.median(values), 1) for name, values in found.items()}


def measure(seconds: float, bound_ms: float = KNEE_MS) -> dict[str, Any]:
    """Return every figure of one run."""
    cores = sorted(os.sched_getaffinity(0))
    server_core, load_core = cores[-1], cores[0]
    os.sched_setaffinity(0, {load_core})
    with served(server_core) as (running, keys):
        flood, quiet = asked(keys["flood"]), asked(keys["quiet"])
        rate, at_knee = knee(
            lambda rate: ask_at_rates(running.address, [Stream(quiet, rate)], seconds)[0], _FIRST_RATE, bound_ms
        )
        if not rate:
            raise SystemExit(f"even {_FIRST_RATE:.0f} calls a second are not answered in time: leave the machine alone")
        prober = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.served.prober", running.address, keys["register"], str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
        )
        (beyond,) = ask_at_rates(running.address, [Stream(quiet, BEYOND * rate)], seconds)
        probed = json.loads(prober.communicate(timeout=seconds + 60)[0])
        (alone,) = ask_at_rates(running.address, [Stream(quiet, rate / 10)], seconds)
        flooded, beside = ask_at_rates(
            running.address, [Stream(flood, BEYOND * rate), Stream(quiet, rate / 10)], seconds
        )
    return {
        "seconds": seconds,
        "knee_bound_ms": bound_ms,
        "processors_wanted": round(os.getloadavg()[0], 1),
        "cost_us": cost(server_core, rate / 2, seconds),
        "knee": {"calls_a_second": round(rate), "p99_ms": _ms(at_knee.percentile(0.99))},
        "beyond": {"goodput_of_knee": round(len(beyond.answered) / seconds / rate, 3), **_told(beyond)},
        "beyond_probed": probed,
        "quiet_alone": _told(alone),
        "quiet_beside_flood": _told(beside),
        "flood": _told(flooded),
    }


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "due": outcome.due,
        "answered": len(outcome.answered),
        "refused": outcome.refused,
        "late": outcome.late,
        "unsent": outcome.unsent,
        "p50_ms": _ms(outcome.percentile(0.5)),
        "p99_ms": _ms(outcome.percentile(0.99)),
    }


def _ms(seconds: float) -> float | None:
    return round(seconds * 1000, 2) if seconds != float("inf") else None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each rate is held")
    parser.add_argument("--knee-ms", type=float, default=KNEE_MS, help="the 99th percentile that makes the knee")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    figures = json.dumps(measure(arguments.seconds, arguments.knee_ms), indent=2)
    print(figures)
    if arguments.json:
        arguments.json.write_text(f"{figures}\n", "utf-8")


if __name__ == "__main__":
    main()
