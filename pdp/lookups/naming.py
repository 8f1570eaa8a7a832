"""Every entity that a question, its facts or a policy names."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from pdp.core.entity import Entity
from pdp.core.facts import Fact
from pdp.core.request import Request
from pdp.policy_set import PolicySet


def entities_in(value: object) -> Iterator[Entity]:
    """Yield every entity anywhere inside *value*: a field that a value comes to have is looked into unasked."""
    if isinstance(value, Entity):
        yield value
    elif isinstance(value, tuple | frozenset):
        for item in value:
            yield from entities_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from entities_in(item)
    elif is_dataclass(value):
        for each in fields(value):
            yield from entities_in(getattr(value, each.name))


def named_by_question(request: Request) -> frozenset[Entity]:
    """Return every entity that *request* names, whoever asks: in the resource, the circumstances and its own facts."""
    resource = request.resource
    parts = (resource, request.context, request.extra, request.facts)
    return frozenset({resource.entity, Entity("operator", request.operator), *entities_in(parts)})


def named(policy: PolicySet, request: Request, stored: tuple[Fact, ...]) -> frozenset[Entity]:
    """Return every entity that could be told from any other when *policy* answers *request*."""
    written = (condition.expression for condition in policy.conditions.values())
    return named_by_question(request).union(entities_in(stored), entities_in(tuple(written)))
