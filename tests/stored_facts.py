"""A second opinion on what a survey finds: every fact is looked at, and none is looked up."""

from collections.abc import Iterable

from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.survey import Survey


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
