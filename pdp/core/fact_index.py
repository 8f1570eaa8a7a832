"""Facts in memory, found by whom and what they name: the store that needs no service, and the measure of all others."""

from collections.abc import Iterable, Iterator, Set
from typing import Final

from pdp.core.containment import MAXIMUM_STEPS
from pdp.core.entity import Entity
from pdp.core.fact_identity import kind_name
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, RoleAssignment
from pdp.core.survey import Survey
from pdp.core.wanted import ELSEWHERE, GATHERED_STEPS, GroundsWanted, Wanted

CONCERNS: Final = "concerns"

Key = tuple[str, str, Entity | None]
"""Kind of fact, field, and what stands there."""


def subject_of(kind: FactKind) -> Entity | None:
    """Return whom a fact speaks of as the one who acts: holder, giver, beneficiary; what lies inside of something."""
    match kind:
        case RoleAssignment(subject=subject):
            return subject
        case Consent(given_by=giver):
            return giver
        case Ground(beneficiary=beneficiary):
            return beneficiary
        case Containment(entity=entity):
            return entity


def scope_of(kind: FactKind) -> Entity | None:
    """Return where a fact holds: scope, recipient, concern, container."""
    match kind:
        case RoleAssignment(scope=scope):
            return scope
        case Consent(recipient=recipient):
            return recipient
        case Ground(properties=properties):
            concern = properties.get(CONCERNS)
            return concern if isinstance(concern, Entity) else None
        case Containment(container=container):
            return container


def data_subject_of(kind: FactKind) -> Entity | None:
    """Return whose data a fact concerns, None where it names nobody."""
    return kind.data_subject if isinstance(kind, Consent | Ground) else None


