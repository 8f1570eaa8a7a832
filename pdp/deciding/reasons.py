"""Names the sentences that led to an answer."""

from collections.abc import Iterable, Sequence
from typing import Final

from pdp.conditions import Evaluation
from pdp.conditions.truth import UNKNOWN
from pdp.core.by_identity import by_identity
from pdp.core.decision import Reason, RuleTrace
from pdp.deciding.judgement import Failed, Judgement
from pdp.policy_set import NearRule, ResidualRule
from pdp.policy_set.sentences import failed_reason


def _reasons(rules: Sequence[ResidualRule]) -> tuple[Reason, ...]:
    return tuple([rule.reason for rule in rules])


deciding_reasons: Final = by_identity(_reasons)
"""Return one reason for each rule that decided, in their order."""


def error_reasons(failed: Iterable[Failed]) -> tuple[Reason, ...]:
    """Return one reason for each rule whose evaluation failed, by rule id."""
    rules = {rule.id: rule.rule for rule, _ in failed}
    return tuple(failed_reason(rules[id_]) for id_ in sorted(rules))


def unmet_reasons(judgement: Judgement) -> tuple[Reason, ...]:
    """Return the sentences that draw the line here, then, for the nearest allow rules, that of each thing missing."""
    residuals, asked = judgement.policy.residuals, judgement.asked
    failing = _failing(judgement.evaluation, residuals.near(asked).conditions)
    if judgement.circumstances.uncounted:
        lacks = tuple(residuals.lacking(near, failing) for near in _nearest(judgement, failing))
    else:
        lacks = residuals.lacks(asked, failing)
    found = [*residuals.line_reasons(asked)]
    for lacking in lacks:
        if lacking.role is not None:
            subject, why = judgement.circumstances.request.subject, judgement.why_uncounted(lacking.rule)
            found.append(lacking.without_role(f"{subject.type}:{subject.id}", why))
        found += lacking.reasons
    return tuple(found)


def nearest_traces(judgement: Judgement) -> tuple[RuleTrace, ...]:
    """Return the allow rules that came closest to allowing, at most NEAREST_SHOWN, with all that each lacks, in detail.

    Rules for this action, category and purpose come first; only when there are none, all others.
    """
    near = judgement.policy.residuals.near(judgement.asked)
    failing = _failing(judgement.evaluation, near.conditions)
    return tuple(judgement.near_trace(each, in_detail=True) for each in _nearest(judgement, failing))


def _nearest(judgement: Judgement, failing: int) -> tuple[NearRule, ...]:
    return judgement.policy.residuals.near(judgement.asked).nearest(failing, judgement.is_assigned)


def _failing(evaluation: Evaluation, conditions: tuple[int, ...]) -> int:
    """Return the bits of those of *conditions* that are not true, by their numbers."""
    codes, functions, person = evaluation.codes, evaluation.table.functions, evaluation.person
    failing = 0
    for number in conditions:
        code = codes[number]
        if code is None:
            try:
                code = codes[number] = functions[number](evaluation, person)
            # What a rule lacks is only said here; the answer is a deny already.
            except Exception:  # noqa: BLE001
                code = UNKNOWN
        if code:
            failing |= 1 << number
    return failing
