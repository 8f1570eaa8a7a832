"""Figures of several rounds: what is compared is measured in turns, so that a change of the machine meets all of it."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OverRounds:
    """The median of a figure over its rounds, and the lowest and highest."""

    median: float
    low: float
    high: float
    rounds: int

    def as_json(self) -> dict[str, Any]:
        """Return the figures with five digits each."""
        return {name: float(f"{value:.5g}") for name, value in asdict(self).items()} | {"rounds": self.rounds}


def over_rounds(figures: Sequence[float]) -> OverRounds:
    """Return the median and the spread of *figures*, one a round; there must be one."""
    return OverRounds(statistics.median(figures), min(figures), max(figures), len(figures))


def ratios(above: Sequence[float], below: Sequence[float]) -> OverRounds:
    """Return how *above* compares with *below*, round by round: what slows both down does not count."""
    return over_rounds([over / under for over, under in zip(above, below, strict=False)])
