"""The engine beside PyCasbin over random worlds; `make engine-compare` does the same over thousands of them."""

import json
from functools import lru_cache
from typing import Any, Final

import pytest

from tests.comparison.comparing import Comparison, Expected, expected
from tests.comparison.limits import ALL
from tests.comparison.mutants import MUTANTS, Mutant
from tests.comparison.oracle import World, reference, rule_by_rule
from tests.unit.engine.conformance import DATA

_SEED: Final = 20
_REQUESTS: Final = 12
_WORLDS: Final = 50
_TELLING: Final = (13, 21, 6, 0, 1, 3, 10, 11, 14, 22, 34, 43, 69, 88)
"""Worlds that are known to catch mutants; the others are tried after them."""

_FOUND: Final[list[dict[str, Any]]] = json.loads((DATA / "differences.json").read_text("utf-8"))

pytestmark = pytest.mark.filterwarnings("ignore")


@lru_cache
def _world(number: int) -> Expected:
    return expected(_SEED, number, _REQUESTS)


def test_random_worlds_are_answered_as_pycasbin_answers_them() -> None:
    """Decision, named rule, error and all matching rules are the same, under every limit and in every tier."""
    comparison = Comparison()
    for number in range(_WORLDS):
        comparison.add(_world(number))

    assert comparison.differences == []
    assert comparison.counts["comparisons"] == _WORLDS * _REQUESTS
    for name in ("tier indexed", "tier scan", "tier pycasbin", "models that pass the strict checks"):
        assert comparison.counts[name] > 0, name
    for name in ("answer allow", "answer deny", "answer error", "with a rule named", "row by row"):
        assert comparison.counts[name] > 50, name


@pytest.mark.parametrize("case", _FOUND, ids=lambda case: case["why"].partition(":")[0])
def test_a_difference_once_found_stays_mended(case: dict[str, Any]) -> None:
    """Every request that the engine ever answered otherwise than PyCasbin is answered alike, under every limit."""
    world = World(case["model"], case["rows"], case["functions"], case["requests"], as_text=case.get("as_text", False))
    comparison = Comparison()
    for limits in ALL:
        answers = [reference(world, request) for request in world.requests]
        each = [rule_by_rule(world, request) for request in world.requests]
        comparison.add(Expected(world, limits, answers, each))

    assert comparison.differences == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_broken_engine_is_noticed(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same comparison finds a difference for each deliberately broken twin."""
    assert _caught(mutant, monkeypatch)


def _caught(mutant: Mutant, patch: pytest.MonkeyPatch) -> bool:
    comparison = Comparison()
    numbers = [*_TELLING, *(number for number in range(300) if number not in _TELLING)]
    known = [_world(number) for number in _TELLING]  # what PyCasbin answers is asked before anything is broken
    mutant(patch)
    for at, number in enumerate(numbers):
        comparison.add(known[at] if at < len(known) else _world(number))
        if comparison.differences:
            return True
    return False
