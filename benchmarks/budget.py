"""Where the microseconds of one check go, without the wire: bytes, values, facts, decision, record, bytes.

`python -m benchmarks.budget` prints them for a request without facts, with three facts, and with three facts that no
request has brought before, so that nothing is remembered of them. `--profile` adds the functions that take the time.
"""

import argparse
import cProfile
import itertools
import json
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import undisturbed
from benchmarks.rounds import over_rounds
from benchmarks.served.ours_api import request_body
from benchmarks.served.processes import POLICIES
from benchmarks.served.situations import with_three_facts, without_facts
from pdp.core.caller import LOCAL
from pdp.decision_point import DecisionPoint
from pdp.server.decisions import Decisions
from pdp.server.methods import finished
from pdp.server.metrics_page import metering_of
from pdp.settings import Settings
from pdp.wire.request_reader import RequestReader
from pdp.wire.response_bytes import decision_to_bytes
from pdp.wiring.folders import load_policies
from pdp.wiring.logs import log_asked_for
from pdp.wiring.words import load_words
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock

STAGES: Final = (
    "bytes to values",
    "facts",
    "decision",
    "record",
    "answer to bytes",
)
WHOLE: Final = "the whole, as the server does it"

SEEN_MOTHERS: Final = 20
CHECKS: Final = 200
ROUNDS: Final = 15
_PROFILED: Final = 5_000
_SHOWN: Final = 25
_CHECK: Final = "pdp.api.v1.DecisionService.Check"

Body = Callable[[int], bytes]
"""The bytes of the request of this number; numbers are never given twice."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request; *body* makes the one of a number."""

    name: str
    body: Body


KINDS: Final = (
    Kind("no facts", lambda number: request_body(without_facts(number))),
    Kind("three facts", lambda number: request_body(with_three_facts(number, mother=number % SEEN_MOTHERS))),
    Kind("three unseen facts", lambda number: request_body(with_three_facts(number, mother=SEEN_MOTHERS + number))),
)


class Corridor:
    """The way of a request through one process, with records written to *records*, stage by stage or whole."""

    def __init__(self, records: Path, *, is_metered: bool = False) -> None:
        words = load_words()
        policies = load_policies(POLICIES, words).sets
        self._facts = NoStoredFacts()
        self._clock = SystemClock()
        # A folder that is there keeps chained records, anything else is a file of lines.
        self._log = log_asked_for(Settings(decision_log=str(records)), None)
        self._quiet = DecisionPoint(policies, self._facts, self._clock, NoDecisionLog())
        declared = {operator: policy.declared for operator, policy in policies.items()}
        self._reader = RequestReader(words, declared)
        self._metering = metering_of("127.0.0.1:0" if is_metered else "", 1, tuple(policies))
        self._metering.take(0)
        point = DecisionPoint(policies, self._facts, self._clock, self._log).counted_by(self._metering)
        decisions = Decisions(point, words)
        self._check = decisions.check
        self._check_batch = decisions.check_batch

    def whole(self, body: bytes) -> bytes:
        """Return the answer to *body*."""
        return finished(self._check(body, LOCAL))

    def metered(self, body: bytes) -> bytes:
        """Return the answer to *body*, whose duration is counted as the server counts it."""
        began = time.perf_counter()
        answer = self.whole(body)
        self._metering.took(_CHECK, time.perf_counter() - began)
        return answer

    def batch(self, body: bytes) -> bytes:
        """Return the answers to the batch in *body*."""
        return finished(self._check_batch(body, LOCAL))

    def staged(self, body: bytes) -> tuple[int, ...]:
        """Return how long each of STAGES took for *body*, in nanoseconds."""
        clock = time.perf_counter_ns
        at = self._clock.now()
        start = clock()
        request = self._reader.request(body)
        read = clock()
        self._facts.known_empty(request.operator, request.consistency)
        gathered = clock()
        decision = self._quiet.check(request)  # it asks for the facts once more
        decided = clock()
        self._log.record(request, decision, at)
        recorded = clock()
        decision_to_bytes(decision)
        end = clock()
        facts = gathered - read
        return read - start, facts, decided - gathered - facts, recorded - decided, end - recorded


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """Return for each kind of request what each stage takes, and the whole, in microseconds: medians over rounds."""
    with tempfile.NamedTemporaryFile(prefix="pdp-bench-") as records:
        path = Corridor(Path(records.name))
        numbers = itertools.count()
        rows: dict[str, dict[str, list[float]]] = {kind.name: {} for kind in KINDS}
        with undisturbed() as core:
            for number in range(rounds + 1):
                for kind in KINDS:
                    figures = _round(path, kind, numbers)
                    if number:  # the first round only warms up
                        for name, median in figures.items():
                            rows[kind.name].setdefault(name, []).append(median)
    return {
        "core": core,
        "checks_a_round": CHECKS,
        "kinds": {
            kind: {name: over_rounds(medians).as_json() for name, medians in found.items()}
            for kind, found in rows.items()
        },
    }


