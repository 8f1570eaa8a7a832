"""The corridor: request, facts, decision, record."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.errors import NoPolicyError
from pdp.core.explanation import Explanation
from pdp.core.lookup import Found
from pdp.core.ports import Clock, DecisionLog, FactSource, StoredFacts
from pdp.core.request import Consistency, Request, Resource
from pdp.core.survey import EVERYTHING, Survey, all_surveyed
from pdp.deciding import Answer, DecisionIds, SharedAnswer, decide, decide_twice, explain, valid_until
from pdp.lookups import MAXIMUM_FACTS, actions_spoken_of, find_resources, find_subjects, survey_of
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
        records = []
        shared: SharedAnswer | None = None
        for request in requests:
            at = request.time or now
            if shared is None or not shared.holds_for(request):
                answer = decide(policy, request, stored.facts, at)
                until = valid_until(policy, request, stored.facts, at, answer)
                shared = SharedAnswer(policy, request, stored.facts, answer, until)
            records.append((request, _decision(policy, request, stored, shared.answer, shared.valid_until), at))
        self._log.record_all(records)
        return tuple([decision for _, decision, _ in records])

    def explain(self, request: Request) -> Explanation:
        """Return the answer to *request* with everything that led to it.

        It is the answer that check would give, and is recorded as one. Raises what check raises.
        """
        policy = self._policy(request.operator)
        stored = self._facts.gather(request.operator, (request,), request.consistency)
        at = request.time or self._clock.now()
        answer = decide_twice(policy, request, stored.facts, at)
        return explain(self._recorded(policy, request, stored, at, answer), answer)

    # --- Look-ups: one question for many, complete or an error --------------------------------------------------------

    def lookup_actions(self, request: Request, as_of: datetime | None = None) -> tuple[tuple[str, Decision], ...]:
        """Return the answer to *request* for every action that the operator's policy speaks of, each as check's.

        As of another instant no decision is made: answers about it have no id and leave no record. Raises what check
        raises, and TooMuchToLookUpError.
        """
        policy = self._policy(request.operator)
        actions = actions_spoken_of(policy)
        requests = [replace(request, action=action) for action in actions]
        if as_of is None:
            decisions = self.check_batch(request.operator, requests, request.consistency)
            return tuple(zip(actions, decisions, strict=True))
        stored, at = self._survey(request, all_surveyed(survey_of(policy, each) for each in requests), as_of)
        answers = [(each, decide(policy, each, stored.facts, at)) for each in requests]
        supposed = [
            _decision(policy, each, stored, answer, valid_until(policy, each, stored.facts, at, answer))
            for each, answer in answers
        ]
        return tuple(
            (action, replace(decision, decision_id="", request_id=""))
            for action, decision in zip(actions, supposed, strict=True)
        )

    def lookup_subjects(self, request: Request, as_of: datetime | None = None) -> Found:
        """Return everybody of the subject's type who may do what *request* asks; its id and properties do not count.

        Raises NoPolicyError, ForeignTokenError and UnavailableError, and TooMuchToLookUpError instead of leaving
        anybody out.
        """
        policy = self._policy(request.operator)
        stored, at = self._survey(request, survey_of(policy, request), as_of)
        return Found(find_subjects(policy, request, stored.facts, at), stored.token, policy.revision)

    def lookup_resources(
        self,
        request: Request,
        candidates: tuple[Resource, ...] = (),
        within: Entity | None = None,
        as_of: datetime | None = None,
    ) -> Found:
        """Return those of *candidates* for which *request* is allowed; without any, of all that the facts know of.

        Of the resource of *request* only the category counts. Raises what lookup_subjects raises.
        """
        policy = self._policy(request.operator)
        asked = [replace(request, resource=resource) for resource in candidates]
        survey = all_surveyed(survey_of(policy, each) for each in asked) if asked else EVERYTHING
        stored, at = self._survey(request, survey, as_of)
        matches = find_resources(policy, request, candidates, within, stored.facts, at)
        return Found(matches, stored.token, policy.revision)

    def _survey(self, request: Request, survey: Survey, as_of: datetime | None) -> tuple[StoredFacts, datetime]:
        stored = self._facts.survey(request.operator, survey, request.consistency, as_of, MAXIMUM_FACTS)
        return stored, as_of or request.time or self._clock.now()

    # --- What all of them rest on -------------------------------------------------------------------------------------

    def _policy(self, operator: str) -> PolicySet:
        policy = self.policies.get(operator)
        if policy is None:
            raise NoPolicyError(operator)
        return policy

    def _recorded(
        self, policy: PolicySet, request: Request, stored: StoredFacts, at: datetime, answer: Answer
    ) -> Decision:
        """Return *answer* as a decision, once its record is kept."""
        until = valid_until(policy, request, stored.facts, at, answer)
        decision = _decision(policy, request, stored, answer, until)
        self._log.record(request, decision, at)
        return decision


def _decision(
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
    )
