"""The corridor: request, facts, decision, record."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.caches import NOTHING_KEPT, Cache
from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError, NoPolicyError, NotImplementedYetError, NotRecordedError
from pdp.core.explanation import Explanation
from pdp.core.lookup import Found
from pdp.core.ports import Clock, DecisionLog, FactSource, StoredFacts
from pdp.core.request import Consistency, Request, Resource
from pdp.core.tally import NOTHING_TALLIED, Tally
from pdp.deciding import Answer, SharedAnswer, decide, decide_twice, explain, too_many_facts
from pdp.decision_log import ChainedDecisionLog, explained, withheld_keys
from pdp.decision_point import looking_up
from pdp.decision_point.answers import decided, given_again, term
from pdp.decision_point.explaining import explained_as_of, with_changes
from pdp.decision_point.sourcing import Part, Sources
from pdp.decision_point.surveying import present
from pdp.gathering import Wanting, check_against_stored
from pdp.policy_set import PolicySet
from pdp.shadow import NoShadow, Shadow

Checked = Decision | InvalidRequestError
"""What becomes of one item of a batch: an answer, or what is wrong with it in the light of the stored facts."""

NO_SHADOW: Final = NoShadow()


class DecisionPoint:
    """Answers requests whose words are known; everything it holds is immutable, so any thread may ask.

    *cache* holds what need not be asked of *facts*: what is in it has to come from there. *tally* counts the answers.
    """

    tally: Tally = NOTHING_TALLIED

    def __init__(
        self,
        policies: Mapping[str, PolicySet],
        facts: FactSource,
        clock: Clock,
        log: DecisionLog,
        shadow: Shadow = NO_SHADOW,
        cache: Cache = NOTHING_KEPT,
    ) -> None:
        self.policies = policies
        self._sources = Sources(facts, cache, Wanting(policies), clock)
        self.clock = clock
        self.log = log.withholding(_withheld(policies))
        self.shadow = shadow

    def with_policies(self, policies: Mapping[str, PolicySet]) -> "DecisionPoint":
        """Return a decision point that differs from this one in its *policies* alone, and in what follows from them."""
        other = copy.copy(self)
        other.policies = policies
        other._sources = replace(self._sources, wanting=Wanting(policies))
        other.log = self.log.withholding(_withheld(policies))
        return other

    def counted_by(self, tally: Tally) -> "DecisionPoint":
        """Return the same decision point, whose answers *tally* counts."""
        other = copy.copy(self)
        other.tally = tally
        return other

    def over(self, facts: FactSource) -> "DecisionPoint":
        """Return the same decision point over other stored facts: those of a transaction, say, which no shadow sees."""
        other = copy.copy(self)
        other.shadow = NO_SHADOW
        # FAIL CLOSED (transaction): what is kept is of the store as others see it.
        other._sources = replace(self._sources, facts=facts, cache=NOTHING_KEPT)
        return other

    @property
    def cache(self) -> Cache:
        """Return what is kept of what was read and decided."""
        return self._sources.cache

    @property
    def at_once(self) -> bool:
        """Say whether an answer never waits for facts that are not in this process."""
        return self._sources.facts.at_once

    def check(self, request: Request) -> Decision:
        """Return the answer to *request*, once its record is kept.

        Raises NoPolicyError, ForeignTokenError and UnavailableError, and InvalidRequestError for what contradicts the
        stored facts; what fails while deciding is a deny.
        """
        policy = self._policy(request.operator)
        kept = self._kept(policy, request)
        return kept if kept is not None else self._check_about(policy, request, self._sources.gathered(request))

    def check_at_once(self, request: Request) -> Decision | None:
        """Return what check returns, or None, having done nothing, where that could wait for something.

        Raises what check raises.
        """
        policy = self._policy(request.operator)
        kept = self._kept(policy, request)
        if kept is not None:
            return kept
        stored = self._sources.at_hand(request)
        return None if stored is None else self._check_about(policy, request, stored)

    def check_batch(self, operator: str, requests: Sequence[Request], consistency: Consistency) -> tuple[Checked, ...]:
        """Return what becomes of *requests*, all of *operator*, in their order: one policy, one fact revision.

        Raises NoPolicyError, ForeignTokenError and UnavailableError for the whole batch.
        """
        policy = self._policy(operator)
        return self._check_all(policy, requests, self._sources.of_batch(policy, requests, consistency))

    def check_batch_at_once(
        self, operator: str, requests: Sequence[Request], consistency: Consistency
    ) -> tuple[Checked, ...] | None:
        """Return what check_batch returns, or None, having done nothing, where that could wait for something.

        Raises what check_batch raises.
        """
        policy = self._policy(operator)
        parts = self._sources.of_batch_at_hand(policy, requests, consistency)
        return None if parts is None else self._check_all(policy, requests, parts)

    def explain(self, request: Request, as_of: datetime | None = None) -> Explanation:
        """Return the answer to *request* with everything that led to it.

        It is the answer that check would give, and is recorded as one. As of another instant no decision is made: its
        answer, by the policy in force and the facts of then, has no id and leaves no record. Raises what check raises,
        and as of another instant TooMuchToLookUpError and KeptNoLongerError.
        """
        policy = self._policy(request.operator)
        if as_of is not None:
            return explained_as_of(self._sources.facts, self.clock, policy, request, as_of)
        stored = self._sources.gathered(request)
        at = request.time or present(self.clock, stored)
        agreed = check_against_stored(request, stored.facts, at)
        answer = too_many_facts() if stored.too_many else decide_twice(policy, agreed, stored.facts, at)
        explanation = explain(self._recorded(policy, request, agreed, stored, at, answer), answer)
        if answer.allowed:
            return explanation
        return with_changes(self._sources.facts, explanation, policy, agreed, stored, at)

    def explain_past(self, decision_id: str, may_ask_about: Callable[[str], bool]) -> tuple[Request, Explanation]:
        """Return what was asked, and how the answer came about, of a decision on record; none is made.

        *may_ask_about* says of an operator whether its decisions are shown: one that is not is as if it were not there.

        Raises NotRecordedError when there is no such record, or it cannot be decided again with the policy in force,
        UnavailableError when the log cannot be read, and NotImplementedYetError where the log is no folder.
        """
        if not isinstance(self.log, ChainedDecisionLog):
            raise NotImplementedYetError("explaining a decision by its decision_id needs a decision log in a folder")
        past = self.log.recall(decision_id)
        if past is None or past.request is None or not may_ask_about(past.request.operator):
            raise NotRecordedError(f"there is no record of `{decision_id}` that can be read")
        return past.request, explained(past, self._policy(past.request.operator))

    # --- Look-ups: one question for many, complete or an error --------------------------------------------------------

    def lookup_actions(self, request: Request, as_of: datetime | None = None) -> tuple[tuple[str, Decision], ...]:
        """Return the answer to *request* for every action that the operator's policy speaks of, each as check's.

        As of another instant no decision is made: answers about it have no id and leave no record. Raises what check
        raises, TooMuchToLookUpError, and KeptNoLongerError for an instant older than is kept.
        """
        policy = self._policy(request.operator)
        if as_of is not None:
            return looking_up.actions_as_of(self._sources.facts, self.clock, policy, request, as_of)
        asked = looking_up.each_action(policy, request)
        checked = _decisions(self.check_batch(request.operator, asked, request.consistency))
        return tuple((each.action, decision) for each, decision in zip(asked, checked, strict=True))

    def lookup_subjects(self, request: Request, as_of: datetime | None = None) -> Found:
        """Return everybody of the subject's type who may do what *request* asks; its id and properties do not count.

        Raises NoPolicyError, ForeignTokenError, UnavailableError and KeptNoLongerError, InvalidRequestError for what
        contradicts the stored facts, and TooMuchToLookUpError instead of leaving anybody out.
        """
        return looking_up.subjects(self._sources.facts, self.clock, self._policy(request.operator), request, as_of)

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
        return looking_up.resources(self._sources.facts, self.clock, policy, request, candidates, within, as_of)

    # --- What all of them rest on -------------------------------------------------------------------------------------

    def _policy(self, operator: str) -> PolicySet:
        policy = self.policies.get(operator)
        if policy is None:
            raise NoPolicyError(operator)
        return policy

    def _kept(self, policy: PolicySet, request: Request) -> Decision | None:
        """Return the answer that is kept, as a new one whose record is kept; None when there is none."""
        if not self.cache.keeps:
            return None
        now = self.clock.now()
        kept = self.cache.decision(request, policy.revision, now)
        if kept is None:
            return None
        decision = given_again(request, kept)
        self.log.record(request, decision, now)
        self.tally.decided(request.operator, decision)
        self.shadow.see(request, decision, now)
        return decision

    def _check_all(self, policy: PolicySet, requests: Sequence[Request], parts: Sequence[Part]) -> tuple[Checked, ...]:
        """Return the answer to each request from its part: what was gathered for it, or its answer that was kept."""
        now = self.clock.now()
        # What was gathered together was committed at one instant; what was at hand may have been at several.
        for committed_at in {part.committed_at for part in parts if isinstance(part, StoredFacts)}:
            now = now if committed_at is None else max(now, committed_at)
        checked: list[Checked] = []
        records: list[tuple[Request, Decision, datetime]] = []
        keepable: list[tuple[Request, Decision, StoredFacts, datetime]] = []
        shared: SharedAnswer | None = None
        for request, part in zip(requests, parts, strict=True):
            at = request.time or now
            if isinstance(part, Decision):
                decision = given_again(request, part)
                checked.append(decision)
                records.append((request, decision, at))
                continue
            if shared is None or not shared.holds_for(request, part):
                try:
                    shared = self._shared(policy, request, part, at)
                except InvalidRequestError as error:
                    checked.append(error)
                    continue
            decision = decided(policy, request, part, shared.answer, shared.valid_until)
            checked.append(decision)
            records.append((request, decision, at))
            if self.cache.keeps:
                keepable.append((request, decision, part, at))
        self.log.record_all(records)
        for request, decision, at in records:
            self.tally.decided(request.operator, decision)
            self.shadow.see(request, decision, at)
        for request, decision, part, at in keepable:
            self.cache.keep(request, policy.revision, decision, part, at)
        return tuple(checked)

    def _shared(self, policy: PolicySet, request: Request, stored: StoredFacts, at: datetime) -> SharedAnswer:
        agreed, answer = self._answered(policy, request, stored, at)
        return SharedAnswer(policy, request, stored, answer, term(policy, agreed, stored, at, answer))

    def _check_about(self, policy: PolicySet, request: Request, stored: StoredFacts) -> Decision:
        """Return the answer to *request* about *stored*, and keep it where it may be kept."""
        at = request.time or present(self.clock, stored)
        decision = self._check(policy, request, stored, at)
        if self.cache.keeps:
            self.cache.keep(request, policy.revision, decision, stored, at)
        return decision

    def _check(self, policy: PolicySet, request: Request, stored: StoredFacts, at: datetime) -> Decision:
        agreed, answer = self._answered(policy, request, stored, at)
        return self._recorded(policy, request, agreed, stored, at, answer)

    def _answered(
        self, policy: PolicySet, request: Request, stored: StoredFacts, at: datetime
    ) -> tuple[Request, Answer]:
        """Return *request* without what is stored already, and the answer to that."""
        agreed = check_against_stored(request, stored.facts, at)
        # FAIL CLOSED (too many facts): nobody has looked at them, so one of them may be the refusal that matters.
        return agreed, too_many_facts() if stored.too_many else decide(policy, agreed, stored.facts, at)

    def _recorded(
        self, policy: PolicySet, request: Request, agreed: Request, stored: StoredFacts, at: datetime, answer: Answer
    ) -> Decision:
        """Return *answer* as a decision about *agreed*, once its record, of *request* as it came, is kept."""
        decision = decided(policy, request, stored, answer, term(policy, agreed, stored, at, answer))
        self.log.record(request, decision, at)
        self.tally.decided(request.operator, decision)
        self.shadow.see(request, decision, at)
        return decision


def _withheld(policies: Mapping[str, PolicySet]) -> dict[str, frozenset[str]]:
    """Return the properties that no rule can read, by operator."""
    return {operator: withheld_keys(policy) for operator, policy in policies.items()}


def _decisions(checked: Iterable[Checked]) -> Iterator[Decision]:
    """Yield the answers; raise what is wrong with the first question that has none."""
    for each in checked:
        if isinstance(each, InvalidRequestError):
            raise each
        yield each
