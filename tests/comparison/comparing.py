"""Compares an engine with PyCasbin over worlds, and counts what was compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.comparison.grammar import world
from tests.comparison.limits import ALL, Limits, lowered
from tests.comparison.oracle import Answer, World, asked, built, every_match, reference, rule_by_rule


@dataclass(frozen=True)
class Difference:
    """A request that an engine answers otherwise than PyCasbin."""

    world: World
    request: Sequence[Any]
    expected: Answer | Mapping[int, str]
    answered: Answer | Mapping[int, str]
    strict: bool


@dataclass(frozen=True)
class Expected:
    """A world, the limits under which its engine is built, and PyCasbin's answers to its requests."""

    world: World
    limits: Limits
    answers: Sequence[Answer]
    each: Sequence[Mapping[int, str] | None] = ()
    """What each rule alone comes to, for the first requests; None where the request as a whole is refused."""


def expected(seed: int, number: int, requests: int) -> Expected:
    """Ask PyCasbin about the world *number* of *seed*; with the numbers the limits go round."""
    made = world(seed, number, requests)
    answers = [reference(made, request) for request in made.requests]
    each = [rule_by_rule(made, request) for request in made.requests[:_ROW_BY_ROW]]
    return Expected(made, ALL[number % len(ALL)], answers, each)


_ROW_BY_ROW: Final = 2
"""Requests of each world for which the answers of all rules are compared as well."""


@dataclass
class Comparison:
    """What has been compared so far."""

    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, known: Expected) -> None:
        """Compare the answers to every request."""
        asked_about = known.world
        with lowered(known.limits):
            lenient, strict = built(asked_about), built(asked_about, lenient=False)
        self.counts["models"] += 1
        self.counts[f"tier {lenient.tier if lenient else 'not loaded'}"] += 1
        self.counts["models that pass the strict checks"] += strict is not None
        for request, wanted in zip(asked_about.requests, known.answers, strict=True):
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
                    self.differences.append(Difference(asked_about, request, wanted, answered, is_strict))
        for request, outcomes in zip(asked_about.requests, known.each, strict=False):
            for engine, is_strict in ((lenient, False), (strict, True)):
                if engine is None or outcomes is None:
                    continue
                self.counts["row by row"] += 1
                found = every_match(engine, request)
                if found != outcomes:
                    self.differences.append(Difference(asked_about, request, outcomes, found, is_strict))
