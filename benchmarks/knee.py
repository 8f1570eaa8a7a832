"""The knee: the highest rate that is answered in time."""

from collections.abc import Callable
from typing import Final

from benchmarks.served.open_loop import Outcome

KNEE_MS: Final = 10.0
"""The 99th percentile of the answers at the knee, in milliseconds."""

_STEP: Final = 1.25
_TOLD: Final = 0.99
"""At the knee so much of what is due has to be answered."""

ATTEMPTS: Final = 2
"""So often a rate is tried before it counts as too much: on a machine that others use, one moment of theirs ends an
attempt and says nothing about the server."""


def knee(
    ask: Callable[[float], Outcome], first: float, bound_ms: float = KNEE_MS, attempts: int = ATTEMPTS
) -> tuple[float, Outcome]:
    """Return the highest rate whose answers come within *bound_ms*, and what became of it; a rate of 0 for none.

    *ask* asks at a rate for a while; the first rate is *first*, each further one a quarter higher.
    """
    best: tuple[float, Outcome] = (0.0, Outcome())
    rate = first
    while True:
        for _ in range(attempts):
            outcome = ask(rate)
            if is_borne(outcome, bound_ms):
                break
        else:
            return best
        best = (rate, outcome)
        rate *= _STEP


def is_borne(outcome: Outcome, bound_ms: float = KNEE_MS) -> bool:
    """Say whether all but a hundredth of what was due was answered, within *bound_ms* but for a hundredth of that."""
    return len(outcome.answered) >= _TOLD * outcome.due and outcome.percentile(0.99) * 1000 <= bound_ms
