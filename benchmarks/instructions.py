"""Counts the processor's instructions of one decision, which other work on the machine does not change.

`python -m benchmarks.instructions` needs valgrind. It runs itself under callgrind, once for each kind, around a loop
that is warm: every request has a resource of its own, and its record is written to a file,
or, for the chained ones, to a decision log in a folder.
"""

import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.budget import KINDS, Corridor
from benchmarks.served.ours_api import batch_body
from benchmarks.served.situations import with_three_facts, without_facts

BATCH: Final = 50
_COUNTED: Final = 200
_BATCHES: Final = 10
_WARMED: Final = 100
_BATCHES_WARMED: Final = 3
_SITUATIONS: Final = {"no facts": without_facts, "three facts": with_three_facts}
_REFERENCES: Final = re.compile(r"refs:\s*([\d,]+)")


def main() -> int:
    """Print the instructions of one decision for each kind; return the exit code."""
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: nothing was counted", file=sys.stderr)
        return 2
    for shape, number in (
        ("check", _COUNTED),
        ("metered", _COUNTED),
        ("batch", _BATCHES * BATCH),
        ("chained", _COUNTED),
    ):
        for at, name in enumerate(_SITUATIONS):
            labels = {
                "metered": f"{name}, metrics shown",
                "batch": f"an item of a batch of {BATCH}, {name}",
                "chained": f"{name}, chained record",
            }
            label = labels.get(shape, name)
            print(f"{_counted(shape, at) // number:>9,}  {label}", flush=True)
    return 0


def _counted(shape: str, situation: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # ourselves
            [
                *("valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/out"),
                *(sys.executable, "-m", "benchmarks.instructions", shape, str(situation), folder),
            ],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
    found = _REFERENCES.search(done.stderr)
    if found is None:
        raise RuntimeError(f"callgrind counted nothing: {done.stderr[-500:]}")
    return int(found.group(1).replace(",", ""))


def _loop(shape: str, situation: int, folder: Path) -> None:
    """Answer so many requests that are counted, after some that are not."""
    kept = folder / "records"
    if shape == "chained":
        kept.mkdir()
    corridor = Corridor(kept, is_metered=shape == "metered")
    answer: Callable[[bytes], object]
    if shape == "batch":
        ask = list(_SITUATIONS.values())[situation]
        answer, counted, warmed = corridor.batch, _BATCHES, _BATCHES_WARMED
        bodies = [batch_body([ask(at * BATCH + item) for item in range(BATCH)]) for at in range(counted + warmed)]
    else:
        answer, counted, warmed = corridor.metered if shape == "metered" else corridor.whole, _COUNTED, _WARMED
        bodies = [KINDS[situation].body(at) for at in range(counted + warmed)]
    for body in bodies[counted:]:
        answer(body)
    gc.collect()
    gc.freeze()
    _counting("on")
    for body in bodies[:counted]:
        answer(body)
    _counting("off")


def _counting(state: str) -> None:
    command = ["callgrind_control", "-i", state, str(os.getpid())]
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _loop(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main())
