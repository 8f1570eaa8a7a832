"""Facts stored in memory, found as a store finds them: by scope, container, data subject and kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pdp.core.entity import Entity
from pdp.core.errors import TooMuchToLookUpError
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Request
from pdp.core.survey import Survey


@dataclass(frozen=True)
class MemoryFacts:
    """The facts of one operator. *past* are those of every instant before *since*."""

    facts: tuple[Fact, ...]
    past: tuple[Fact, ...] = ()
    since: datetime | None = None
    at_once: bool = True

    def gather(self, operator: str, requests: Sequence[Request], consistency: Consistency) -> StoredFacts:
        """Return every fact."""
        return StoredFacts(self.facts, "memory.1")

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return the facts that *survey* wants, of the present or the past."""
        is_past = as_of is not None and self.since is not None and as_of < self.since
        held = self.past if is_past else self.facts
        found = held if survey.everything else tuple(surveyed(held, survey))
        if len(found) > limit:
            raise TooMuchToLookUpError(f"more than {limit} stored facts")
        return StoredFacts(found, "memory.0" if is_past else "memory.1")


def surveyed(facts: Iterable[Fact], survey: Survey, *, climbs: bool = True) -> list[Fact]:
    """Return those of *facts* that *survey* wants; without *climbs*, as a store would that follows no containers."""
    known = tuple(facts)
    inside = [fact.kind for fact in known if isinstance(fact.kind, Containment)] if climbs else []
    consents = [fact.kind for fact in known if isinstance(fact.kind, Consent)]
    recipients = {each.recipient for each in consents if each.recipient and each.data_subject in survey.people}
    below = _closed(recipients, [(one.container, one.entity) for one in inside])
    reach = _closed({*survey.about, *below}, [(one.entity, one.container) for one in inside])
    grounds = {ground.kind: ground.data_subjects for ground in survey.grounds}
    found = []
    for fact in known:
        match fact.kind:
            case RoleAssignment(scope=scope):
                wanted = scope in reach
            case Containment(entity=entity):
                wanted = climbs and entity in reach
            case Consent(data_subject=person):
                wanted = person in survey.people
            case Ground(kind=kind, data_subject=about):
                held = grounds.get(kind, frozenset())
                wanted = held is None or about in held
        if wanted:
            found.append(fact)
    return found


def _closed(start: set[Entity], steps: list[tuple[Entity, Entity]]) -> set[Entity]:
    reached = set(start)
    while further := {end for begin, end in steps if begin in reached} - reached:
        reached |= further
    return reached
