"""Lists rules that allow without any condition, or for whatever purpose."""

from pdp.core.decision import Effect
from pdp.core.policy import ANY
from pdp.policy_set import FolderReport, PolicySet


def report_broad_allows(policy: PolicySet, report: FolderReport) -> None:
    """Note each allow rule that asks for no condition, and each that takes every purpose."""
    for rule in policy.rules.values():
        if rule.effect is not Effect.ALLOW:
            continue
        if not rule.conditions:
            report.note(
                rule.file,
                (rule.line, 1),
                "allow-without-condition",
                f"dòng `{rule.id}` cho phép không cần điều kiện nào",
                f"the row `{rule.id}` allows without any condition",
                "name a condition, or keep it when the sentence asks for none",
            )
        if rule.region.purpose == ANY:
            report.note(
                rule.file,
                (rule.line, 1),
                "allow-without-purpose",
                f"dòng `{rule.id}` cho phép với mọi mục đích",
                f"the row `{rule.id}` allows for whatever purpose",
                "name the purposes, or keep it when the sentence names none",
            )
