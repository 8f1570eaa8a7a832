"""A second opinion on what a survey finds: every fact is looked at, and none is looked up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pdp.core.entity import Entity
from pdp.core.errors import TooMuchToLookUpError
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted


@dataclass(frozen=True)
class HeldFacts:
    """The facts of one operator, taken as they are: no identity, no history, and a gathering finds all of them."""

    facts: tuple[Fact, ...]
    at_once: bool = True

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return nothing: a gathering is never spared."""
        return None

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return every fact."""
        return StoredFacts(self.facts, "held.1")

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return the facts that *survey* wants."""
        found = tuple(surveyed(self.facts, survey))
        if len(found) > limit:
            raise TooMuchToLookUpError(f"more than {limit} stored facts")
        return StoredFacts(found, "held.1")


def surveyed(facts: Iterable[Fact], survey: Survey, *, climbs: bool = True) -> list[Fact]:
    """Return those of *facts* that *survey* wants; without *climbs*, as a store would that follows no containers."""
    known = tuple(facts)
    if survey.everything:
        return list(known)
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
        if wanted or (fact.id and fact.id in survey.ids):
            found.append(fact)
    return found


def _closed(start: set[Entity], steps: list[tuple[Entity, Entity]]) -> set[Entity]:
    reached = set(start)
    while further := {end for begin, end in steps if begin in reached} - reached:
        reached |= further
    return reached
