"""Casbin's own cases: the engine answers each as PyCasbin does, and the page of differences lists where Go does not."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from tests.comparison.oracle import asked
from tests.unit.engine.conformance import DATA, Group, expected, groups

_PAGE: Final = Path(__file__).parents[3] / "docs" / "reference" / "casbin-differences.md"
_FILES: Final = ("conformance.json", "quirks.json")
ALL: Final = [group for file in _FILES for group in groups(file)]


@pytest.mark.parametrize("group", ALL, ids=lambda group: group.name)
def test_every_case_is_answered_as_pycasbin_answers_it(group: Group) -> None:
    """Decision, named rule and error are those that PyCasbin gave from a freshly built enforcer."""
    engine = group.engine()
    different = [
        (case["request"], str(expected(case)), str(answer))
        for case in group.cases
        if (answer := asked(engine, case["request"])) != expected(case)
    ]

    assert different == []


def test_all_cases_are_there() -> None:
    """Nothing of the collection is left out."""
    assert sum(len(group.cases) for group in ALL) == 1_661 + 207
    assert len(ALL) == 199 + 96


def test_what_only_pycasbin_evaluates_is_refused_by_the_strict_loader() -> None:
    """Without other role managers or conditions, only models and rows with findings are left to PyCasbin."""
    engines = [(group, engine) for group in ALL if (engine := group.engine()) is not None]
    tiers = Counter(engine.tier for _, engine in engines)

    assert tiers["indexed"] > 10 * tiers["scan"]
    left = [group for group, engine in engines if engine.tier == "pycasbin" and not group.setup]
    assert left
    assert [group.name for group in left if group.engine(lenient=False) is not None] == []


def _divergences() -> Counter[str]:
    collection: list[dict[str, Any]] = json.loads((DATA / "conformance.json").read_text("utf-8"))
    return Counter(case["divergence"] for group in collection for case in group["cases"] if case.get("divergence"))


def test_the_page_of_differences_lists_each_kind_with_its_count() -> None:
    """Where Go and Python differ, the page says so, with as many cases as the collection has."""
    page = _PAGE.read_text("utf-8")

    assert {kind: count for kind, count in _divergences().items() if f"| {kind} | {count} |" not in page} == {}
