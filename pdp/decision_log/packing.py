"""Facts and properties in a record, so that they come back as they were: what JSON has no type for is named."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, RoleAssignment, Value

PERSONS: Final = frozenset({"user", "child"})
"""The types of entities that are natural persons (facts.yaml, `entity_types`)."""

WITHHELD: Final = "digest"
"""Under this name stands the digest of a text that no rule can read."""

_INSTANT: Final = "at"
_ENTITY: Final = "entity"
_ENTITIES: Final = "entities"
_TEXTS: Final = "texts"


def packed(properties: Mapping[str, object]) -> dict[str, object]:
    """Return *properties* as JSON can hold them; raises TypeError for a value of no known type."""
    return {key: _pack(value) for key, value in properties.items()}


def unpacked(said: Mapping[str, Any]) -> tuple[dict[str, Value], frozenset[str]]:
    """Return the properties that were packed, and the keys of those of which a digest alone was kept."""
    found: dict[str, Value] = {}
    withheld: set[str] = set()
    for key, value in said.items():
        if isinstance(value, dict) and WITHHELD in value:
            withheld.add(key)
        else:
            found[key] = _unpack(value)
    return found, frozenset(withheld)


def packed_fact(fact: Fact) -> dict[str, object]:
    """Return *fact* as JSON can hold it."""
    said: dict[str, object] = {key: value for key, value in _packed_kind(fact.kind).items() if value is not None}
    if fact.valid_from is not None:
        said["valid_from"] = fact.valid_from.isoformat()
    if fact.valid_until is not None:
        said["valid_until"] = fact.valid_until.isoformat()
    if fact.id:
        said["id"] = fact.id
    if fact.stored:
        said["stored"] = True
    return said


def unpacked_fact(said: Mapping[str, Any]) -> Fact:
    """Return the fact that was packed."""
    return Fact(
        _unpacked_kind(said),
        _instant(said.get("valid_from")),
        _instant(said.get("valid_until")),
        said.get("id", ""),
        said.get("stored", False),
    )


def entity_of(name: str) -> Entity:
    """Return the entity called *name*."""
    type_, _, id_ = name.partition(":")
    return Entity(type_, id_)


def persons_in(values: Iterable[object]) -> Iterator[Entity]:
    """Yield the natural persons among *values* and in the lists among them."""
    for value in values:
        if isinstance(value, Entity):
            if value.type in PERSONS:
                yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Entity) and item.type in PERSONS)


def _packed_kind(kind: FactKind) -> dict[str, object]:
    match kind:
        case RoleAssignment():
            return {
                "kind": "role",
                "subject": str(kind.subject),
                "role": kind.role,
                "scope": str(kind.scope),
                "granted_by": _name(kind.granted_by),
            }
        case Consent():
            return {
                "kind": "consent",
                "data_subject": str(kind.data_subject),
                "given_by": str(kind.given_by),
                "purposes": kind.purposes,
                "categories": kind.categories,
                "status": kind.status,
                "recipient": _name(kind.recipient),
                "form": kind.form or None,
                "properties": packed(kind.properties),
            }
        case Ground():
            return {
                "kind": "ground",
                "of": kind.kind,
                "entity": str(kind.id),
                "status": kind.status,
                "beneficiary": _name(kind.beneficiary),
                "data_subject": _name(kind.data_subject),
                "properties": packed(kind.properties),
            }
        case Containment():
            return {"kind": "containment", "entity": str(kind.entity), "container": str(kind.container)}


def _unpacked_kind(said: Mapping[str, Any]) -> FactKind:
    match said["kind"]:
        case "role":
            return RoleAssignment(
                entity_of(said["subject"]), said["role"], entity_of(said["scope"]), _entity(said.get("granted_by"))
            )
        case "consent":
            return Consent(
                entity_of(said["data_subject"]),
                entity_of(said["given_by"]),
                tuple(said["purposes"]),
                tuple(said["categories"]),
                said["status"],
                _entity(said.get("recipient")),
                said.get("form", ""),
                unpacked(said["properties"])[0],
            )
        case "ground":
            return Ground(
                said["of"],
                entity_of(said["entity"]),
                said["status"],
                _entity(said.get("beneficiary")),
                _entity(said.get("data_subject")),
                unpacked(said["properties"])[0],
            )
        case "containment":
            return Containment(entity_of(said["entity"]), entity_of(said["container"]))
        case other:
            raise ValueError(f"there is no kind of fact `{other}`")


def _pack(value: object) -> object:
    match value:
        case datetime():
            return {_INSTANT: value.isoformat()}
        case Entity():
            return {_ENTITY: str(value)}
        case tuple() if value and isinstance(value[0], Entity):
            return {_ENTITIES: [str(item) for item in value]}
        case tuple():
            return {_TEXTS: list(value)}
        case bool() | int() | str():
            return value
        case _:
            raise TypeError(f"a record holds no {type(value).__name__}")


def _unpack(said: Any) -> Value:
    match said:
        case {"at": str(text)}:
            return datetime.fromisoformat(text)
        case {"entity": str(name)}:
            return entity_of(name)
        case {"entities": list(names)}:
            return tuple(entity_of(name) for name in names)
        case {"texts": list(texts)}:
            return tuple(texts)
        case bool() | int() | str():
            return said
        case _:
            raise ValueError("a property of no known type")


def _name(entity: Entity | None) -> str | None:
    return None if entity is None else str(entity)


def _entity(name: str | None) -> Entity | None:
    return None if name is None else entity_of(name)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
