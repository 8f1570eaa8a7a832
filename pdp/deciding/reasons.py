"""Names the sentences that led to an answer."""

from collections.abc import Iterable

from pdp.core.decision import ConditionTrace, Effect, Outcome, Reason, RuleTrace
from pdp.core.policy import Line, Region, Rule
from pdp.core.text import Text, join_texts
from pdp.core.vocabulary import WordKind
from pdp.deciding.judgement import Judgement

NEAREST_SHOWN = 3


def deciding_reasons(judgement: Judgement, rule_ids: Iterable[str]) -> tuple[Reason, ...]:
    """Return one reason for each rule that decided, by rule id."""
    policy = judgement.policy
    rules = [policy.rules[rule_id] for rule_id in sorted(rule_ids)]
    return tuple(Reason(rule.clause, rule.id, rule.effect, policy.clauses[rule.clause].text_as_read) for rule in rules)


def error_reasons(judgement: Judgement) -> tuple[Reason, ...]:
    """Return one reason for each rule whose evaluation failed, without the text of what was raised."""
    policy = judgement.policy
    rules = [policy.rules[rule_id] for rule_id in sorted({error.rule for error in judgement.matches.errors})]
    return tuple(
        Reason(
            rule.clause,
            rule.id,
            rule.effect,
            Text(
                f"không xét được quy tắc `{rule.id}`: từ chối để an toàn",
                f"the rule `{rule.id}` could not be evaluated: denied to be safe",
            ),
        )
        for rule in rules
    )


def unmet_reasons(judgement: Judgement) -> tuple[Reason, ...]:
    """Return the sentences that draw the line here, then, for the nearest allow rules, that of each thing missing."""
    policy = judgement.policy
    found = [
        Reason(line.clause, line.id, Effect.LINE, policy.clauses[line.clause].text_as_read)
        for line in drawn_lines(judgement)
    ]
    for trace in nearest_rules(judgement):
        lacks: dict[str, list[Text]] = {}
        for lack in trace.conditions:
            if lack.outcome is not Outcome.TRUE:
                lacks.setdefault(_clause_of(lack, trace, judgement), []).append(lack.message)
        found += [
            Reason(clause, trace.rule, trace.effect, _missing(policy.clauses[clause].text, missing))
            for clause, missing in lacks.items()
        ]
    return tuple(found)


def silent_reason(judgement: Judgement) -> Reason:
    """Return the one reason that says that no rule speaks of the request, with the sentence that closes the rest."""
    policy = judgement.policy
    said = Text(
        "không có câu nào trong chính sách đã công bố cho phép việc này; những gì không hứa thì không được phép",
        "no published sentence speaks of this; what is not promised is not allowed",
    )
    lines = drawn_lines(judgement)
    if not lines:
        return Reason("", "", Effect.DENY, said)
    clause = policy.clauses[lines[0].clause].text
    return Reason(
        lines[0].clause, lines[0].id, Effect.LINE, Text(f"{said.vi} – {clause.vi}", f"{said.en} – {clause.en}")
    )


def nearest_rules(judgement: Judgement, *, in_detail: bool = False) -> tuple[RuleTrace, ...]:
    """Return the allow rules that came closest to allowing: those with the fewest lacks, at most NEAREST_SHOWN.

    Rules for this action, category and purpose come first; only when there are none, all others. Among equals a rule
    whose role the subject holds is nearer, then one whose role was assigned and does not count.
    """
    policy, request = judgement.policy, judgement.circumstances.request
    allowing = [rule for rule in policy.rules.values() if rule.effect is Effect.ALLOW]
    about = [
        rule
        for rule in allowing
        if policy.hierarchies.covers_region(rule.region, request.action, request.resource.type, request.purpose)
    ]
    ranked = [
        (_distance(rule, trace, judgement), trace)
        for rule in about or allowing
        for trace in (judgement.near_trace(rule, in_detail=in_detail),)
    ]
    nearest = min((distance for distance, _ in ranked), default=(0, 0))
    found = [trace for distance, trace in ranked if distance == nearest]
    return tuple(sorted(found, key=lambda trace: trace.rule)[:NEAREST_SHOWN])


def speaks(judgement: Judgement) -> bool:
    """Say whether any allow rule speaks of this action, category and purpose, for whichever role."""
    policy, request = judgement.policy, judgement.circumstances.request
    return any(
        rule.effect is Effect.ALLOW
        and policy.hierarchies.covers_region(rule.region, request.action, request.resource.type, request.purpose)
        for rule in policy.rules.values()
    )


def drawn_lines(judgement: Judgement) -> tuple[Line, ...]:
    """Return the lines whose region holds the request, without those that only enclose a narrower one, by id."""
    policy, request = judgement.policy, judgement.circumstances.request
    within = [
        line
        for line in policy.lines
        if policy.hierarchies.covers_region(line.region, request.action, request.resource.type, request.purpose)
        and policy.hierarchies.covers_role(line.region, judgement.circumstances.roles)
    ]
    closest = [line for line in within if not any(_encloses(line.region, other.region, judgement) for other in within)]
    return tuple(sorted(closest, key=lambda line: line.id))


def _encloses(outer: Region, inner: Region, judgement: Judgement) -> bool:
    """Say whether *outer* holds *inner* and more."""
    covers = judgement.policy.hierarchies.covers
    pairs = (
        (WordKind.ROLE, outer.role, inner.role),
        (WordKind.ACTION, outer.action, inner.action),
        (WordKind.CATEGORY, outer.category, inner.category),
        (WordKind.PURPOSE, outer.purpose, inner.purpose),
    )
    return outer != inner and all(broad == narrow or covers(kind, broad, narrow) for kind, broad, narrow in pairs)


def _distance(rule: Rule, trace: RuleTrace, judgement: Judgement) -> tuple[int, int]:
    """Return how far a rule is: its lacks; then whether its role is held, was assigned without counting, or neither."""
    if judgement.policy.hierarchies.covers_role(rule.region, judgement.circumstances.roles):
        return trace.lacks, 0
    return trace.lacks, 1 if judgement.has_assignment(rule) else 2


def _clause_of(lack: ConditionTrace, trace: RuleTrace, judgement: Judgement) -> str:
    """Return the clause whose words a missing condition renders; that of the rule for its role."""
    condition = judgement.policy.conditions.get(lack.name)
    return condition.clause if condition is not None else trace.clause


def _missing(sentence: Text, lacks: list[Text]) -> Text:
    what = join_texts(lacks, "; ", "; ")
    return Text(f"{sentence.vi} – còn thiếu: {what.vi}", f"{sentence.en} – missing: {what.en}")
