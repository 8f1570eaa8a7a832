"""A store of facts in the memory of one process: for tests, and for trying things out. It ends with the process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from pdp.core.entity import Entity
from pdp.core.errors import (
    TooMuchToLookUpError,
    UnavailableError,
)
from pdp.core.fact_index import FactIndex
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Freshness
from pdp.core.selecting import selects
from pdp.core.stores import (
    Change,
    Changes,
    Erasure,
    FactFilter,
    FactPage,
    Page,
    Pruned,
    StoreState,
    Token,
    Version,
)
from pdp.core.survey import Survey
from pdp.core.wanted import MAXIMUM_GATHERED, Wanted
from pdp_adapters.memory_kept import Kept
from pdp_adapters.memory_log_heads import MemoryLogHeads
from pdp_adapters.memory_revisions import Revisions
from pdp_adapters.memory_writing import MemoryWriting


class MemoryFacts:
    """Keeps facts in this process alone."""

    at_once: Final = True

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._revisions = Revisions()
        self._kept: dict[str, Kept] = {}
        self._confirmed = True
        self.log_heads = MemoryLogHeads()

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return the reading where nothing of *operator* is stored, else None."""
        with self._lock:
            kept = self._kept.get(operator)
            if kept is not None and kept.index.by_id:
                return None
            self._check_readable(consistency)
            return StoredFacts((), str(self._revisions.token), self._revisions.committed_at)

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return every stored fact that is wanted."""
        with self._lock:
            self._check_readable(consistency)
            facts = self._of(operator).index.gather(wanted)
            if len(facts) > MAXIMUM_GATHERED:
                return StoredFacts((), str(self._revisions.token), self._revisions.committed_at, too_many=True)
            return StoredFacts(tuple(facts.values()), str(self._revisions.token), self._revisions.committed_at)

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return every stored fact that is surveyed, of the present or of the past."""
        with self._lock:
            self._check_readable(consistency)
            kept = self._of(operator)
            revision = self._revisions.newest if as_of is None else kept.past("", self._revisions.at(as_of))
            index = kept.index if revision == self._revisions.newest else FactIndex(kept.in_force(revision))
            facts = tuple(index.survey(survey).values())
            if len(facts) > limit:
                raise TooMuchToLookUpError(f"more than {limit} stored facts could matter: name more of it")
            return StoredFacts(facts, str(self._revisions.token_of(revision)), self._revisions.committed(revision))

    def state(self) -> StoreState:
        """Return where the store stands now."""
        with self._lock:
            return StoreState(self._revisions.token, self._revisions.committed_at, 0, self._confirmed)

    @contextmanager
    def writing(self, operator: str, *, first: bool = False) -> Iterator[MemoryWriting]:
        """Return a transaction on the facts of *operator*; none lasts so long that one would have to come *first*."""
        with self._lock:
            self._check_confirmed()
            yield MemoryWriting(self, self._of(operator), self._revisions)

    def read(self, operator: str, selection: FactFilter, page: Page) -> FactPage:
        """Return a page of facts."""
        with self._lock:
            kept, revision = self._of(operator), self._revisions.newest
            if page.revision is not None:
                revision = kept.past(selection.kind, page.revision)
            elif selection.as_of is not None:
                revision = kept.past(selection.kind, self._revisions.at(selection.as_of))
            found = {
                fact.id: fact
                for fact in kept.in_force(revision)
                if fact.id > page.after and selects(selection, fact.kind)
            }
            ordered = [found[id_] for id_ in sorted(found)]
            return FactPage(tuple(ordered[: page.size]), self._revisions.token_of(revision), len(ordered) <= page.size)

    def changes(self, operator: str, after: Token, limit: int) -> Changes:
        """Return the changes of *operator* after a state."""
        with self._lock:
            self._revisions.check(after)
            self._of(operator).past("", after.revision)
            found: list[Change] = []
            for version in self._of(operator).versions:
                found += [version.begun] if version.fact.id and version.begun.written else []
                found += [version.ended] if version.ended is not None and version.deleted else []
            found = [change for change in found if change.token.revision > after.revision]
            found.sort(key=lambda change: (change.token.revision, change.written is not None, change.id))
            revisions = sorted({change.token.revision for change in found})
            until = revisions[limit - 1] if len(revisions) >= limit else self._revisions.newest
            kept = tuple(change for change in found if change.token.revision <= until)
            return Changes(kept, self._revisions.token_of(until))

    def history(self, operator: str, selection: FactFilter) -> tuple[Version, ...]:
        """Return every version that is kept of what *selection* selects, oldest first."""
        with self._lock:
            found = [
                version
                for version in self._of(operator).versions
                if version.begun.written is not None and selects(selection, version.fact.kind)
            ]
            return tuple(sorted(found, key=lambda version: (version.begun.token.revision, version.fact.id)))

    def partition_revisions(self, operator: str, partitions: frozenset[int]) -> dict[int, int]:
        """Return the revision of the last change of each partition."""
        with self._lock:
            return {number: self._of(operator).partitions.get(number, 0) for number in partitions}

    def erase(self, operator: str, person: Entity, at: datetime) -> Erasure:
        """Remove every fact and version that names *person*, and the name from the record of who changed what."""
        with self._lock:
            self._check_confirmed()
            return self._of(operator).erase(person, self._revisions.next(at), self._revisions.committed_at)

    def prune(self, operator: str, kind: str, before: datetime, *, only_count: bool = False) -> Pruned:
        """Remove every version of a kind of fact that had ended before an instant."""
        with self._lock:
            return Pruned(self._of(operator).prune(kind, before, only_count=only_count))

    def confirm(self) -> StoreState:
        """Put a restored store in force."""
        with self._lock:
            self._confirmed = True
            return self.state()

    def close(self) -> None:
        """Do nothing: what is kept is kept for as long as this object is."""

    def _of(self, operator: str) -> Kept:
        return self._kept.setdefault(operator, Kept())

    def _check_readable(self, consistency: Consistency) -> None:
        self._check_confirmed()
        if consistency.freshness is Freshness.AT_LEAST_AS_FRESH:
            self._revisions.check(Token.parse(consistency.token))

    def _check_confirmed(self) -> None:
        if not self._confirmed:
            raise UnavailableError("the store was restored from a copy and has not been confirmed (pdp facts confirm)")
