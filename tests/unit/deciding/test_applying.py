"""Which rules apply: asked together as if each were asked alone, whatever their conditions come to."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import pytest

from pdp.conditions import ConditionTable, Evaluation
from pdp.conditions.running import ConditionFunction
from pdp.conditions.truth import EMPTY, FALSE, TRUE, UNKNOWN
from pdp.core.decision import Effect, Reason
from pdp.core.policy import Region, Rule
from pdp.core.text import Text
from pdp.deciding.judgement import Applying, apply, apply_alone
from pdp.policy_set import ResidualRule, ResidualRules, residual_rules
from tests.unit.conditions.situations import circumstances

ERROR: Final = -1
Apply = Callable[[ResidualRules, Evaluation], Applying]
Found = tuple[list[str], list[str], list[tuple[str, str]]]


def a_rule(id_: str, effect: Effect, *conditions: int) -> ResidualRule:
    """Return a rule that rests on *conditions*."""
    names = tuple(f"c{number}" for number in conditions)
    rule = Rule(id_, effect, Region("any", "any", "any", "any"), names, "KIDS-1.1", (), "policy.csv", 1)
    reason = Reason(rule.clause, id_, effect, Text("", ""))
    return ResidualRule(id_, effect is Effect.ALLOW, conditions, reason, False, rule)


def an_evaluation(codes: Sequence[int]) -> Evaluation:
    """Return an evaluation in which condition n comes to `codes[n]`, or raises for ERROR."""
    functions = [_function(number, code) for number, code in enumerate(codes)]
    return Evaluation(
        ConditionTable({f"c{number}": number for number in range(len(codes))}, functions), circumstances()
    )


def _function(number: int, code: int) -> ConditionFunction:
    def evaluate(evaluation: Evaluation, person: object) -> int:
        if code == ERROR:
            raise ArithmeticError(f"condition {number}")
        return code

    return evaluate


def found(applying: Applying) -> Found:
    """Return what can be compared."""
    failures = sorted((rule.id, str(error)) for rule, error in applying.failures)
    return [rule.id for rule in applying.allowing], [rule.id for rule in applying.denying], failures


def agrees_with_asking_alone(tried: Apply) -> None:
    """Assert that rules asked together come out as when each is asked alone."""
    random = Random(7)
    for _ in range(3000):
        codes = random.choices((TRUE, UNKNOWN, EMPTY, FALSE, ERROR), weights=(8, 2, 1, 3, 1), k=6)
        rules = residual_rules(
            a_rule(f"r{at}", random.choice((Effect.ALLOW, Effect.DENY)), *random.sample(range(6), random.randint(0, 4)))
            for at in range(random.randint(0, 5))
        )
        alone = found(apply_alone(rules.rules, an_evaluation(codes)))
        assert found(tried(rules, an_evaluation(codes))) == alone, f"{codes} {rules}"


def test_rules_asked_together_come_out_as_asked_alone() -> None:
    """Same rules that allow, same that deny, same failures."""
    agrees_with_asking_alone(apply)


def _doubts_nothing(rules: ResidualRules, evaluation: Evaluation) -> Applying:
    for number in range(len(evaluation.codes)):
        if _code(evaluation, number) == UNKNOWN:
            evaluation.codes[number] = TRUE
    return apply(rules, evaluation)


def _fears_nothing(rules: ResidualRules, evaluation: Evaluation) -> Applying:
    for number in range(len(evaluation.codes)):
        if _code(evaluation, number) == UNKNOWN:
            evaluation.codes[number] = FALSE
    return apply(rules, evaluation)


def _blames_every_rule(rules: ResidualRules, evaluation: Evaluation) -> Applying:
    applying = apply(rules, evaluation)
    error = next((error for _, error in applying.failures), None)
    return applying if error is None else Applying([], [], [(rule, error) for rule in rules.rules])


def _drops_failures(rules: ResidualRules, evaluation: Evaluation) -> Applying:
    return apply(rules, evaluation)._replace(failures=[])


def _evaluates_all(rules: ResidualRules, evaluation: Evaluation) -> Applying:
    failed = [rule for rule in rules.rules for number in rule.conditions if _code(evaluation, number) == ERROR]
    applying = apply(rules, evaluation)
    return applying._replace(failures=[(rule, ArithmeticError("")) for rule in failed])


def _code(evaluation: Evaluation, number: int) -> int:
    try:
        return evaluation.code(number)
    except ArithmeticError:
        return ERROR


@pytest.mark.parametrize("twin", [_doubts_nothing, _fears_nothing, _blames_every_rule, _drops_failures, _evaluates_all])
def test_a_fault_is_noticed(twin: Apply) -> None:
    """The comparison notices whoever takes unknown for true or false, or an error for another rule's or for nothing."""
    with pytest.raises(AssertionError):
        agrees_with_asking_alone(twin)


@pytest.mark.parametrize(
    ("effect", "code", "applies"),
    [
        (Effect.ALLOW, TRUE, True),
        (Effect.ALLOW, UNKNOWN, False),
        (Effect.ALLOW, EMPTY, False),
        (Effect.ALLOW, FALSE, False),
        (Effect.DENY, TRUE, True),
        (Effect.DENY, UNKNOWN, True),
        (Effect.DENY, EMPTY, False),
        (Effect.DENY, FALSE, False),
    ],
)
def test_unknown_never_helps(effect: Effect, code: int, applies: bool) -> None:
    """Unknown is false in an allow rule and true in a deny rule."""
    rules = residual_rules([a_rule("r", effect, 0)])

    for tried in (apply, lambda rules, evaluation: apply_alone(rules.rules, evaluation)):
        allowing, denying, failures = found(tried(rules, an_evaluation([code])))
        assert (allowing, denying)[effect is Effect.DENY] == (["r"] if applies else [])
        assert not (allowing, denying)[effect is Effect.ALLOW]
        assert not failures


def test_what_is_false_keeps_a_later_error_away() -> None:
    """A condition that no rule comes as far as to ask for fails nobody, even if another rule asked for it first."""
    rules = residual_rules([a_rule("a", Effect.ALLOW, 0, 1), a_rule("b", Effect.ALLOW, 2, 1)])

    assert found(apply(rules, an_evaluation([FALSE, ERROR, FALSE])))[2] == []
    assert found(apply(rules, an_evaluation([FALSE, ERROR, TRUE])))[2] == [("b", "condition 1")]


def test_a_condition_is_evaluated_once() -> None:
    """However many rules ask for it, a condition is evaluated once a request."""
    counted = 0

    def evaluate(evaluation: Evaluation, person: object) -> int:
        nonlocal counted
        counted += 1
        return UNKNOWN

    evaluation = Evaluation(ConditionTable({"c0": 0, "c1": 1}, [evaluate, evaluate]), circumstances())

    apply(residual_rules(a_rule(f"r{at}", Effect.DENY, *((0, 1), (1, 0))[at % 2]) for at in range(4)), evaluation)

    assert counted == 2
