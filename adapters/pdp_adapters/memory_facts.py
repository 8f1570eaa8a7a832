"""A store of facts in the memory of one process: for tests, and for trying things out. It ends with the process."""

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Final

from pdp.core.entity import Entity
from pdp.core.errors import (
    ConflictError,
    CycleError,
    ForeignTokenError,
    KeptNoLongerError,
    TooMuchToLookUpError,
    UnavailableError,
)
from pdp.core.fact_identity import kind_name, named_by, partitions_of
from pdp.core.fact_index import FactIndex
from pdp.core.facts import Containment, Fact
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
    StoreState,
    Token,
    Version,
    Write,
    Written,
)
from pdp.core.survey import Survey
from pdp.core.wanted import MAXIMUM_GATHERED, Wanted
from pdp_adapters.memory_log_heads import MemoryLogHeads

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Kept:
    """What is kept of one operator: current facts, every version, answers by request id, partitions.

    *floors*: by kind of fact, from which revision on its past is kept.
    """

    index: FactIndex
    versions: list[Version]
    answers: dict[str, tuple[str, Written]]
    partitions: dict[int, int]
    floors: dict[str, int] = field(default_factory=dict)


class MemoryFacts:
    """Keeps facts in this process alone."""

    at_once: Final = True

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._history = token_hex(6)
        self._revision = 0
        self._committed_at = _BEGINNING
        self._instants: list[datetime] = [_BEGINNING]
        self._kept: dict[str, _Kept] = {}
        self._confirmed = True
        self.log_heads = MemoryLogHeads()

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return the reading where nothing of *operator* is stored, else None."""
        with self._lock:
            kept = self._kept.get(operator)
            if kept is not None and kept.index.by_id:
                return None
            self._check_readable(consistency)
            return StoredFacts((), str(self._token), self._committed_at)

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return every stored fact that is wanted."""
        with self._lock:
            self._check_readable(consistency)
            facts = self._of(operator).index.gather(wanted)
            if len(facts) > MAXIMUM_GATHERED:
                return StoredFacts((), str(self._token), self._committed_at, too_many=True)
            return StoredFacts(tuple(facts.values()), str(self._token), self._committed_at)

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return every stored fact that is surveyed, of the present or of the past."""
        with self._lock:
            self._check_readable(consistency)
            revision = self._revision if as_of is None else self._past(operator, "", self._revision_at(as_of))
            index = self._of(operator).index if revision == self._revision else self._index_at(operator, revision)
            facts = tuple(index.survey(survey).values())
            if len(facts) > limit:
                raise TooMuchToLookUpError(f"more than {limit} stored facts could matter: name more of it")
            return StoredFacts(facts, str(Token(self._history, revision)), self._instants[revision])

    def state(self) -> StoreState:
        """Return where the store stands now."""
        with self._lock:
            return StoreState(self._token, self._committed_at, 0, self._confirmed)

    @contextmanager
    def writing(self, operator: str, *, first: bool = False) -> Iterator["_Writing"]:
        """Return a transaction on the facts of *operator*; none lasts so long that one would have to come *first*."""
        with self._lock:
            self._check_confirmed()
            yield _Writing(self, operator)

    def read(self, operator: str, selection: FactFilter, page: Page) -> FactPage:
        """Return a page of facts."""
        with self._lock:
            revision = self._revision
            if page.revision is not None:
                revision = self._past(operator, selection.kind, page.revision)
            elif selection.as_of is not None:
                revision = self._past(operator, selection.kind, self._revision_at(selection.as_of))
            found = {
                fact.id: fact
                for fact in self._in_force(operator, revision)
                if fact.id > page.after and selects(selection, fact.kind)
            }
            ordered = [found[id_] for id_ in sorted(found)]
            return FactPage(tuple(ordered[: page.size]), Token(self._history, revision), len(ordered) <= page.size)

    def changes(self, operator: str, after: Token, limit: int) -> Changes:
        """Return the changes of *operator* after a state."""
        with self._lock:
            self._check_token(after)
            self._past(operator, "", after.revision)
            found: list[Change] = []
            for version in self._of(operator).versions:
                found += [version.begun] if version.fact.id and version.begun.written else []
                found += [version.ended] if version.ended is not None and version.deleted else []
            found = [change for change in found if change.token.revision > after.revision]
            found.sort(key=lambda change: (change.token.revision, change.written is not None, change.id))
            revisions = sorted({change.token.revision for change in found})
            until = revisions[limit - 1] if len(revisions) >= limit else self._revision
            kept = tuple(change for change in found if change.token.revision <= until)
            return Changes(kept, Token(self._history, until))

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
            kept = self._of(operator)
            gone = [fact for fact in kept.index.by_id.values() if person in named_by(fact.kind)]
            past = [each for each in kept.versions if each.ended is not None and person in named_by(each.fact.kind)]
            mentions = len({c.token.revision for c in _all_changes(kept) if c.actor == str(person)})
            token = self._next(at)
            kept.versions = [
                _without_actor(version, str(person))
                for version in kept.versions
                if person not in named_by(version.fact.kind)
            ]
            for fact in gone:
                kept.index.take(fact.id)
                end = Change(token, fact.id, None, self._committed_at, "", "")
                nobody = Fact(Containment(Entity("", ""), Entity("", "")), id=fact.id)
                kept.versions.append(Version(nobody, replace(end), end, deleted=True))
                kept.partitions.update(dict.fromkeys(partitions_of(fact.kind), token.revision))
            return Erasure(token, len(gone), len(past), mentions, tuple(sorted(fact.id for fact in gone)))

    def prune(self, operator: str, kind: str, before: datetime, *, only_count: bool = False) -> int:
        """Remove every version of a kind of fact that had ended before an instant."""
        with self._lock:
            kept = self._of(operator)
            gone = {
                id(version): version.ended.token.revision
                for version in kept.versions
                if version.fact.id
                and version.begun.written is not None
                and version.ended is not None
                and version.ended.at < before
                and kind_name(version.fact.kind) == kind
            }
            if gone and not only_count:
                kept.versions = [version for version in kept.versions if id(version) not in gone]
                kept.floors[kind] = max(kept.floors.get(kind, 0), *gone.values())
            return len(gone)

    def confirm(self) -> StoreState:
        """Put a restored store in force."""
        with self._lock:
            self._confirmed = True
            return self.state()

    def close(self) -> None:
        """Do nothing: what is kept is kept for as long as this object is."""

    @property
    def _token(self) -> Token:
        return Token(self._history, self._revision)

    def _of(self, operator: str) -> _Kept:
        return self._kept.setdefault(operator, _Kept(FactIndex(), [], {}, {}))

    def _next(self, at: datetime) -> Token:
        self._revision += 1
        self._committed_at = max(at, self._committed_at)
        self._instants.append(self._committed_at)
        return self._token

    def _past(self, operator: str, kind: str, revision: int) -> int:
        """Return *revision*; raise KeptNoLongerError where the past of *kind* ("": of any) is kept from a later one."""
        floors = self._of(operator).floors
        floor = floors.get(kind, 0) if kind else max(floors.values(), default=0)
        if revision < floor:
            raise KeptNoLongerError(f"the past is kept from revision {floor} on")
        return revision

    def _revision_at(self, instant: datetime) -> int:
        """Return the revision that was in force at *instant*, the first one before there was any other."""
        return bisect_right(self._instants, max(instant, _BEGINNING)) - 1

    def _in_force(self, operator: str, revision: int) -> Iterator[Fact]:
        for version in self._of(operator).versions:
            ended = version.ended
            if version.begun.token.revision <= revision and (ended is None or ended.token.revision > revision):
                yield version.fact

    def _index_at(self, operator: str, revision: int) -> FactIndex:
        return FactIndex(self._in_force(operator, revision))

    def _check_readable(self, consistency: Consistency) -> None:
        self._check_confirmed()
        if consistency.freshness is Freshness.AT_LEAST_AS_FRESH:
            self._check_token(Token.parse(consistency.token))

    def _check_confirmed(self) -> None:
        if not self._confirmed:
            raise UnavailableError("the store was restored from a copy and has not been confirmed (pdp facts confirm)")

    def _check_token(self, token: Token | None) -> None:
        if token is None or token.history != self._history:
            raise ForeignTokenError("the token is of another store")
        if token.revision > self._revision:
            raise UnavailableError(f"the store is at revision {self._revision}, and the token is of a later one")
        if token.revision < 0:
            raise KeptNoLongerError("the past is kept from revision 0 on")


class _Writing:
    """A transaction under way; the lock of the store is held."""

    at_once: Final = True

    def __init__(self, store: MemoryFacts, operator: str) -> None:
        self._store = store
        self._operator = operator
        self._kept = store._of(operator)

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return what is wanted, as it stands before this write."""
        return self._store.gather(operator, wanted, consistency)

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return the reading where nothing is stored before this write."""
        return self._store.known_empty(operator, consistency)

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return what is surveyed, as it stands before this write."""
        return self._store.survey(operator, survey, consistency, as_of, limit)

    def earlier(self, request_id: str, content: str) -> Written | None:
        """Return the answer to an earlier write of this id."""
        if not request_id or request_id not in self._kept.answers:
            return None
        made_of, written = self._kept.answers[request_id]
        if made_of != content:
            raise ConflictError(f"the request id `{request_id}` stands for another write")
        return replace(written, repeated=True)

    def find(self, selection: FactFilter, ids: Sequence[str] = ()) -> tuple[Fact, ...]:
        """Return the current facts with these *ids*, and those that *selection* selects if it names somebody."""
        current = self._kept.index.by_id
        found = {id_: current[id_] for id_ in ids if id_ in current}
        if selection.names_somebody:
            found |= {id_: fact for id_, fact in current.items() if selects(selection, fact.kind)}
        return tuple(found.values())

    def apply(self, write: Write) -> Written:
        """Make the changes."""
        earlier = self.earlier(write.request_id, write.content)
        if earlier is not None:
            return earlier
        ids = [id_ for id_, _ in write.deletions] + [each.fact.id for each in write.facts]
        changed = [*(fact.kind for fact in self.find(FactFilter(), ids)), *(each.fact.kind for each in write.facts)]
        numbers = {number for kind in changed for number in partitions_of(kind)}
        if write.unless_changed_since is not None:
            self._check_unchanged(write.unless_changed_since, numbers)
        self._check_cycles(write)
        index, store = self._kept.index, self._store
        token = store._next(write.at)
        at = store._committed_at
        deleted = 0
        for id_, decision_id in write.deletions:
            if index.take(id_) is not None:
                deleted += 1
                self._end(id_, Change(token, id_, None, at, write.actor, decision_id), deleted=True)
        for each in write.facts:
            fact = replace(each.fact, stored=True)
            change = Change(token, fact.id, fact, at, write.actor, each.decision_id)
            if index.put(fact) is not None:
                self._end(fact.id, replace(change, written=None), deleted=False)
            self._kept.versions.append(Version(fact, change, None, deleted=False))
        self._kept.partitions.update(dict.fromkeys(numbers, token.revision))
        decisions = [decision for _, decision in write.deletions] + [each.decision_id for each in write.facts]
        decision_ids = tuple(dict.fromkeys(decision for decision in decisions if decision))
        written = Written(token, tuple(each.fact.id for each in write.facts), deleted, decision_ids)
        if write.request_id:
            self._kept.answers[write.request_id] = (write.content, written)
        return written

    def _end(self, id_: str, end: Change, *, deleted: bool) -> None:
        for at in range(len(self._kept.versions) - 1, -1, -1):
            version = self._kept.versions[at]
            if version.fact.id == id_ and version.ended is None:
                self._kept.versions[at] = replace(version, ended=end, deleted=deleted)
                return

    def _check_unchanged(self, since: Token, numbers: set[int]) -> None:
        self._store._check_token(since)
        newest = max((self._kept.partitions.get(number, 0) for number in numbers), default=0)
        if newest > since.revision:
            raise ConflictError(f"something that this write rests on has changed since `{since}`")

    def _check_cycles(self, write: Write) -> None:
        written = [(at, each.fact.kind) for at, each in enumerate(write.facts)]
        containments = [(at, kind) for at, kind in written if isinstance(kind, Containment)]
        gone = {id_ for id_, _ in write.deletions} | {each.fact.id for each in write.facts}
        new: dict[Entity, set[Entity]] = {}
        for _, kind in containments:
            new.setdefault(kind.entity, set()).add(kind.container)

        def above(entity: Entity) -> set[Entity]:
            found = self._kept.index.find("containment", "subject", entity)
            kept = {fact.kind.container for fact in found if isinstance(fact.kind, Containment) and fact.id not in gone}
            return kept | new.get(entity, set())

        for position, kind in containments:
            reached, lately = set[Entity](), {kind.container}
            while lately:
                reached |= lately
                lately = {further for one in lately for further in above(one)} - reached
            if kind.entity in reached:
                raise CycleError(position)


def _all_changes(kept: _Kept) -> Iterator[Change]:
    for version in kept.versions:
        yield version.begun
        if version.ended is not None:
            yield version.ended


def _without_actor(version: Version, actor: str) -> Version:
    begun = replace(version.begun, actor="") if version.begun.actor == actor else version.begun
    ended = version.ended
    if ended is not None and ended.actor == actor:
        ended = replace(ended, actor="")
    return replace(version, begun=begun, ended=ended)
