"""What this project set out to reach, as figures of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Run = Mapping[str, Any]
"""What `python -m benchmarks --json` writes."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and the bound that it is to keep: at least *bound*, or below it where *less_is_better*."""

    name: str
    bound: float
    figure: Callable[[Run], float]
    less_is_better: bool = False

    @property
    def said(self) -> str:
        """Return the bound as people write it."""
        return f"{'<' if self.less_is_better else '≥'} {self.bound:g}"

    def measured(self, run: Run) -> float | None:
        """Return the figure in *run*, None where an engine, a size or a scene was left out of it."""
        try:
            return self.figure(run)
        except KeyError:
            return None

    def is_met(self, figure: float) -> bool:
        """Say whether *figure* keeps the bound."""
        return figure < self.bound if self.less_is_better else figure >= self.bound


def _served(scene: str, ratio: str) -> Callable[[Run], float]:
    return lambda run: float(run["served"]["one core"][scene]["ratios"][ratio]["median"])


def _in_process(run: Run, rules: str, key: str) -> tuple[float, float]:
    """Return the medians of this project's engine, for allow and for deny."""
    ours = run["in_process"]["rules"][rules]["ours"]
    return float(ours["allow"][key]["median"]), float(ours["deny"][key]["median"])


def _slower(key: str) -> Callable[[Run], float]:
    return lambda run: max(_in_process(run, "10000", key))


def _unevenness(key: str) -> Callable[[Run], float]:
    """Return what finds how much slower the slowest size is than the fastest, for the worse of allow and deny."""

    def figure(run: Run) -> float:
        sizes = [_in_process(run, rules, key) for rules in run["in_process"]["rules"]]
        return max(float(max(figures) / min(figures)) for figures in zip(*sizes, strict=True))

    return figure


GOALS: Final = (
    Goal("one core, no facts: rate, of the echo's", 0.65, _served("no facts", "rate_of_echo")),
    Goal("one core, no facts: rate, of Cerbos'", 1.3, _served("no facts", "rate_of_cerbos")),
    Goal("one client, no facts: median, of the echo's", 1.5, _served("no facts", "median_of_echo"), True),
    Goal(
        "batch of 50, no facts: decisions a second, of Cerbos'",
        10.0,
        _served("batch of 50, no facts", "rate_of_cerbos"),
    ),
    Goal(
        "two workers on two cores: rate, of one worker's",
        1.6,
        lambda run: float(run["served"]["workers"]["no facts"]["more_than_one"]["median"]),
    ),
    Goal("in process, 10,000 rules: µs a decision, the slower of allow and deny", 3.0, _slower("us"), True),
    Goal("in process, 10,000 rules, asked again at once: µs a decision", 3.0, _slower("again_us"), True),
    Goal("in process, 100 to 100,000 rules: slowest size, of the fastest", 1.5, _unevenness("us"), True),
    Goal(
        "in process, 100 to 100,000 rules, asked again at once: slowest size, of the fastest",
        1.5,
        _unevenness("again_us"),
        True,
    ),
)
