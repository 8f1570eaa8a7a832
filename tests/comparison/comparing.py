"""Compares an engine with PyCasbin over worlds, and counts what was compared."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from tests.comparison.limits import ALL, Limits, lowered
from tests.comparison.oracle import Answer, World, asked, built, reference


@dataclass(frozen=True)
class Difference:
    """A request that an engine answers otherwise than PyCasbin."""

    world: World
    request: Sequence[Any]
    expected: Answer
    answered: Answer
    strict: bool


@dataclass(frozen=True)
class Expected:
    """A world, the limits under which its engine is built, and PyCasbin's answers to its requests."""

    world: World
    limits: Limits
    answers: Sequence[Answer]


def expected(worlds: Iterable[World]) -> Iterator[Expected]:
    """Ask PyCasbin about *worlds*; the limits go round."""
    for world, limits in zip(worlds, cycle(ALL), strict=False):
        yield Expected(world, limits, [reference(world, request) for request in world.requests])


@dataclass
class Comparison:
    """What has been compared so far."""

    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, known: Expected) -> None:
        """Compare the answers to every request of *world*."""
        world = known.world
        with lowered(known.limits):
            lenient, strict = built(world), built(world, lenient=False)
        self.counts["models"] += 1
        self.counts[f"tier {lenient.tier if lenient else 'not loaded'}"] += 1
        self.counts["models that pass the strict checks"] += strict is not None
        for request, wanted in zip(world.requests, known.answers, strict=True):
            self.counts["comparisons"] += 1
            self.counts[f"answer {'error' if wanted.error else 'allow' if wanted.decision else 'deny'}"] += 1
            self.counts["with a rule named"] += bool(wanted.rule)
            if lenient is not None:
                self.counts[f"comparisons {lenient.tier}"] += 1
            for engine, is_strict in ((lenient, False), (strict, True)):
                if is_strict and engine is None:
                    continue
                answered = asked(engine, request)
                if answered != wanted:
                    self.differences.append(Difference(world, request, wanted, answered, is_strict))
