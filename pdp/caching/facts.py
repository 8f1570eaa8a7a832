"""A store whose readings are found in this process, in the cache that processes share, or in the store itself."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.caching.counters import Count
from pdp.caching.flights import Flights
from pdp.caching.kept_readings import KeptReadings, as_of_now
from pdp.caching.together import Together
from pdp.core.caches import Content, Reading, SharedReadings
from pdp.core.content import of_survey, of_wanted
from pdp.core.ends import Slots, ends_read, ends_surveyed
from pdp.core.entity import Entity
from pdp.core.errors import UnavailableError
from pdp.core.freshness import Standing, marked
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Freshness
from pdp.core.stores import (
    Changes,
    Erasure,
    FactFilter,
    FactPage,
    FactStore,
    FactWriting,
    Page,
    Pruned,
    StoreState,
    Token,
    Version,
)
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted

_AGAIN_SECONDS: Final = 0.25
"""So often at most it is tried to learn anew where the store stands."""

_OF_ITS_OWN: Final = frozenset({Freshness.AT_LEAST_AS_FRESH, Freshness.FULLY_CONSISTENT})
"""Who asks so is told what becomes of his own reading."""


class CachedFacts:
    """The facts of *store*: what was gathered and surveyed of the present is kept, everything else is handed on."""

    at_once: Final = False

    def __init__(self, store: FactStore, readings: KeptReadings, shared: SharedReadings) -> None:
        self._store = store
        self._readings = readings
        self._shared = shared
        self._flights: Flights[Reading] = Flights()
        self._together = Together()
        self._begun = 0.0

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return what the store knows of it."""
        return self._store.known_empty(operator, consistency)

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return every stored fact that is wanted, as fresh as the store would give it."""
        if wanted.questions > 1:
            return self._read_for_several(operator, wanted, consistency)
        return self._found_or_read(
            operator,
            of_wanted(operator, wanted),
            consistency,
            lambda: self._gathered(operator, wanted, consistency),
            lambda stored: ends_read(operator, wanted, stored.facts),
        )

    def _gathered(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return what is wanted, read alone or with what others want who came after the last reading began."""
        if consistency.freshness in _OF_ITS_OWN:
            return self._store.gather(operator, wanted, consistency)
        return self._together.gather(
            operator, wanted, lambda several: self._store.gather(operator, several, Consistency())
        )

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return every stored fact that is surveyed; of the past from the store alone."""
        if as_of is not None:
            return self._store.survey(operator, survey, consistency, as_of, limit)
        return self._found_or_read(
            operator,
            of_survey(operator, survey, limit),
            consistency,
            lambda: self._store.survey(operator, survey, consistency, None, limit),
            lambda stored: ends_surveyed(operator, survey, stored.facts),
        )

    def _read_for_several(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return what several questions want together; each keeps its part of it (Answers.keep_facts)."""
        standing = self._readings.standing(consistency)
        if standing is None:
            self._learn_again()
            self._readings.counters.add(Count.FACTS_READ)
            return self._store.gather(operator, wanted, consistency)
        reading = self._read(
            standing,
            lambda: self._store.gather(operator, wanted, consistency),
            lambda stored: ends_read(operator, wanted, stored.facts),
        )
        seen = (reading.life, reading.revision, reading.slots)
        return replace(reading.stored, seen=seen) if reading.life else reading.stored

    def _found_or_read(
        self,
        operator: str,
        content: Content,
        consistency: Consistency,
        read: Callable[[], StoredFacts],
        ends: Callable[[StoredFacts], Slots],
    ) -> StoredFacts:
        standing = self._readings.standing(consistency)
        if standing is None:
            self._learn_again()
            self._readings.counters.add(Count.FACTS_READ)
            return read()
        reading = self._readings.found(operator, content, standing)
        if reading is not None:
            self._readings.counters.add(Count.FACTS_IN_PROCESS)
            return as_of_now(reading, standing)

        def fetch() -> Reading:
            return self._shared_or_read(operator, content, standing, read, ends)

        reading, is_own = self._flights.joined(content, fetch)
        if not is_own:
            # Somebody read it for himself, perhaps before what this request has to see was written.
            if standing.holds(reading.life, reading.revision, reading.slots):
                self._readings.counters.add(Count.FACTS_JOINED)
            else:
                reading = fetch()
        return as_of_now(reading, standing) if reading.life else reading.stored

    def _shared_or_read(
        self,
        operator: str,
        content: Content,
        standing: Standing,
        read: Callable[[], StoredFacts],
        ends: Callable[[StoredFacts], Slots],
    ) -> Reading:
        """Return a reading that holds, from the shared cache or the store, and keep it; else one without a life.

        Raises UnavailableError for a store that is behind what is known of it.
        """
        named = ("life", standing.life, *content)
        found = self._shared.get(operator, named)
        if found is not None and standing.holds(found.life, found.revision, found.slots):
            self._readings.counters.add(Count.FACTS_SHARED)
            self._readings.keep(operator, content, found)
            return found
        reading = self._read(standing, read, ends)
        if reading.life:
            self._readings.keep(operator, content, reading)
            self._shared.put(operator, named, reading)
        return reading

    def _read(
        self, standing: Standing, read: Callable[[], StoredFacts], ends: Callable[[StoredFacts], Slots]
    ) -> Reading:
        stored = read()
        self._readings.counters.add(Count.FACTS_READ)
        token = Token.parse(stored.token)
        # What is too much to look at is no answer, and of another history nothing is known: neither is kept.
        if token is None or token.history != standing.history or stored.too_many:
            return Reading(stored, "", -1, ())
        # FAIL CLOSED (store behind): a standby in the place of the store lacks what was revoked.
        if token.revision < standing.revision:
            raise UnavailableError(f"the store is at revision {token.revision} and was at {standing.revision} before")
        # INVARIANT (life first): the standing, and with it the life, was asked for before the facts were read.
        return Reading(stored, marked(standing.life, stored.mark), token.revision, ends(stored))

    def _learn_again(self) -> None:
        """Try to learn where the store stands, if that has not just been tried."""
        now = time.monotonic()
        if now - self._begun >= _AGAIN_SECONDS:
            self._begun = now
            self._readings.freshness.begin(waits=False)

    # --- Handed on ----------------------------------------------------------------------------------------------------

    def state(self) -> StoreState:
        """Return where the store stands now."""
        return self._store.state()

    def writing(self, operator: str, *, first: bool = False) -> AbstractContextManager[FactWriting]:
        """Return a transaction on the facts of *operator*, which sees the store and nothing kept."""
        return self._store.writing(operator, first=first)

    def read(self, operator: str, selection: FactFilter, page: Page) -> FactPage:
        """Return a page of facts."""
        return self._store.read(operator, selection, page)

    def changes(self, operator: str, after: Token, limit: int) -> Changes:
        """Return the changes of *operator* after a state."""
        return self._store.changes(operator, after, limit)

    def history(self, operator: str, selection: FactFilter) -> tuple[Version, ...]:
        """Return every version that is kept of what *selection* selects."""
        return self._store.history(operator, selection)

    def partition_revisions(self, operator: str, partitions: frozenset[int]) -> dict[int, int]:
        """Return the revision of the last change of each partition."""
        return self._store.partition_revisions(operator, partitions)

    def erase(self, operator: str, person: Entity, at: datetime) -> Erasure:
        """Remove every fact and version that names *person*."""
        return self._store.erase(operator, person, at)

    def prune(self, operator: str, kind: str, before: datetime, *, only_count: bool = False) -> Pruned:
        """Remove every version of a kind of fact that had ended before an instant."""
        return self._store.prune(operator, kind, before, only_count=only_count)

    def confirm(self) -> StoreState:
        """Put a restored store in force."""
        return self._store.confirm()

    def close(self) -> None:
        """Let go of what this process holds."""
        self._shared.close()
        self._store.close()
