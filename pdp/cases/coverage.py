"""What the cases of an operator have seen: which rules decided, which conditions were true and false, which sentences
were told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.cases.outcome import Outcome
from pdp.conditions import rests_on
from pdp.conditions.truth import OUTCOMES
from pdp.core.decision import Cause
from pdp.core.decision import Outcome as Truth
from pdp.deciding import Answer
from pdp.policy_set import Place, PolicySet

_KEPT_HERE: Final = frozenset({Place.ENFORCED, Place.CONDITION, Place.DUTY})


@dataclass(frozen=True, slots=True)
class ConditionSeen:
    """In how many passing cases a condition that mattered counted as true, as false, and as neither."""

    true: int = 0
    false: int = 0
    unknown: int = 0

    @property
    def both(self) -> bool:
        """Say whether it was seen true and false."""
        return bool(self.true and self.false)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many passing cases stand behind each rule, condition and published sentence of an operator.

    *rules*: cases in which the rule decided. *conditions*: what the condition came to in cases in which a rule that
    rests on it, or an obligation that is owed, speaks of the request; unknown counts as true where a denial took it so
    and decided. *clauses*: cases whose answer names the sentence,
    for those sentences that something here keeps. A sentence that no answer names, since the condition that renders it
    is a part of another one, counts once when that condition was seen both true and false.
    """

    operator: str
    rules: Mapping[str, int]
    conditions: Mapping[str, ConditionSeen]
    clauses: Mapping[str, int]

    @property
    def unfired(self) -> tuple[str, ...]:
        """Return the rules that decided in no case."""
        return tuple(rule for rule, count in self.rules.items() if not count)

    @property
    def half_seen(self) -> tuple[str, ...]:
        """Return the conditions that were not seen both true and false."""
        return tuple(name for name, seen in self.conditions.items() if not seen.both)

    @property
    def untold(self) -> tuple[str, ...]:
        """Return the sentences that no case's answer names."""
        return tuple(clause for clause, count in self.clauses.items() if not count)

    @property
    def percentages(self) -> Mapping[str, float]:
        """Return the share of rules, conditions and clauses covered, in percent; 100 of none at all."""
        return {
            "rules": _percent(self.rules, self.unfired),
            "conditions": _percent(self.conditions, self.half_seen),
            "clauses": _percent(self.clauses, self.untold),
        }


def _percent(everything: Mapping[str, object], missing: Sequence[str]) -> float:
    return 100 * (1 - len(missing) / len(everything)) if everything else 100.0


def coverage_of(policy: PolicySet, outcomes: Iterable[Outcome]) -> Coverage:
    """Return what those of *outcomes* that passed have seen of *policy*."""
    rules = dict.fromkeys(policy.rules, 0)
    clauses = {clause: 0 for clause, place in policy.places.items() if place in _KEPT_HERE}
    seen = {name: dict.fromkeys(Truth, 0) for name in policy.conditions}
    for outcome in outcomes:
        answer = outcome.answer
        if not outcome.passed or not isinstance(answer, Answer) or outcome.case.operator != policy.operator:
            continue
        if answer.cause is Cause.RULE:
            for rule in {reason.rule for reason in answer.reasons} & rules.keys():
                rules[rule] += 1
        told = {reason.clause for reason in answer.reasons} | {owed.clause for owed in answer.obligations}
        for clause in told & clauses.keys():
            clauses[clause] += 1
        taken = _taken_for_true(policy, answer)
        for name, truth in _truths(policy, answer).items():
            seen[name][Truth.TRUE if truth is Truth.UNKNOWN and name in taken else truth] += 1
    conditions = {
        name: ConditionSeen(counts[Truth.TRUE], counts[Truth.FALSE], counts[Truth.UNKNOWN])
        for name, counts in seen.items()
    }
    for name, found in conditions.items():
        clause = policy.conditions[name].clause
        if found.both and clauses.get(clause) == 0:
            clauses[clause] = 1
    return Coverage(policy.operator, rules, conditions, clauses)


def _taken_for_true(policy: PolicySet, answer: Answer) -> frozenset[str]:
    """Return the conditions of the denials that decided: unknown is true to them, and some can be no other way."""
    if answer.allowed or answer.cause is not Cause.RULE:
        return frozenset()
    deciding = {reason.rule for reason in answer.reasons} & policy.rules.keys()
    return frozenset(name for rule in deciding for name in policy.rules[rule].conditions)


def _truths(policy: PolicySet, answer: Answer) -> Mapping[str, Truth]:
    """Return what the conditions came to on which the rules that speak, and the obligations owed, rest."""
    judgement = answer.judgement
    if judgement is None:
        return {}
    speaking = policy.residuals.rules(judgement.asked).rules
    named = {name for rule in speaking for name in rule.rule.conditions}
    owed = {obligation.id for obligation in answer.obligations}
    named |= {name for id_ in owed & policy.duties.keys() for name in policy.duties[id_].conditions}
    found = {}
    for name in frozenset[str]().union(*(rests_on(name, policy.conditions) for name in named)):
        try:
            found[name] = OUTCOMES[judgement.evaluation.code(policy.compiled.numbers[name])]
        # The answer stands already; a condition that fails was seen neither true nor false.
        except Exception:  # noqa: BLE001
            found[name] = Truth.UNKNOWN
    return found
