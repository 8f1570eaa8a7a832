"""Changes of a policy are tried against the cases, and what they cover is counted."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pdp.cases import (
    Case,
    MutantKind,
    Outcome,
    Proposing,
    coverage_of,
    mutants_of,
    mutation_of,
    problems_of,
    read_cases,
    refusing,
    run_cases,
)
from pdp.cases import mutation as mutation_module
from pdp.cases.near_misses import as_case
from pdp.cli.case_files import case_files, cases_of
from pdp.core.text import Text
from pdp.deciding import decide
from pdp.policy_set import PolicySet
from tests.builders import KIDSONLINE, POLICIES, a_policy_set, edit_row, the_files, the_policy_set, the_words

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
CASES = read_cases("cases.json", (POLICIES / KIDSONLINE / "cases.json").read_text("utf-8"), the_words())


def outcomes(cases: tuple[Case, ...] = CASES) -> tuple[Outcome, ...]:
    """Return how *cases* come out."""
    return run_cases(cases, {KIDSONLINE: the_policy_set()}, NOW, sentences=True)


def refused_never(_: object) -> bool:
    """Stand for a loader that refuses nothing."""
    return False


# --- What a case compares ---------------------------------------------------------------------------------------------


def test_each_expectation_can_fail() -> None:
    """Another decision, a lacking or unwanted obligation, and other sentences are problems, and nothing else is."""
    allow = next(one for one in outcomes() if one.case.allowed and one.answer is not None and one.answer.obligations)
    deny = next(one for one in outcomes() if not one.case.allowed and one.case.cites)
    owed = allow.answer.obligations[0].id if allow.answer else ""
    changes = (
        (allow, {"allowed": False}),
        (allow, {"obligations": ("no_such_thing",)}),
        (allow, {"owes_not": (owed,)}),
        (allow, {"clauses": ("KIDS-9.9",)}),
        (deny, {"allowed": True}),
        (deny, {"clauses": ("KIDS-9.9",)}),
        (deny, {"clauses": (), "exact": True}),
    )
    for outcome, change in changes:
        assert outcome.answer is not None
        assert problems_of(outcome.case, outcome.answer, sentences=True) == ()
        assert len(problems_of(replace(outcome.case, **change), outcome.answer, sentences=True)) == 1


def test_sentences_of_denials_are_compared_only_when_asked_for() -> None:
    """Other writers' cases expect no sentence of a denial."""
    deny = next(one for one in outcomes() if not one.case.allowed)
    other = replace(deny.case, clauses=("KIDS-9.9",))

    assert deny.answer is not None
    assert problems_of(other, deny.answer, sentences=False) == ()
    assert problems_of(replace(other, cites=False), deny.answer, sentences=True) == ()


# --- Coverage ---------------------------------------------------------------------------------------------------------


def test_coverage_falls_without_the_cases_of_a_rule() -> None:
    """A rule, its sentence and its conditions are missing where no case rests on them."""
    found = outcomes()
    rule = "primary-guardian-revokes"
    without = [one for one in found if one.answer is None or rule not in {reason.rule for reason in one.answer.reasons}]

    assert coverage_of(the_policy_set(), found).rules[rule] > 0
    assert coverage_of(the_policy_set(), without).unfired == (rule,)
    assert coverage_of(the_policy_set(), []).percentages == {"rules": 0.0, "conditions": 0.0, "clauses": 0.0}


def test_a_case_that_fails_covers_nothing() -> None:
    """What is not as expected proves nothing."""
    failing = [replace(one, problems=(Text("sai", "wrong"),)) for one in outcomes()]

    assert not any(coverage_of(the_policy_set(), failing).rules.values())


def test_unknown_is_neither_true_nor_false() -> None:
    """A condition that was only true or unknown is half seen."""
    half = [
        one
        for one in outcomes()
        if one.case.request is not None and one.case.request.context.get("transport_encrypted", True) is not False
    ]
    seen = coverage_of(the_policy_set(), half).conditions["over_tls"]

    assert seen.true
    assert not seen.false
    assert not seen.both


def test_unknown_counts_as_true_where_a_denial_took_it_so() -> None:
    """That nothing is stated can only be unknown; a denial that decided by it has shown it, and an allow never does."""
    policy = the_policy_set("onmeeting")
    name = "not_said_who_is_pictured"
    cases = cases_of(case_files([POLICIES / "onmeeting"]), the_words())
    found = run_cases(cases, {"onmeeting": policy}, NOW, sentences=True)
    resting = {rule.id for rule in policy.rules.values() if name in rule.conditions}
    elsewhere = [
        one for one in found if one.answer is None or not resting & {reason.rule for reason in one.answer.reasons}
    ]

    assert coverage_of(policy, found).conditions[name].both
    assert not coverage_of(policy, elsewhere).conditions[name].true


