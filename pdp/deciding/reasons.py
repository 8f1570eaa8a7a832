"""Names the sentences that led to an answer."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pdp.conditions import Evaluation
from pdp.conditions.truth import UNKNOWN
from pdp.core.decision import Reason, RuleTrace
from pdp.deciding.judgement import Judgement
from pdp.policy_set import NearRule, ResidualRule
from pdp.policy_set.sentences import failed_reason

NEAREST_SHOWN: Final = 3
_ALL: Final = 1_000_000
"""More than any rule has conditions."""


def deciding_reasons(rules: Sequence[ResidualRule]) -> tuple[Reason, ...]:
    """Return one reason for each rule that decided, in their order."""
    return tuple([rule.reason for rule in rules])


def error_reasons(failures: Iterable[tuple[ResidualRule, Exception]]) -> tuple[Reason, ...]:
    """Return one reason for each rule whose evaluation failed, by rule id."""
    failed = {rule.id: rule.rule for rule, _ in failures}
    return tuple(failed_reason(failed[id_]) for id_ in sorted(failed))


def unmet_reasons(judgement: Judgement) -> tuple[Reason, ...]:
    """Return the sentences that draw the line here, then, for the nearest allow rules, that of each thing missing."""
    residuals = judgement.policy.residuals
    found = [*residuals.line_reasons(judgement.asked)]
    for near, failing in nearest_rules(judgement):
        lacking = residuals.lacking(near.rule.id, failing, near.held)
        found += lacking.reasons if near.held else lacking.with_role(judgement.role_lack(near))
    return tuple(found)


class Lack(NamedTuple):
    """A rule, and the bits of those of its conditions that are not true, the first being bit 0."""

    near: NearRule
    failing: int


def nearest_rules(judgement: Judgement, *, every: bool = False) -> list[Lack]:
    """Return the allow rules that came closest to allowing: those with the fewest lacks, at most NEAREST_SHOWN, by id.

    Rules for this action, category and purpose come first; only when there are none, all others. Among equals a rule
    whose role the subject holds is nearer, then one whose role was assigned and does not count. With *every*, all
    conditions of all these rules are evaluated, whether needed or not.
    """
    nearest: list[Lack] = []
    fewest, nearer = _ALL, 2
    for near in judgement.policy.residuals.near(judgement.asked):
        lacks = near.outside if near.held else near.outside + 1
        failing = _failing(judgement.evaluation, near.conditions, _ALL if every else fewest - lacks)
        lacks += failing.bit_count()
        if lacks > fewest:
            continue
        rank = 0 if near.held else 1 if judgement.assigned(near) else 2
        if lacks < fewest or rank < nearer:
            fewest, nearer = lacks, rank
            nearest = [Lack(near, failing)]
        elif rank == nearer:
            nearest.append(Lack(near, failing))
    return nearest[:NEAREST_SHOWN]


def nearest_traces(judgement: Judgement) -> tuple[RuleTrace, ...]:
    """Return the nearest rules with all that each lacks, in detail.

    Every condition is evaluated, so that a fact on which any of them rests is shown as one that counted.
    """
    return tuple(judgement.near_trace(near, in_detail=True) for near, _ in nearest_rules(judgement, every=True))


def _failing(evaluation: Evaluation, conditions: tuple[int, ...], bound: int) -> int:
    """Return the bits of those of *conditions* that are not true; not of all once there are more than *bound*."""
    codes = evaluation.codes
    failing, bit, left = 0, 1, bound
    for number in conditions:
        code = codes[number]
        if code is None:
            try:
                code = evaluation.code(number)
            # What a rule lacks is only said here; the answer is a deny already.
            except Exception:  # noqa: BLE001
                code = UNKNOWN
        if code:
            failing |= bit
            if not left:
                break
            left -= 1
        bit <<= 1
    return failing
