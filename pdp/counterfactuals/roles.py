"""How somebody would come to hold a role, or to hold it no longer."""

from collections.abc import Iterable, Iterator
from typing import Final

from pdp.core.entity import Entity
from pdp.core.facts import Containment, Fact, RoleAssignment
from pdp.core.policy import ANY, ANY_WORD
from pdp.core.role_holding import DATA_SUBJECT, THIRD_PARTY, Assignment, Standing
from pdp.core.vocabulary import WordKind
from pdp.counterfactuals.steps import Add, Step, add, end, meet
from pdp.counterfactuals.world import World

_ENTITY_TYPES: Final = (("authority", "authority"), (THIRD_PARTY, "org"), ("operator", "service"))
"""The type of entity that holds a role, by the broader role; everybody else is a `user`."""


def covered_by(world: World, word: str, roles: Iterable[str]) -> bool:
    """Say whether whoever holds *word* holds one of *roles*."""
    return not world.policy.hierarchies.roles.get(word, ANY_WORD).isdisjoint(roles)


def words_for(world: World, roles: Iterable[str]) -> tuple[str, ...]:
    """Return the roles that can be assigned to give somebody one of *roles*; of a group its members."""
    vocabulary, found = world.policy.vocabulary, []
    for role in roles:
        inside = world.policy.hierarchies.downward[WordKind.ROLE].get(role, frozenset({role}))
        words = [role] if vocabulary.knows(WordKind.ROLE, role) else sorted(inside)
        found += [word for word in words if vocabulary.words(WordKind.ROLE)[word].held_in]
    return tuple(dict.fromkeys(found))


def to_hold(
    world: World, entity: Entity, roles: tuple[str, ...], scope_type: str | None, person: Entity | None
) -> list[Step]:
    """Return the steps each of which brings *entity* nearer to holding one of *roles* towards *person*.

    With *person* None, towards the resource; with *scope_type*, in a scope of that type.
    """
    steps: list[Step] = []
    judged = world.circumstances.assignments_of(entity, person)
    counting = [one for one in judged if one.counts]
    if scope_type is None and counting and covered_by(world, THIRD_PARTY, roles):
        steps += [end(one.fact) for one in counting]
    for one in judged:
        in_place = scope_type is None or one.role.scope.type == scope_type
        if not one.counts and in_place and covered_by(world, one.role.role, roles):
            steps += _to_count(world, one, person)
    for word in words_for(world, roles):
        steps += _to_be_assigned(world, entity, word, scope_type, person)
    return steps


def to_lose(
    world: World, entity: Entity, roles: tuple[str, ...], scope_type: str | None, person: Entity | None
) -> list[Step]:
    """Return the steps each of which brings *entity* nearer to holding none of *roles* towards *person*."""
    judged = world.circumstances.assignments_of(entity, person)
    for one in judged:
        in_place = scope_type is None or one.role.scope.type == scope_type
        if one.counts and in_place and covered_by(world, one.role.role, roles):
            return [end(one.fact)]
    about = person or world.request.resource.data_subject
    if entity == about and covered_by(world, DATA_SUBJECT, roles):
        return []
    return _to_be_no_stranger(world, entity, roles, person)


def rule_role(world: World, role: str) -> bool:
    """Say whether the subject holds the role that a rule speaks of."""
    return role == ANY or any(covered_by(world, held, (role,)) for held in world.circumstances.roles)


def granter_of(world: World, word: str, scope: Entity) -> Entity | None:
    """Return somebody who may grant *word* in *scope*, or would be with a role of their own; None when nobody need."""
    granting = world.policy.granting.get(word)
    if granting is None or not granting.required:
        return None
    reach = world.circumstances.reach_of_grant(scope)
    for role in _roles_in_force(world):
        if role.scope in reach and covered_by(world, role.role, granting.by):
            return role.subject
    return world.unnamed("user", granting.by[0])


def holder_unnamed(world: World, role: str) -> Entity:
    """Return an entity of which nothing is known, of the type that holds *role* most often."""
    above = world.policy.hierarchies.roles.get(role, ANY_WORD)
    type_ = next((type_ for broad, type_ in _ENTITY_TYPES if broad in above or broad == role), "user")
    return world.unnamed(type_, role)


