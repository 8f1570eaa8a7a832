"""The corridor: request, facts, decision, record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pdp.core.decision import Decision
from pdp.core.errors import NoPolicyError
from pdp.core.explanation import Explanation
from pdp.core.ports import Clock, DecisionLog, FactSource, StoredFacts
from pdp.core.request import Consistency, Request
from pdp.deciding import Answer, DecisionIds, decide, decide_twice, explain, valid_until
from pdp.policy_set import PolicySet

_IDS: Final = DecisionIds()


class DecisionPoint:
    """Answers requests whose words are known; everything it holds is immutable, so any thread may ask."""

    def __init__(self, policies: Mapping[str, PolicySet], facts: FactSource, clock: Clock, log: DecisionLog) -> None:
        self.policies = policies
        self._facts = facts
        self._clock = clock
        self._log = log

    @property
    def at_once(self) -> bool:
        """Say whether an answer never waits for facts that are not in this process."""
        return self._facts.at_once

    def check(self, request: Request) -> Decision:
        """Return the answer to *request*, once its record is kept.

        Raises NoPolicyError, ForeignTokenError and UnavailableError; what fails while deciding is a deny.
        """
        operator = request.operator
        policy = self._policy(operator)
        stored = self._facts.gather(operator, (request,), request.consistency)
        at = request.time or self._clock.now()
        return self._recorded(policy, request, stored, at, decide(policy, request, stored.facts, at))

    def check_batch(self, operator: str, requests: Sequence[Request], consistency: Consistency) -> tuple[Decision, ...]:
        """Return the answers to *requests*, all of *operator*, in their order: one policy, one fact revision.

        Raises what check raises, for the whole batch.
        """
        policy = self._policy(operator)
        stored = self._facts.gather(operator, requests, consistency)
        now = self._clock.now()
        decisions = []
        for request in requests:
            at = request.time or now
            decisions.append(self._recorded(policy, request, stored, at, decide(policy, request, stored.facts, at)))
        return tuple(decisions)

    def explain(self, request: Request) -> Explanation:
        """Return the answer to *request* with everything that led to it.

        It is the answer that check would give, and is recorded as one. Raises what check raises.
        """
        policy = self._policy(request.operator)
        stored = self._facts.gather(request.operator, (request,), request.consistency)
        at = request.time or self._clock.now()
        answer = decide_twice(policy, request, stored.facts, at)
        return explain(self._recorded(policy, request, stored, at, answer), answer)

    def _policy(self, operator: str) -> PolicySet:
        policy = self.policies.get(operator)
        if policy is None:
            raise NoPolicyError(operator)
        return policy

    def _recorded(
        self, policy: PolicySet, request: Request, stored: StoredFacts, at: datetime, answer: Answer
    ) -> Decision:
        """Return *answer* as a decision with an id and a term, once its record is kept."""
        decision_id = _IDS.new()
        decision = Decision(
            decision_id,
            request.request_id or decision_id,
            answer.allowed,
            answer.cause,
            answer.reasons,
            answer.obligations,
            policy.revision,
            stored.token,
            valid_until(policy, request, stored.facts, at, answer),
            (),
            False,
            answer.failures,
        )
        self._log.record(request, decision, at)
        return decision
