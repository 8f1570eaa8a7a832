"""A server that is asked more than it can answer: where its knee is, what it answers beyond, and whom that touches.

Usage: python -m benchmarks.overload [--seconds N] [--json FILE]
The server has one core and the load the other. Each answer is held against what is answered when nothing else is asked.
A flood comes from a process of its own. A quiet caller asks four times: alone on an idle machine, while another caller
asks as much as the server bears, while that one floods it, and while another server on the same core is flooded (the
*control*: what the machine itself adds). The *knee* is the highest rate that is answered with a 99th percentile of at
most ten milliseconds (--knee-ms for another bound) in one of two attempts; a call is good when it is answered within
250 ms.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.knee import KNEE_MS, knee
from benchmarks.overload.answers import compared, settled
from benchmarks.overload.asking import asked, milliseconds, told
from benchmarks.overload.flooder import flooding
from benchmarks.served.open_loop import Outcome, Stream, ask_at_rates
from benchmarks.served.processes import Running, ours
from pdp.callers.key_store import KeyStore

BEYOND: Final = 5
BORNE: Final = 0.9
"""With what the quiet caller asks, the knee."""

_FIRST_RATE: Final = 500.0
_SETTLING_RATE: Final = 100.0
_SETTLING_SECONDS: Final = 1.0
_COST_SECONDS: Final = 8.0
"""So long is enough for a mean, and servers are started six times for it."""

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
        # A revocation into memory would be none.
        more = ["--store", f"sqlite:///{folder}/facts.db"]
        more += ["--callers", str(folder / "callers.yaml")] if with_callers else []
        with ours([core], None, more=more) as running:
            yield running, keys


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


def measure(seconds: float, bound_ms: float = KNEE_MS, first: float = _FIRST_RATE) -> dict[str, Any]:
    """Return every figure of one run; the knee is looked for from *first* calls a second on."""
    cores = sorted(os.sched_getaffinity(0))
    server_core, load_core = cores[-1], cores[0]
    os.sched_setaffinity(0, {load_core})
    with served(server_core) as (running, keys):
        quiet, said = asked(keys["quiet"]), Counter[tuple[int, bytes]]()

        def ask(rate: float, lasting: float = seconds) -> Outcome:
            (outcome,) = ask_at_rates(running.address, [Stream(quiet, rate)], lasting)
            said.update(outcome.said)
            return outcome

        right = settled(ask(_SETTLING_RATE, _SETTLING_SECONDS).said)
        rate, at_knee = knee(ask, first, bound_ms)
        if not rate:
            raise SystemExit(f"even {first:.0f} calls a second are not answered in time: leave the machine alone")
        beyond, probed = _beyond(running, keys["register"], ask, rate, seconds)
        alone = ask(rate / 10)
        with flooding(running.address, keys["flood"], BORNE * rate, seconds) as borne:
            beside_borne = ask(rate / 10)
        with flooding(running.address, keys["flood"], BEYOND * rate, seconds) as flooded:
            beside = ask(rate / 10)
        with (
            served(server_core) as (other, their_keys),
            flooding(other.address, their_keys["flood"], BEYOND * rate, seconds) as elsewhere,
        ):
            control = ask(rate / 10)
    return {
        "seconds": seconds,
        "knee_bound_ms": bound_ms,
        "processors_wanted": round(os.getloadavg()[0], 1),
        "cost_us": cost(server_core, rate / 2, min(seconds, _COST_SECONDS)),
        "knee": {"calls_a_second": round(rate), "p99_ms": milliseconds(at_knee.percentile(0.99))},
        "beyond": {"goodput_of_knee": round(len(beyond.answered) / seconds / rate, 3), **told(beyond)},
        "beyond_probed": probed,
        "answers": compared(said, right),
        "quiet_alone": told(alone),
        "quiet_beside_what_is_borne": told(beside_borne),
        "borne": borne,
        "quiet_beside_flood": told(beside),
        "flood": flooded,
        "quiet_beside_flood_of_another": told(control),
        "flood_of_another": elsewhere,
        "quiet_p99_of_control": _ratio(beside, control),
        "quiet_p99_of_beside_what_is_borne": _ratio(beside, beside_borne),
        "quiet_p99_of_alone": _ratio(beside, alone),
    }


def _beyond(
    running: Running, authorization: str, ask: Callable[[float], Outcome], rate: float, seconds: float
) -> tuple[Outcome, dict[str, Any]]:
    """Ask at five times the knee, and return what became of it and of health, grants and revocations meanwhile."""
    command = [sys.executable, "-m", "benchmarks.served.prober", running.address, authorization, str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as prober:
        assert prober.stdin is not None
        assert prober.stdout is not None
        prober.stdout.readline()
        prober.stdin.write("begin\n")
        prober.stdin.flush()
        beyond = ask(BEYOND * rate)
        return beyond, json.loads(prober.communicate(timeout=seconds + 60)[0])


def _ratio(one: Outcome, other: Outcome) -> float | None:
    ratio = one.percentile(0.99) / other.percentile(0.99)
    return round(ratio, 2) if ratio == ratio and ratio != float("inf") else None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each rate is held")
    parser.add_argument("--knee-ms", type=float, default=KNEE_MS, help="the 99th percentile that makes the knee")
    parser.add_argument(
        "--first", type=float, default=_FIRST_RATE, help="calls a second from which the knee is looked for"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    figures = json.dumps(measure(arguments.seconds, arguments.knee_ms, arguments.first), indent=2)
    print(figures)
    if arguments.json:
        arguments.json.write_text(f"{figures}\n", "utf-8")


if __name__ == "__main__":
    main()
