"""How long one decision takes as a policy grows: the compiled engine beside PyCasbin, in one process and one run.

    python -m benchmarks.engine_scaling [--sizes 100,1000,10000,100000] [--rounds 15] [--json FILE]

Both are asked the same requests about the same rows, and have to answer alike before they are measured. Each figure is
the median over rounds of the mean of one round; the rounds of all sizes and engines take turns, so that a noisy moment
of the machine falls on all of them. Times are microseconds.
"""

import argparse
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

from casbin import Enforcer

from pdp.engine import Engine
from pdp.engine.definition import RowAdapter, model_of

SIZES: Final = (100, 1_000, 10_000, 100_000)
_SECONDS_A_ROUND: Final = 0.004
_PYCASBIN_UP_TO: Final = 10_000
"""PyCasbin takes minutes to load more, and a tenth of a second for each decision."""

_HEAD: Final = """[request_definition]
r = {fields}
[policy_definition]
p = {fields}
[role_definition]
g = {slots}
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = {matcher}
"""

Row = tuple[str, ...]
Ask = Callable[..., Any]
WHY_NOT: Final = "compiled, why not"


@dataclass(frozen=True)
class Workload:
    """A model with rows of any size, half of them rules and half of them roles of users, and two requests."""

    name: str
    model: str
    rows: Callable[[int], list[Row]]
    requests: Callable[[int], Mapping[str, Row]]


