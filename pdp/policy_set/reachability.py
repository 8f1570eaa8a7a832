"""Finds rows that can never change an answer."""

from collections.abc import Sequence

from pdp.core.decision import Effect
from pdp.core.policy import ANY, Hierarchies, Region, Rule
from pdp.core.vocabulary import WordKind
from pdp.policy_set.report import FolderReport


def report_unreachable(file: str, rules: Sequence[Rule], hierarchies: Hierarchies, report: FolderReport) -> None:
    """Report each rule that another makes pointless: an allow inside a deny, or what a broader rule says already."""
    for rule in rules:
        for other in rules:
            if other is rule or not _within(rule.region, other.region, hierarchies):
                continue
            if not set(other.conditions) <= set(rule.conditions):
                continue
            if rule.effect is Effect.ALLOW and other.effect is Effect.DENY:
                report.error(
                    file,
                    (rule.line, 1),
                    "unreachable-row",
                    f"dòng `{rule.id}` không bao giờ cho phép: dòng `{other.id}` luôn từ chối trước",
                    f"the row `{rule.id}` can never allow: the row `{other.id}` always denies what it allows",
                    f"see line {other.line}",
                )
            elif rule.effect is other.effect and _says_no_more(rule, other) and not _mutual(rule, other, hierarchies):
                report.error(
                    file,
                    (rule.line, 1),
                    "unreachable-row",
                    f"dòng `{rule.id}` không thêm gì vào dòng `{other.id}`",
                    f"the row `{rule.id}` adds nothing to the row `{other.id}`",
                    f"see line {other.line}",
                )


def _says_no_more(rule: Rule, other: Rule) -> bool:
    return rule.clause == other.clause and set(rule.owes) <= set(other.owes)


def _mutual(rule: Rule, other: Rule, hierarchies: Hierarchies) -> bool:
    """Say whether the two make each other pointless; then only the later is reported."""
    return (
        _within(other.region, rule.region, hierarchies)
        and set(rule.conditions) <= set(other.conditions)
        and set(other.owes) <= set(rule.owes)
        and rule.line < other.line
    )


def _within(inner: Region, outer: Region, hierarchies: Hierarchies) -> bool:
    pairs = (
        (WordKind.ROLE, inner.role, outer.role),
        (WordKind.ACTION, inner.action, outer.action),
        (WordKind.CATEGORY, inner.category, outer.category),
        (WordKind.PURPOSE, inner.purpose, outer.purpose),
    )
    return all(_word_within(kind, narrow, broad, hierarchies) for kind, narrow, broad in pairs)


def _word_within(kind: WordKind, narrow: str, broad: str, hierarchies: Hierarchies) -> bool:
    if broad in {ANY, narrow}:
        return True
    if narrow == ANY:
        return False
    inside = hierarchies.downward[kind]
    return inside.get(narrow, frozenset()) <= inside.get(broad, frozenset())
