"""The corridor: request, facts, decision, record."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from pdp.core.decision import Decision
from pdp.core.errors import InvalidRequestError, NoPolicyError
from pdp.core.explanation import Explanation
from pdp.core.fact_index import FactIndex
from pdp.core.ports import Clock, DecisionLog, FactSource, StoredFacts
from pdp.core.request import Consistency, Request
from pdp.core.wanted import NOTHING_WANTED, Wanted, all_wanted
from pdp.deciding import Answer, DecisionIds, decide, decide_twice, explain, too_many_facts, valid_until
from pdp.gathering import Wanting, check_against_stored
from pdp.policy_set import PolicySet

Checked = Decision | InvalidRequestError
"""What becomes of one item of a batch: an answer, or what is wrong with it in the light of the stored facts."""

_IDS: Final = DecisionIds()


class DecisionPoint:
    """Answers requests whose words are known; everything it holds is immutable, so any thread may ask."""

    def __init__(self, policies: Mapping[str, PolicySet], facts: FactSource, clock: Clock, log: DecisionLog) -> None:
        self.policies = policies
        self._wanting = Wanting(policies)
        self._facts = facts
        self.clock = clock
        self._log = log

    def over(self, facts: FactSource) -> "DecisionPoint":
        """Return the same decision point over other stored facts: those of a transaction, say."""
        other = copy.copy(self)
        other._facts = facts
        return other

    @property
    def at_once(self) -> bool:
        """Say whether an answer never waits for facts that are not in this process."""
        return self._facts.at_once

    def check(self, request: Request) -> Decision:
        """Return the answer to *request*, once its record is kept.

        Raises NoPolicyError, ForeignTokenError and UnavailableError, and InvalidRequestError for what contradicts the
        stored facts; what fails while deciding is a deny.
        """
        policy = self._policy(request.operator)
        stored = self._facts.gather(request.operator, self._wanted(request), request.consistency)
        return self._check(policy, request, stored, request.time or self._now(stored))

    def check_batch(self, operator: str, requests: Sequence[Request], consistency: Consistency) -> tuple[Checked, ...]:
        """Return what becomes of *requests*, all of *operator*, in their order: one policy, one fact revision.

        Raises NoPolicyError, ForeignTokenError and UnavailableError for the whole batch.
        """
        policy = self._policy(operator)
        wanted = [self._wanted(request) for request in requests]
        stored = self._facts.gather(operator, all_wanted(wanted), consistency)
        now = self._now(stored)
        return tuple(
            [
                self._checked(policy, request, each, request.time or now)
                for request, each in zip(requests, _divided(stored, wanted), strict=True)
            ]
        )

    def explain(self, request: Request) -> Explanation:
        """Return the answer to *request* with everything that led to it.

        It is the answer that check would give, and is recorded as one. Raises what check raises.
        """
        policy = self._policy(request.operator)
        stored = self._facts.gather(request.operator, self._wanted(request), request.consistency)
        at = request.time or self._now(stored)
        agreed = check_against_stored(request, stored.facts, at)
        answer = too_many_facts() if stored.too_many else decide_twice(policy, agreed, stored.facts, at)
        decision = _decision(policy, agreed, stored, at, answer)
        self._log.record(request, decision, at)
        return explain(decision, answer)

    def _policy(self, operator: str) -> PolicySet:
        policy = self.policies.get(operator)
        if policy is None:
            raise NoPolicyError(operator)
        return policy

    def _wanted(self, request: Request) -> Wanted:
        return NOTHING_WANTED if self._facts.keeps_nothing else self._wanting.of(request)

    def _now(self, stored: StoredFacts) -> datetime:
        """Return the present instant, never before the commit of what was read (contract, section 2, "Time")."""
        now = self.clock.now()
        return now if stored.committed_at is None else max(now, stored.committed_at)

    def _checked(self, policy: PolicySet, request: Request, stored: StoredFacts, at: datetime) -> Checked:
        try:
            return self._check(policy, request, stored, at)
        except InvalidRequestError as error:
            return error

    def _check(self, policy: PolicySet, request: Request, stored: StoredFacts, at: datetime) -> Decision:
        agreed = check_against_stored(request, stored.facts, at)
        # FAIL CLOSED (too many facts): nobody has looked at them, so one of them may be the refusal that matters.
        answer = too_many_facts() if stored.too_many else decide(policy, agreed, stored.facts, at)
        decision = _decision(policy, agreed, stored, at, answer)
        self._log.record(request, decision, at)
        return decision


def _decision(policy: PolicySet, request: Request, stored: StoredFacts, at: datetime, answer: Answer) -> Decision:
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
        None if stored.too_many else valid_until(policy, request, stored.facts, at, answer),
        failures=answer.failures,
    )


def _divided(stored: StoredFacts, wanted: Sequence[Wanted]) -> Iterator[StoredFacts]:
    """Give each question of a batch its own part of what was gathered for all: the others' facts cost it time alone."""
    if len(wanted) == 1 or not stored.facts:
        yield from (stored for _ in wanted)
        return
    index = FactIndex(stored.facts)
    for each in wanted:
        yield StoredFacts(tuple(index.gather(each).values()), stored.token, stored.committed_at, stored.too_many)