def lies_in(world: World, container: Entity) -> list[Step]:
    """Return the steps that put the person concerned, or the data where it is about nobody, into *container*.

    None where the request says itself in which such thing the data lies: that is part of the question.
    """
    resource = world.request.resource
    inside = resource.data_subject or resource.entity
    claimed = any(scope.type == container.type for scope in resource.scopes)
    if claimed or container == inside or container in world.circumstances.scopes:
        return []
    facts = world.circumstances.facts
    if any(
        isinstance(f.kind, Containment) and f.kind.container == inside and f.kind.entity == container for f in facts
    ):
        return []
    return [add(Fact(Containment(inside, container)))]


def _roles_in_force(world: World) -> Iterator[RoleAssignment]:
    for fact in world.circumstances.facts:
        if isinstance(fact.kind, RoleAssignment) and fact.in_force(world.instant):
            yield fact.kind


def _to_count(world: World, one: Assignment, person: Entity | None) -> list[Step]:
    """Return the steps that would let an assignment count that does not."""
    fact, role = one.fact, one.role
    match one.standing:
        case Standing.OUT_OF_TERM:
            steps: list[Step] = [add(Fact(role))]
            if fact.valid_from is not None and fact.valid_from > world.instant:
                steps.append(meet("context.time", fact.valid_from))
            return steps
        case Standing.OUT_OF_SCOPE:
            return lies_in(world, role.scope) if person in {None, world.request.resource.data_subject} else []
        case Standing.UNENTITLED if role.granted_by is not None:
            by = world.policy.granting[role.role].by
            return [*_regranted(world, role), *_in_reach(world, role.granted_by, by, role.scope)]
        case _:
            return _regranted(world, role)


def _regranted(world: World, role: RoleAssignment) -> list[Step]:
    granter = granter_of(world, role.role, role.scope)
    return [add(Fact(RoleAssignment(role.subject, role.role, role.scope, granter)))]


def _in_reach(world: World, granter: Entity, by: tuple[str, ...], scope: Entity) -> list[Step]:
    """Return the steps that would entitle *granter* to grant in *scope*."""
    held_in = world.policy.vocabulary.words(WordKind.ROLE)
    return [
        add(Fact(RoleAssignment(granter, word, place, granter_of(world, word, place))))
        for word in words_for(world, by)
        for place in sorted(world.circumstances.reach_of_grant(scope))
        if place.type in held_in[word].held_in
    ]


def _to_be_assigned(
    world: World, entity: Entity, word: str, scope_type: str | None, person: Entity | None
) -> list[Step]:
    held_in = world.policy.vocabulary.words(WordKind.ROLE)[word].held_in
    types = [type_ for type_ in held_in if scope_type in {None, type_}]
    anchors = sorted(world.circumstances.anchors_towards(person))
    places = [place for place in anchors if place.type in types]
    steps: list[Step] = []
    for place in places:
        role = RoleAssignment(entity, word, place, granter_of(world, word, place))
        already = any(
            one.role == role and one.fact.in_force(world.instant)
            for one in world.circumstances.assignments_of(entity, person)
        )
        if not already:
            steps.append(add(Fact(role)))
    if person not in {None, world.request.resource.data_subject}:
        return steps
    for type_ in types:
        if not any(place.type == type_ for place in places):
            known = [one for one in world.named if one.type == type_]
            for container in (*known, world.unnamed(type_, "one")):
                steps += lies_in(world, container)
    return steps


def _to_be_no_stranger(world: World, entity: Entity, roles: tuple[str, ...], person: Entity | None) -> list[Step]:
    """Return assignments of any other role: whoever holds one is no third party by default."""
    found: dict[object, Step] = {}
    request = world.request
    for word in sorted(world.policy.vocabulary.words(WordKind.ROLE)):
        if covered_by(world, word, roles):
            continue
        # Roles of which the same rows speak are one: they differ in conditions alone, which ask for themselves.
        asked = (frozenset({word}), request.action, request.resource.type, request.purpose)
        rules = tuple(rule.id for rule in world.policy.residuals.rules(asked).rules)
        if rules not in found:
            steps = _to_be_assigned(world, entity, word, None, person)
            direct = [step for step in steps if isinstance(step, Add) and isinstance(step.fact.kind, RoleAssignment)]
            if direct:
                found[rules] = direct[0]
    return list(found.values())
