"""Counts what one decision of the engine touches, as a policy grows: instructions, and misses of simulated caches.

`python -m benchmarks.misses [--sizes 100,10000]` needs valgrind. It runs itself under callgrind, once for each size,
around two thousand different questions asked in turn, the same that `benchmarks.in_process` times: each figure is a
count for one decision, which other work on the machine does not change. The caches are those of the machine that the
figures of this project come from: 32 KiB, and 512 KiB for one core. What misses the second one is fetched from a cache
that all cores share, or from memory.
"""

import argparse
import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Final

from benchmarks.access import made_up, questions
from benchmarks.in_process.comparing import SIZES
from benchmarks.in_process.engines import EngineName, load

_QUESTIONS: Final = 2_000
_CACHES: Final = ("--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=524288,8,64")
_COUNTS: Final = ("I   refs", "D1  misses", "LLd misses")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts of each size; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.misses", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=list(SIZES))
    parser.add_argument("--loop", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.loop is not None:
        _loop(chosen.loop)
        return 0
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: nothing was counted", file=sys.stderr)
        return 2
    print(f"{'rules':>9}  {'instructions':>12}  {'misses of 32 KiB':>16}  {'misses of 512 KiB':>17}")
    for size in chosen.sizes:
        instructions, first, last = (count / _QUESTIONS for count in _counted(size))
        print(f"{size:>9,}  {instructions:>12,.0f}  {first:>16.1f}  {last:>17.1f}", flush=True)
    return 0


def _counted(size: int) -> list[int]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # ourselves
            [
                *("valgrind", "--tool=callgrind", "--instr-atstart=no", *_CACHES),
                *(f"--callgrind-out-file={folder}/out", sys.executable, "-m", "benchmarks.misses", "--loop", str(size)),
            ],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
    found = [re.search(re.escape(name) + r":\s*([\d,]+)", done.stderr) for name in _COUNTS]
    return [int(each.group(1).replace(",", "")) for each in found if each is not None]


def _loop(size: int) -> None:
    """Ask every question twice: the caches are filled by the first turn, the second one is counted."""
    access = made_up(size)
    ask = load(EngineName.OURS, access)
    asked = [(each.user, each.data, each.action) for each in questions(access, _QUESTIONS, allowed=True)]
    gc.collect()
    gc.disable()
    for counted in (False, True):
        if counted:
            _counting("on")
            # Switching on empties the simulated caches: they are filled anew, and that is subtracted by `--zero`.
            for user, data, action in asked:
                ask(user, data, action)
            subprocess.run(["callgrind_control", "-z", str(os.getpid())], check=True, capture_output=True)
        for user, data, action in asked:
            ask(user, data, action)
    _counting("off")


def _counting(state: str) -> None:
    subprocess.run(["callgrind_control", "-i", state, str(os.getpid())], check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
