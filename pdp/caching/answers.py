"""Decisions kept in this process, and what of the facts is at hand without waiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pdp.caching.counters import Count, Counters
from pdp.caching.forgetting import Forgetting
from pdp.caching.kept_readings import KeptReadings, as_of_now
from pdp.caching.memory import Memory, weight_of
from pdp.core.caches import Reading, SharedReadings
from pdp.core.content import of_request, of_wanted
from pdp.core.decision import Cause, Decision
from pdp.core.ends import Slots, ends_read
from pdp.core.freshness import Standing
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Freshness, Request
from pdp.core.stores import TOKEN_SEPARATOR
from pdp.core.wanted import Wanted

LATE_SECONDS: Final = 5
"""So old a denial may be for a caller that asks for low latency (contract, section 1)."""

_LATE: Final = timedelta(seconds=LATE_SECONDS)
_REACH_SECONDS: Final = 0.01
_DECISION: Final = 2000
"""Bytes that the text of a decision takes: most of it is shared with others of the same rule."""


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """An answer, the reading that it was made about, and the instant for which it was made."""

    decision: Decision
    life: str
    revision: int
    slots: Slots
    at: datetime

    def is_in_time(self, now: datetime) -> bool:
        """Say whether nothing has changed by the passing of time alone.

        INVARIANT (time of an answer): what was decided for one instant is so until the first one at which the passing
        of time could change it, and says nothing about the time before.
        """
        until = self.decision.valid_until
        return self.at <= now and (until is None or now < until)

    def holds(self, standing: Standing, now: datetime) -> bool:
        """Say whether it is the answer that would be given now."""
        return self.is_in_time(now) and standing.holds(self.life, self.revision, self.slots)

    def as_of(self, standing: Standing, now: datetime) -> Decision:
        """Return the answer as one about the newest state for which it is known to hold."""
        # A token is not shown before the instant of its commit, should the clock have been set back.
        if standing.revision <= self.revision or standing.committed_at > now:
            return self.decision
        return replace(self.decision, checked_at=f"{standing.history}{TOKEN_SEPARATOR}{standing.revision}")


class _Pinned:
    """What *answers* have at hand as of *standing*."""

    def __init__(self, answers: "Answers", standing: Standing) -> None:
        self._answers = answers
        self._standing = standing
        self._decisions = self._facts = 0

    def taken(self) -> None:
        """Count what was at hand."""
        self._answers._counters.add(Count.DECISIONS_IN_PROCESS, self._decisions)
        self._answers._counters.add(Count.FACTS_IN_PROCESS, self._facts)

    # INVARIANT (one revision for all): what was read later than the standing may be of a later state than what others
    # were read at, so together they would be of none.

    def facts(self, operator: str, wanted: Wanted) -> StoredFacts | None:
        """Return what gathering would return as of that state."""
        found = self._answers._facts(operator, wanted, self._standing)
        if found is None or found.seen is None or found.seen[1] > self._standing.revision:
            return None
        self._facts += 1
        return found

    def decision(self, request: Request, policy: str, now: datetime) -> Decision | None:
        """Return the answer to *request* as of that state."""
        if request.time is not None or self._standing.committed_at > now:
            return None
        kept = self._answers._decisions.get(request.operator, of_request(request, policy))
        if kept is None or kept.revision > self._standing.revision or not kept.holds(self._standing, now):
            return None
        self._decisions += 1
        return kept.as_of(self._standing, now)


class Answers:
    """What is at hand in this process: the Cache of a decision point."""

    keeps: Final = True

    def __init__(
        self,
        readings: KeptReadings,
        decisions: Memory[KeptDecision],
        counters: Counters,
        shared: SharedReadings,
        forgetting: Forgetting | None = None,
    ) -> None:
        self._forgetting = forgetting
        self._readings = readings
        self._decisions = decisions
        self._counters = counters
        self._shared = shared

    def begin(self) -> None:
        """Learn where the store stands."""
        if self._forgetting is not None:
            self._forgetting.begin()
        self._readings.freshness.begin()

    def end(self) -> None:
        """Follow the store no more, so that nothing that is kept is known to hold."""
        if self._forgetting is not None:
            self._forgetting.end()
        self._readings.freshness.close()
        self._shared.close()

    def facts(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts | None:
        """Return what gathering would return, None where that is not at hand."""
        standing = self._readings.standing(consistency)
        found = None if standing is None else self._facts(operator, wanted, standing)
        if found is not None:
            self._counters.add(Count.FACTS_IN_PROCESS)
        return found

    def pinned(self, consistency: Consistency, at_least: int = 0) -> "_Pinned | None":
        """Return what is at hand as of one state, of the revision *at_least* or a later one; None where nothing is."""
        if at_least:
            self._readings.freshness.reach(at_least, _REACH_SECONDS)
        standing = self._readings.standing(consistency)
        return None if standing is None or standing.revision < at_least else _Pinned(self, standing)

    def _facts(self, operator: str, wanted: Wanted, standing: Standing) -> StoredFacts | None:
        reading = self._readings.found(operator, of_wanted(operator, wanted), standing)
        return None if reading is None else as_of_now(reading, standing)

    def keep_facts(
        self, operator: str, wanted: Sequence[Wanted], parts: Sequence[StoredFacts]
    ) -> Sequence[StoredFacts]:
        """Keep, for each of several questions, its part of what was gathered for all of them."""
        return [self._keep_part(operator, *each) for each in zip(wanted, parts, strict=True)]

    def _keep_part(self, operator: str, wanted: Wanted, part: StoredFacts) -> StoredFacts:
        if part.seen is None or part.too_many:
            return part
        life, revision, _ = part.seen
        slots = ends_read(operator, wanted, part.facts)
        self._readings.keep(
            operator, of_wanted(operator, wanted), Reading(replace(part, seen=None), life, revision, slots)
        )
        return replace(part, seen=(life, revision, slots))

    def decision(self, request: Request, policy: str, now: datetime) -> Decision | None:
        """Return the answer to *request* under the policy set *policy*, None where it is not at hand."""
        if request.time is not None or request.consistency.freshness is Freshness.FULLY_CONSISTENT:
            return None
        standing = self._readings.standing(request.consistency)
        kept = self._decisions.get(request.operator, of_request(request, policy))
        if kept is None:
            return None
        decision = kept.decision
        if standing is not None and kept.holds(standing, now):
            self._counters.add(Count.DECISIONS_IN_PROCESS)
            return kept.as_of(standing, now)
        is_late = request.consistency.freshness is Freshness.MINIMIZE_LATENCY and not decision.allowed
        # FAIL CLOSED (low latency): a denial alone may be late.
        if is_late and kept.is_in_time(now) and now - kept.at <= _LATE:
            self._counters.add(Count.DENIALS_LATE)
            return decision
        self._counters.add(Count.DECISIONS_OUTDATED)
        return None

    def keep(self, request: Request, policy: str, decision: Decision, stored: StoredFacts, at: datetime) -> None:
        """Keep the answer to *request*, decided about *stored* for the instant *at*, if it may be kept."""
        self._counters.add(Count.DECISIONS_MADE)
        if (
            stored.seen is None
            or request.time is not None
            or request.consistency.freshness is Freshness.FULLY_CONSISTENT
        ):
            return
        # What failed while deciding, or could not be looked at, is answered and not kept.
        if stored.too_many or decision.cause is Cause.ERROR or decision.failures:
            return
        life, revision, slots = stored.seen
        kept = KeptDecision(replace(decision, cached=True), life, revision, slots, at)
        content = of_request(request, policy)
        self._decisions.put(request.operator, content, kept, weight_of(content, slots) + _DECISION)

    @property
    def shared(self) -> str:
        """Return what processes share, "" when they share nothing."""
        return self._shared.name

    def counted(self) -> Mapping[str, int]:
        """Return how often what happened, by name."""
        return {**self._counters.counted(), "evicted": self._decisions.evicted, **self._shared.counted()}
