"""From the numbers that a solver found to a request that can be asked."""

from collections.abc import Iterable, Mapping, Set
from types import MappingProxyType

from pdp.conditions.expression import Root
from pdp.core.entity import Entity
from pdp.core.fact_schema import FactSchema, PropertySpec, ValueType
from pdp.core.facts import Consent, Fact, Ground, Value
from pdp.core.policy import Granting
from pdp.core.request import Request, Resource
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set import Asked
from pdp.space.answered import Answered
from pdp.space.assigning import Assigning
from pdp.space.facts import CONSENT, REFUSAL, Facts, Slot
from pdp.space.looking_up import NOW
from pdp.space.made_of import MadeOf
from pdp.space.people import OPERATOR_SCOPE, Held, People
from pdp.space.values import Values


class SituationReader:
    """Reads one answer of the solver."""

    def __init__(
        self,
        values: Values,
        people: People,
        facts: Facts,
        schema: FactSchema,
        vocabulary: Vocabulary,
        granting: Mapping[str, Granting],
    ) -> None:
        self._values = values
        self._people = people
        self._facts = facts
        self._schema = schema
        self._vocabulary = vocabulary
        self._assigning = Assigning(vocabulary, granting)
        self._made_of = MadeOf(values, people, facts)

    def wanted(self) -> Set[str]:
        """Return every name that situations are made of, of all questions so far."""
        return self._made_of.names()

    def request(self, asked: Asked, found: Mapping[str, int], slots: Iterable[Slot], persons: int) -> Request:
        """Return the request that the numbers *found* describe."""
        return _Answer(self, asked, found, tuple(slots), persons).request()