# --- Changes ----------------------------------------------------------------------------------------------------------


def test_every_kind_of_change_is_tried() -> None:
    """Each rule is dropped and turned round once; words are widened to the nearest broader ones."""
    policy = the_policy_set()
    mutants = list(mutants_of(policy))
    changes = {mutant.change for mutant in mutants if mutant.before.id == "teacher-reads"}

    assert {mutant.kind for mutant in mutants} == set(MutantKind)
    assert sum(mutant.kind is MutantKind.DROPPED for mutant in mutants) == len(policy.rules)
    assert {"dropped", "turned round", "role widened to school_staff", "category widened to personal_data"} <= changes
    assert "without over_tls" in changes
    assert len({(mutant.before.id, mutant.change) for mutant in mutants}) == len(mutants)


def test_a_change_decides_as_the_edited_file_would() -> None:
    """What is tried without the loader answers every case as the folder with the edited row."""
    policy = the_policy_set()
    text = the_files()[f"{KIDSONLINE}/policy.csv"].decode().splitlines()
    for mutant in [one for one in mutants_of(policy) if one.before.id in {"teacher-reads", "no-sale"}]:
        if mutant.before.file != f"{KIDSONLINE}/policy.csv" or refusing(KIDSONLINE, files(), the_words())(mutant):
            continue
        edited = a_policy_set(edit_row(text[mutant.before.line - 1], *mutant.lines()))
        assert [answers(edited), mutant.change] == [answers(mutant.of(policy)), mutant.change]


def files() -> list[tuple[str, bytes]]:
    """Return the files of the folder."""
    return list(the_files().items())


def answers(policy: PolicySet) -> list[tuple[bool, tuple[str, ...]]]:
    """Return the decision and the rules of the answer to every case."""
    found = [decide(policy, case.request, (), case.request.time or NOW) for case in CASES if case.request is not None]
    return [(answer.allowed, tuple(reason.rule for reason in answer.reasons)) for answer in found]


def test_no_case_is_left_out_that_could_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking only the cases that a change can touch gives the same verdicts as asking all of them."""
    policy, found = the_policy_set(), outcomes()
    mutants = [one for at, one in enumerate(mutants_of(policy)) if at % 3 == 0]
    quick = mutation_of(policy, found, NOW, refused_never, sentences=True, mutants=mutants)
    monkeypatch.setattr(
        mutation_module.Trial, "_touched", lambda trial, _: [one for cases in trial._cases.values() for one in cases]
    )

    slow = mutation_of(policy, found, NOW, refused_never, sentences=True, mutants=mutants)

    assert [verdict.noticed for verdict in quick.verdicts] == [verdict.noticed for verdict in slow.verdicts]
    assert 0 < len(quick.unnoticed) < len(mutants)


def test_without_cases_nothing_is_noticed() -> None:
    """The score is what the cases notice: without any it is zero."""
    assert mutation_of(the_policy_set(), [], NOW, refused_never, sentences=True).score == 0


def test_what_the_loader_refuses_is_noticed() -> None:
    """A change that could never be served needs no case."""
    mutation = mutation_of(the_policy_set(), [], NOW, lambda _: True, sentences=True)

    assert mutation.score == 100
    assert all(verdict.refused and not verdict.case for verdict in mutation.verdicts)


def test_a_proposed_near_miss_notices_its_change() -> None:
    """Each near miss passes as the policy stands, and fails with the change that it was found for."""
    policy, found = the_policy_set(), outcomes()
    proposing = Proposing(policy, found, NOW, the_words(), sentences=True)
    mutants = [one for one in mutants_of(policy) if one.before.id in {"teacher-reads", "guardian-reads"}]

    proposed = [(mutant, miss) for mutant, miss in proposing.for_changes(mutants) if miss is not None]

    assert proposed
    by_id = {case.id: case for case in CASES}
    for mutant, miss in proposed:
        case = as_case(miss, by_id[miss.like], "near-misses.json", the_words())
        (outcome,) = run_cases([case], {KIDSONLINE: policy}, NOW, sentences=True)
        assert outcome.passed
        verdict = mutation_of(policy, [outcome], NOW, refused_never, sentences=True, mutants=[mutant]).verdicts[0]
        assert verdict.case == case.id


def test_near_misses_lie_beside_their_cases() -> None:
    """The files of every operator are found and read, near misses among them."""
    found = cases_of(case_files([POLICIES]), the_words())

    assert sum("~" in case.id for case in found) > 1000
