"""Finds groups of words that no row uses."""

from pdp.core.vocabulary import WordKind
from pdp.policy_set import FolderReport, PolicySet


def report_unused_groups(policy: PolicySet, report: FolderReport) -> None:
    """Warn of each group of the folder that no rule and no line names."""
    regions = [rule.region for rule in policy.rules.values()] + [line.region for line in policy.lines]
    file = next(iter(policy.rules.values())).file if policy.rules else ""
    for kind in (WordKind.ROLE, WordKind.ACTION, WordKind.CATEGORY, WordKind.PURPOSE):
        used = {getattr(region, kind.singular) for region in regions}
        for group in policy.groups.get(kind, {}):
            if group not in used:
                report.warning(
                    file,
                    (1, 1),
                    "unused-group",
                    f"không dòng nào dùng nhóm `{group}`",
                    f"no row uses the group `{group}`",
                    "remove it from groups.yaml with its grouping rows, or name it in a row",
                )
