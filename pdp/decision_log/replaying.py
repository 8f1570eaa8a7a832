"""Decides again what is on record: under the policy that decided then, or under another one.

Nothing but the record is looked at: neither the store of facts nor the clock.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from pdp.core.decision import Cause, Decision
from pdp.core.errors import InvalidRequestError, NotRecordedError
from pdp.core.explanation import Explanation
from pdp.deciding import Answer, decide, decide_twice, explain, too_many_facts
from pdp.decision_log.reading import Past
from pdp.decision_log.withheld import withheld_keys
from pdp.gathering import check_against_stored
from pdp.policy_set import PolicySet


class Outcome(StrEnum):
    """What deciding again came to; the first that is true counts."""

    ERASED = "erased"
    """A part of the record is gone with the key of a person."""
    WITHHELD = "withheld"
    """The policy reads a property of which the record has a digest alone."""
    REFUSED = "refused"
    """The policy has no place for the request."""
    NEWLY_ALLOWED = "newly-allowed"
    NEWLY_DENIED = "newly-denied"
    OBLIGATIONS = "obligations-changed"
    REASONS = "reasons-changed"
    SAME = "same"


CHANGED = frozenset({Outcome.NEWLY_ALLOWED, Outcome.NEWLY_DENIED, Outcome.OBLIGATIONS, Outcome.REASONS})


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision on record, what it came to again, and the answer to that, None where there is none."""

    past: Past
    outcome: Outcome
    answer: Answer | None = None


def replayed(pasts: Iterable[Past], policies: Mapping[str, PolicySet]) -> Iterator[Replayed]:
    """Yield what becomes of each of *pasts* under *policies*; those of an operator without one are refused."""
    withheld = {operator: withheld_keys(policy) for operator, policy in policies.items()}
    for past in pasts:
        request = past.request
        if request is None or past.erased:
            yield Replayed(past, Outcome.ERASED)
            continue
        policy = policies.get(request.operator)
        if policy is None:
            yield Replayed(past, Outcome.REFUSED)
        elif not past.withheld <= withheld[request.operator]:
            yield Replayed(past, Outcome.WITHHELD)
        else:
            yield _again(past, policy)


def counted(found: Iterable[Replayed]) -> Counter[Outcome]:
    """Return how often what came of *found*."""
    return Counter(each.outcome for each in found)


def explained(past: Past, policy: PolicySet) -> Explanation:
    """Return the explanation of a decision on record, from the record and the *policy* that decided it.

    Raises NotRecordedError when a part is erased, another revision decided, or the answer is not the one on record.
    """
    said = past.record.said
    if past.request is None or past.erased:
        raise NotRecordedError(f"parts of the record are erased: {', '.join(past.erased)}")
    if said["revision"] != policy.revision:
        raise NotRecordedError(f"revision {said['revision']} decided, and {policy.revision} is here")
    again = _again(past, policy, twice=True)
    # FAIL CLOSED (another answer): an explanation of an answer that was not given would explain nothing.
    if again.outcome is not Outcome.SAME or again.answer is None:
        raise NotRecordedError(f"the record does not come to the answer that it tells: {again.outcome.value}")
    answer = again.answer
    until = said["valid_until"]
    decision = Decision(
        past.record.decision_id,
        past.request.request_id,
        answer.allowed,
        answer.cause,
        answer.reasons,
        answer.obligations,
        policy.revision,
        said["checked_at"],
        None if until is None else datetime.fromisoformat(until),
        cached=said["cached"],
    )
    return explain(decision, answer)


def _again(past: Past, policy: PolicySet, *, twice: bool = False) -> Replayed:
    request = past.request
    assert request is not None  # noqa: S101  # both callers have looked
    at = past.record.at
    if past.seen is None:
        answer = too_many_facts()
    else:
        try:
            agreed = check_against_stored(request, past.seen, at)
        except InvalidRequestError:
            return Replayed(past, Outcome.REFUSED)
        answer = (decide_twice if twice else decide)(policy, agreed, past.seen, at)
    return Replayed(past, _outcome(past, answer), answer)


def _outcome(past: Past, answer: Answer) -> Outcome:
    said = past.record.said
    if past.record.allowed is not answer.allowed:
        return Outcome.NEWLY_ALLOWED if answer.allowed else Outcome.NEWLY_DENIED
    owed = [(each["id"], each["clause"]) for each in said["obligations"]]
    if sorted(_written(owed, past.parameters)) != sorted(
        _written(
            [(each.id, each.clause) for each in answer.obligations], [each.parameters for each in answer.obligations]
        )
    ):
        return Outcome.OBLIGATIONS
    before = {(reason["clause"], reason["rule"]) for reason in said["reasons"]}
    after = {(reason.clause, reason.rule) for reason in answer.reasons}
    return Outcome.SAME if Cause(said["cause"]) is answer.cause and before == after else Outcome.REASONS


def _written(owed: Iterable[tuple[str, str]], parameters: Iterable[Mapping[str, object]]) -> list[bytes]:
    """Return obligations as bytes that can be compared: what went through a record and what did not."""
    return [
        orjson.dumps([id_, clause, dict(given)], str, orjson.OPT_SORT_KEYS)
        for (id_, clause), given in zip(owed, parameters, strict=True)
    ]
