"""How an answer came about, as of another instant too, and what would make a denial an allow."""

from dataclasses import replace
from datetime import datetime

from pdp.core.errors import TooMuchToLookUpError, UnavailableError
from pdp.core.explanation import Explanation, WouldAllow
from pdp.core.facts import Fact
from pdp.core.ports import Clock, FactSource, StoredFacts
from pdp.core.request import Request
from pdp.counterfactuals import FAILED, would_allow
from pdp.deciding import decide_twice, explain
from pdp.decision_point.answers import undecided
from pdp.decision_point.surveying import surveyed
from pdp.gathering import check_against_stored
from pdp.lookups import MAXIMUM_FACTS, survey_of
from pdp.policy_set import PolicySet


def explained_as_of(
    facts: FactSource, clock: Clock, policy: PolicySet, request: Request, as_of: datetime
) -> Explanation:
    """Return how *policy* would have answered *request* by the facts of then; raises what `surveyed` raises."""
    stored, at = surveyed(facts, clock, request, survey_of(policy, request), as_of)
    agreed = check_against_stored(request, stored.facts, at)
    answer = decide_twice(policy, agreed, stored.facts, at)
    explanation = explain(undecided(policy, agreed, stored, at, answer), answer)
    return explanation if answer.allowed else _changed(explanation, would_allow(policy, agreed, stored.facts, at))


def with_changes(
    source: FactSource, explanation: Explanation, policy: PolicySet, request: Request, stored: StoredFacts, at: datetime
) -> Explanation:
    """Return the *explanation* of a denial with what would make it an allow.

    Whoever else a change is about, a giver of consent, a granter, is looked for among all whom the *source* knows to
    stand near the question. Facts of another revision than the decision saw are not mixed with its own.
    """
    if stored.too_many:
        return replace(explanation, search=FAILED.outcome, search_message=FAILED.message)
    facts, whole = stored.facts, True
    try:
        near = source.survey(request.operator, survey_of(policy, request), request.consistency, None, MAXIMUM_FACTS)
    except (TooMuchToLookUpError, UnavailableError):
        whole = False
    else:
        whole = near.token == stored.token
        if whole:
            facts = _joined(stored.facts, near.facts)
    return _changed(explanation, would_allow(policy, request, facts, at, proves=whole))


def _changed(explanation: Explanation, found: WouldAllow) -> Explanation:
    """Return *explanation* with what was *found* that would make its denial an allow."""
    return replace(explanation, would_allow=found.changes, search=found.outcome, search_message=found.message)


def _joined(gathered: tuple[Fact, ...], surveyed: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Return every fact of two readings once."""
    ids = {fact.id for fact in gathered if fact.id}
    return (*gathered, *(fact for fact in surveyed if fact.id not in ids and fact not in gathered))
