"""Finds rules that owe the evidence of a consent which none of their conditions asks for."""

from collections.abc import Iterable, Mapping
from typing import Final

from pdp.conditions import Condition, Expression
from pdp.conditions.expression import Named, Not, SomeConsent, SomeGround
from pdp.conditions.traversal import children_of
from pdp.core.decision import Effect
from pdp.policy_set import FolderReport, PolicySet

EVIDENCE: Final = "keep_evidence_of_consent"
"""What is owed where somebody's word is what allows."""


def report_consent_not_asked(policy: PolicySet, report: FolderReport) -> None:
    """Warn of each allow row that owes the evidence of a consent, and looks at no consent and no ground at all.

    A ground counts, since a mandate or an authorisation in writing is one. Under `not` nothing is asked for.
    """
    for rule in policy.rules.values():
        if rule.effect is not Effect.ALLOW or EVIDENCE not in rule.owes:
            continue
        asked = (policy.conditions[name].expression for name in rule.conditions)
        if not any(_asks(each, policy.conditions) for each in asked):
            report.warning(
                rule.file,
                (rule.line, 1),
                "consent-not-asked",
                f"dòng `{rule.id}` buộc giữ bằng chứng đồng ý (`{EVIDENCE}`), nhưng không điều kiện nào xét sự đồng ý",
                f"the row `{rule.id}` owes the evidence of a consent (`{EVIDENCE}`), and no condition asks for one",
                "name the condition about consent, or owe something else",
            )


def _asks(expression: Expression, conditions: Mapping[str, Condition]) -> bool:
    if isinstance(expression, Not):
        return False
    if isinstance(expression, SomeConsent | SomeGround):
        return True
    parts: Iterable[Expression] = children_of(expression)
    if isinstance(expression, Named):
        parts = (conditions[expression.name].expression,)
    return any(_asks(part, conditions) for part in parts)
