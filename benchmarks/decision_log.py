"""What keeping a record costs: `python -m benchmarks.decision_log`.

The same checks, in process and from bytes to bytes, without records, with plain lines in a file and with a chained log
in a folder, in turns within one run; figures are ratios to those without, round by round, and microseconds for a check.
"""

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.budget import KINDS, Kind
from benchmarks.measuring import undisturbed
from benchmarks.rounds import over_rounds, ratios
from benchmarks.served.processes import POLICIES
from pdp.core.caller import LOCAL
from pdp.decision_point import DecisionPoint
from pdp.server.decisions import Decisions
from pdp.server.methods import finished
from pdp.settings import Settings
from pdp.wiring.folders import load_policies
from pdp.wiring.logs import log_asked_for
from pdp.wiring.words import load_words
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock

WITHOUT: Final = "no records"
LOGS: Final = (WITHOUT, "lines in a file", "chained folder", "chained folder, log_wait=off")
CHECKS: Final = 200
ROUNDS: Final = 15

Ask = Callable[[bytes], bytes]


def settings_of(folder: Path) -> Mapping[str, Settings]:
    """Return the settings of each kind of log, whose files lie in *folder*."""
    return {
        WITHOUT: Settings(decision_log="none"),
        LOGS[1]: Settings(decision_log=str(folder / "lines")),
        LOGS[2]: Settings(decision_log=f"{folder}/chained/"),
        LOGS[3]: Settings(decision_log=f"{folder}/late/", log_wait=False),
    }


@contextmanager
def corridors(folder: Path) -> Iterator[Mapping[str, Ask]]:
    """Give what answers a check from its bytes, for each kind of log."""
    words = load_words()
    policies = load_policies(POLICIES, words).sets
    with ExitStack() as ending:
        asks: dict[str, Ask] = {}
        for name, settings in settings_of(folder).items():
            point = DecisionPoint(policies, NoStoredFacts(), SystemClock(), log_asked_for(settings, None))
            ending.callback(point.log.end)
            check = Decisions(point, words).check
            asks[name] = lambda body, check=check: finished(check(body, LOCAL))  # type: ignore[misc]
        yield asks


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """Return for each kind of request and log the microseconds of a check and the ratio to a check without records."""
    rows: dict[str, dict[str, list[float]]] = {kind.name: {name: [] for name in LOGS} for kind in KINDS}
    numbers = itertools.count()
    with (
        tempfile.TemporaryDirectory(prefix="pdp-bench-") as folder,
        corridors(Path(folder)) as asks,
        undisturbed() as core,
    ):
        for number in range(rounds + 1):
            for kind in KINDS:
                figures = _round(asks, kind, numbers)
                if number:  # the first round only warms up
                    for name, median in figures.items():
                        rows[kind.name][name].append(median)
    return {
        "core": core,
        "checks_a_round": CHECKS,
        "kinds": {
            kind: {
                name: {
                    "us": over_rounds(found[name]).as_json(),
                    "ratio": ratios(found[name], found[WITHOUT]).as_json(),
                }
                for name in LOGS
            }
            for kind, found in rows.items()
        },
    }


def _round(asks: Mapping[str, Ask], kind: Kind, numbers: "itertools.count[int]") -> dict[str, float]:
    """Return the median of a check with each log, each asked the same requests one after another."""
    taken: dict[str, list[int]] = {name: [] for name in asks}
    clock = time.perf_counter_ns
    for _ in range(CHECKS):
        body = kind.body(next(numbers))
        for name, ask in asks.items():
            start = clock()
            ask(body)
            taken[name].append(clock() - start)
    return {name: statistics.median(each) / 1_000 for name, each in taken.items()}


def table(measured: dict[str, Any]) -> str:
    """Return the figures for people: microseconds of a check, and how they compare with those without records."""
    lines = [f"{'µs a check, ratio, lowest to highest':36}" + "".join(f"{kind:>32}" for kind in measured["kinds"])]
    for name in LOGS:
        cells = [_cell(found[name]) for found in measured["kinds"].values()]
        lines.append(f"{name:36}" + "".join(f"{cell:>32}" for cell in cells))
    return "\n".join(lines)


def _cell(found: Mapping[str, Any]) -> str:
    ratio = found["ratio"]
    return f"{found['us']['median']:.1f} {ratio['median']:7.3f} ({ratio['low']:.3f} to {ratio['high']:.3f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table; keep it as JSON where `--json` says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decision_log", description="What a record costs.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of {CHECKS} checks of each kind")
    parser.add_argument("--json", type=Path, help="a file to keep the figures in")
    given = parser.parse_args(arguments)
    measured = measure(given.rounds)
    print(table(measured))
    if given.json is not None:
        given.json.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
