"""Facts: what the policy may rely on about people and circumstances (contract, section 2)."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from pdp.core.entity import Entity
from pdp.core.value import value

Value = bool | int | str | datetime | Entity | tuple[str, ...] | tuple[Entity, ...]
"""A property's value; ids of the vocabulary and members of an enum are plain text, instants are aware and in UTC."""

Properties = Mapping[str, Value]
NO_PROPERTIES: Final[Properties] = MappingProxyType({})


def no_properties() -> Properties:
    """Return the empty properties."""
    return NO_PROPERTIES


@value
class RoleAssignment:
    """*subject* holds *role* in *scope*; *granted_by* says who granted it, None that nobody is recorded."""

    subject: Entity
    role: str
    scope: Entity
    granted_by: Entity | None = None


@value
class Consent:
    """What *given_by* said about data of *data_subject*.

    *form* is "" when it is not recorded, which is unknown. An empty *recipient* contains all recipients.
    """

    data_subject: Entity
    given_by: Entity
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    status: str
    recipient: Entity | None = None
    form: str = ""
    properties: Properties = field(default_factory=no_properties)


@value
class Ground:
    """A ticket, an order, a registration, ...: something that a rule may rest on.

    An empty *beneficiary* or *data_subject* matches nothing by itself.
    """

    kind: str
    id: Entity
    status: str
    beneficiary: Entity | None = None
    data_subject: Entity | None = None
    properties: Properties = field(default_factory=no_properties)


@value
class Containment:
    """*entity* lies in *container*."""

    entity: Entity
    container: Entity


FactKind = RoleAssignment | Consent | Ground | Containment


@value
class Fact:
    """One fact and its term: *valid_from* inclusive, *valid_until* exclusive, None without a bound.

    *id* is given by the store and empty in contextual facts; *stored* says where it came from.
    """

    kind: FactKind
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    id: str = ""
    stored: bool = False

    def in_force(self, instant: datetime) -> bool:
        """Say whether the term of the fact includes *instant*."""
        if self.valid_from is not None and instant < self.valid_from:
            return False
        return self.valid_until is None or instant < self.valid_until
