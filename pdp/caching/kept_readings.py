"""Readings of a store kept in this process, given out only while they are known to be all that could be read now."""

from dataclasses import replace
from typing import Final

from pdp.caching.counters import Count, Counters
from pdp.caching.memory import Memory, weight_of
from pdp.core.caches import Content, Reading
from pdp.core.freshness import Freshness, Standing
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
from pdp.core.request import Freshness as Asked
from pdp.core.stores import TOKEN_SEPARATOR, Token

_UNCACHED: Final = frozenset({Asked.FULLY_CONSISTENT})


class KeptReadings:
    """Readings in *memory*, held against what *freshness* knows."""

    def __init__(self, memory: Memory[Reading], freshness: Freshness, counters: Counters) -> None:
        self.freshness = freshness
        self.counters = counters
        self._memory = memory

    def standing(self, consistency: Consistency) -> Standing | None:
        """Return what a request under *consistency* may be answered by, None where it has to be read anew.

        INVARIANT (standing first): asked for after the request came, and before anything is held against it.
        """
        if consistency.freshness in _UNCACHED:
            return None
        standing = self.freshness.standing()
        if standing is None:
            self.counters.add(Count.FRESHNESS_UNKNOWN)
            return None
        if consistency.freshness is Asked.AT_LEAST_AS_FRESH:
            token = Token.parse(consistency.token)
            # What is of another store, or of a state that nobody here has heard of, is the store's to judge.
            if token is None or token.history != standing.history or token.revision > standing.revision:
                return None
        return standing

    def found(self, operator: str, content: Content, standing: Standing) -> Reading | None:
        """Return the reading of *content* that still holds, None when there is none."""
        reading = self._memory.get(operator, content)
        if reading is None:
            return None
        if not standing.holds(reading.life, reading.revision, reading.slots):
            self.counters.add(Count.FACTS_OUTDATED)
            return None
        return reading

    def keep(self, operator: str, content: Content, reading: Reading) -> None:
        """Keep *reading* in this process."""
        weight = weight_of(content, reading.stored.facts, reading.slots)
        self._memory.put(operator, content, reading, weight)


def as_of_now(reading: Reading, standing: Standing) -> StoredFacts:
    """Return the facts of a reading that holds, as those of the newest state for which that is known.

    Nothing at the ends that it looked at has changed since, so they are the facts of that state as well.
    """
    stored = replace(reading.stored, seen=(reading.life, reading.revision, reading.slots))
    if standing.revision <= reading.revision:
        return stored
    token = f"{standing.history}{TOKEN_SEPARATOR}{standing.revision}"
    committed_at = standing.committed_at
    if stored.committed_at is not None:
        committed_at = max(committed_at, stored.committed_at)
    return replace(stored, token=token, committed_at=committed_at)
