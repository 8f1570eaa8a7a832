"""Everything side by side in one run: `make bench`, or `python -m benchmarks` with a part of it."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import budget, machine, report
from benchmarks.in_process import comparing as in_process
from benchmarks.in_process.comparing import DifferentAnswersError
from benchmarks.in_process.engines import EngineName
from benchmarks.peers import MissingPeerError
from benchmarks.progress import say
from benchmarks.served import comparing as served
from benchmarks.served.load import LoadError

PARTS: Final = ("in-process", "served", "budget")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are asked for, print their tables and return the exit code; 1 when nothing can be compared."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured in turn [5]")
    parser.add_argument("--seconds", type=float, default=1.0, help="of load a round, scene and server [1.0]")
    parser.add_argument("--engines", default=",".join(name.value for name in EngineName), help="those in process")
    parser.add_argument("--rules", default=",".join(map(str, in_process.SIZES)), help="sizes of policies in process")
    parser.add_argument("--json", type=Path, help="a file to keep the figures in")
    given = parser.parse_args(arguments)
    names = [EngineName(name) for name in given.engines.split(",")]
    sizes = [int(size) for size in given.rules.split(",")]
    begun = time.monotonic()
    run: dict[str, Any] = {"machine": machine.describe(), "busy": {"before": machine.busy()}}
    try:
        if given.only in {None, "in-process"}:
            run["in_process"] = in_process.run(names, sizes, given.rounds, given.seconds / 4)
        if given.only in {None, "budget"}:
            run["budget"] = budget.measure()
            say("budget: measured")
        if given.only in {None, "served"}:
            run["served"] = served.run(given.rounds, given.seconds)
    except (DifferentAnswersError, LoadError, MissingPeerError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    run["busy"]["after"] = machine.busy()
    run["minutes"] = round((time.monotonic() - begun) / 60, 2)
    if given.json is not None:
        given.json.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(report.tables(run))
    return 0


if __name__ == "__main__":
    sys.exit(main())
