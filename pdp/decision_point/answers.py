"""Answers as decisions: with an id, a term and the revisions that they rest on."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.decision import Decision
from pdp.core.ports import StoredFacts
from pdp.core.request import Request
from pdp.deciding import Answer, DecisionIds, valid_until
from pdp.gathering import agreed_until
from pdp.policy_set import PolicySet

_IDS: Final = DecisionIds()


def given_again(request: Request, kept: Decision) -> Decision:
    """Return an answer that is kept as one of its own."""
    decision_id = _IDS.new()
    return replace(kept, decision_id=decision_id, request_id=request.request_id or decision_id, cached=True)


def term(policy: PolicySet, agreed: Request, stored: StoredFacts, at: datetime, answer: Answer) -> datetime | None:
    """Return until when *answer* to *agreed* holds: both what was decided, and that it may be asked at all."""
    if stored.too_many:
        return None
    return agreed_until(agreed, stored.facts, at, valid_until(policy, agreed, stored.facts, at, answer))


def decided(
    policy: PolicySet, request: Request, stored: StoredFacts, answer: Answer, until: datetime | None
) -> Decision:
    """Return *answer* as a decision with an id and a term."""
    decision_id = _IDS.new()
    return Decision(
        decision_id,
        request.request_id or decision_id,
        answer.allowed,
        answer.cause,
        answer.reasons,
        answer.obligations,
        policy.revision,
        stored.token,
        until,
        (),
        False,
        answer.failures,
        None if stored.too_many else stored.facts,
    )


def undecided(policy: PolicySet, request: Request, stored: StoredFacts, at: datetime, answer: Answer) -> Decision:
    """Return *answer* about another instant: nobody acts on it, so it has no id."""
    decision = decided(policy, request, stored, answer, term(policy, request, stored, at, answer))
    return replace(decision, decision_id="", request_id="")
