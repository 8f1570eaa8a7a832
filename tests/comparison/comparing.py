"""Compares an engine with PyCasbin over worlds, and counts what was compared."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pdp.engine import Engine
from tests.comparison.oracle import Answer, Build, World, asked, built, reference


@dataclass(frozen=True)
class Difference:
    """A request that an engine answers otherwise than PyCasbin."""

    world: World
    request: Sequence[Any]
    expected: Answer
    answered: Answer
    strict: bool


@dataclass
class Comparison:
    """What has been compared so far."""

    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, world: World, build: Build = Engine.from_rows) -> None:
        """Compare the answers to every request of *world*."""
        lenient, strict = built(world, build), built(world, build, lenient=False)
        self.counts["models"] += 1
        self.counts[f"tier {lenient.tier if lenient else 'not loaded'}"] += 1
        self.counts["models that pass the strict checks"] += strict is not None
        for request in world.requests:
            expected = reference(world, request)
            self.counts["comparisons"] += 1
            self.counts[f"answer {'error' if expected.error else 'allow' if expected.decision else 'deny'}"] += 1
            self.counts["with a rule named"] += bool(expected.rule)
            if lenient is not None:
                self.counts[f"comparisons {lenient.tier}"] += 1
            for engine, is_strict in ((lenient, False), (strict, True)):
                if is_strict and engine is None:
                    continue
                answered = asked(engine, request)
                if answered != expected:
                    self.differences.append(Difference(world, request, expected, answered, is_strict))

    def run(self, worlds: Iterable[World], build: Build = Engine.from_rows) -> "Comparison":
        """Compare all *worlds*."""
        for world in worlds:
            self.add(world, build)
        return self
