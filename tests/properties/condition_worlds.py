"""Conditions of every form, made up, and circumstances of every kind to hold them against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any, Final

from pdp.conditions import Condition, ConditionSyntaxError, Resolver, parse_condition
from pdp.core.circumstances import Circumstances
from pdp.core.entity import Entity
from pdp.core.fact_schema import PropertySpec, ValueType
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, Properties, RoleAssignment, Value
from pdp.core.policy import Granting, Hierarchies, hierarchies
from pdp.core.request import Request, Resource
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from tests.builders import NOON, the_words

OPERATORS: Final = ("homeid", "kidsonline", "kiotviet", "onmeeting", "welearning")
_ROLES: Final = ("guardian", "primary_guardian", "teacher", "school_staff", "data_subject", "third_party", "operator")
_CATEGORIES: Final = ("child_data", "child_photo", "personal_data", "contact")
_PURPOSES: Final = ("media", "education", "marketing", "family_follow_up")
_ACTIONS: Final = ("read", "share", "publish")
_ENTITIES: Final = tuple(
    Entity(type_, id_)
    for type_, id_ in (
        ("user", "lan"),
        ("user", "hoa"),
        ("child", "lan"),  # the same id as a user: a comparison of ids alone is noticed
        ("child", "minh"),
        ("class", "a1"),
        ("school", "hoa-sen"),
        ("org", "hoa"),
    )
)
_INSTANTS: Final = (
    NOON,
    NOON - timedelta(days=1),
    NOON + timedelta(days=3),
    NOON - timedelta(microseconds=1),
    datetime(2024, 2, 29, 5, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)
_GRANTING: Final = {"teacher": Granting("teacher", ("school_admin", "operator"), False, "KIDS-1.1")}


@dataclass(frozen=True, slots=True)
class World:
    """The words of one operator, as a source of conditions and of circumstances."""

    operator: str
    resolver: Resolver
    hierarchies: Hierarchies
    sections: Mapping[str, Mapping[str, PropertySpec]]
    kinds: tuple[str, ...]
    """Some kinds of ground, few enough for conditions and facts to be about the same ones."""


@cache
def the_world(operator: str) -> World:
    """Return the world of *operator*."""
    words = the_words()
    schema = words.schema
    sections = {
        "subject": schema.subject_properties,
        "resource": schema.resource_properties,
        "context": schema.context_properties,
    }
    usable = {
        name: {key: spec for key, spec in specs.items() if operator in spec.ops and key != "time"}
        for name, specs in sections.items()
    }
    resolver = Resolver(operator, words.vocabulary, schema, {}, {})
    grounds = {kind: spec for kind, spec in schema.grounds.items() if operator in spec.ops}
    with_issuer = sorted(grounds, key=lambda kind: ("issued_by" not in grounds[kind].properties, kind))
    return World(operator, resolver, hierarchies(words.vocabulary, {}), usable, tuple(with_issuer[:3]))


# --- Conditions -------------------------------------------------------------------------------------------------------


def conditions(world: World, random: Random, count: int = 12) -> dict[str, Condition]:
    """Return *count* conditions, each of which may name those before it."""
    found: dict[str, Condition] = {}
    while len(found) < count:
        name = f"condition_{len(found)}"
        text = _expression(world, random, tuple(found), 3, "")
        try:
            expression = parse_condition(text, world.resolver)
        except ConditionSyntaxError:
            continue
        found[name] = Condition(name, Text(text, text), "KIDS-1.1", None, expression, "conditions.yaml", 1)
    return found


def _expression(world: World, random: Random, names: tuple[str, ...], depth: int, fact: str) -> str:
    """Return a condition in words; *fact* is the kind of fact that `its` speaks of, "" where there is none."""
    form = random.randrange(15) if depth else 0

    def inner(of: str = fact) -> str:
        return _expression(world, random, names, depth - 1, of)

    match form:
        case 2 | 3:
            joined = random.choice((" and ", " or ")).join(inner() for _ in range(random.randint(2, 3)))
            return f"({joined})"
        case 4:
            return f"({inner()} and {inner()} or {inner()})"
        case 5 | 6:
            return f"not ({inner()})"
        case 7:
            return f"each person ({random.choice(names) if names and random.random() < 0.3 else inner()})"
        case 8 | 12 | 13:
            kind = random.choice(world.kinds)
            simple = _statement(world, random, kind)
            where = random.choice(("", f" where ({inner(kind)})", f" where ({inner(kind)})", f" where ({simple})"))
            return f"{random.choice(('some', 'no'))} {kind}{where}"
        case 9:
            where = f" where ({inner('consent')})" if random.random() < 0.8 else ""
            return f"consent from {_roles(random)}{where}"
        case 10:
            return f"{random.choice(('', 'no '))}refusal from {_roles(random)}"
        case 11 | 14 if names:
            return random.choice(names)
        case _:
            return _statement(world, random, fact)


def _roles(random: Random) -> str:
    return " or ".join(random.sample(_ROLES, random.randint(1, 2)))


def _statement(world: World, random: Random, fact: str) -> str:
    terms = _terms(world, fact)
    path, spec = random.choice([term for term in terms if term[0].startswith("its ")] if fact else terms)
    if fact and random.random() < 0.2:
        path, spec = random.choice(terms)
    if random.random() < 0.1:
        return f"{path} is stated"
    if spec.is_list:
        return _about_list(path, spec, random)
    return _STATEMENTS[spec.type](path, spec, world, random, fact)


def _terms(world: World, fact: str) -> list[tuple[str, PropertySpec]]:
    found = [(f"{name}.{key}", spec) for name, specs in world.sections.items() for key, spec in specs.items()]
    found += [(path, _ENTITY) for path in ("subject", "person", "recipient", "resource", "resource.data_subject") * 3]
    found += [("now", _INSTANT)] * 3
    if fact == "consent":
        its = dict(the_words().schema.consent.properties)
        form = the_words().schema.consent.forms
        its |= {"given_by": _ENTITY, "recipient": _ENTITY, "form": _spec(ValueType.ENUM, values=form)}
        purposes = tuple(the_words().vocabulary.words(WordKind.PURPOSE))
        its |= {"purposes": replace(_spec(ValueType.ENUM, values=purposes), is_list=True)}
        its |= {"categories": replace(_spec(ValueType.CATEGORY), is_list=True)}
    elif fact:
        spec = the_words().schema.grounds[fact]
        its = dict(spec.properties)
        its |= {"beneficiary": _ENTITY, "data_subject": _ENTITY, "id": _ENTITY}
        its |= {"status": _spec(ValueType.ENUM, values=spec.statuses)}
        if "issued_by" in its:
            its["issuer"] = _ENTITY
    else:
        return found
    # What may be empty is asked for most: empty is neither known nor unknown.
    may_be_empty = [(f"its {key}", its[key]) for key in ("beneficiary", "data_subject", "concerns") if key in its]
    return found + [(f"its {key}", spec) for key, spec in its.items()] + may_be_empty * 3


def _spec(type_: ValueType, *, values: tuple[str, ...] = ()) -> PropertySpec:
    return PropertySpec("", type_, False, values, frozenset(), None, Text("", ""))


_ENTITY: Final = _spec(ValueType.ENTITY)
_INSTANT: Final = _spec(ValueType.TIMESTAMP)


def _about_bool(path: str, spec: PropertySpec, world: World, random: Random, fact: str) -> str:
    return f"{path} {random.choice(('is', 'is not'))} {random.choice(('yes', 'no'))}"


def _about_int(path: str, spec: PropertySpec, world: World, random: Random, fact: str) -> str:
    relations = ("is", "is not", "is at least", "is at most", "is more than", "is less than")
    return f"{path} {random.choice(relations)} {random.randint(0, 3)}"


def _about_word(path: str, spec: PropertySpec, world: World, random: Random, fact: str) -> str:
    words = _words_for(spec)
    if random.random() < 0.5:
        return f"{path} {random.choice(('is', 'is not'))} {random.choice(words)}"
    listed = ", ".join(random.sample(words, min(len(words), 2)))
    return f"{path} {random.choice(('is one of', 'is not one of'))} [{listed}]"


def _words_for(spec: PropertySpec) -> Sequence[str]:
    match spec.type:
        case ValueType.STRING:
            return ('"x"', '"y"')
        case ValueType.ROLE:
            return _ROLES
        case ValueType.CATEGORY:
            return _CATEGORIES
        case ValueType.ENTITY:
            return tuple(str(entity) for entity in _ENTITIES)
        case _:
            return spec.values


def _about_entity(path: str, spec: PropertySpec, world: World, random: Random, fact: str) -> str:
    others = [path for path, other in _terms(world, fact) if other.type is ValueType.ENTITY and not other.is_list]
    listed = ", ".join(random.sample(_words_for(spec), 2))
    scoped = f" in {random.choice(('class', 'school', 'operator'))}" if random.random() < 0.3 else ""
    return random.choice(
        (
            f"{path} {random.choice(('is', 'is not'))} {random.choice(others)}",
            f"{path} {random.choice(('is', 'is not'))} {random.choice(_words_for(spec))}",
            f"{path} {random.choice(('is in', 'is not in'))} resource.scopes",
            f"{path} {random.choice(('is one of', 'is not one of'))} [{listed}]",
            f"{path} has type {' or '.join(random.sample(('user', 'child', 'school', 'org'), 2))}",
            f"{path} holds {_roles(random)}{scoped}",
        )
    )


def _about_instant(path: str, spec: PropertySpec, world: World, random: Random, fact: str) -> str:
    others = [path for path, other in _terms(world, fact) if other.type is ValueType.TIMESTAMP and not other.is_list]
    length = random.choice(("1 day", "3 days", "30 minutes", "1 year", "2 years"))
    shift = f"{length} after " if random.random() < 0.6 else ""
    relation = random.choice(("is before", "is not before", "is after", "is not after"))
    return f"{path} {relation} {shift}{random.choice((*others, 'now'))}"


def _about_list(path: str, spec: PropertySpec, random: Random) -> str:
    words = _words_for(spec) or ("name", "email")
    if spec.type is ValueType.CATEGORY and random.random() < 0.5:
        return f"{path} cover the category"
    if random.random() < 0.5:
        return f"{path} includes {random.choice(words)}"
    return f"{path} is within [{', '.join(random.sample(words, min(len(words), 3)))}]"


_STATEMENTS: Final[Mapping[ValueType, Callable[[str, PropertySpec, World, Random, str], str]]] = {
    ValueType.BOOL: _about_bool,
    ValueType.INT: _about_int,
    ValueType.STRING: _about_word,
    ValueType.ENUM: _about_word,
    ValueType.ROLE: _about_word,
    ValueType.CATEGORY: _about_word,
    ValueType.ENTITY: _about_entity,
    ValueType.TIMESTAMP: _about_instant,
}


# --- Circumstances ----------------------------------------------------------------------------------------------------


def circumstances(world: World, random: Random) -> Circumstances:
    """Return a request of *world* with facts, at some instant; anything that may be missing sometimes is."""
    people = [entity for entity in _ENTITIES if entity.type in {"user", "child"}]
    scopes = tuple(entity for entity in _ENTITIES if entity.type in {"class", "school"} and random.random() < 0.6)
    properties = {name: _properties(specs, random) for name, specs in world.sections.items()}
    resource = Resource(
        type=random.choice(_CATEGORIES),
        id="r-1",
        data_subject=random.choice((None, *people)),
        scopes=scopes,
        properties=properties["resource"],
    )
    request = Request(
        request_id="",
        operator=world.operator,
        subject=random.choice(people),
        action=random.choice(_ACTIONS),
        resource=resource,
        purpose=random.choice(_PURPOSES),
        subject_properties=properties["subject"],
        context=properties["context"],
        facts=tuple(_fact(world, resource, random) for _ in range(random.randint(0, 8))),
    )
    return Circumstances(request, (), random.choice(_INSTANTS), world.hierarchies, _GRANTING)


def _properties(specs: Mapping[str, PropertySpec], random: Random) -> Properties:
    return MappingProxyType({key: _value(spec, random) for key, spec in specs.items() if random.random() < 0.7})


def _value(spec: PropertySpec, random: Random) -> Value:
    if spec.is_list:
        return tuple(_one(spec, random) for _ in range(random.randint(0, 2)))
    value: Value = _one(spec, random)
    return value


def _one(spec: PropertySpec, random: Random) -> Any:
    match spec.type:
        case ValueType.BOOL:
            return random.random() < 0.5
        case ValueType.INT:
            return random.randint(0, 3)
        case ValueType.STRING:
            return random.choice(("x", "y", "", "  "))
        case ValueType.TIMESTAMP:
            return random.choice(_INSTANTS)
        case ValueType.ENTITY:
            return random.choice(_ENTITIES)
        case ValueType.ROLE:
            return random.choice(_ROLES)
        case ValueType.CATEGORY:
            return random.choice(_CATEGORIES)
        case ValueType.ENUM:
            return random.choice(spec.values or ("name", "email", "phone"))


def _fact(world: World, resource: Resource, random: Random) -> Fact:
    begins, ends = (random.choice(_INSTANTS) if random.random() < 0.2 else None for _ in range(2))
    return Fact(random.choice(_KINDS)(world, resource, random), begins, ends)


def _place(world: World, resource: Resource, random: Random) -> Entity:
    places = (*_ENTITIES, Entity("operator", world.operator), resource.entity)
    return random.choice(places)


def _role(world: World, resource: Resource, random: Random) -> FactKind:
    granter = random.choice((None, *_ENTITIES[:3]))
    role = random.choice([role for role in _ROLES if role != "data_subject"])
    return RoleAssignment(random.choice(_ENTITIES), role, _place(world, resource, random), granter)


def _consent(world: World, resource: Resource, random: Random) -> FactKind:
    schema = the_words().schema.consent
    status = random.choice(schema.statuses)
    least = 1 if status == "given" else 0
    return Consent(
        data_subject=resource.data_subject or _ENTITIES[3],
        given_by=random.choice(_ENTITIES[:4]),
        purposes=tuple(random.sample(_PURPOSES, random.randint(least, 2))),
        categories=tuple(random.sample(_CATEGORIES, random.randint(least, 2))),
        status=status,
        recipient=random.choice((None, None, *_ENTITIES)),
        form=random.choice(("", *schema.forms)),
        properties=_properties(schema.properties, random),
    )


def _ground(world: World, resource: Resource, random: Random) -> FactKind:
    spec = the_words().schema.grounds[random.choice(world.kinds)]
    id_ = random.choice((Entity(spec.kind[:32], "1"), *_ENTITIES))
    beneficiary, data_subject = (random.choice(_ENTITIES) if random.random() < 0.6 else None for _ in range(2))
    status = random.choice(spec.statuses)
    return Ground(spec.kind, id_, status, beneficiary, data_subject, _properties(spec.properties, random))


def _containment(world: World, resource: Resource, random: Random) -> FactKind:
    # Always from an earlier entity to a later one, so that nothing goes round in a circle.
    inner, outer = sorted(random.sample(range(len(_ENTITIES)), 2))
    return Containment(_ENTITIES[inner], _ENTITIES[outer])


_KINDS: Final = (_role, _role, _role, _consent, _consent, _ground, _ground, _ground, _containment)
