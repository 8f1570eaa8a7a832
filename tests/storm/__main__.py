"""`python -m tests.storm`: storms over both stores, and over the twins that have to be found out."""

import argparse
import sys
from pathlib import Path
from typing import Final

from tests.storm.storm import Plan, run
from tests.storm.twins import NONE, TWINS

STORES: Final = ("sqlite", "postgresql")


def main() -> int:
    """Run what is asked for; return 1 for a stale allow, and for a twin that is not found out."""
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--store", choices=STORES, action="append", help="over this store alone")
    parser.add_argument("--checks", type=int, default=5_000_000, help="so many checks over each store")
    parser.add_argument("--seconds", type=float, default=2400, help="for so long at most over each store")
    parser.add_argument("--twin", choices=sorted(TWINS), action="append", help="these twins alone")
    parser.add_argument("--twins", action="store_true", help="the twins and nothing else")
    parser.add_argument("--twin-seconds", type=float, default=60, help="so long a twin may go undetected")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the store lies; a temporary one by default")
    parser.add_argument("--calm", action="store_true", help="how long a revocation takes when nothing fails")
    chosen = parser.parse_args()
    if chosen.calm:
        for store in chosen.store or STORES:
            plan = Plan(store, 1 << 60, chosen.seconds, seed=chosen.seed, folder=chosen.folder, is_calm=True, pause=0.3)
            print("\n".join(run(plan).lines()), flush=True)
        return 0
    wrong = 0
    for store in chosen.store or STORES:
        if NONE in (chosen.twin or ()) or (not chosen.twin and not chosen.twins):
            report = run(Plan(store, chosen.checks, chosen.seconds, seed=chosen.seed, folder=chosen.folder))
            wrong += report.stale > 0
            print("\n".join(report.lines()), flush=True)
        twins = [twin for twin in chosen.twin or TWINS if twin != NONE]
        for twin in twins:
            plan = Plan(
                store, chosen.checks, chosen.twin_seconds, twin, chosen.seed, until_stale=True, folder=chosen.folder
            )
            report = run(plan)
            wrong += report.stale == 0
            counts = report.counts
            found = f"{report.stale} stale allows" if report.stale else "NOT FOUND OUT"
            print(f"  twin {twin}: {found} after {counts['checks']:,} checks, {report.seconds:.0f} s", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
