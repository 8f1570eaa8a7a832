"""Everything that a decision may look at, gathered before it is taken."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from pdp.core.consents import ConsentJudge, Wish
from pdp.core.containment import Containers
from pdp.core.entity import Entity
from pdp.core.facts import Fact, Ground
from pdp.core.policy import Granting, Hierarchies
from pdp.core.request import Request
from pdp.core.role_holding import DATA_SUBJECT, THIRD_PARTY, Assignment, RoleHolding
from pdp.core.vocabulary import WordKind

PUBLISHING: Final = "publish"
"""The action that hands data to everybody: no single recipient's consent covers it."""

HANDING_OUT: Final = frozenset({"share", "disclose", "transfer", "transfer_abroad", "sell", "send"})
"""Actions by which an insider hands data to somebody else, and by which an outsider gets it (facts.yaml, `subject`)."""

OUTSIDERS: Final = (THIRD_PARTY, "authority", "shipping_partner", "service_provider", "app_integration")
"""The broadest roles of those to whom an operator hands data."""


class Circumstances:
    """A request with its facts at one instant; immutable once built.

    Building raises BoundExceededError when the containments of the request go round or too far.
    """

    def __init__(
        self,
        request: Request,
        stored: Iterable[Fact],
        instant: datetime,
        hierarchies: Hierarchies,
        granting: Mapping[str, Granting],
    ) -> None:
        self.request = request
        self.instant = instant
        self.hierarchies = hierarchies
        self.facts: tuple[Fact, ...] = (*stored, *request.facts)
        self.operator = Entity("operator", request.operator)
        self._containers = Containers(self.facts, instant)
        resource = request.resource
        about = {resource.data_subject} if resource.data_subject else set[Entity]()
        self.scopes = self._containers.closure({*about, *resource.scopes}) - about
        self.anchors = self._containers.closure({resource.entity, *about, *resource.scopes}) | {self.operator}
        self._holding = RoleHolding(self.facts, instant, self._containers, granting, hierarchies, self.operator)
        self._consents = ConsentJudge(self.facts, instant, self._containers, hierarchies)
        self.assignments: tuple[Assignment, ...] = self._holding.assignments(request.subject, self.anchors)
        self.roles = self._roles()

    def _roles(self) -> frozenset[str]:
        held = {assignment.role.role for assignment in self.assignments if assignment.counts}
        if self.request.subject == self.request.resource.data_subject:
            held.add(DATA_SUBJECT)
        return frozenset(held or {THIRD_PARTY})

    @property
    def people(self) -> tuple[Entity, ...]:
        """Return everybody concerned: the data subject and all who are pictured, each once."""
        resource = self.request.resource
        pictured = resource.properties.get("pictured", ())
        named = (resource.data_subject, *(pictured if isinstance(pictured, tuple) else ()))
        return tuple(dict.fromkeys(person for person in named if isinstance(person, Entity)))

    def assignments_of(self, entity: Entity, person: Entity | None = None) -> tuple[Assignment, ...]:
        """Judge every role fact of *entity* towards *person* (default: towards the resource)."""
        return self._holding.assignments(entity, self.anchors_of(person))

    def anchors_of(self, person: Entity | None) -> frozenset[Entity]:
        """Return the scopes in which a role counts towards *person*, closed upward."""
        if person is None or person == self.request.resource.data_subject:
            return self.anchors
        return self._containers.closure((person,)) | {self.operator}

    def holds(self, entity: Entity, role: str, *, person: Entity | None = None, scope_type: str | None = None) -> bool:
        """Say whether *entity* holds *role* towards *person* (default: towards the resource).

        Nobody is assigned `data_subject`, and whoever holds nothing that counts is a `third_party`: both are held
        without a fact, hence in no scope.
        """
        anchors = self.anchors_of(person)
        if self._holding.holds(entity, role, anchors, scope_type):
            return True
        if entity == (person or self.request.resource.data_subject):
            unassigned = DATA_SUBJECT
        elif not self._holding.roles(entity, anchors):
            unassigned = THIRD_PARTY
        else:
            return False
        return scope_type is None and self.hierarchies.covers(WordKind.ROLE, role, unassigned)

    def consents(self, person: Entity, givers: tuple[str, ...]) -> tuple[Fact, ...]:
        """Return the consents for data about *person* that cover this request, given by holders of one of *givers*.

        A giver's role must count towards *person* itself: the guardian of one pictured child consents for no other.
        """
        return self._consents.effective(self._wish(person), lambda giver: self._may_consent(giver, givers, person))

    def refusals(self, person: Entity, givers: tuple[str, ...]) -> tuple[Fact, ...]:
        """Return the refusals and withdrawals in force that touch this request, by holders of one of *givers*."""
        return self._consents.refusals(self._wish(person), lambda giver: self._may_consent(giver, givers, person))

    def _wish(self, person: Entity) -> Wish:
        return Wish(person, self.request.purpose, self.request.resource.type, self.recipient)

    def _may_consent(self, giver: Entity, roles: tuple[str, ...], person: Entity) -> bool:
        return any(self.holds(giver, role, person=person) for role in roles)

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
        covers = self.hierarchies.covers
        return any(covers(WordKind.ROLE, outsider, role) for outsider in OUTSIDERS for role in self.roles)

    def grounds(self, kind: str) -> tuple[tuple[Fact, Ground], ...]:
        """Return the grounds of *kind* in force that are not about another thing of their own type.

        A ground whose id has a type that occurs among the scopes counts only if it is one of them.
        """
        scope_types = {scope.type for scope in self.request.resource.scopes}
        return tuple(
            (fact, fact.kind)
            for fact in self.facts
            if isinstance(fact.kind, Ground)
            and fact.kind.kind == kind
            and fact.in_force(self.instant)
            and (fact.kind.id.type not in scope_types or fact.kind.id in self.request.resource.scopes)
        )
