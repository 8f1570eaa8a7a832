"""Who holds which role for a request, and why an assignment does not count."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pdp.core.containment import MAXIMUM_STEPS, Containers
from pdp.core.entity import Entity
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.local_time import say_instant
from pdp.core.policy import Granting, Hierarchies
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind

DATA_SUBJECT: Final = "data_subject"
THIRD_PARTY: Final = "third_party"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One role fact of an entity: whether it counts, and why not."""

    fact: Fact
    role: RoleAssignment
    why_not: Text | None

    @property
    def counts(self) -> bool:
        """Say whether the role counts."""
        return self.why_not is None


class RoleHolding:
    """Judges role facts at one instant (contract, section 2, "Role")."""

    def __init__(
        self,
        facts: Iterable[Fact],
        instant: datetime,
        containers: Containers,
        granting: Mapping[str, Granting],
        hierarchies: Hierarchies,
        operator: Entity,
    ) -> None:
        self._by_subject: dict[Entity, list[tuple[Fact, RoleAssignment]]] = {}
        for fact in facts:
            if isinstance(fact.kind, RoleAssignment):
                self._by_subject.setdefault(fact.kind.subject, []).append((fact, fact.kind))
        self._instant = instant
        self._containers = containers
        self._granting = granting
        self._hierarchies = hierarchies
        self._operator = operator

    def assignments(self, entity: Entity, anchors: frozenset[Entity]) -> tuple[Assignment, ...]:
        """Judge every role fact of *entity* for a request whose scopes, closed upward, are *anchors*."""
        return tuple(
            Assignment(fact, role, self._why_not(fact, role, anchors))
            for fact, role in self._by_subject.get(entity, ())
        )

    def roles(self, entity: Entity, anchors: frozenset[Entity]) -> frozenset[str]:
        """Return the roles of *entity* that count within *anchors*, without the broader ones."""
        return frozenset(found.role.role for found in self.assignments(entity, anchors) if found.counts)

    def holds(self, entity: Entity, role: str, anchors: frozenset[Entity], scope_type: str | None = None) -> bool:
        """Say whether *entity* holds *role*, or one narrower, within *anchors* (in a *scope_type* if given)."""
        return any(
            found.counts
            and self._hierarchies.covers(WordKind.ROLE, role, found.role.role)
            and (scope_type is None or found.role.scope.type == scope_type)
            for found in self.assignments(entity, anchors)
        )

    def _why_not(self, fact: Fact, role: RoleAssignment, anchors: frozenset[Entity]) -> Text | None:
        if not fact.in_force(self._instant):
            return out_of_term(fact, self._instant)
        if role.scope not in anchors:
            return Text(
                vi=f"`{role.scope}` không phải là phạm vi của yêu cầu này và không chứa phạm vi nào của nó",
                en=f"`{role.scope}` is no scope of this request and contains none of its scopes",
            )
        return self._ungranted(role)

    def _ungranted(self, role: RoleAssignment) -> Text | None:
        """Say why the grant behind *role* is ineffective: a granted role counts as long as its granter may grant it."""
        if self._needs_no_granter(role) or self._leads_to_somebody_entitled(role):
            return None
        if role.granted_by is None:
            return Text(
                vi=f"vai trò `{role.role}` không ghi ai đã cấp", en=f"nobody is recorded as granter of `{role.role}`"
            )
        by = self._granting[role.role].by
        return Text(
            vi=f"người cấp `{role.granted_by}` không giữ vai trò {' / '.join(by)} trong `{role.scope}`",
            en=f"the granter `{role.granted_by}` does not hold {' or '.join(by)} in `{role.scope}`",
        )

    def _needs_no_granter(self, role: RoleAssignment) -> bool:
        granting = self._granting.get(role.role)
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
            granted = further
        return False

    def _entitling(self, role: RoleAssignment) -> Iterator[tuple[Fact, RoleAssignment]]:
        """Yield the roles of the granter that entitle to grant *role*, were each effective itself."""
        if role.granted_by is None:
            return
        by = self._granting[role.role].by
        reach = self._containers.closure((role.scope,)) | {self._operator}
        for fact, found in self._by_subject.get(role.granted_by, ()):
            may_grant = any(self._hierarchies.covers(WordKind.ROLE, broad, found.role) for broad in by)
            if may_grant and found.scope in reach and fact.in_force(self._instant):
                yield fact, found


def out_of_term(fact: Fact, instant: datetime) -> Text:
    """Say why *fact* is not in force at *instant*."""
    if fact.valid_until is not None and instant >= fact.valid_until:
        return Text(
            vi=f"hết hiệu lực từ {say_instant(fact.valid_until)}", en=f"ended at {say_instant(fact.valid_until)}"
        )
    start = say_instant(fact.valid_from) if fact.valid_from else ""
    return Text(vi=f"chỉ có hiệu lực từ {start}", en=f"begins only at {start}")
