"""The figures of a run as tables for people: ratios first, in Markdown, which a terminal shows well enough too.

`python -m benchmarks.report FILE` prints them.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.goals import GOALS

_OURS: Final = {"us": "this project, µs", "again_us": "asked again at once, µs"}
_ENGINES: Final = {"ours": "this project", "pycasbin": "PyCasbin", "cedar": "Cedar", "spicedb": "SpiceDB"}
_SERVERS: Final = {
    "echo": "echo",
    "echo of the public server": "echo, from gRPC's own pool of threads",
    "ours": "this project, records on",
    "cerbos": "Cerbos",
    "cerbos with its audit log": "Cerbos, audit log on",
}


def tables(run: Mapping[str, Any]) -> str:
    """Return all tables of *run*, as `python -m benchmarks` writes it; parts that were not measured are left out."""
    parts = [_machine(run)]
    if "served" in run and "in_process" in run:
        parts.append(_goals(run))
    if "served" in run:
        parts += [_ratios(run), *(_served(run, name) for name in run["served"]["one core"]), _workers(run)]
    if "in_process" in run:
        parts += [_in_process(run, answer) for answer in ("allow", "deny")]
    if "budget" in run:
        parts.append(_budget(run))
    if "budget" in run and "served" in run:
        parts.append(_processor(run))
    return "\n\n".join(parts)


def _machine(run: Mapping[str, Any]) -> str:
    machine = run["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(machine["versions"].items()))
    return "\n".join(
        [
            f"Measured {machine['at'][:10]} at revision {machine['revision']}, in {run['minutes']:.1f} minutes.",
            f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; "
            f"{machine['system']}; Python {machine['python']}; {versions}.",
            f"Processes that wanted a core in the minute before: {run['busy']['before']}, at the end: "
            f"{run['busy']['after']}.",
            "Median of the rounds, with the lowest and the highest round behind it.",
        ]
    )


def _goals(run: Mapping[str, Any]) -> str:
    found = [(goal, goal.measured(run)) for goal in GOALS]
    rows = [
        [goal.name, goal.said, _short(figure), "yes" if goal.is_met(figure) else "no"]
        for goal, figure in found
        if figure is not None
    ]
    return "### Goals\n\n" + _rows(["what", "goal", "measured", "met"], rows)


def _ratios(run: Mapping[str, Any]) -> str:
    columns = {
        "rate_of_echo": "rate / echo",
        "rate_of_cerbos": "rate / Cerbos",
        "rate_of_cerbos_with_audit": "rate / Cerbos with audit",
        "median_of_echo": "median time / echo",
        "median_of_cerbos": "median time / Cerbos",
    }
    rows = [
        [name, *(_with_spread(scene["ratios"].get(key)) for key in columns)]
        for name, scene in run["served"]["one core"].items()
    ]
    return "### Served on one core: this project against the others\n\n" + _rows(["scene", *columns.values()], rows)


def _served(run: Mapping[str, Any], name: str) -> str:
    scene = _scene(run, name)
    rows = [
        [
            title,
            _with_spread(server.get("rate"), 0),
            _with_spread(server.get("median_us"), 0),
            _with_spread(server.get("p99_us"), 0),
            _with_spread(server.get("processor_us"), 1),
            f"{server['request_bytes']} / {server['answer_bytes']}",
        ]
        for key, title in _SERVERS.items()
        if (server := scene["servers"].get(key)) is not None
    ]
    head = [
        "server",
        "decisions a second",
        "one client: median µs",
        "one client: p99 µs",
        "processor µs a decision",
        "bytes: request / answer",
    ]
    return f"### Served on one core: {name}\n\n" + _rows(head, rows)


def _workers(run: Mapping[str, Any]) -> str:
    rows = [
        [
            name,
            _with_spread(scene["more_than_one"]),
            *(_with_spread(rate, 0) for rate in scene["rates"].values()),
        ]
        for name, scene in run["served"]["workers"].items()
    ]
    counts = next(iter(run["served"]["workers"].values()))["rates"]
    head = ["scene", "ratio", *(f"decisions a second, workers: {count}" for count in counts)]
    return "### Workers, the load on the same cores\n\n" + _rows(head, rows)


def _in_process(run: Mapping[str, Any], answer: str) -> str:
    sizes = run["in_process"]["rules"]
    names = [name for name in _ENGINES if all(name in engines for engines in sizes.values())]
    rows = []
    for rules, engines in sizes.items():
        cells = [_with_spread(engines["ours"][answer][key], 2) for key in _OURS] if "ours" in engines else []
        cells += [_peer(engines[name][answer]) for name in names if name != "ours"]
        rows.append([f"{int(rules):,}", *cells])
    head = [
        "rules",
        *(_OURS.values() if "ours" in names else ()),
        *(_ENGINES[name] for name in names if name != "ours"),
    ]
    return f"### In process: {answer}\n\n" + _rows(head, rows)


def _peer(timed: Mapping[str, Any]) -> str:
    times = timed["times_ours"]  # None in a run without this project's engine
    of_ours = f"{_with_spread(times, 0)} × " if times else ""
    return f"{of_ours}({_short(timed['us']['median'])} µs, {timed['questions']} questions)"


def _budget(run: Mapping[str, Any]) -> str:
    kinds = run["budget"]["kinds"]
    stages = next(iter(kinds.values()))
    rows = [[stage, *(_with_spread(found[stage], 2) for found in kinds.values())] for stage in stages]
    return "### The budget of one check, µs, without the wire\n\n" + _rows(["stage", *kinds], rows)


def _scene(run: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    scene: Mapping[str, Any] = run["served"]["one core"][name]
    return scene


def _processor(run: Mapping[str, Any]) -> str:
    """Show what serving takes of the processor, what deciding takes, and what neither explains."""
    rows = []
    for name, stages in run["budget"]["kinds"].items():
        servers = run["served"]["one core"].get(name, {"servers": {}})["servers"]
        if "ours" in servers:
            *_, whole = (stage["median"] for stage in stages.values())
            served, echo = (servers[key]["processor_us"]["median"] for key in ("ours", "echo"))
            rows.append([name, *(f"{figure:.1f}" for figure in (served, echo, whole, served - echo - whole))])
    head = ["scene", "this project", "echo", "the whole of the budget", "neither"]
    return "### Where the processor's time goes, µs a decision\n\n" + _rows(head, rows)


def _with_spread(figure: Mapping[str, Any] | None, digits: int = 2) -> str:
    if figure is None:
        return "–"
    median, low, high = (f"{figure[key]:,.{digits}f}" for key in ("median", "low", "high"))
    return f"{median} ({low}–{high})"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of a run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", type=Path, help="what `python -m benchmarks --json` has written")
    print(tables(json.loads(parser.parse_args(arguments).run.read_text("utf-8"))))


if __name__ == "__main__":
    main()
