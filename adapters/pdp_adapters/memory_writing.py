"""A transaction on a store of facts in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.entity import Entity
from pdp.core.errors import ConflictError, CycleError
from pdp.core.fact_identity import partitions_of
from pdp.core.facts import Containment, Fact
from pdp.core.ports import FactSource, StoredFacts
from pdp.core.request import Consistency
from pdp.core.selecting import selects
from pdp.core.stores import Change, FactFilter, Token, Version, Write, Written
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted
from pdp_adapters.memory_kept import Kept
from pdp_adapters.memory_revisions import Revisions


class MemoryWriting:
    """A transaction under way; the lock of the store is held."""

    at_once: Final = True

    def __init__(self, store: FactSource, kept: Kept, revisions: Revisions) -> None:
        self._store = store
        self._kept = kept
        self._revisions = revisions

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
        index = self._kept.index
        token = self._revisions.next(write.at)
        at = self._revisions.committed_at
        deleted = 0
        for id_, decision_id in write.deletions:
            if index.take(id_) is not None:
                deleted += 1
                self._kept.end(id_, Change(token, id_, None, at, write.actor, decision_id), deleted=True)
        for each in write.facts:
            fact = replace(each.fact, stored=True)
            change = Change(token, fact.id, fact, at, write.actor, each.decision_id)
            if index.put(fact) is not None:
                self._kept.end(fact.id, replace(change, written=None), deleted=False)
            self._kept.versions.append(Version(fact, change, None, deleted=False))
        self._kept.partitions.update(dict.fromkeys(numbers, token.revision))
        decisions = [decision for _, decision in write.deletions] + [each.decision_id for each in write.facts]
        decision_ids = tuple(dict.fromkeys(decision for decision in decisions if decision))
        written = Written(token, tuple(each.fact.id for each in write.facts), deleted, decision_ids)
        if write.request_id:
            self._kept.answers[write.request_id] = (write.content, written)
        return written

    def _check_unchanged(self, since: Token, numbers: set[int]) -> None:
        self._revisions.check(since)
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
