"""How long the same check takes in a loop of its own, and between the calls of a server.

`python -m benchmarks.served.inside` needs h2load.

One process checks one request again and again, then stands behind the server that `benchmarks.served.echo` measures,
under the load of 32 calls at once, and does nothing else than the same check. Both are the processor's time of the
thread that answers, around the check alone: what gRPC and the kernel do is in neither. The difference is what the check
pays for being interrupted by them: its code and its data have left the processor's caches meanwhile.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.budget import KINDS, Corridor
from benchmarks.served import echo, processes
from benchmarks.served.load import Load, Target, call, framed

_ALONE: Final = 5_000
_WARMED: Final = 500
_CALLS: Final = 10_000
_IN_FLIGHT: Final = 32
_METHOD: Final = "check"

Answer = Callable[[bytes], bytes]


class Timed:
    """Calls *answer* and notes how long it kept the processor, in nanoseconds."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.taken: list[int] = []

    def __call__(self, body: bytes) -> bytes:
        """Return the answer to *body*."""
        start = time.thread_time_ns()
        answered = self._answer(body)
        self.taken.append(time.thread_time_ns() - start)
        return answered

    def median_us(self) -> float:
        """Return the median of what was noted since it was last asked, without the first calls."""
        found = statistics.median(self.taken[_WARMED:]) / 1_000
        self.taken.clear()
        return found


def _serve(folder: Path) -> None:
    """Be the server: first alone, then behind gRPC; write both medians to a file at the end."""
    timed = Timed(Corridor(folder / "records").whole)
    body = KINDS[0].body(0)
    for _ in range(_ALONE):
        timed(body)
    alone = timed.median_us()
    echo.serve({_METHOD: lambda body, _caller: timed(body)}, is_public=False)
    (folder / "medians").write_text(f"{alone} {timed.median_us()}", "ascii")


def main() -> None:
    """Measure, and print both medians."""
    cores = sorted(os.sched_getaffinity(0))
    server_core, load_core = cores[-1], cores[0]
    with tempfile.TemporaryDirectory(prefix="pdp-bench-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "benchmarks.served.inside", name]
        body = KINDS[0].body(0)
        size = len(Corridor(folder / "size").whole(body))
        with processes.started(command, (server_core,)) as (_, address):
            target = Target(address, f"/{echo.SERVICE}/{_METHOD}", (framed(folder, "body", body),), size)
            call(target, Load((load_core,), _IN_FLIGHT), _CALLS, folder)
        alone, served = map(float, (folder / "medians").read_text("ascii").split())
    print(f"a check without facts, its record written: {alone:.1f} µs alone, {served:.1f} µs between calls of a server")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(Path(sys.argv[1]))
    else:
        main()