class _Answer:
    """One request, while it is put together."""

    def __init__(
        self, reader: SituationReader, asked: Asked, found: Mapping[str, int], slots: tuple[Slot, ...], persons: int
    ) -> None:
        self._reader = reader
        self._values = reader._values
        self._people = reader._people
        self._roles, self._action, self._category, self._purpose = asked
        self._answered = Answered(reader._values, reader._made_of, reader._vocabulary, found)
        self._slots = [slot for slot in slots if self._answered.is_so(reader._facts.present(slot))]
        self._persons = persons
        self._extra_scopes: dict[str, Entity] = {}
        self._facts: list[Fact] = []

    # --- The request --------------------------------------------------------------------------------------------------

    def request(self) -> Request:
        there, code = self._people.person(0)
        data_subject = self._answered.entity(code) if self._answered.is_so(there) else None
        scopes = self._scopes()
        properties = self._properties()
        pictured = self._pictured()
        if pictured is not None:
            properties["resource"]["pictured"] = pictured
        self._add_roles(data_subject, Entity(self._category, self._answered.resource_id))
        for slot in self._slots:
            self._add_fact(slot)
        return Request(
            request_id="",
            operator=self._people.operator.id,
            subject=self._answered.entity(self._people.subject),
            action=self._action,
            resource=Resource(
                self._category,
                self._answered.resource_id,
                data_subject,
                self._all_scopes(scopes),
                MappingProxyType(properties["resource"]),
            ),
            purpose=self._purpose,
            subject_properties=MappingProxyType(properties["subject"]),
            context=MappingProxyType(properties["context"]),
            extra=MappingProxyType(properties["extra"]),
            time=NOW,
            facts=tuple(fact for at, fact in enumerate(self._facts) if fact not in self._facts[:at]),
        )

    def _properties(self) -> dict[str, dict[str, Value]]:
        sections: dict[str, dict[str, Value]] = {"subject": {}, "resource": {}, "context": {}, "extra": {}}
        for path, term, value in self._answered.told:
            root, _, name = path.partition(".")
            if root in sections and name and term.root is not Root.FACT:
                sections[root][name] = value
        return sections

    def _scopes(self) -> list[Entity]:
        return (
            list(self._answered.members("resource.scopes"))
            if self._answered.is_so(self._people.scopes.nonempty)
            else []
        )

    def _all_scopes(self, tested: list[Entity]) -> tuple[Entity, ...]:
        return tuple(dict.fromkeys((*self._extra_scopes.values(), *tested)))

    def _pictured(self) -> tuple[Entity, ...] | None:
        persons = [self._people.person(each)[0] for each in range(1, self._persons + 1)]
        asked_about = self._answered.asked_about(self._people.pictured_absent, self._people.subject_pictured, *persons)
        if self._answered.is_so(self._people.pictured_absent) or not asked_about:
            return None
        found = []
        for each in range(self._persons + 1):
            there, code = self._people.person(each)
            if self._answered.is_so(self._people.subject_pictured if each == 0 else there):
                found.append(self._answered.entity(code))
        return tuple(found)

    # --- Roles --------------------------------------------------------------------------------------------------------

    def _add_roles(self, data_subject: Entity | None, resource: Entity) -> None:
        # Conditions tell scopes in which no role is held only by there being one: one stands for all, for a request
        # names few.
        held_in = {held.scope_type for held in self._people.held.values() if self._answered.is_so(held.formula)}
        named = [type_ for type_, formula in self._people.scope_types.items() if self._answered.is_so(formula)]
        idle = [type_ for type_ in named if type_ not in held_in][:1]
        for type_ in named:
            if type_ in held_in or type_ in idle:
                self._extra_scopes[type_] = self._answered.new(type_, type_)
        for held in self._people.held.values():
            if not self._answered.is_so(held.formula):
                continue
            scope = self._scope(held, data_subject, resource)
            for role in self._names_of(held):
                holder = self._answered.entity(held.holder)
                self._facts += self._reader._assigning.assigned(holder, role, scope, self._people.operator)

    def _names_of(self, held: Held) -> list[str]:
        """Return the roles of the class that are held: those asked for by the subject, one of the class by others."""
        if self._answered.entity(held.holder) != self._answered.entity(self._people.subject) or held.person:
            return [held.role.name]
        named = sorted(held.role.roles & self._roles)
        return named if held.scope_type != OPERATOR_SCOPE or named else [held.role.name]

    def _scope(self, held: Held, data_subject: Entity | None, resource: Entity) -> Entity:
        if held.scope_type == OPERATOR_SCOPE:
            return self._people.operator
        if held.person:
            return self._answered.entity(self._people.person(held.person)[1])
        if data_subject is not None and data_subject.type == held.scope_type:
            return data_subject
        if held.scope_type in self._extra_scopes:
            return self._extra_scopes[held.scope_type]
        return resource

    # --- Facts --------------------------------------------------------------------------------------------------------

    def _add_fact(self, slot: Slot) -> None:
        prefix = f"{slot.name}."
        parts = {path[len(prefix) :]: value for path, _, value in self._answered.told if path.startswith(prefix)}
        if slot.kind in {CONSENT, REFUSAL}:
            self._facts.append(Fact(self._consent(slot, parts)))
        else:
            self._facts.append(Fact(self._ground(slot, parts)))

    def _consent(self, slot: Slot, parts: dict[str, Value]) -> Consent:
        _, person = self._people.person(slot.person)
        fixed = {"given_by", "recipient", "purposes", "categories", "form"}
        recipient, form = parts.get("recipient"), parts.get("form", "")
        return Consent(
            data_subject=self._answered.entity(person),
            given_by=self._answered.entity(self._values.entity(f"{slot.name}.given_by")),
            purposes=_words(parts.get("purposes")),
            categories=_words(parts.get("categories")),
            status="given" if slot.kind == CONSENT else "refused",
            recipient=recipient if isinstance(recipient, Entity) else None,
            form=str(form),
            properties=MappingProxyType({key: value for key, value in parts.items() if key not in fixed}),
        )

    def _ground(self, slot: Slot, parts: dict[str, Value]) -> Ground:
        spec = self._reader._schema.grounds[slot.kind]
        id_ = self._answered.entity(self._values.entity(f"{slot.name}.id"))
        for name in spec.requires:
            if name not in parts and name != "id":
                parts[name] = self._filler(name, spec.properties.get(name), spec.statuses)
        parts.setdefault("status", spec.statuses[0])
        beneficiary, person = parts.get("beneficiary"), parts.get("data_subject")
        fixed = {"id", "status", "beneficiary", "data_subject"}
        return Ground(
            kind=slot.kind,
            id=id_,
            status=str(parts["status"]),
            beneficiary=beneficiary if isinstance(beneficiary, Entity) else None,
            data_subject=person if isinstance(person, Entity) else None,
            properties=MappingProxyType({key: value for key, value in parts.items() if key not in fixed}),
        )

    def _filler(self, name: str, spec: PropertySpec | None, statuses: tuple[str, ...]) -> Value:
        """Return a value for a part that such a fact must have and that no condition asks about."""
        if name == "status":
            return statuses[0]
        if spec is None or spec.type is ValueType.ENTITY:
            one: Value = self._answered.new("user", name.replace("_", "-"))
        elif spec.type is ValueType.BOOL:
            one = True
        elif spec.type is ValueType.INT:
            one = 1
        elif spec.type is ValueType.TIMESTAMP:
            one = NOW
        else:
            one = spec.values[0] if spec.values else self._some_word(spec)
        listed: Value = (one,) if spec is not None and spec.is_list else one  # type: ignore[assignment]
        return listed

    def _some_word(self, spec: PropertySpec) -> str:
        kinds = {ValueType.ROLE: WordKind.ROLE, ValueType.CATEGORY: WordKind.CATEGORY}
        kind = kinds.get(spec.type)
        return "something" if kind is None else next(iter(self._reader._vocabulary.words(kind)))


def _words(value: Value | None) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()
