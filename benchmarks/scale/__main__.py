"""`python -m benchmarks.scale`: checks over a hundred thousand, a million and ten million facts.

Each store is filled past its writers (benchmarks.scale.bulk; `--as-writers-do` takes an hour for ten million), then
measured round after round in turn, each time by new processes; PostgreSQL is started anew for each round. The operating
system's cache of files is not emptied. With `--folder` the stores stay there, and are filled once.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks import machine
from benchmarks.progress import say
from benchmarks.scale.checking import Figures, in_process, served
from benchmarks.scale.loading import Filled, fill, running
from benchmarks.scale.population import Population

SIZES: Final = (100_000, 1_000_000, 10_000_000)
_ENTERED_BY_ALL: Final = 0o755
"""PostgreSQL runs as another user, who has to get to its data."""

STORES: Final = ("sqlite", "postgresql")
Rounds = dict[int, list[dict[str, dict[str, Figures]]]]
"""By size, for each round: in process and served, by scene, the figures."""


def main() -> None:
    """Measure, and print a table for each store."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--facts", type=int, action="append", help=f"so many facts; by default {SIZES}")
    parser.add_argument("--store", choices=STORES, action="append", help="this store alone")
    parser.add_argument("--questions", type=int, default=400, help="so many of each kind")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the stores lie and stay; a temporary one by default")
    parser.add_argument("--fill", action="store_true", help="fill the stores and measure nothing")
    parser.add_argument("--as-writers-do", action="store_true", help="fill them as writers do: it takes an hour")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    sizes = chosen.facts or SIZES
    if chosen.measure:
        scenes = Population.of(sizes[0]).scenes(chosen.questions)
        print(json.dumps({"in process": in_process(chosen.measure, scenes), "served": served(chosen.measure, scenes)}))
        return
    report: dict[str, Any] = {"machine": machine.describe()}
    for kind in chosen.store or STORES:
        with _folder(chosen.folder) as folder:
            filled = {
                size: _filled(kind, size, folder / f"{kind}-{size}", as_writers_do=chosen.as_writers_do)
                for size in sizes
            }
            rounds = _measured(kind, sizes, folder, chosen) if not chosen.fill else {}
        if chosen.fill:
            continue
        report[kind] = {
            str(size): {"filled": [each.facts, each.seconds, each.bytes], "rounds": rounds[size]}
            for size, each in filled.items()
        }
        print("\n".join(_lines(kind, filled, rounds)), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=1), "utf-8")


@contextmanager
def _folder(lasting: Path | None) -> Iterator[Path]:
    if lasting is not None:
        yield lasting
        return
    folder = Path(tempfile.mkdtemp(prefix="pdp-scale-"))
    try:
        folder.chmod(_ENTERED_BY_ALL)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _filled(kind: str, size: int, folder: Path, *, as_writers_do: bool) -> Filled:
    """Fill a store, unless that was done before."""
    said = folder.with_suffix(".filled.json")
    if not said.exists():
        shutil.rmtree(folder, ignore_errors=True)  # half of one is none
        folder.mkdir(parents=True)
        with running(kind, folder) as url:
            filled = fill(url, folder, Population.of(size), as_writers_do=as_writers_do)
        said.write_text(json.dumps([filled.facts, filled.seconds, filled.bytes]), "utf-8")
        say(f"{kind}: {filled.facts:,} facts in {filled.seconds:.0f} s")
    return Filled(*json.loads(said.read_text("utf-8")))


def _measured(kind: str, sizes: Sequence[int], folder: Path, chosen: argparse.Namespace) -> Rounds:
    rounds: Rounds = {size: [] for size in sizes}
    for number in range(chosen.rounds):
        for size in sizes:
            with running(kind, folder / f"{kind}-{size}", is_new=False) as url:
                command = [sys.executable, "-m", "benchmarks.scale", "--measure", url]
                command += ["--facts", str(size), "--questions", str(chosen.questions)]
                measured = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
                rounds[size].append(json.loads(measured))
            say(f"{kind}: {size:,} facts, round {number + 1} of {chosen.rounds}")
    return rounds


def _lines(kind: str, filled: Mapping[int, Filled], rounds: Rounds) -> Iterator[str]:
    yield f"\n### {kind}\n"
    yield "| facts | filled in, s | facts a second | MiB | bytes a fact | held in process, MiB | by a server, MiB |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for size, each in filled.items():
        held, of_server = (_middle(rounds[size], way, "memory", "held MiB") for way in ("in process", "served"))
        yield (
            f"| {each.facts:,} | {each.seconds:,.0f} | {each.facts / each.seconds:,.0f} | {each.bytes / 2**20:,.0f}"
            f" | {each.bytes / each.facts:,.0f} | {held:.0f} | {of_server:.0f} |"
        )
    for way, figures in (
        ("in process", ("first: median", "again: median", "again: p99", "kept: median")),
        ("served", ("first: median", "first: p99", "again: median", "again: p99")),
    ):
        for figure in figures:
            yield from _table(way, figure, rounds)


def _table(way: str, figure: str, rounds: Rounds) -> Iterator[str]:
    sizes = list(rounds)
    yield f"\n{way}, {figure}, ms\n"
    yield f"| about | {' | '.join(f'{size:,}' for size in sizes)} | most / least |"
    yield f"| --- |{' --- |' * (len(sizes) + 1)}"
    for scene in rounds[sizes[0]][0][way]:
        if scene == "memory":
            continue
        each = [_middle(rounds[size], way, scene, figure) for size in sizes]
        ratios = [
            max(values) / min(values)
            for values in zip(*([held[way][scene][figure] for held in rounds[size]] for size in sizes), strict=True)
        ]
        yield f"| {scene} | {' | '.join(f'{value:.3f}' for value in each)} | {statistics.median(ratios):.2f} |"


def _middle(rounds: Sequence[dict[str, dict[str, Figures]]], way: str, scene: str, figure: str) -> float:
    return statistics.median(each[way][scene][figure] for each in rounds)


if __name__ == "__main__":
    main()
