"""Who holds which role for a request, and why an assignment does not count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from pdp.core.containment import MAXIMUM_STEPS, Anchors, Containers, anchored, anchors
from pdp.core.entity import Entity, Identified, same
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.local_time import say_instant
from pdp.core.policy import ANY_WORD, Granting, Hierarchies
from pdp.core.text import Text

DATA_SUBJECT: Final = "data_subject"
THIRD_PARTY: Final = "third_party"


class Standing(Enum):
    """Whether a role fact counts, or the first thing that keeps it from counting."""

    COUNTS = "counts"
    OUT_OF_TERM = "out of term"
    OUT_OF_SCOPE = "out of scope"
    UNRECORDED = "nobody is recorded as granter"
    UNENTITLED = "the granter may not grant it"


# Members of an enumeration are looked up in many times the time of a name.
_COUNTS: Final = Standing.COUNTS


@dataclass(frozen=True, slots=True)
class Assignment:
    """One role fact of an entity and how it stands at *instant*; *granters* are the roles that may grant its role."""

    fact: Fact
    role: RoleAssignment
    standing: Standing
    instant: datetime
    granters: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Say whether the role counts."""
        return self.standing is Standing.COUNTS

    @property
    def why_not(self) -> Text | None:
        """Say why the role does not count; None when it does."""
        role, by = self.role, self.granters
        match self.standing:
            case Standing.COUNTS:
                return None
            case Standing.OUT_OF_TERM:
                return out_of_term(self.fact, self.instant)
            case Standing.OUT_OF_SCOPE:
                return Text(
                    vi=f"`{role.scope}` không phải là phạm vi của yêu cầu này và không chứa phạm vi nào của nó",
                    en=f"`{role.scope}` is no scope of this request and contains none of its scopes",
                )
            case Standing.UNRECORDED:
                return Text(
                    vi=f"vai trò `{role.role}` không ghi ai đã cấp",
                    en=f"nobody is recorded as granter of `{role.role}`",
                )
            case Standing.UNENTITLED:
                return Text(
                    vi=f"người cấp `{role.granted_by}` không giữ vai trò {' / '.join(by)} trong `{role.scope}`",
                    en=f"the granter `{role.granted_by}` does not hold {' or '.join(by)} in `{role.scope}`",
                )


class RoleHolding:
    """Judges role facts at one instant (contract, section 2, "Role"): the part of circumstances that knows who is who.

    Whoever derives from it fills in what it looks at; *_role_facts* are the facts that are role facts.
    """

    __slots__ = ("_containers", "_role_facts", "granting", "hierarchies", "instant", "operator")

    _containers: Containers
    _role_facts: list[tuple[Fact, RoleAssignment]]
    granting: Mapping[str, Granting]
    hierarchies: Hierarchies
    instant: datetime
    operator: Entity

    def _assignments_within(self, entity: Identified, within: Anchors) -> tuple[Assignment, ...]:
        """Judge every role fact of *entity* for a request whose scopes, closed upward, are *within*."""
        return tuple(
            Assignment(fact, role, self._standing(fact, role, within), self.instant, self._granters(role))
            for fact, role in self._role_facts
            if same(role.subject, entity)
        )

    def _counting_within(self, entity: Identified, within: Anchors) -> list[RoleAssignment]:
        """Return the role facts of *entity* that count *within* these scopes."""
        type_, id_ = entity.type, entity.id
        found = []
        for fact, role in self._role_facts:
            subject = role.subject
            if subject.id == id_ and subject.type == type_ and self._standing(fact, role, within) is _COUNTS:
                found.append(role)
        return found

    def _standing(self, fact: Fact, role: RoleAssignment, within: Anchors) -> Standing:
        has_term = fact.valid_from is not None or fact.valid_until is not None
        if has_term and not fact.in_force(self.instant):
            return Standing.OUT_OF_TERM
        if not anchored(role.scope, within):
            return Standing.OUT_OF_SCOPE
        # A granted role counts as long as its granter may grant it.
        if role.role not in self.granting or self._needs_no_granter(role) or self._leads_to_somebody_entitled(role):
            return _COUNTS
        return Standing.UNRECORDED if role.granted_by is None else Standing.UNENTITLED

    def _granters(self, role: RoleAssignment) -> tuple[str, ...]:
        granting = self.granting.get(role.role)
        return granting.by if granting is not None else ()

    def _needs_no_granter(self, role: RoleAssignment) -> bool:
        granting = self.granting.get(role.role)
        return granting is None or (role.granted_by is None and not granting.required)

    def _leads_to_somebody_entitled(self, role: RoleAssignment) -> bool:
        """Follow the granters of *role* to one whose own role needs no granter."""
        # FAIL CLOSED (grant chain): a chain that returns to itself, or is too long, proves nothing. Each fact is looked
        # at once, so that however the grants are tangled the way through them is short.
        seen: set[int] = set()
        granted = [role]
        for _ in range(MAXIMUM_STEPS):
            further = []
            for one in granted:
                for fact, found in self._entitling(one):
                    if self._needs_no_granter(found):
                        return True
                    if id(fact) not in seen:
                        seen.add(id(fact))
                        further.append(found)
            if not further:
                return False
            granted = further
        return False

    def _entitling(self, role: RoleAssignment) -> Iterator[tuple[Fact, RoleAssignment]]:
        """Yield the roles of the granter that entitle to grant *role*, were each effective itself."""
        if role.granted_by is None:
            return
        by = self.granting[role.role].by
        reach = anchors((role.scope,), self._containers, self.operator)
        above = self.hierarchies.roles
        for fact, found in self._role_facts:
            if not same(found.subject, role.granted_by) or above.get(found.role, ANY_WORD).isdisjoint(by):
                continue
            if anchored(found.scope, reach) and fact.in_force(self.instant):
                yield fact, found


def out_of_term(fact: Fact, instant: datetime) -> Text:
    """Say why *fact* is not in force at *instant*."""
    if fact.valid_until is not None and instant >= fact.valid_until:
        return Text(
            vi=f"hết hiệu lực từ {say_instant(fact.valid_until)}", en=f"ended at {say_instant(fact.valid_until)}"
        )
    start = say_instant(fact.valid_from) if fact.valid_from else ""
    return Text(vi=f"chỉ có hiệu lực từ {start}", en=f"begins only at {start}")