def _round(path: Corridor, kind: Kind, numbers: "itertools.count[int]") -> dict[str, float]:
    bodies = [kind.body(next(numbers)) for _ in range(2 * CHECKS)]
    staged = [path.staged(body) for body in bodies[:CHECKS]]
    clock = time.perf_counter_ns
    whole = []
    for body in bodies[CHECKS:]:
        start = clock()
        path.whole(body)
        whole.append(clock() - start)
    medians = {
        name: statistics.median(each) / 1_000 for name, each in zip(STAGES, zip(*staged, strict=True), strict=True)
    }
    return {**medians, WHOLE: statistics.median(whole) / 1_000}


def profile(kind: Kind) -> str:
    """Return the functions in which the checks of *kind* spend their time; the profiler makes calls look dearer."""
    with tempfile.TemporaryDirectory(prefix="pdp-bench-") as folder:
        path = Corridor(Path(folder) / "records.jsonl")
        bodies = [kind.body(number) for number in range(_PROFILED)]
        profiler = cProfile.Profile()
        for number in range(_PROFILED // 10):
            path.whole(kind.body(_PROFILED + number))
        profiler.enable()
        for body in bodies:
            path.whole(body)
        profiler.disable()
    functions = pstats.Stats(profiler).get_stats_profile().func_profiles
    total = sum(found.tottime for found in functions.values())
    ranked = sorted(functions.items(), key=lambda item: item[1].tottime, reverse=True)[:_SHOWN]
    lines = [f"profile of {kind.name}: share of the time, calls a check, function"]
    for name, found in ranked:
        calls = int(found.ncalls.partition("/")[0]) / len(bodies)
        place = f"{Path(found.file_name).name}:{found.line_number}" if found.line_number else found.file_name
        lines.append(f"  {found.tottime / total:6.1%} {calls:7.1f}  {name} ({place})")
    return "\n".join(lines)


def table(measured: dict[str, Any]) -> str:
    """Return the figures for people: medians in microseconds, a column for each kind of request."""
    kinds = measured["kinds"]
    lines = [f"{'µs':36}" + "".join(f"{name:>22}" for name in kinds)]
    lines += [
        f"{stage:36}" + "".join(f"{found[stage]['median']:22.2f}" for found in kinds.values())
        for stage in (*STAGES, WHOLE)
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table; keep it as JSON where `--json` says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.budget", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of {CHECKS} checks of each kind")
    parser.add_argument("--json", type=Path, help="a file to keep the figures in")
    parser.add_argument("--profile", action="store_true", help="show the functions that take the time, too")
    given = parser.parse_args(arguments)
    measured = measure(given.rounds)
    print(table(measured))
    if given.profile:
        for kind in KINDS:
            print(f"\n{profile(kind)}")
    if given.json is not None:
        given.json.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
