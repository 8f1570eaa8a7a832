"""What is asked: a subject, an action, a resource, a purpose and the circumstances."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pdp.core.entity import Entity
from pdp.core.facts import Fact, Properties, no_properties
from pdp.core.value import value


@value
class Resource:
    """The data asked for.

    *type* is a category of the vocabulary, *data_subject* whom the data is about (None: nobody in particular),
    *scopes* what the data lies in, narrow to wide.
    """

    type: str
    id: str
    data_subject: Entity | None = None
    scopes: tuple[Entity, ...] = ()
    properties: Properties = field(default_factory=no_properties)

    @property
    def entity(self) -> Entity:
        """Return the resource as an entity: `category:id`."""
        return Entity(self.type, self.id)


class Freshness(StrEnum):
    """How fresh the facts must be (contract, section 2, "Freshness")."""

    UNSET = "unset"
    MINIMIZE_LATENCY = "minimize_latency"
    AT_LEAST_AS_FRESH = "at_least_as_fresh"
    FULLY_CONSISTENT = "fully_consistent"


@value
class Consistency:
    """The freshness asked for, and the token that AT_LEAST_AS_FRESH compares with."""

    freshness: Freshness = Freshness.UNSET
    token: str = ""


_NOTHING_UNREAD: Final[Mapping[str, object]] = MappingProxyType({})


def _nothing_unread() -> Mapping[str, object]:
    return _NOTHING_UNREAD


@value
class Request:
    """One question. Every word in it is known and every value has its type: the wire refuses anything else.

    *context* holds the known context properties but the time; *extra* what the operator's folder declares;
    *unread* the `x_` keys by path, carried into the record and seen by no rule.
    """

    request_id: str
    operator: str
    subject: Entity
    action: str
    resource: Resource
    purpose: str
    subject_properties: Properties = field(default_factory=no_properties)
    context: Properties = field(default_factory=no_properties)
    extra: Properties = field(default_factory=no_properties)
    time: datetime | None = None
    facts: tuple[Fact, ...] = ()
    consistency: Consistency = field(default_factory=Consistency)
    unread: Mapping[str, object] = field(default_factory=_nothing_unread)


def alike_but_for_ids(one: Request, other: Request) -> bool:
    """Say whether two requests differ in nothing but their own ids and those of their resources.

    Each part has to be the same object in both: False may be said of two that are alike.
    """
    mine, others = one.resource, other.resource
    return (
        one.facts is other.facts
        and one.subject is other.subject
        and mine.type is others.type
        and mine.data_subject is others.data_subject
        and mine.scopes is others.scopes
        and mine.properties is others.properties
        and one.action is other.action
        and one.purpose is other.purpose
        and one.context is other.context
        and one.operator is other.operator
        and one.time is other.time
        and one.subject_properties is other.subject_properties
        and one.extra is other.extra
        and one.consistency is other.consistency
        and one.unread is other.unread
    )
