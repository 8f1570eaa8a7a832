"""Where the facts of a question come from: nothing is stored, they are at hand, or they are gathered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pdp.core.caches import Cache
from pdp.core.decision import Decision
from pdp.core.errors import UnavailableError
from pdp.core.fact_index import FactIndex
from pdp.core.ports import Clock, FactSource, StoredFacts
from pdp.core.request import Consistency, Request
from pdp.core.wanted import Wanted, all_wanted
from pdp.gathering import Wanting
from pdp.policy_set import PolicySet

Part = Decision | StoredFacts
"""What an answer is made of: what was gathered for it, or its answer that was kept."""


_ATTEMPTS: Final = 4
"""So often what takes several readings is read anew because somebody wrote between them."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The stored *facts*, and the *cache* of what was read of them and decided; *wanting* says what could matter."""

    facts: FactSource
    cache: Cache
    wanting: Wanting
    clock: Clock

    def at_hand(self, request: Request) -> StoredFacts | None:
        """Return what is stored, None where that would have to be waited for."""
        nothing = self.facts.known_empty(request.operator, request.consistency)
        if nothing is not None or not self.cache.keeps:
            return nothing
        return self.cache.facts(request.operator, self.wanting.of(request), request.consistency)

    def gathered(self, request: Request) -> StoredFacts:
        """Return what is stored and could matter."""
        nothing = self.facts.known_empty(request.operator, request.consistency)
        if nothing is not None:
            return nothing
        return self.facts.gather(request.operator, self.wanting.of(request), request.consistency)

    def of_batch(self, policy: PolicySet, requests: Sequence[Request], consistency: Consistency) -> Sequence[Part]:
        """Return a part for each of *requests*, all of the operator of *policy* and as of one state of the store."""
        operator = policy.operator
        nothing = self.facts.known_empty(operator, consistency)
        if nothing is not None:
            return [nothing] * len(requests)
        if self.cache.keeps and len(requests) > 1:
            found, missing = self._pinned(policy, requests, consistency)
            if missing and len(missing) < len(requests):
                # Most of it is at hand. What is not is gathered; then all of it may be, as of one later state.
                parts = self._gathered_for_all(operator, missing, consistency)
                newest = max((part.seen[1] for part in parts if part.seen is not None), default=0)
                found, missing = self._pinned(policy, requests, consistency, newest)
            if not missing:
                return found
        return self._gathered_for_all(operator, requests, consistency)

    def of_batch_at_hand(
        self, policy: PolicySet, requests: Sequence[Request], consistency: Consistency
    ) -> Sequence[Part] | None:
        """Return what of_batch returns, None where that would have to be waited for."""
        nothing = self.facts.known_empty(policy.operator, consistency)
        if nothing is not None:
            return [nothing] * len(requests)
        if not self.cache.keeps:
            return None
        found, missing = self._pinned(policy, requests, consistency)
        return None if missing else found

    def _pinned(
        self, policy: PolicySet, requests: Sequence[Request], consistency: Consistency, at_least: int = 0
    ) -> tuple[Sequence[Part], Sequence[Request]]:
        """Return what is at hand for *requests*, all as of one state, and those for which nothing is."""
        pinned = self.cache.pinned(consistency, at_least)
        if pinned is None:
            return [], requests
        now = self.clock.now()
        found: list[Part] = []
        missing: list[Request] = []
        for request in requests:
            there = pinned.decision(request, policy.revision, now) or pinned.facts(
                policy.operator, self.wanting.of(request)
            )
            if there is None:
                missing.append(request)
            else:
                found.append(there)
        if not missing:
            pinned.taken()
        return found, missing

    def _gathered_for_all(
        self, operator: str, requests: Sequence[Request], consistency: Consistency
    ) -> Sequence[StoredFacts]:
        """Return for each of *requests* its part of what is gathered for all of them at once."""
        wanted = [self.wanting.of(request) for request in requests]
        for _ in range(_ATTEMPTS):
            parts = self._parts(operator, wanted, consistency)
            # INVARIANT (one state for all): where it took several readings, nobody wrote between them.
            if len({part.token for part in parts}) == 1:
                return parts
        raise UnavailableError("the facts change faster than they can be read")

    def _parts(self, operator: str, wanted: Sequence[Wanted], consistency: Consistency) -> Sequence[StoredFacts]:
        """Return for each of *wanted* its part: of one reading, or of several where that is too much to look at.

        INVARIANT (together as alone): none is refused for what the others want.
        """
        stored = self.facts.gather(operator, all_wanted(wanted), consistency)
        if len(wanted) == 1:
            return [stored]
        if stored.too_many:
            half = len(wanted) // 2
            return [
                each for part in (wanted[:half], wanted[half:]) for each in self._parts(operator, part, consistency)
            ]
        parts = [stored] * len(wanted)
        if stored.facts:
            # The facts of others would cost a question time, and nothing else.
            index = FactIndex(stored.facts)
            parts = [replace(stored, facts=tuple(index.gather(each).values())) for each in wanted]
        return self.cache.keep_facts(operator, wanted, parts)
