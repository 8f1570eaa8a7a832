"""Measures calls one by one on one core, without the garbage collector in between."""

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

ROUNDS: Final = 15
_YARDSTICK_STEPS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Spread:
    """How long calls took, in microseconds: over all calls, each by its median over the rounds."""

    median: float
    tenth: float
    ninetieth: float
    longest: float
    calls: int

    def as_json(self) -> dict[str, float]:
        """Return the figures as JSON can hold them, in microseconds."""
        return {
            "median_us": round(self.median, 3),
            "p10_us": round(self.tenth, 3),
            "p90_us": round(self.ninetieth, 3),
            "longest_us": round(self.longest, 3),
            "calls": self.calls,
        }


@contextmanager
def undisturbed() -> Iterator[int]:
    """Keep this process on one core and the garbage collector away; yield the number of the core.

    The last core that the process may use is taken: the first one does most of the machine's own work.
    """
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    os.sched_setaffinity(0, {core})
    gc.collect()
    gc.disable()
    try:
        yield core
    finally:
        gc.enable()
        os.sched_setaffinity(0, allowed)


def spread(calls: Sequence[Callable[[], object]], rounds: int = ROUNDS) -> Spread:
    """Time every one of *calls* once a round, in turn, so that none finds the processor's caches warm from itself.

    The first round only warms up. A call counts with its median over the others; the timer's own cost, some 0.05 µs,
    is in every figure.
    """
    taken: list[list[int]] = [[] for _ in calls]
    clock = time.perf_counter_ns
    for number in range(rounds + 1):
        for call, durations in zip(calls, taken, strict=True):
            start = clock()
            call()
            end = clock()
            if number:
                durations.append(end - start)
        gc.collect(0)
    medians = sorted(statistics.median(durations) / 1_000 for durations in taken)
    return Spread(
        median=statistics.median(medians),
        tenth=medians[len(medians) // 10],
        ninetieth=medians[min(len(medians) - 1, len(medians) * 9 // 10)],
        longest=medians[-1],
        calls=len(medians),
    )


def yardstick() -> float:
    """Return how long this interpreter takes for a thousand look-ups in a dictionary, in microseconds.

    It says how fast the machine was while the figures beside it were taken, so that figures of two days or of two
    machines can be compared.
    """
    words = {str(number): number for number in range(64)}
    keys = [str(number % 64) for number in range(_YARDSTICK_STEPS)]

    def look_up() -> int:
        found = 0
        for key in keys:
            found += words[key]
        return found

    return spread([look_up] * 20).median
