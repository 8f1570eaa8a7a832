"""Compares the engine with PyCasbin over random models: `python -m tests.comparison --seed 1 --models 5000`."""

import argparse
import json
import sys
import time
import warnings

from tests.comparison.comparing import Comparison, Difference, expected

PROGRESS = 500
"""After so many models a line says how far the comparison is."""


def main(arguments: list[str] | None = None) -> int:
    """Compare, print what was compared and every difference; return 1 when there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.comparison", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", type=int, default=5_600)
    parser.add_argument("--comparisons", type=int, default=224_000, help="requests over all models")
    parser.add_argument("--stop-after", type=int, default=20, help="differences after which to stop")
    chosen = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    comparison, start = Comparison(), time.monotonic()
    each = -(-chosen.comparisons // chosen.models)
    for number in range(chosen.models):
        comparison.add(expected(chosen.seed, number, each))
        if (number + 1) % PROGRESS == 0:
            said = f"{number + 1:,} of {chosen.models:,} models, {len(comparison.differences)} differences"
            print(f"{said}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        if len(comparison.differences) >= chosen.stop_after:
            break
    for difference in comparison.differences:
        print(_case(difference))
    for name, count in sorted(comparison.counts.items()):
        print(f"{count:>9,}  {name}")
    print(f"{len(comparison.differences):>9,}  differences (seed {chosen.seed}, {time.monotonic() - start:.0f} s)")
    return 1 if comparison.differences else 0


def _case(difference: Difference) -> str:
    world = difference.world
    return json.dumps(
        {
            "why": "",
            "expected": str(difference.expected),
            "answered": str(difference.answered),
            "strict": difference.strict,
            "model": world.model,
            "rows": world.rows,
            "functions": world.functions,
            "as_text": world.as_text,
            "requests": [difference.request],
        },
        ensure_ascii=False,
        indent=1,
    )


if __name__ == "__main__":
    sys.exit(main())
