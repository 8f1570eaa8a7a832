"""Everything that a decision may look at, gathered before it is taken."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from pdp.core.consents import ConsentJudge, Wish
from pdp.core.containment import NO_CONTAINERS, Anchors, Containers, anchors
from pdp.core.entity import Entity, Identified, among, same
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.policy import ANY_WORD, Granting, Hierarchies
from pdp.core.request import Request, Resource
from pdp.core.role_holding import DATA_SUBJECT, THIRD_PARTY, Assignment, RoleHolding

PUBLISHING: Final = "publish"
"""The action that hands data to everybody: no single recipient's consent covers it."""

HANDING_OUT: Final = frozenset({"share", "disclose", "transfer", "transfer_abroad", "sell", "send"})
"""Actions by which an insider hands data to somebody else, and by which an outsider gets it (facts.yaml, `subject`)."""

OUTSIDERS: Final = (THIRD_PARTY, "authority", "shipping_partner", "service_provider", "app_integration")
"""The broadest roles of those to whom an operator hands data."""


_NOBODY: Final = frozenset({THIRD_PARTY})


@lru_cache(maxsize=64)
def operator_entity(name: str) -> Entity:
    """Return the operator called *name* as an entity."""
    return Entity("operator", name)


class Circumstances(RoleHolding):
    """A request with its facts at one instant; what it says never changes once it is built.

    What every decision needs is worked out at once, the rest when it is first asked for. *resource* is the resource
    that is judged: that of the request, or the same under a narrower category (see `narrowed`). *terms* are the
    instants at which facts begin or end. Building raises BoundExceededError when the containments of the request go
    round or too far.
    """

    __slots__ = (
        "_anchors",
        "_consent_facts",
        "_consents",
        "_contained",
        "_ground_facts",
        "_grounds",
        "_held",
        "_people",
        "_scopes_named",
        "_uncounted",
        "facts",
        "request",
        "resource",
        "roles",
        "terms",
    )

    def __init__(
        self,
        request: Request,
        stored: tuple[Fact, ...],
        instant: datetime,
        hierarchies: Hierarchies,
        granting: Mapping[str, Granting],
    ) -> None:
        self.request = request
        self.resource = request.resource
        self.instant = instant
        self.hierarchies = hierarchies
        self.granting = granting
        self.facts: tuple[Fact, ...] = (*stored, *request.facts) if stored else request.facts
        self.operator = operator_entity(request.operator)
        self._consents: ConsentJudge | None = None
        self._grounds: dict[str, tuple[Fact, ...]] = {}
        self._people: tuple[Entity, ...] | None = None
        self._scopes_named: tuple[Entity, ...] | None = None
        self._sort_facts()
        self._containers = Containers(self._contained, instant) if self._contained else NO_CONTAINERS
        self._look_at_roles()

    def _sort_facts(self) -> None:
        roles: list[tuple[Fact, RoleAssignment]] = []
        grounds: list[Fact] = []
        consents: list[Fact] = []
        contained: list[Fact] = []
        terms: list[datetime] = []
        for fact in self.facts:
            kind = fact.kind
            if isinstance(kind, RoleAssignment):
                roles.append((fact, kind))
            elif isinstance(kind, Ground):
                grounds.append(fact)
            elif isinstance(kind, Consent):
                consents.append(fact)
            else:
                contained.append(fact)
            if fact.valid_from is not None:
                terms.append(fact.valid_from)
            if fact.valid_until is not None:
                terms.append(fact.valid_until)
        self._role_facts = roles
        self._ground_facts = grounds
        self._consent_facts = consents
        self._contained = contained
        self.terms = terms

    def _look_at_roles(self) -> None:
        """Work out who the subject is towards the resource."""
        resource, subject = self.resource, self.request.subject
        person = resource.data_subject
        self._uncounted: tuple[Assignment, ...] | None = None
        about: tuple[Identified, ...] = (resource,) if person is None else (person, resource)
        self._anchors = anchors((*resource.scopes, *about), self._containers, self.operator)
        self._held = held = self._counting_within(subject, self._anchors) if self._role_facts else []
        if person is not None and subject.id == person.id and subject.type == person.type:
            self.roles = frozenset([*[role.role for role in held], DATA_SUBJECT])
        elif held:
            self.roles = frozenset([role.role for role in held])
        else:
            self.roles = _NOBODY

    def narrowed(self, category: str) -> "Circumstances":
        """Return the same circumstances with the resource asked for under a narrower *category*."""
        resource = self.resource
        inner = object.__new__(type(self))
        inner.request = self.request
        inner.resource = Resource(category, resource.id, resource.data_subject, resource.scopes, resource.properties)
        inner.instant = self.instant
        inner.hierarchies = self.hierarchies
        inner.granting = self.granting
        inner.facts = self.facts
        inner.operator = self.operator
        inner.roles = self.roles
        inner.terms = self.terms
        inner._anchors = self._anchors
        inner._consent_facts = self._consent_facts
        inner._consents = self._consents
        inner._contained = self._contained
        inner._containers = self._containers
        inner._ground_facts = self._ground_facts
        inner._grounds = self._grounds
        inner._held = self._held
        inner._people = self._people
        inner._role_facts = self._role_facts
        inner._scopes_named = self._scopes_named
        inner._uncounted = self._uncounted
        if not self.same_roles_when_narrowed:
            inner._look_at_roles()
        return inner

    @property
    def same_roles_when_narrowed(self) -> bool:
        """Say whether everybody holds the same roles towards the resource under whichever category.

        The category is a part of the resource's name alone: it matters where a fact names the resource.
        """
        id_ = self.resource.id
        for _, role in self._role_facts:
            if role.scope.id == id_:
                return False
        for fact in self._contained:
            if isinstance(fact.kind, Containment) and id_ in {fact.kind.entity.id, fact.kind.container.id}:
                return False
        return True

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """Return every role fact of the subject, judged towards the resource."""
        return self._assignments_within(self.request.subject, self._anchors)

    @property
    def uncounted(self) -> tuple[Assignment, ...]:
        """Return the role facts of the subject that do not count."""
        if self._uncounted is None:
            all_count = len(self._role_facts) == len(self._held)
            self._uncounted = () if all_count else tuple([one for one in self.assignments if not one.counts])
        return self._uncounted

    @property
    def scopes(self) -> frozenset[Entity]:
        """Return the scopes of the resource and all that contains them or the data subject, without the latter."""
        person = self.resource.data_subject
        about = {person} if person is not None else set[Entity]()
        return self._containers.closure({*about, *self.resource.scopes}) - about

    @property
    def scopes_named(self) -> tuple[Entity, ...] | None:
        """Return *scopes* as a list; None when none is known."""
        # FAIL CLOSED (no scope named): "is not in the scopes" must not hold because nobody said what they are.
        if self._scopes_named is None:
            scopes = self.resource.scopes
            person = self.resource.data_subject
            if not self._containers.is_empty or (person is not None and among(person, scopes)):
                scopes = tuple(sorted(self.scopes))
            self._scopes_named = scopes
        return self._scopes_named or None

    @property
    def people(self) -> tuple[Entity, ...]:
        """Return everybody concerned: the data subject and all who are pictured, each once."""
        if self._people is None:
            pictured = self.resource.properties.get("pictured", ())
            named = (self.resource.data_subject, *(pictured if isinstance(pictured, tuple) else ()))
            self._people = tuple(dict.fromkeys(person for person in named if isinstance(person, Entity)))
        return self._people

    def assignments_of(self, entity: Entity, person: Entity | None = None) -> tuple[Assignment, ...]:
        """Judge every role fact of *entity* towards *person* (default: towards the resource)."""
        return self._assignments_within(entity, self._anchors_of(person))

    def anchors_towards(self, person: Entity | None) -> frozenset[Entity]:
        """Return the scopes in which a role counts towards *person* (None: towards the resource), closed upward."""
        return frozenset(Entity(one.type, one.id) for one in self._anchors_of(person))

    def reach_of_grant(self, scope: Entity) -> frozenset[Entity]:
        """Return the scopes in which somebody has to hold a role to grant another in *scope*."""
        return frozenset(Entity(one.type, one.id) for one in anchors((scope,), self._containers, self.operator))

    def _anchors_of(self, person: Entity | None) -> Anchors:
        """Return the scopes in which a role counts towards *person*, closed upward."""
        about = self.resource.data_subject
        if person is None or person is about or person == about:
            return self._anchors
        return anchors((person,), self._containers, self.operator)

    def holds(self, entity: Entity, role: str, *, person: Entity | None = None, scope_type: str | None = None) -> bool:
        """Say whether *entity* holds *role* towards *person*, as `holds_one_of` does."""
        return self.holds_one_of(entity, (role,), scope_type, person)

    def holds_one_of(
        self, entity: Identified, roles: tuple[str, ...], scope_type: str | None, person: Entity | None
    ) -> bool:
        """Say whether *entity* holds one of *roles*, or one narrower, towards *person* (None: towards the resource).

        With *scope_type*, in a scope of that type. Nobody is assigned `data_subject`, and whoever holds nothing that
        counts is a `third_party`: both are held without a fact, hence in no scope.
        """
        held = self._counting(entity, person)
        above = self.hierarchies.roles
        for role in held:
            in_place = scope_type is None or role.scope.type == scope_type
            if in_place and not above.get(role.role, ANY_WORD).isdisjoint(roles):
                return True
        about = person or self.resource.data_subject
        if about is not None and same(entity, about):
            unassigned = DATA_SUBJECT
        elif not held:
            unassigned = THIRD_PARTY
        else:
            return False
        return scope_type is None and not above.get(unassigned, ANY_WORD).isdisjoint(roles)

    def _counting(self, entity: Identified, person: Entity | None) -> list[RoleAssignment]:
        within = self._anchors_of(person)
        if within is self._anchors and same(entity, self.request.subject):
            return self._held
        return self._counting_within(entity, within)

    def consents(self, person: Entity, givers: tuple[str, ...]) -> tuple[Fact, ...]:
        """Return the consents for data about *person* that cover this request, given by holders of one of *givers*.

        A giver's role must count towards *person* itself: the guardian of one pictured child consents for no other.
        """
        if not self._consent_facts:
            return ()
        return self._consent_judge().effective(self._wish(person), self._entitled(givers, person))

    def refusals(self, person: Entity, givers: tuple[str, ...]) -> tuple[Fact, ...]:
        """Return the refusals and withdrawals in force that touch this request, by holders of one of *givers*."""
        if not self._consent_facts:
            return ()
        return self._consent_judge().refusals(self._wish(person), self._entitled(givers, person))

    def _consent_judge(self) -> ConsentJudge:
        if self._consents is None:
            self._consents = ConsentJudge(self._consent_facts, self.instant, self._containers, self.hierarchies)
        return self._consents

    def _entitled(self, givers: tuple[str, ...], person: Entity) -> Callable[[Entity], bool]:
        return lambda giver: self.holds_one_of(giver, givers, None, person)

    def _wish(self, person: Entity) -> Wish:
        return Wish(person, self.request.purpose, self.resource.type, self.recipient)

    @property
    def recipient(self) -> Entity | None:
        """Return who would have the data: the recipient named, or the subject; None for nobody in particular."""
        # FAIL CLOSED (published to one): what is published reaches everybody, whoever is named as its recipient.
        if self.request.action == PUBLISHING:
            return None
        named = self.request.context.get("recipient")
        if isinstance(named, Entity):
            # FAIL CLOSED (outsider behind another): an outsider that asks gets the data, whomever it names.
            if named != self.request.subject and self.request.action in HANDING_OUT and self._asks_from_outside():
                return None
            return named
        # FAIL CLOSED (recipient not named): an insider who hands data out does not keep it; whoever gets it is unknown.
        if self.request.action in HANDING_OUT and not self._asks_from_outside():
            return None
        return self.request.subject

    def _asks_from_outside(self) -> bool:
        above = self.hierarchies.roles
        return not all(above.get(role, ANY_WORD).isdisjoint(OUTSIDERS) for role in self.roles)

    def grounds(self, kind: str) -> tuple[Fact, ...]:
        """Return the grounds of *kind* in force that are not about another thing of their own type.

        A ground whose id has a type that occurs among the scopes counts only if it is one of them.
        """
        found = self._grounds.get(kind)
        if found is None:
            found = self._grounds[kind] = self._find_grounds(kind)
        return found

    def _find_grounds(self, kind: str) -> tuple[Fact, ...]:
        found = []
        for fact in self._ground_facts:
            ground = fact.kind
            if isinstance(ground, Ground) and ground.kind == kind:
                has_term = fact.valid_from is not None or fact.valid_until is not None
                if not (has_term and not fact.in_force(self.instant)) and not self._about_another(ground.id):
                    found.append(fact)
        return tuple(found)

    def _about_another(self, id_: Entity) -> bool:
        type_, another = id_.type, False
        for scope in self.resource.scopes:
            if scope.type == type_:
                if scope.id == id_.id:
                    return False
                another = True
        return another
