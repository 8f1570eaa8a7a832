"""The cases of every operator pass, and they are enough: no row or condition can be changed without one failing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from pdp.core.decision import Cause, Effect
from pdp.core.errors import InvalidPolicyError
from pdp.core.request import Request
from pdp.deciding import Answer
from pdp.engine import IndexedEngine, Row
from pdp.policy_set import PolicySet
from tests.builders import POLICIES, Case, a_policy_set, answer, edit_row, policy_lines, the_cases, the_policy_set

OPERATORS: Final = sorted(path.parent.name for path in POLICIES.glob("*/policy.csv"))
CASES: Final = [case for operator in OPERATORS for case in the_cases(operator)]

ROW_LENGTH: Final = 10
"""How many fields the row of a rule has, its type included."""


def _survivors() -> dict[tuple[str, str, str], str]:
    """Read `survivors/OPERATOR.json`: changes that no decision shows, each with the reason."""
    return {
        (operator, entry["rule"], entry["change"]): entry["reason"]
        for operator in OPERATORS
        if (file := Path(__file__).parent / "survivors" / f"{operator}.json").exists()
        for entry in json.loads(file.read_text("utf-8"))
    }


SURVIVORS: Final = _survivors()


@dataclass(frozen=True, slots=True)
class Mutant:
    """A policy in which *lines* stand in the place of one *line*, the row of *rule*."""

    operator: str
    rule: str
    change: str
    line: str
    lines: tuple[str, ...]

    @property
    def name(self) -> tuple[str, str, str]:
        """Return how it is listed among the survivors."""
        return self.operator, self.rule, self.change

    def is_refused(self) -> bool:
        """Say whether the loader refuses it."""
        try:
            a_policy_set(edit_row(self.line, *self.lines), operator=self.operator)
        except InvalidPolicyError:
            return True
        return False

    def policy(self) -> PolicySet:
        """Return its policy set, put together without the loader: that reads the other files again each time."""
        policy = the_policy_set(self.operator)
        lines = [new for line in policy_lines(self.operator) for new in (self.lines if line == self.line else [line])]
        rows = [[field.strip() for field in line.split(",")] for line in lines]
        rules = {
            id_: replace(policy.rules[id_], effect=Effect(effect), conditions=_names(when))
            for type_, id_, effect, *_, when, _clause, _owes in (row for row in rows if len(row) == ROW_LENGTH)
        }
        engine = IndexedEngine([Row(type_, tuple(fields)) for type_, *fields in rows])
        return replace(policy, rules=rules, engine=engine)


def _names(when: str) -> tuple[str, ...]:
    return () if when == "always" else tuple(when.split(" and "))


# --- The cases pass ---------------------------------------------------------------------------------------------------


def what_differs(case: Case, found: Answer) -> str:
    """Say in what *found* is not what the case expects, "" when in nothing.

    An allow cites one of the clauses of the case and carries its obligations.
    """
    if found.allowed is not case.allowed:
        return f"expected {'allow' if case.allowed else 'deny'}: {found.cause}, {found.reasons}"
    if case.allowed and not _cites(case, found):
        return f"cites {[reason.clause for reason in found.reasons]}, none of {list(case.clauses)}"
    owed = {obligation.id for obligation in found.obligations}
    missing = {wanted if isinstance(wanted, str) else wanted["id"] for wanted in case.obligations} - owed
    return f"lacks the obligations {sorted(missing)}" if missing else ""


def _cites(case: Case, found: Answer) -> bool:
    return bool({reason.clause for reason in found.reasons} & set(case.clauses))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    """The decision, the sentences cited and the obligations of the answer are those of the case."""
    assert what_differs(case, answer(the_policy_set(case.operator), case.request)) == ""


def test_case_ids_are_used_once() -> None:
    """No two cases have the same id, so that a failing one is found."""
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)


# --- The cases are enough ---------------------------------------------------------------------------------------------


@cache
def _requests(operator: str) -> dict[str, Request]:
    return {case.id: case.request for case in the_cases(operator)}


@cache
def _answers(operator: str) -> dict[str, Answer]:
    policy = the_policy_set(operator)
    return {id_: answer(policy, request) for id_, request in _requests(operator).items()}


@cache
def _cases_by_rule(operator: str) -> dict[str, frozenset[str]]:
    """Return for each rule the cases that it speaks of."""
    found: dict[str, set[str]] = {}
    for id_, said in _answers(operator).items():
        for trace in said.matched:
            found.setdefault(trace.rule, set()).add(id_)
    return {rule: frozenset(ids) for rule, ids in found.items()}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("effect", [Effect.ALLOW, Effect.DENY])
def test_every_rule_is_fired_by_a_case(operator: str, effect: Effect) -> None:
    """Each allow row allows in some case, and each deny row denies in some case."""
    fired = {
        reason.rule for found in _answers(operator).values() if found.cause is Cause.RULE for reason in found.reasons
    }
    rules = {rule.id for rule in the_policy_set(operator).rules.values() if rule.effect is effect}
    assert rules - fired == set()


def _mutants(operator: str) -> Iterator[Mutant]:
    """Yield the policy without each rule, with each effect turned round, and without each condition of an allow."""
    for line in policy_lines(operator):
        if not line.startswith("p,"):
            continue
        _, id_, effect, *region, when, clause, owes = (field.strip() for field in line.split(","))
        names = _names(when) if effect == "allow" else ()
        changes = {"turned round": ("deny" if effect == "allow" else "allow", when)}
        for name in names:
            left = " and ".join(other for other in names if other != name)
            changes[f"allow without {name}"] = (effect, left or "always")
        yield Mutant(operator, id_, "dropped", line, ())
        for change, (new_effect, new_when) in changes.items():
            row = ", ".join(("p", id_, new_effect, *region, new_when, clause, owes))
            yield Mutant(operator, id_, change, line, (row,))


def _is_killed(mutant: Mutant) -> bool:
    """Say whether some case fails, first those that its rule speaks of, or the loader refuses the mutant."""
    policy, before = mutant.policy(), _answers(mutant.operator)
    spoken_of = _cases_by_rule(mutant.operator).get(mutant.rule, frozenset())
    ordered = sorted(the_cases(mutant.operator), key=lambda case: case.id not in spoken_of)
    killed = any(
        _notices(case, answer(policy, _requests(mutant.operator)[case.id]), before[case.id]) for case in ordered
    )
    return killed or mutant.is_refused()


def _notices(case: Case, found: Answer, before: Answer) -> bool:
    """Say whether the case fails, or is a denial that no longer cites the sentence of the case that it did cite."""
    # A case that fails already notices nothing: it would call every mutant noticed.
    passed = not what_differs(case, before)
    return passed and (bool(what_differs(case, found)) or (_cites(case, before) and not _cites(case, found)))


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=f"{mutant.operator}: {mutant.rule} {mutant.change}")
        for operator in OPERATORS
        for mutant in _mutants(operator)
    ],
)
def test_no_change_of_a_rule_goes_unnoticed(mutant: Mutant) -> None:
    """A policy with one rule dropped, turned round or without a condition is refused or fails a case."""
    assert _is_killed(mutant) is (mutant.name not in SURVIVORS)


def test_survivors_are_mutants() -> None:
    """Every survivor on the list is a change that is tried."""
    assert set(SURVIVORS) <= {mutant.name for operator in OPERATORS for mutant in _mutants(operator)}
