"""Whether one question is allowed, or would be if what nobody said were known."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from pdp.conditions import InterpretedEvaluation
from pdp.core.decision import Cause, ConditionTrace, Effect, Outcome, Reason, RuleTrace
from pdp.core.errors import TooMuchToLookUpError
from pdp.core.facts import Fact
from pdp.core.lookup import Certainty
from pdp.core.request import Request
from pdp.deciding import Answer, decide
from pdp.deciding.judgement import Judgement
from pdp.policy_set import PolicySet

MAXIMUM_FACTS: Final = 4096
"""With more stored facts than this a look-up is refused, for judging them all would take too long."""

MAXIMUM_WORK: Final = 2_000_000
"""How often a fact may be looked at: questions tried, times the facts of each. With more a look-up is refused."""


class Standing(NamedTuple):
    """How one question that is a match stands: its certainty, what it depends on, what it rests on."""

    certainty: Certainty
    conditions: tuple[ConditionTrace, ...]
    reasons: tuple[Reason, ...]


def bound_work(questions: int, facts: int) -> None:
    """Raise TooMuchToLookUpError when *questions* with so many *facts* each are too much work."""
    if questions * (facts + 1) > MAXIMUM_WORK:
        raise TooMuchToLookUpError(
            f"the look-up would judge {facts} facts for {questions} questions: name more of what is sought"
        )


def standing(policy: PolicySet, request: Request, stored: tuple[Fact, ...], at: datetime) -> Standing | None:
    """Return how *request* stands, None when it is denied whatever else comes to be known.

    It is certain exactly when Check allows it. Otherwise no deny rule applies for what is known, and some allow rule
    lacks nothing but what nobody said.
    """
    answer = decide(policy, request, stored, at)
    if answer.allowed:
        return Standing(Certainty.CERTAIN, (), answer.reasons)
    # An error is a deny whatever else is known.
    if answer.cause in {Cause.ERROR, Cause.SILENT} or answer.failures or answer.judgement is None:
        return None
    return _possible(answer, answer.judgement)


def _possible(answer: Answer, judgement: Judgement) -> Standing | None:
    open_rules = [trace for trace in answer.matched if _is_open(trace)]
    denying = [trace for trace in open_rules if trace.effect is Effect.DENY]
    allowing = [trace for trace in open_rules if trace.effect is Effect.ALLOW]
    if not allowing or any(trace.lacks == 0 for trace in denying):
        return None
    inner = dict(_narrower_denies(judgement))
    if _nothing_is_left(judgement.circumstances.resource.type, inner, judgement.policy):
        return None
    # An allow rule that lacks nothing is all that is needed; what others lack is then no condition of the match.
    met = [trace for trace in allowing if trace.lacks == 0]
    resting = met or allowing
    kept_back = [trace for traces in inner.values() for trace in traces] if met and not denying else []
    conditions = _unknown((*resting, *denying, *kept_back))
    reasons = {trace.rule: judgement.policy.residuals.reasons[trace.rule] for trace in resting}
    return Standing(Certainty.IF, conditions, tuple(reasons[rule] for rule in sorted(reasons)))


def _is_open(trace: RuleTrace) -> bool:
    return all(condition.outcome is not Outcome.FALSE for condition in trace.conditions)


def _unknown(traces: Iterable[RuleTrace]) -> tuple[ConditionTrace, ...]:
    found = {
        condition.name: condition
        for trace in traces
        for condition in trace.conditions
        if condition.outcome is Outcome.UNKNOWN
    }
    return tuple(found[name] for name in sorted(found))


def _narrower_denies(judgement: Judgement) -> Iterator[tuple[str, list[RuleTrace]]]:
    """Yield, for each narrower category of which deny rules speak, those that are not known not to apply there."""
    policy, circumstances = judgement.policy, judgement.circumstances
    for word in policy.residuals.narrower[circumstances.resource.type]:
        narrow = circumstances.narrowed(word)
        inner = Judgement(policy, narrow, InterpretedEvaluation(policy.conditions, narrow))
        yield word, [trace for trace in inner.traces() if trace.effect is Effect.DENY and _is_open(trace)]


def _nothing_is_left(category: str, denies: dict[str, list[RuleTrace]], policy: PolicySet) -> bool:
    """Say whether *category*, or everything directly in it, is denied for what is known."""
    if any(trace.lacks == 0 for trace in denies.get(category, ())):
        return True
    inside = policy.residuals.inside[category]
    return bool(inside) and all(_nothing_is_left(word, denies, policy) for word in inside)
