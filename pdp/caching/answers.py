"""Decisions kept in this process, and what of the facts is at hand without waiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pdp.caching.counters import Count, Counters
from pdp.caching.kept_readings import KeptReadings, as_of_now
from pdp.caching.memory import Memory, weight_of
from pdp.core.caches import Reading, SharedReadings
from pdp.core.content import of_request, of_wanted
from pdp.core.decision import Cause, Decision
from pdp.core.ends import Slots, ends_read
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Freshness, Request
from pdp.core.stores import TOKEN_SEPARATOR
from pdp.core.wanted import Wanted

LATE_SECONDS: Final = 5
"""So old a denial may be for a caller that asks for low latency (contract, section 1)."""

_LATE: Final = timedelta(seconds=LATE_SECONDS)
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


class Answers:
    """What is at hand in this process: the Cache of a decision point."""

    keeps: Final = True

    def __init__(
        self, readings: KeptReadings, decisions: Memory[KeptDecision], counters: Counters, shared: SharedReadings
    ) -> None:
        self._readings = readings
        self._decisions = decisions
        self._counters = counters
        self._shared = shared

    def begin(self) -> None:
        """Learn where the store stands."""
        self._readings.freshness.begin()

    def end(self) -> None:
        """Follow the store no more, so that nothing that is kept is known to hold."""
        self._readings.freshness.close()
        self._shared.close()

    def facts(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts | None:
        """Return what gathering would return, None where that is not at hand."""
        standing = self._readings.standing(consistency)
        if standing is None:
            return None
        reading = self._readings.found(operator, of_wanted(operator, wanted), standing)
        if reading is None:
            return None
        self._counters.add(Count.FACTS_IN_PROCESS)
        return as_of_now(reading, standing)

    def facts_of_all(
        self, operator: str, wanted: Sequence[Wanted], consistency: Consistency
    ) -> Sequence[StoredFacts] | None:
        """Return what gathering would return for each, all of one revision; None where any of it is not at hand."""
        standing = self._readings.standing(consistency)
        if standing is None:
            return None
        found = []
        for each in wanted:
            reading = self._readings.found(operator, of_wanted(operator, each), standing)
            # INVARIANT (one revision for all): what was read later than the standing may be of a later state than what
            # others were read at, so together they would be of none.
            if reading is None or reading.revision > standing.revision:
                return None
            found.append(as_of_now(reading, standing))
        self._counters.add(Count.FACTS_IN_PROCESS)
        return found

    def keep_facts(self, operator: str, wanted: Sequence[Wanted], parts: Sequence[StoredFacts]) -> None:
        """Keep, for each of several questions, its part of what was gathered for all of them."""
        for each, part in zip(wanted, parts, strict=True):
            if part.seen is not None and not part.too_many:
                life, revision, _ = part.seen
                reading = Reading(replace(part, seen=None), life, revision, ends_read(operator, each, part.facts))
                self._readings.keep(operator, of_wanted(operator, each), reading)

    def decision(self, request: Request, policy: str, now: datetime) -> Decision | None:
        """Return the answer to *request* under the policy set *policy*, None where it is not at hand."""
        if request.time is not None or request.consistency.freshness is Freshness.FULLY_CONSISTENT:
            return None
        standing = self._readings.standing(request.consistency)
        content = of_request(request, policy)
        kept = self._decisions.get(request.operator, content)
        if kept is None:
            return None
        decision = kept.decision
        # INVARIANT (time of an answer): what was decided for one instant is so until the first one at which the passing
        # of time could change it, and says nothing about the time before.
        is_in_time = kept.at <= now and (decision.valid_until is None or now < decision.valid_until)
        if is_in_time and standing is not None and standing.holds(kept.life, kept.revision, kept.slots):
            self._counters.add(Count.DECISIONS_IN_PROCESS)
            # A token is not shown before the instant of its commit, should the clock have been set back.
            if standing.revision <= kept.revision or standing.committed_at > now:
                return decision
            return replace(decision, checked_at=f"{standing.history}{TOKEN_SEPARATOR}{standing.revision}")
        is_late = request.consistency.freshness is Freshness.MINIMIZE_LATENCY and not decision.allowed
        # FAIL CLOSED (low latency): a denial alone may be late.
        if is_late and is_in_time and now - kept.at <= _LATE:
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
