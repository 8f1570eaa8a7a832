"""Facts as rows of a table, and back: the fields that are looked up in columns of their own, the whole as JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pdp.core.entity import Entity
from pdp.core.fact_identity import kind_name
from pdp.core.fact_index import data_subject_of, scope_of, subject_of
from pdp.core.facts import (
    Consent,
    Containment,
    Fact,
    FactKind,
    Ground,
    Properties,
    RoleAssignment,
    Value,
    no_properties,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_REMEMBERED: Final = 16_384

_ENTITY: Final = "entity"
_INSTANT: Final = "at"
_ENTITIES: Final = "entities"
_TEXTS: Final = "texts"


class FactRow(NamedTuple):
    """The columns of a fact, in the order in which the tables have them. An empty text stands for nobody."""

    id: str
    operator: str
    kind: str
    name: str
    subject: str
    scope: str
    data_subject: str
    granter: str
    valid_from: int | None
    valid_until: int | None
    body: str


COLUMNS: Final = ", ".join(FactRow._fields)


def row_of(operator: str, fact: Fact) -> FactRow:
    """Return *fact*, which has its id, as a row."""
    kind = fact.kind
    return FactRow(
        id=fact.id,
        operator=operator,
        kind=kind_name(kind),
        name=_word_of(kind),
        subject=_name(subject_of(kind)),
        scope=_name(scope_of(kind)),
        data_subject=_name(data_subject_of(kind)),
        granter=_name(kind.granted_by) if isinstance(kind, RoleAssignment) else "",
        valid_from=None if fact.valid_from is None else microseconds(fact.valid_from),
        valid_until=None if fact.valid_until is None else microseconds(fact.valid_until),
        body=json.dumps(_body_of(kind), separators=(",", ":"), sort_keys=True),
    )


def fact_of(id_: str, kind: str, body: str, valid_from: int | None, valid_until: int | None) -> Fact:
    """Return the fact that stands in these columns."""
    return Fact(
        _kind_of(kind, body),
        None if valid_from is None else instant(valid_from),
        None if valid_until is None else instant(valid_until),
        id_,
        stored=True,
    )


def microseconds(moment: datetime) -> int:
    """Return *moment* as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def instant(number: int) -> datetime:
    """Return the instant *number* microseconds after 1970 in UTC."""
    return _EPOCH + timedelta(microseconds=number)


def _word_of(kind: FactKind) -> str:
    match kind:
        case RoleAssignment(role=role):
            return role
        case Consent(status=status):
            return status
        case Ground(kind=of):
            return of
        case Containment(container=container):
            return container.type


def _body_of(kind: FactKind) -> dict[str, object]:
    match kind:
        case RoleAssignment():
            body: dict[str, object] = {
                "subject": str(kind.subject),
                "role": kind.role,
                "scope": str(kind.scope),
                "granted_by": _name(kind.granted_by),
            }
        case Consent():
            body = {
                "data_subject": str(kind.data_subject),
                "given_by": str(kind.given_by),
                "purposes": list(kind.purposes),
                "categories": list(kind.categories),
                "status": kind.status,
                "recipient": _name(kind.recipient),
                "form": kind.form,
                "properties": _packed(kind.properties),
            }
        case Ground():
            body = {
                "kind": kind.kind,
                "id": str(kind.id),
                "status": kind.status,
                "beneficiary": _name(kind.beneficiary),
                "data_subject": _name(kind.data_subject),
                "properties": _packed(kind.properties),
            }
        case Containment():
            body = {"entity": str(kind.entity), "container": str(kind.container)}
    return {key: value for key, value in body.items() if value not in ("", [], {})}


# The same few thousand facts are read again and again; what a body says does not change.
@lru_cache(maxsize=_REMEMBERED)
def _kind_of(kind: str, body: str) -> FactKind:
    said: Mapping[str, Any] = json.loads(body)
    match kind:
        case "role":
            granted_by = _entity(said.get("granted_by"))
            return RoleAssignment(_named(said["subject"]), said["role"], _named(said["scope"]), granted_by)
        case "consent":
            return Consent(
                data_subject=_named(said["data_subject"]),
                given_by=_named(said["given_by"]),
                purposes=tuple(said.get("purposes", ())),
                categories=tuple(said.get("categories", ())),
                status=said["status"],
                recipient=_entity(said.get("recipient")),
                form=said.get("form", ""),
                properties=_unpacked(said.get("properties")),
            )
        case "ground":
            return Ground(
                kind=said["kind"],
                id=_named(said["id"]),
                status=said["status"],
                beneficiary=_entity(said.get("beneficiary")),
                data_subject=_entity(said.get("data_subject")),
                properties=_unpacked(said.get("properties")),
            )
        case "containment":
            return Containment(_named(said["entity"]), _named(said["container"]))
        case _:
            raise ValueError(f"there is no kind of fact `{kind}`")


def _named(name: str) -> Entity:
    type_, _, id_ = name.partition(":")
    return Entity(type_, id_)


def _entity(name: str | None) -> Entity | None:
    return _named(name) if name else None


def _name(entity: Entity | None) -> str:
    return "" if entity is None else str(entity)


def _packed(properties: Properties) -> dict[str, object]:
    return {key: _pack(value) for key, value in properties.items()}


def _pack(value: Value) -> object:
    """Return *value* so that its type comes back with it: what JSON has no type for stands under the name of one."""
    match value:
        case datetime():
            return {_INSTANT: microseconds(value)}
        case Entity():
            return {_ENTITY: str(value)}
        case tuple() if value and isinstance(value[0], Entity):
            return {_ENTITIES: [str(item) for item in value]}
        case tuple():
            return {_TEXTS: list(value)}
        case _:
            return value


def _unpacked(packed: Mapping[str, Any] | None) -> Properties:
    return {key: _unpack(value) for key, value in packed.items()} if packed else no_properties()


def _unpack(packed: Any) -> Value:
    match packed:
        case {"at": int(number)}:
            return instant(number)
        case {"entity": str(name)}:
            return _named(name)
        case {"entities": list(names)}:
            return tuple(_named(name) for name in names)
        case {"texts": list(texts)}:
            return tuple(texts)
        case bool() | int() | str():
            return packed
        case _:
            raise ValueError("a property of no known type")
