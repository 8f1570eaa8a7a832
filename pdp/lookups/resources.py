"""To what may this subject do that?"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.containment import BoundExceededError, Containers
from pdp.core.entity import Entity
from pdp.core.facts import Fact
from pdp.core.lookup import Match
from pdp.core.request import Request, Resource
from pdp.core.vocabulary import WordKind
from pdp.lookups.finding import bound_work, standing
from pdp.lookups.naming import entities_in
from pdp.policy_set import PolicySet

UNNAMED: Final = ""
"""The id of a resource that no fact names: no id is empty, so it is nothing's."""


def find_resources(
    policy: PolicySet,
    request: Request,
    candidates: tuple[Resource, ...],
    within: Entity | None,
    stored: tuple[Fact, ...],
    at: datetime,
) -> tuple[Match, ...]:
    """Return those of *candidates* that *request*, asked of each, is allowed for; in their order.

    Without candidates: of whatever the facts name (see `known_resources`). Only what lies in *within*, if it is given.
    Raises TooMuchToLookUpError instead of leaving anything out.
    """
    facts = (*stored, *request.facts)
    containers = Containers(facts, at)
    asked = [(resource.entity, resource) for resource in candidates]
    if not candidates:
        asked = known_resources(policy, request, facts, containers)
    bound_work(len(asked), len(facts))
    matches = []
    for entity, resource in asked:
        if within is None or _lies_in(resource, within, containers):
            found = standing(policy, replace(request, resource=resource), stored, at)
            if found is not None:
                matches.append(Match(entity, found.certainty, found.conditions, found.reasons))
    return tuple(matches)


def known_resources(
    policy: PolicySet, request: Request, facts: tuple[Fact, ...], containers: Containers
) -> list[tuple[Entity, Resource]]:
    """Return what *facts* know of, by name: resources of the category sought, and the record about each entity.

    A fact names a resource as `category:id`. Every other entity that is named, the subject among them, stands for the
    record of the category about it. Each lies in all that contains it; a fact says nothing else of it.
    """
    category, operator = request.resource.type, Entity("operator", request.operator)
    covers = policy.hierarchies.covers
    found = []
    for entity in sorted({request.subject, *entities_in(facts)} - {operator}):
        scopes = _containers_of((entity,), containers)
        if policy.vocabulary.knows(WordKind.CATEGORY, entity.type):
            if covers(WordKind.CATEGORY, category, entity.type):
                found.append((entity, Resource(entity.type, entity.id, None, scopes)))
        else:
            found.append((entity, Resource(category, UNNAMED, entity, scopes)))
    return found


def _containers_of(entities: Iterable[Entity], containers: Containers) -> tuple[Entity, ...]:
    about = frozenset(entities)
    try:
        return tuple(sorted(containers.closure(about) - about))
    # What lies in itself, or in too much, is denied with an error when it is asked about.
    except BoundExceededError:
        return ()


def _lies_in(resource: Resource, within: Entity, containers: Containers) -> bool:
    about = {resource.entity, *resource.scopes}
    if resource.data_subject is not None:
        about.add(resource.data_subject)
    return within in about or within in _containers_of(about, containers)
