"""Combines what the rules say: deny overrides, unknown never helps, silence denies."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.circumstances import Circumstances
from pdp.core.containment import BoundExceededError
from pdp.core.decision import Cause, Effect, Obligation, Reason
from pdp.core.facts import Fact
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.deciding.answer import Answer
from pdp.deciding.judgement import Judgement
from pdp.deciding.obligations import leave_out, owed
from pdp.deciding.reasons import (
    deciding_reasons,
    error_reasons,
    silent_reason,
    speaks,
    unmet_reasons,
)
from pdp.policy_set import PolicySet

MAXIMUM_BOUNDARIES: Final = 32
"""How many instants are tried before the next one is given unproved: early is safe, late is not."""


def decide(policy: PolicySet, request: Request, stored: Iterable[Fact], instant: datetime) -> Answer:
    """Answer *request* at *instant*; never raises for what happens while deciding."""
    try:
        circumstances = Circumstances(request, stored, instant, policy.hierarchies, policy.granting)
    except BoundExceededError:
        return failed_answer()
    judgement = Judgement(policy, circumstances)
    matches = judgement.matches
    matched = tuple(judgement.trace(policy.rules[rule]) for rule in sorted(matches.spoke))
    failing = {error.rule for error in matches.errors}
    denying = matches.denying - failing
    if denying:
        reasons, obligations = deciding_reasons(judgement, denying), owed(judgement, denying)
        return Answer(False, Cause.RULE, reasons, obligations, matched, judgement)
    # FAIL CLOSED (error in a rule): an allow beside a rule that failed would rest on half of the policy.
    if matches.errors:
        return Answer(False, Cause.ERROR, error_reasons(judgement), (), matched, judgement)
    if matches.allowing:
        return _allowed(
            judgement,
            matches.allowing,
            stored,
            Answer(
                True,
                Cause.RULE,
                deciding_reasons(judgement, matches.allowing),
                owed(judgement, matches.allowing),
                matched,
                judgement,
            ),
        )
    if speaks(judgement):
        reasons = unmet_reasons(judgement)
        return Answer(False, Cause.UNMET, reasons, (), matched, judgement)
    return Answer(False, Cause.SILENT, (silent_reason(judgement),), (), matched, judgement)


def failed_answer() -> Answer:
    """Return the deny for circumstances that could not be gathered within their bounds."""
    message = Text(
        "không xét được: các quan hệ chứa nhau đi vòng hoặc quá xa",
        "could not be decided: containments go round in a circle or too far",
    )
    return Answer(False, Cause.ERROR, (Reason("", "", Effect.DENY, message),), (), (), None)


def valid_until(
    policy: PolicySet, request: Request, stored: Iterable[Fact], instant: datetime, answer: Answer
) -> datetime | None:
    """Return the first instant after *instant* at which the answer would be another, None when time changes nothing.

    Each instant at which a fact begins or ends, or a comparison with the time turns over, is tried in order; after
    MAXIMUM_BOUNDARIES of them the next is returned unproved.
    """
    if answer.judgement is None:
        return None
    stored = tuple(stored)
    pending = _boundaries(answer.judgement, instant)
    tried: set[datetime] = set()
    while pending:
        boundary = min(pending)
        if len(tried) == MAXIMUM_BOUNDARIES:
            return boundary
        later = decide(policy, request, stored, boundary)
        if not answer.same_for_caller(later):
            return boundary
        tried.add(boundary)
        if later.judgement is not None:
            pending |= _boundaries(later.judgement, boundary)
        pending -= tried
    return None


def _boundaries(judgement: Judgement, instant: datetime) -> set[datetime]:
    turning = {found for found in judgement.evaluator.instants if found > instant}
    return turning | judgement.circumstances.boundaries()


def _allowed(judgement: Judgement, allowing: frozenset[str], stored: Iterable[Fact], answer: Answer) -> Answer:
    """Take out of an allow for a broad category what a deny rule keeps back (contract, "The broad and the narrow")."""
    denied = _denied_within(judgement, stored)
    if not denied:
        return answer
    policy, category = judgement.policy, judgement.circumstances.request.resource.type
    children = {word.id for word in policy.vocabulary.words(WordKind.CATEGORY).values() if word.broader == category}
    by_rule = {rule: reasons for reasons in denied.values() for rule in reasons}
    if children <= denied.keys():
        rules = frozenset(by_rule)
        return Answer(
            False, Cause.RULE, deciding_reasons(judgement, rules), owed(judgement, rules), answer.matched, judgement
        )
    outermost = {
        word for word in denied if not set(policy.vocabulary.upward(WordKind.CATEGORY, word)) - {word} & denied.keys()
    }
    clauses: dict[str, set[str]] = {}
    for word in outermost:
        clauses.setdefault(policy.rules[min(denied[word])].clause, set()).add(word)
    kept_back: tuple[Obligation, ...] = tuple(leave_out(words, clause) for clause, words in sorted(clauses.items()))
    return replace(answer, obligations=(*answer.obligations, *kept_back))


def _denied_within(judgement: Judgement, stored: Iterable[Fact]) -> dict[str, frozenset[str]]:
    """Return the narrower categories that a deny rule keeps back, each with the rules that do."""
    policy, circumstances = judgement.policy, judgement.circumstances
    category = circumstances.request.resource.type
    below = policy.hierarchies.downward[WordKind.CATEGORY]
    named = {rule.region.category for rule in policy.rules.values() if rule.effect is Effect.DENY}
    narrower = {word for region in named if region in below for word in below[region] & (below[category] - {category})}
    denied: dict[str, frozenset[str]] = {}
    for word in sorted(narrower):
        request = circumstances.request
        asked = replace(request, resource=replace(request.resource, type=word))
        inner = Judgement(
            policy, Circumstances(asked, stored, circumstances.instant, policy.hierarchies, policy.granting)
        )
        if inner.matches.denying:
            denied[word] = inner.matches.denying
    return denied
