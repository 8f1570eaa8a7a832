"""Looks at a whole policy set for what can hardly be meant, or is worth a second look."""

from pdp.core.fact_schema import FactSchema
from pdp.core.finding import Finding
from pdp.policy_set import FolderReport, PolicySet
from pdp.review.broad_rules import report_broad_allows
from pdp.review.clause_use import report_clauses_only_drawn
from pdp.review.consent_asked import report_consent_not_asked
from pdp.review.group_use import report_unused_groups
from pdp.review.loose_grounds import report_loose_grounds


def review(policy: PolicySet, schema: FactSchema) -> tuple[Finding, ...]:
    """Return every warning and note about *policy* that its form alone shows, in order of their places."""
    report = FolderReport()
    report_broad_allows(policy, report)
    report_loose_grounds(policy, schema, report)
    report_consent_not_asked(policy, report)
    report_clauses_only_drawn(policy, report)
    report_unused_groups(policy, report)
    return report.findings
