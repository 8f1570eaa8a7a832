"""Deliberately broken stores, each of which a test of the suite has to catch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pdp.core.entity import Entity
from pdp.core.facts import Fact
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
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
    Write,
    Written,
)
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted


class TwinWriting:
    """A transaction that hands on to the real one; a twin breaks what it asks or what it answers."""

    def __init__(self, real: FactWriting, twin: "Twin") -> None:
        self.real = real
        self.twin = twin
        self.at_once = real.at_once

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return None: whoever asks has to gather."""
        return None

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Hand on."""
        return self.real.gather(operator, wanted, consistency)

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Hand on."""
        return self.real.survey(operator, survey, consistency, as_of, limit)

    def earlier(self, request_id: str, content: str) -> Written | None:
        """Hand on."""
        return self.real.earlier(request_id, content)

    def find(self, selection: FactFilter, ids: Sequence[str] = ()) -> tuple[Fact, ...]:
        """Hand on."""
        return self.real.find(selection, ids)

    def apply(self, write: Write) -> Written:
        """Hand on what the twin makes of it."""
        return self.twin.answered(self.real.apply(self.twin.asked(write)))


class Twin:
    """A store that hands on to the real one."""

    def __init__(self, real: FactStore) -> None:
        self.real = real
        self.at_once = real.at_once

    def asked(self, write: Write) -> Write:
        """Return the write as it is handed on."""
        return write

    def answered(self, written: Written) -> Written:
        """Return the answer as it is handed back."""
        return written

    @contextmanager
    def writing(self, operator: str, *, first: bool = False) -> Iterator[TwinWriting]:
        """Hand on."""
        with self.real.writing(operator, first=first) as writing:
            yield TwinWriting(writing, self)

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return None: whoever asks has to gather."""
        return None

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Hand on."""
        return self.real.gather(operator, wanted, consistency)

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Hand on."""
        return self.real.survey(operator, survey, consistency, as_of, limit)

    def state(self) -> StoreState:
        """Hand on."""
        return self.real.state()

    def read(self, operator: str, selection: FactFilter, page: Page) -> FactPage:
        """Hand on."""
        return self.real.read(operator, selection, page)

    def changes(self, operator: str, after: Token, limit: int) -> Changes:
        """Hand on."""
        return self.real.changes(operator, after, limit)

    def history(self, operator: str, selection: FactFilter) -> tuple[Version, ...]:
        """Hand on."""
        return self.real.history(operator, selection)

    def partition_revisions(self, operator: str, partitions: frozenset[int]) -> dict[int, int]:
        """Hand on."""
        return self.real.partition_revisions(operator, partitions)

    def erase(self, operator: str, person: Entity, at: datetime) -> Erasure:
        """Hand on."""
        return self.real.erase(operator, person, at)

    def prune(self, operator: str, kind: str, before: datetime, *, only_count: bool = False) -> Pruned:
        """Hand on."""
        return self.real.prune(operator, kind, before, only_count=only_count)

    def confirm(self) -> StoreState:
        """Hand on."""
        return self.real.confirm()

    def close(self) -> None:
        """Hand on."""
        self.real.close()


class LosesDeletions(Twin):
    """A revocation is acknowledged and not made."""

    def asked(self, write: Write) -> Write:
        return replace(write, deletions=())

    def answered(self, written: Written) -> Written:
        return replace(written, deleted=1)


class WritesInParts(Twin):
    """Each fact is written in a transaction of its own, so a refused one leaves the others behind."""

    @contextmanager
    def writing(self, operator: str, *, first: bool = False) -> Iterator[Any]:
        outer = self

        class Parts(TwinWriting):
            def apply(self, write: Write) -> Written:
                written = None
                for each in write.facts:
                    with outer.real.writing(operator) as one:
                        written = one.apply(replace(write, facts=(each,), deletions=(), request_id=""))
                with outer.real.writing(operator) as last:
                    return written or last.apply(replace(write, facts=()))

        with self.real.writing(operator) as writing:
            parts = Parts(writing, self)
        yield parts


class ReadsAnOldSnapshot(Twin):
    """Gathering answers from what was there when it was first asked."""

    def __init__(self, real: FactStore) -> None:
        super().__init__(real)
        self.kept: dict[Wanted, StoredFacts] = {}

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        return self.kept.setdefault(wanted, super().gather(operator, wanted, consistency))


class ForgetsRequestIds(Twin):
    """A repeated write is made again, which brings back what was revoked meanwhile."""

    def asked(self, write: Write) -> Write:
        return replace(write, request_id="")


class TakesAnyContent(Twin):
    """A request id stands for whatever comes with it."""

    def asked(self, write: Write) -> Write:
        return replace(write, content="")


class IgnoresWhatWasExpected(Twin):
    """A write is made although what it rests on has changed."""

    def asked(self, write: Write) -> Write:
        return replace(write, unless_changed_since=None)


class TakesForeignTokens(Twin):
    """Freshness is never compared with the token that was given."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        return super().gather(operator, wanted, Consistency())


class ReadsThePastAsItIs(Twin):
    """What was is answered with what is."""

    def read(self, operator: str, selection: FactFilter, page: Page) -> FactPage:
        return super().read(operator, replace(selection, as_of=None), replace(page, revision=None))


class JudgesTerms(Twin):
    """What has ended by the clock of the store is not gathered."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        found = super().gather(operator, wanted, consistency)
        now = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)
        return replace(found, facts=tuple(fact for fact in found.facts if fact.in_force(now)))


class MixesOperators(Twin):
    """Whoever's facts are asked for gets those of one operator."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        return super().gather("kidsonline", wanted, consistency)

    def read(self, operator: str, selection: FactFilter, page: Page) -> FactPage:
        return super().read("kidsonline", selection, page)


class CutsOff(Twin):
    """Past a bound the first facts are given as if they were all."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        return replace(super().gather(operator, wanted, consistency), too_many=False)


class LetsTheClockGoBack(Twin):
    """The instant of a commit is that of the clock, whatever was committed before."""

    def __init__(self, real: FactStore) -> None:
        super().__init__(real)
        self.last: datetime | None = None

    def asked(self, write: Write) -> Write:
        self.last = write.at
        return write

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        return replace(super().gather(operator, wanted, consistency), committed_at=self.last)


class ForgetsTheGone(Twin):
    """Whoever follows the changes is not told of deletions."""

    def changes(self, operator: str, after: Token, limit: int) -> Changes:
        found = super().changes(operator, after, limit)
        return replace(found, changes=tuple(change for change in found.changes if change.written is not None))


class KeepsThePartition(Twin):
    """A deletion does not mark the partitions of what it deletes."""

    def partition_revisions(self, operator: str, partitions: frozenset[int]) -> dict[int, int]:
        found = super().partition_revisions(operator, partitions)
        deleted = {
            change.token.revision
            for change in self.real.changes(operator, _start(self.real), 999).changes
            if change.written is None
        }
        return {number: revision - 1 if revision in deleted else revision for number, revision in found.items()}


def _start(store: FactStore) -> Token:
    return Token(store.state().token.history, 0)