class FactIndex:
    """The current facts of one operator, by id and by what stands in their fields."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self.by_id: dict[str, Fact] = {}
        self._by_key: dict[Key, dict[str, Fact]] = {}
        for fact in facts:
            self.put(fact)

    def put(self, fact: Fact) -> Fact | None:
        """Keep *fact*; return the one that it replaces."""
        replaced = self.take(fact.id)
        self.by_id[fact.id] = fact
        for key in _keys(fact.kind):
            self._by_key.setdefault(key, {})[fact.id] = fact
        return replaced

    def take(self, id_: str) -> Fact | None:
        """Let go of the fact called *id_* and return it, None when there is none."""
        fact = self.by_id.pop(id_, None)
        if fact is not None:
            for key in _keys(fact.kind):
                held = self._by_key[key]
                del held[id_]
                if not held:
                    del self._by_key[key]
        return fact

    def find(self, kind: str, field: str, value: Entity | None) -> Iterator[Fact]:
        """Yield the facts of *kind* in whose *field* (subject, scope, data_subject) *value* stands."""
        yield from self._by_key.get((kind, field, value), {}).values()

    def gather(self, wanted: Wanted) -> dict[str, Fact]:
        """Return what is wanted, by id."""
        found: dict[str, Fact] = {}

        def add(facts: Iterable[Fact]) -> tuple[Fact, ...]:
            added = tuple(facts)
            found.update((fact.id, fact) for fact in added)
            return added

        consents = add(fact for person in wanted.people for fact in self.find("consent", "data_subject", person))
        start = wanted.start | {scope for fact in consents if (scope := scope_of(fact.kind)) is not None}
        inside, containments = self._upward(start)
        add(containments)
        grounds = [fact for group in wanted.grounds for fact in add(self._grounds(group, inside))]
        add(self._roles(wanted.holders | further_holders(consents, grounds, wanted), inside))
        for subject in wanted.subjects:
            add(sorted(self.find("role", "subject", subject), key=lambda fact: fact.id)[:ELSEWHERE])
        add(self.by_id[id_] for id_ in wanted.ids if id_ in self.by_id)
        return found

    def survey(self, survey: Survey) -> dict[str, Fact]:
        """Return what *survey* wants, by id."""
        if survey.everything:
            return dict(self.by_id)
        found = {id_: self.by_id[id_] for id_ in survey.ids if id_ in self.by_id}
        consents = [fact for person in survey.people for fact in self.find("consent", "data_subject", person)]
        recipients = {scope for fact in consents if (scope := scope_of(fact.kind)) is not None}
        inside, containments = self._reached(self._reached(recipients, "scope")[0] | survey.about, "subject")
        roles = [fact for scope in inside for fact in self.find("role", "scope", scope)]
        for fact in (*consents, *containments, *roles, *self._surveyed_grounds(survey)):
            found[fact.id] = fact
        return found

    def _surveyed_grounds(self, survey: Survey) -> Iterator[Fact]:
        whole = {ground.kind for ground in survey.grounds if ground.data_subjects is None}
        if whole:
            for fact in self.by_id.values():
                if isinstance(fact.kind, Ground) and fact.kind.kind in whole:
                    yield fact
        for ground in survey.grounds:
            for person in ground.data_subjects or ():
                for fact in self.find("ground", "data_subject", person):
                    if isinstance(fact.kind, Ground) and fact.kind.kind == ground.kind:
                        yield fact

    def _reached(self, start: Iterable[Entity], field: str) -> tuple[set[Entity], list[Fact]]:
        """Follow containments from *start* to the end: upward by the field subject, downward by the field scope."""
        reached, found = set[Entity](), list[Fact]()
        lately = set(start)
        onward = scope_of if field == "subject" else subject_of
        while lately:
            reached |= lately
            facts = [fact for entity in lately for fact in self.find("containment", field, entity)]
            found += facts
            lately = {end for fact in facts if (end := onward(fact.kind)) is not None} - reached
        return reached, found

    def _upward(self, start: Iterable[Entity]) -> tuple[set[Entity], list[Fact]]:
        inside = set(start)
        found: list[Fact] = []
        lately = set(inside)
        for _ in range(GATHERED_STEPS):
            further: set[Entity] = set()
            for entity in lately:
                for fact in self.find("containment", "subject", entity):
                    found.append(fact)
                    further |= {scope for scope in (scope_of(fact.kind),) if scope is not None}
            lately = further - inside
            inside |= further
        return inside, found

    def _grounds(self, group: GroundsWanted, inside: set[Entity]) -> Iterator[Fact]:
        for fact in self._candidates(group, inside):
            kind = fact.kind
            if isinstance(kind, Ground) and kind.kind in group.kinds and wants(group, kind, inside):
                yield fact

    def _candidates(self, group: GroundsWanted, inside: set[Entity]) -> Iterator[Fact]:
        """Yield by the narrowest index what the group could want."""
        if group.data_subjects is not None:
            field, keys = "data_subject", set(group.data_subjects)
        elif group.concerns is not None:
            field, keys = "scope", set(group.concerns) | (inside if group.within else set())
        elif group.beneficiaries is not None:
            field, keys = "subject", set(group.beneficiaries)
        else:
            yield from (fact for fact in self.by_id.values() if isinstance(fact.kind, Ground))
            return
        for key in keys:
            yield from self.find("ground", field, key)

    def _roles(self, holders: Iterable[Entity], inside: set[Entity]) -> Iterator[Fact]:
        seen: set[Entity] = set()
        lately = set(holders)
        for _ in range(MAXIMUM_STEPS + 1):
            granters: set[Entity] = set()
            for holder in lately:
                for fact in self.find("role", "subject", holder):
                    if isinstance(fact.kind, RoleAssignment) and fact.kind.scope in inside:
                        yield fact
                        granters |= {by for by in (fact.kind.granted_by,) if by is not None}
            seen |= lately
            lately = granters - seen


def wants(group: GroundsWanted, ground: Ground, inside: Set[Entity]) -> bool:
    """Say whether the fields of *ground* hold what *group* asks for."""
    concern = scope_of(ground)
    return (
        (group.beneficiaries is None or ground.beneficiary in group.beneficiaries)
        and (group.data_subjects is None or ground.data_subject in group.data_subjects)
        and (
            group.concerns is None
            or concern in group.concerns
            or (group.within and concern is not None and concern in inside)
        )
    )


def further_holders(consents: Iterable[Fact], grounds: Iterable[Fact], wanted: Wanted) -> set[Entity]:
    """Return those whose roles matter because of what was found: who spoke, and whom a ground names."""
    found: set[Entity] = set()
    for fact in consents:
        found |= {entity for entity in (subject_of(fact.kind), scope_of(fact.kind)) if entity is not None}
    for fact in grounds:
        kind = fact.kind
        if isinstance(kind, Ground) and kind.kind in wanted.naming:
            found |= set(entities_of(kind))
    return found


def entities_of(ground: Ground) -> Iterator[Entity]:
    """Yield those whom *ground* names: beneficiary, data subject and every property that is an entity."""
    for value in (ground.beneficiary, ground.data_subject, *ground.properties.values()):
        if isinstance(value, Entity):
            yield value


def _keys(kind: FactKind) -> tuple[Key, ...]:
    name = kind_name(kind)
    return (
        (name, "subject", subject_of(kind)),
        (name, "scope", scope_of(kind)),
        (name, "data_subject", data_subject_of(kind)),
    )
