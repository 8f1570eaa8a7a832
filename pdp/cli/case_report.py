"""What `pdp test` says about coverage and about changes that nothing notices."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pdp.cases import ConditionSeen, Coverage, Mutant, Mutation, Survivor
from pdp.core.text import Text


def coverage_lines(coverage: Coverage, lang: str) -> list[str]:
    """Return the shares of rules, conditions and sentences that passing cases cover, and what is missing."""
    parts = (
        (Text("quy tắc", "rules"), len(coverage.rules), len(coverage.unfired), "rules"),
        (Text("điều kiện", "conditions"), len(coverage.conditions), len(coverage.half_seen), "conditions"),
        (Text("câu đã công bố", "published sentences"), len(coverage.clauses), len(coverage.untold), "clauses"),
    )
    shares = coverage.percentages
    said = ", ".join(
        f"{noun.in_locale(lang)} {total - missing}/{total} ({shares[key]:.1f} %)" for noun, total, missing, key in parts
    )
    lines = [f"{coverage.operator}: {said}"]
    lines += [f"  {_no_case(lang, 'quy tắc', 'rule')} `{rule}`" for rule in coverage.unfired]
    lines += [f"  {_seen(name, coverage.conditions[name], lang)}" for name in coverage.half_seen]
    lines += [f"  {_no_case(lang, 'câu', 'sentence')} {clause}" for clause in coverage.untold]
    return lines


def _no_case(lang: str, vi: str, en: str) -> str:
    return f"không ca nào chạm tới {vi}" if lang == "vi" else f"no case rests on the {en}"


def _seen(name: str, seen: ConditionSeen, lang: str) -> str:
    if lang == "vi":
        never = " hoặc ".join(word for word, count in (("đúng", seen.true), ("sai", seen.false)) if not count)
        return f"điều kiện `{name}` chưa ca nào cho thấy là {never}" + (
            f" (không rõ: {seen.unknown})" if seen.unknown else ""
        )
    never = " or ".join(word for word, count in (("true", seen.true), ("false", seen.false)) if not count)
    return f"no case shows the condition `{name}` {never}" + (f" (unknown: {seen.unknown})" if seen.unknown else "")


def mutation_lines(mutation: Mutation, survivors: Sequence[Survivor], lang: str) -> list[str]:
    """Return the share of changes that cases or the loader notice, and every change that goes unnoticed."""
    total, explained = len(mutation.verdicts), set(_names(mutation.explained(survivors)))
    noticed = total - len(mutation.unnoticed)
    share = f"{noticed}/{total} ({mutation.score:.1f} %)"
    if lang == "vi":
        head = f"{mutation.operator}: {share} thay đổi bị phát hiện; {len(explained)} thay đổi còn lại có lý do"
    else:
        head = f"{mutation.operator}: {share} changes noticed; {len(explained)} of the others have a reason"
    unnoticed = "không ca nào phát hiện" if lang == "vi" else "no case notices"
    lines = [head]
    for mutant in mutation.unnoticed:
        if (mutant.before.id, mutant.change) not in explained:
            rule = mutant.before
            lines.append(f"  {unnoticed}: {rule.file}:{rule.line}: `{rule.id}`: {mutant.text.in_locale(lang)}")
    return lines


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    """Return the coverage of an operator for programs."""
    return {
        "percent": {name: round(share, 2) for name, share in coverage.percentages.items()},
        "rules": dict(coverage.rules),
        "conditions": {
            name: {"true": seen.true, "false": seen.false, "unknown": seen.unknown}
            for name, seen in coverage.conditions.items()
        },
        "clauses": dict(coverage.clauses),
    }


def mutation_json(mutation: Mutation, survivors: Sequence[Survivor]) -> dict[str, Any]:
    """Return every change that was tried with what noticed it, for programs."""
    reasons: Mapping[tuple[str, str], Text] = {(each.rule, each.change): each.reason for each in survivors}
    changes = []
    for verdict in mutation.verdicts:
        mutant = verdict.mutant
        reason = reasons.get((mutant.before.id, mutant.change))
        changes.append(
            {
                "rule": mutant.before.id,
                "line": mutant.before.line,
                "kind": mutant.kind.value,
                "change": mutant.change,
                "message": dict(mutant.text.as_map()),
                "noticed": verdict.noticed,
                "case": verdict.case,
                "refused": verdict.refused,
                "reason": dict(reason.as_map()) if reason is not None and not verdict.noticed else None,
            }
        )
    return {"percent": round(mutation.score, 2), "changes": changes}


def _names(mutants: Iterable[Mutant]) -> list[tuple[str, str]]:
    return [(mutant.before.id, mutant.change) for mutant in mutants]
