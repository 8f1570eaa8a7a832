"""Lists sentences about decisions that no rule decides by."""

from pdp.policy_set import FolderReport, Place, PolicySet

_DECISION = "decision"


def report_clauses_only_drawn(policy: PolicySet, report: FolderReport) -> None:
    """Note each sentence of the kind `decision` that lines alone cite: what it forbids is denied by silence."""
    decided = {rule.clause for rule in policy.rules.values()}
    kept = decided | {condition.clause for condition in policy.conditions.values()}
    kept |= {duty.clause for duty in policy.duties.values()} | {grant.clause for grant in policy.granting.values()}
    for line in policy.lines:
        clause = policy.clauses[line.clause]
        if clause.kind == _DECISION and clause.id not in kept and policy.places[clause.id] is Place.ENFORCED:
            report.note(
                line.file,
                (line.line, 1),
                "clause-only-drawn",
                f"điều khoản `{clause.id}` chỉ có đường ranh giới, không có quy tắc nào quyết định theo nó",
                f"only lines cite the clause `{clause.id}`: no rule decides by it",
                "add a rule, or keep it when nothing allows what the sentence forbids",
            )
