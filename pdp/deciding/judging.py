"""Combines what the rules say: deny overrides, unknown never helps, silence denies."""

from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.circumstances import Circumstances
from pdp.core.containment import BoundExceededError
from pdp.core.decision import Cause, Effect, Failure, Obligation, Reason
from pdp.core.facts import Fact
from pdp.core.policy import ANY
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.core.wanted import MAXIMUM_GATHERED
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
from pdp.engine import Matches
from pdp.policy_set import PolicySet

MAXIMUM_BOUNDARIES: Final = 32
"""How many instants are tried before the next one is given unproved: early is safe, late is not."""

_TOO_FAR: Final = Text(
    "không xét được: các quan hệ chứa nhau đi vòng hoặc quá xa",
    "could not be decided: containments go round in a circle or too far",
)
_TOO_MANY: Final = Text(
    "không xét được: có quá nhiều dữ kiện liên quan", "could not be decided: too many facts could matter"
)
_FAILED: Final = Text("không xét được: từ chối để an toàn", "could not be decided: denied to be safe")


def decide(policy: PolicySet, request: Request, stored: Iterable[Fact], instant: datetime) -> Answer:
    """Answer *request* at *instant*; never raises for what happens while deciding."""
    try:
        return _decide(policy, request, tuple(stored), instant)
    except BoundExceededError as error:
        return _failed_answer(error)
    # FAIL CLOSED (error outside a rule): a parameter of an obligation that cannot be chosen, an engine that fails.
    except Exception as error:  # noqa: BLE001
        return _failed_answer(error, _FAILED)


def _decide(policy: PolicySet, request: Request, stored: tuple[Fact, ...], instant: datetime) -> Answer:
    judgement = Judgement(policy, Circumstances(request, stored, instant, policy.hierarchies, policy.granting))
    matches = judgement.matches
    matched = tuple(judgement.trace(policy.rules[rule]) for rule in sorted(matches.spoke))
    failures = _failures(matches)
    denying = matches.denying - {failure.rule for failure in failures}
    if denying:
        reasons, obligations = deciding_reasons(judgement, denying), owed(judgement, denying)
        return Answer(False, Cause.RULE, reasons, obligations, matched, judgement, failures)
    # FAIL CLOSED (error in a rule): an allow beside a rule that failed would rest on half of the policy.
    if failures:
        return Answer(False, Cause.ERROR, error_reasons(judgement), (), matched, judgement, failures)
    if matches.allowing:
        reasons, obligations = deciding_reasons(judgement, matches.allowing), owed(judgement, matches.allowing)
        return _allowed(judgement, stored, Answer(True, Cause.RULE, reasons, obligations, matched, judgement))
    if speaks(judgement):
        reasons = unmet_reasons(judgement)
        return Answer(False, Cause.UNMET, reasons, (), matched, judgement)
    return Answer(False, Cause.SILENT, (silent_reason(judgement),), (), matched, judgement)


def _failed_answer(error: Exception, message: Text = _TOO_FAR) -> Answer:
    """Return the deny for a request that *error* kept from being judged: by default, the bounds of containment."""
    return Answer(
        False, Cause.ERROR, (Reason("", "", Effect.DENY, message),), (), (), None, (Failure("", _said(error)),)
    )


def too_many_facts() -> Answer:
    """Return the deny for a request to which more facts could matter than may be looked at."""
    return _failed_answer(BoundExceededError(f"more than {MAXIMUM_GATHERED} facts could matter"), _TOO_MANY)


def _failures(matches: Matches) -> tuple[Failure, ...]:
    return tuple(Failure(found.rule, _said(found.error)) for found in matches.errors)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def valid_until(
    policy: PolicySet, request: Request, stored: Iterable[Fact], instant: datetime, answer: Answer
) -> datetime | None:
    """Return the first instant after *instant* at which the answer would be another, None when time changes nothing.

    Each instant at which a fact begins or ends, or a comparison with the time turns over, is tried in order; after
    MAXIMUM_BOUNDARIES of them the next is returned unproved.
    """
    stored = tuple(stored)
    facts = (*stored, *request.facts)
    pending = _boundaries(facts, answer, instant)
    tried: set[datetime] = set()
    while pending:
        boundary = min(pending)
        if len(tried) == MAXIMUM_BOUNDARIES:
            return boundary
        later = decide(policy, request, stored, boundary)
        if not answer.same_for_caller(later):
            return boundary
        tried.add(boundary)
        pending |= _boundaries(facts, later, boundary)
        pending -= tried
    return None


def _boundaries(facts: Iterable[Fact], answer: Answer, instant: datetime) -> set[datetime]:
    """Return every instant after *instant* at which a fact begins or ends, or a comparison with the time turns over."""
    terms = {bound for fact in facts for bound in (fact.valid_from, fact.valid_until) if bound is not None}
    turning = answer.judgement.evaluator.instants if answer.judgement is not None else set[datetime]()
    return {found for found in terms | turning if found > instant}


def _allowed(judgement: Judgement, stored: tuple[Fact, ...], answer: Answer) -> Answer:
    """Take out of an allow for a broad category what a deny rule keeps back (contract, "The broad and the narrow")."""
    narrower = _narrower(judgement, stored)
    # FAIL CLOSED (error in a rule): what of the record has to stay back is not known.
    for inner in narrower.values():
        if inner.matches.errors:
            failures = _failures(inner.matches)
            return Answer(False, Cause.ERROR, error_reasons(inner), (), answer.matched, judgement, failures)
    denied = {word: inner.matches.denying for word, inner in narrower.items() if inner.matches.denying}
    if not denied:
        return answer
    policy, category = judgement.policy, judgement.circumstances.request.resource.type
    if _nothing_is_left(category, denied.keys(), policy):
        rules = frozenset[str]().union(*denied.values())
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


def _nothing_is_left(category: str, denied: Set[str], policy: PolicySet) -> bool:
    """Say whether *category* is denied, or everything directly in it is."""
    inside = [word.id for word in policy.vocabulary.words(WordKind.CATEGORY).values() if word.broader == category]
    return category in denied or (bool(inside) and all(_nothing_is_left(word, denied, policy) for word in inside))


def _narrower(judgement: Judgement, stored: tuple[Fact, ...]) -> dict[str, Judgement]:
    """Return the same request judged for each narrower category that a deny rule could keep back."""
    policy, circumstances = judgement.policy, judgement.circumstances
    category = circumstances.request.resource.type
    below = policy.hierarchies.downward[WordKind.CATEGORY]
    named = {rule.region.category for rule in policy.rules.values() if rule.effect is Effect.DENY}
    within = below[category] - {category}
    spoken_of = within if ANY in named else within & frozenset[str]().union(*(below[region] for region in named))
    found: dict[str, Judgement] = {}
    for word in sorted(spoken_of):
        request = circumstances.request
        asked = replace(request, resource=replace(request.resource, type=word))
        found[word] = Judgement(
            policy, Circumstances(asked, stored, circumstances.instant, policy.hierarchies, policy.granting)
        )
        _ = found[word].matches
        # What is left out of the answer changes when one of these comparisons with the time turns over.
        judgement.evaluator.instants.update(found[word].evaluator.instants)
    return found
