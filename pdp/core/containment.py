"""What lies in what, followed upward within bounds."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from pdp.core.entity import Entity, Identified
from pdp.core.facts import Containment, Fact

MAXIMUM_STEPS: Final = 32
MAXIMUM_ENTITIES: Final = 256


class BoundExceededError(Exception):
    """Following facts went round in a circle or further than the bounds; the answer is a deny with an error.

    Not a PdpError: it never leaves the decision.
    """


class Containers:
    """The containers of each entity at one instant; *is_empty* says that nothing is known to lie in anything."""

    __slots__ = ("_direct", "is_empty")

    def __init__(self, facts: Iterable[Fact], instant: datetime) -> None:
        direct: dict[Entity, list[Entity]] = {}
        for fact in facts:
            if isinstance(fact.kind, Containment) and fact.in_force(instant):
                direct.setdefault(fact.kind.entity, []).append(fact.kind.container)
        self._direct: Mapping[Entity, list[Entity]] = direct
        self.is_empty = not direct

    def closure(self, start: Iterable[Entity]) -> frozenset[Entity]:
        """Return *start* and all that contains it.

        Raises BoundExceededError on a cycle, past MAXIMUM_STEPS steps or past MAXIMUM_ENTITIES entities
        (contract, section 2, "Role").
        """
        origins = frozenset(start)
        if not self._direct:
            return origins
        height: dict[Entity, int] = {}
        for origin in origins:
            self._climb(origin, height, [])
        if len(height) > MAXIMUM_ENTITIES:
            raise BoundExceededError(f"more than {MAXIMUM_ENTITIES} entities contain one another")
        return frozenset(height)

    def _climb(self, entity: Entity, height: dict[Entity, int], path: list[Entity]) -> int:
        if entity in path:
            raise BoundExceededError(f"containment goes round in a circle at `{entity}`")
        if len(path) > MAXIMUM_STEPS:
            raise BoundExceededError(f"containment goes on for more than {MAXIMUM_STEPS} steps")
        if entity in height:
            if len(path) + height[entity] > MAXIMUM_STEPS:
                raise BoundExceededError(f"containment goes on for more than {MAXIMUM_STEPS} steps")
            return height[entity]
        if len(height) > MAXIMUM_ENTITIES:
            raise BoundExceededError(f"more than {MAXIMUM_ENTITIES} entities contain one another")
        path.append(entity)
        above = [self._climb(container, height, path) for container in self._direct.get(entity, ())]
        path.pop()
        height[entity] = 1 + max(above) if above else 0
        return height[entity]


NO_CONTAINERS: Final = Containers((), datetime.min.replace(tzinfo=UTC))
"""Where nothing is known to lie in anything."""


Anchors = tuple[Identified, ...] | frozenset[Entity]
"""The scopes in which a role counts: those that are named, all that contains them, and the operator."""


def anchors(named: tuple[Identified, ...], containers: Containers, operator: Entity) -> Anchors:
    """Return *named*, all that contains them, and *operator*: as they come where nothing lies in anything.

    Raises BoundExceededError as following containers does.
    """
    if containers.is_empty:
        return (*named, operator)
    entities = (one if isinstance(one, Entity) else Entity(one.type, one.id) for one in named)
    return containers.closure(entities) | {operator}


def anchored(scope: Entity, anchored_in: Anchors) -> bool:
    """Say whether *scope* is among the anchors."""
    if isinstance(anchored_in, frozenset):
        return scope in anchored_in
    type_, id_ = scope.type, scope.id
    for named in anchored_in:  # noqa: SIM110  # `any` costs several times as much
        if named.id == id_ and named.type == type_:
            return True
    return False
