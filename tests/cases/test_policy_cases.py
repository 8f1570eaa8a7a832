"""The cases of every operator pass, and they are enough: hardly a rule can be changed without one failing."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from pdp.cases import (
    Case,
    Coverage,
    Mutant,
    MutantKind,
    Mutation,
    Outcome,
    coverage_of,
    mutants_of,
    mutation_of,
    problems_of,
    refusing,
    run_cases,
)
from pdp.cli.case_files import case_files, cases_of, survivors_of
from tests.builders import POLICIES, the_files, the_policy_set, the_words

OPERATORS: Final = sorted(path.parent.name for path in POLICIES.glob("*/policy.csv"))
NOW: Final = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
"""The time of cases that name none."""

WIDENED: Final = (
    MutantKind.ROLE,
    MutantKind.ACTION,
    MutantKind.CATEGORY,
    MutantKind.PURPOSE,
    MutantKind.DENY_CONDITION,
)
ENOUGH: Final = 95.0
"""The share of all changes that has to be noticed, in percent."""


@cache
def the_cases(operator: str) -> tuple[Case, ...]:
    """Return the cases of *operator* as `pdp test` reads them, near misses among them."""
    return cases_of(case_files([POLICIES / operator]), the_words())


@cache
def the_outcomes(operator: str) -> tuple[Outcome, ...]:
    """Return how they come out."""
    return run_cases(the_cases(operator), {operator: the_policy_set(operator)}, NOW, sentences=True)


@cache
def the_coverage(operator: str) -> Coverage:
    """Return what they cover."""
    return coverage_of(the_policy_set(operator), the_outcomes(operator))


def tried(operator: str, kinds: tuple[MutantKind, ...]) -> Mutation:
    """Try the changes of *kinds*."""
    policy = the_policy_set(operator)
    mutants = [mutant for mutant in mutants_of(policy) if mutant.kind in kinds]
    refused = refusing(operator, list(the_files(operator).items()), the_words())
    return mutation_of(policy, the_outcomes(operator), NOW, refused, sentences=True, mutants=mutants)


def names(mutants: tuple[Mutant, ...]) -> list[tuple[str, str]]:
    """Return how changes are listed."""
    return [(mutant.before.id, mutant.change) for mutant in mutants]


# --- The cases pass ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_case_passes(operator: str) -> None:
    """The decision, the sentences cited and the obligations of each answer are those of the case."""
    failed = {outcome.case.id: outcome.problems for outcome in the_outcomes(operator) if not outcome.passed}

    assert failed == {}
    assert len(the_outcomes(operator)) > 100


def test_case_ids_are_used_once() -> None:
    """No two cases have the same id, so that a failing one is found."""
    ids = [case.id for operator in OPERATORS for case in the_cases(operator)]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_case_with_the_opposite_decision_fails(operator: str) -> None:
    """The comparison can fail: no answer is both of what a case and its opposite expect."""
    for outcome in the_outcomes(operator)[:50]:
        assert outcome.answer is not None
        opposite = replace(outcome.case, allowed=not outcome.case.allowed)

        assert problems_of(opposite, outcome.answer, sentences=False)


# --- The cases are enough ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_rule_decides_in_a_case(operator: str) -> None:
    """Each allow row allows in some case, and each deny row denies in some case."""
    assert the_coverage(operator).unfired == ()


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_sentence_is_told_in_a_case(operator: str) -> None:
    """Each published sentence that something here keeps is named by the answer of some case."""
    assert the_coverage(operator).untold == ()


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_condition_is_seen_true_and_false(operator: str) -> None:
    """Each condition counted as true in some case and as false in another."""
    assert the_coverage(operator).half_seen == ()


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("kind", [MutantKind.DROPPED, MutantKind.TURNED, MutantKind.CONDITION])
def test_no_rule_or_condition_is_lost_unnoticed(operator: str, kind: MutantKind) -> None:
    """A policy with one rule dropped, turned round or without a condition is refused, fails a case, or is explained."""
    mutation = tried(operator, (kind,))

    assert names(mutation.unnoticed) == names(mutation.explained(survivors_of(POLICIES, operator)))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("operator", OPERATORS)
def test_hardly_a_rule_is_widened_unnoticed(operator: str) -> None:
    """Of all changes, those that widen a role, action, category, purpose or denial included, 95 % are noticed."""
    policy = the_policy_set(operator)
    unnoticed = len(tried(operator, WIDENED).unnoticed) + len(survivors_of(POLICIES, operator))
    total = len(list(mutants_of(policy)))

    assert 100 * (1 - unnoticed / total) >= ENOUGH


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_survivor_survives(operator: str) -> None:
    """A change on the list is one that is tried, and no case notices it."""
    policy, listed = the_policy_set(operator), survivors_of(POLICIES, operator)
    wanted = [(survivor.rule, survivor.change) for survivor in listed]
    mutants = [mutant for mutant in mutants_of(policy) if (mutant.before.id, mutant.change) in wanted]

    mutation = mutation_of(policy, the_outcomes(operator), NOW, lambda _: False, sentences=True, mutants=mutants)

    assert sorted(names(mutation.unnoticed)) == sorted(wanted)


def test_without_a_case_its_change_goes_unnoticed() -> None:
    """The score can fall: what one case alone notices goes unnoticed without it."""
    operator = "kidsonline"
    policy, outcomes = the_policy_set(operator), the_outcomes(operator)
    mutants = [mutant for mutant in mutants_of(policy) if mutant.kind is MutantKind.PURPOSE]
    whole = mutation_of(policy, outcomes, NOW, lambda _: False, sentences=True, mutants=mutants)
    without = [outcome for outcome in outcomes if Path(outcome.case.file).name != "near-misses.json"]

    less = mutation_of(policy, without, NOW, lambda _: False, sentences=True, mutants=mutants)

    assert less.score < whole.score