def _domain_rows(size: int) -> list[Row]:
    domains = max(1, size // 1000)
    rules = [
        ("p", f"role{at % 50}", f"domain{at // 50 % domains}", f"data{at}", "read" if at % 2 else "write")
        for at in range(size // 2)
    ]
    return [*rules, *(("g", f"user{at}", f"role{at % 50}", f"domain{at // 50 % domains}") for at in range(size // 2))]


def _domain_requests(size: int) -> Mapping[str, Row]:
    at = size // 2 - 2
    _, _, domain, data, action = _domain_rows(size)[at]
    return {"allow": (f"user{at}", domain, data, action), "deny": (f"user{at + 1}", domain, data, action)}


def _role_rows(size: int) -> list[Row]:
    rules = [("p", f"role{at // 10}", f"data{at}", "read" if at % 2 else "write") for at in range(size // 2)]
    return [*rules, *(("g", f"user{at}", f"role{at // 10}") for at in range(size // 2))]


def _role_requests(size: int) -> Mapping[str, Row]:
    at = size // 2 - 2
    return {"allow": (f"user{at}", f"data{at}", "write"), "deny": (f"user{at}", f"data{at}", "read")}


WORKLOADS: Final = (
    Workload(
        "roles in domains",
        _HEAD.format(
            fields="sub, dom, obj, act",
            slots="_, _, _",
            matcher="g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act",
        ),
        _domain_rows,
        _domain_requests,
    ),
    Workload(
        "roles",
        _HEAD.format(
            fields="sub, obj, act", slots="_, _", matcher="g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act"
        ),
        _role_rows,
        _role_requests,
    ),
)


@dataclass(frozen=True)
class Figure:
    """One measurement: microseconds a decision (median, and quarters of the rounds), and what building took."""

    workload: str
    rules: int
    engine: str
    answer: str
    median: float
    lower: float
    upper: float
    rounds: int


@dataclass(frozen=True)
class Build:
    """What building an engine took: seconds of processor time, and bytes a row that remain."""

    workload: str
    rules: int
    seconds: float
    bytes_a_row: int


@dataclass
class _Subject:
    workload: str
    rules: int
    engine: str
    answer: str
    ask: Ask
    request: Row
    calls: int
    times: list[float]

    def round(self) -> None:
        ask, request = self.ask, self.request
        start = time.perf_counter()
        for _ in range(self.calls):
            ask(*request)
        self.times.append((time.perf_counter() - start) / self.calls * 1e6)

    def figure(self) -> Figure:
        lower, median, upper = statistics.quantiles(self.times, n=4) if len(self.times) > 1 else self.times * 3
        return Figure(
            workload=self.workload,
            rules=self.rules,
            engine=self.engine,
            answer=self.answer,
            median=round(median, 3),
            lower=round(lower, 3),
            upper=round(upper, 3),
            rounds=len(self.times),
        )


def measure(sizes: Iterable[int] = SIZES, rounds: int = 15) -> tuple[list[Figure], list[Build]]:
    """Return the figures of both engines for all workloads and *sizes*."""
    subjects: list[_Subject] = []
    builds: list[Build] = []
    for workload, size in product(WORKLOADS, sizes):
        start = time.process_time()
        engine = Engine.from_rows(workload.model, workload.rows(size))
        builds.append(Build(workload.name, size, round(time.process_time() - start, 3), _bytes_a_row(workload, size)))
        subjects += _subjects(workload, size, engine)
    for number in range(rounds):
        for subject in subjects:
            # Of the slow one every third round is enough.
            if subject.engine != "PyCasbin" or number % 3 == 0:
                subject.round()
    return [subject.figure() for subject in subjects], builds


def _subjects(workload: Workload, size: int, engine: Engine) -> Iterator[_Subject]:
    asked: dict[str, Ask] = {"compiled": engine.enforce}
    if size <= _PYCASBIN_UP_TO:
        adapter = RowAdapter((row[0], row[1:]) for row in workload.rows(size))
        asked["PyCasbin"] = Enforcer(model_of(workload.model), adapter).enforce
    for answer, request in workload.requests(size).items():
        for name, ask in asked.items():
            if ask(*request) is not (answer == "allow"):
                raise AssertionError(f"{name} answers {request} otherwise")
            yield _subject(workload, size, name, answer, ask, request)
    denied = workload.requests(size)["deny"]
    # The first call builds the look-ups of near rules.
    if not engine.why_not(*denied).nearest:
        raise AssertionError(f"nothing is near to {denied}")
    yield _subject(workload, size, WHY_NOT, "deny", engine.why_not, denied)


def _subject(workload: Workload, size: int, engine: str, answer: str, ask: Ask, request: Row) -> _Subject:
    return _Subject(workload.name, size, engine, answer, ask, request, _calls(ask, request), [])


def _calls(ask: Ask, request: Row) -> int:
    start = time.perf_counter()
    ask(*request)
    return max(1, int(_SECONDS_A_ROUND / max(time.perf_counter() - start, 1e-7)))


def _bytes_a_row(workload: Workload, size: int) -> int:
    tracemalloc.start()
    try:
        rows = workload.rows(size)
        engine = Engine.from_rows(workload.model, rows)
        del rows
        taken, _ = tracemalloc.get_traced_memory()
        # Asked once more, so that it is alive until here.
        engine.enforce(*workload.requests(size)["deny"])
    finally:
        tracemalloc.stop()
    return taken // size


def table(figures: Sequence[Figure], builds: Sequence[Build]) -> str:
    """Return the figures as text, ratios first."""
    lines = []
    for workload in dict.fromkeys(figure.workload for figure in figures):
        mine = [figure for figure in figures if figure.workload == workload]
        lines += [
            f"{workload}",
            f"{'rules':>9}  {'answer':6}  {'PyCasbin ÷ compiled':>19}  {'compiled µs':>18}  PyCasbin µs",
        ]
        for figure in mine:
            if figure.engine != "compiled":
                continue
            other = next(
                (
                    each
                    for each in mine
                    if (each.rules, each.answer, each.engine) == (figure.rules, figure.answer, "PyCasbin")
                ),
                None,
            )
            ratio = f"{other.median / figure.median:,.0f}" if other else "-"
            spread = f"{figure.median:.2f} ({figure.lower:.2f}-{figure.upper:.2f})"
            slow = f"{other.median:,.0f}" if other else "not measured"
            lines.append(f"{figure.rules:>9,}  {figure.answer:6}  {ratio:>19}  {spread:>18}  {slow}")
        for answer in ("allow", "deny"):
            medians = [each.median for each in mine if each.engine == "compiled" and each.answer == answer]
            lines.append(f"   {answer}: slowest size ÷ fastest size {max(medians) / min(medians):.2f}")
        near = ", ".join(f"{each.rules:,}: {each.median:.0f} µs" for each in mine if each.engine == WHY_NOT)
        lines.append(f"   the nearest rules of the denial {near}")
        built = [build for build in builds if build.workload == workload]
        lines.append("   built in " + ", ".join(f"{build.rules:,}: {build.seconds:.2f} s" for build in built))
        lines.append("   bytes a row " + ", ".join(f"{build.rules:,}: {build.bytes_a_row}" for build in built) + "\n")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and write JSON where it is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine_scaling", description=__doc__.split("\n\n")[0])
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    figures, builds = measure(chosen.sizes, chosen.rounds)
    print(table(figures, builds))
    if chosen.json is not None:
        document: dict[str, Any] = {
            "figures": [asdict(each) for each in figures],
            "builds": [asdict(each) for each in builds],
        }
        chosen.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
