"""What a store in memory keeps of one operator, of the present and of the past."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from pdp.core.entity import Entity
from pdp.core.errors import KeptNoLongerError
from pdp.core.fact_identity import kind_name, named_by, partitions_of
from pdp.core.fact_index import FactIndex
from pdp.core.facts import Containment, Fact
from pdp.core.stores import Change, Erasure, Token, Version, Written


@dataclass(slots=True)
class Kept:
    """Current facts, every version, answers by request id, partitions with the revision of their last change.

    *floors*: by kind of fact, from which revision on its past is kept.
    """

    index: FactIndex = field(default_factory=FactIndex)
    versions: list[Version] = field(default_factory=list)
    answers: dict[str, tuple[str, Written]] = field(default_factory=dict)
    partitions: dict[int, int] = field(default_factory=dict)
    floors: dict[str, int] = field(default_factory=dict)

    def in_force(self, revision: int) -> Iterator[Fact]:
        """Yield the facts that were current at *revision*."""
        for version in self.versions:
            ended = version.ended
            if version.begun.token.revision <= revision and (ended is None or ended.token.revision > revision):
                yield version.fact

    def changes(self) -> Iterator[Change]:
        """Yield the begin and the end of every version."""
        for version in self.versions:
            yield version.begun
            if version.ended is not None:
                yield version.ended

    def past(self, kind: str, revision: int) -> int:
        """Return *revision*; raise KeptNoLongerError where the past of *kind* ("": of any) is kept from a later one."""
        floor = self.floors.get(kind, 0) if kind else max(self.floors.values(), default=0)
        if revision < floor:
            raise KeptNoLongerError(f"the past is kept from revision {floor} on")
        return revision

    def end(self, id_: str, end: Change, *, deleted: bool) -> None:
        """End the current version of the fact *id_*."""
        for at in range(len(self.versions) - 1, -1, -1):
            version = self.versions[at]
            if version.fact.id == id_ and version.ended is None:
                self.versions[at] = replace(version, ended=end, deleted=deleted)
                return

    def erase(self, person: Entity, token: Token, at: datetime) -> Erasure:
        """Remove every fact and version that names *person*, and the name from the record of who changed what.

        A request id with the name in it is forgotten too: the same write would be made once more.
        """
        gone = [fact for fact in self.index.by_id.values() if person in named_by(fact.kind)]
        past = [each for each in self.versions if each.ended is not None and person in named_by(each.fact.kind)]
        mentions = len({change.token.revision for change in self.changes() if change.actor == str(person)})
        about = {
            change.token.revision
            for version in self.versions
            if person in named_by(version.fact.kind)
            for change in (version.begun, version.ended)
            if change is not None
        }
        self.answers = {
            request_id: answer
            for request_id, answer in self.answers.items()
            if str(person) not in request_id and (person.id not in request_id or answer[1].token.revision not in about)
        }
        self.versions = [
            _without_actor(version, str(person))
            for version in self.versions
            if person not in named_by(version.fact.kind)
        ]
        for fact in gone:
            self.index.take(fact.id)
            end = Change(token, fact.id, None, at, "", "")
            nobody = Fact(Containment(Entity("", ""), Entity("", "")), id=fact.id)
            self.versions.append(Version(nobody, replace(end), end, deleted=True))
            self.partitions.update(dict.fromkeys(partitions_of(fact.kind), token.revision))
        return Erasure(token, len(gone), len(past), mentions, tuple(sorted(fact.id for fact in gone)))

    def prune(self, kind: str, before: datetime, *, only_count: bool) -> int:
        """Remove every version of a *kind* of fact that had ended *before* an instant; return how many there were."""
        gone = {
            id(version): version.ended.token.revision
            for version in self.versions
            if version.fact.id
            and version.begun.written is not None
            and version.ended is not None
            and version.ended.at < before
            and kind_name(version.fact.kind) == kind
        }
        if gone and not only_count:
            self.versions = [version for version in self.versions if id(version) not in gone]
            self.floors[kind] = max(self.floors.get(kind, 0), *gone.values())
        return len(gone)


def _without_actor(version: Version, actor: str) -> Version:
    begun = replace(version.begun, actor="") if version.begun.actor == actor else version.begun
    ended = version.ended
    if ended is not None and ended.actor == actor:
        ended = replace(ended, actor="")
    return replace(version, begun=begun, ended=ended)
