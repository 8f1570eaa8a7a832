"""What a fact is told by: of two facts of one identity the later one holds (contract, section 2)."""

import hashlib
from base64 import b32encode
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, RoleAssignment

_DIGEST_BYTES: Final = 20
_LENGTH_BYTES: Final = 4

PARTITIONS: Final = 65_536
"""Into so many parts the facts of an operator are divided, by whom and what they name."""


def kind_name(kind: FactKind) -> str:
    """Return "role", "consent", "ground" or "containment"."""
    match kind:
        case RoleAssignment():
            return "role"
        case Consent():
            return "consent"
        case Ground():
            return "ground"
        case Containment():
            return "containment"


def identity(kind: FactKind) -> tuple[str, ...]:
    """Return what tells a fact apart from every other one of its operator."""
    match kind:
        case RoleAssignment(subject=subject, role=role, scope=scope):
            return ("role", str(subject), role, str(scope))
        case Consent():
            said_by = ("consent", str(kind.data_subject), str(kind.given_by), _name(kind.recipient))
            return (*said_by, _set(kind.purposes), _set(kind.categories))
        case Ground(kind=of, id=id_):
            return ("ground", of, str(id_))
        case Containment(entity=entity, container=container):
            return ("containment", str(entity), container.type)


def fact_id(operator: str, kind: FactKind) -> str:
    """Return the id of a fact: made of its identity, so that a revocation by id reaches every later version too."""
    digest = hashlib.sha256()
    for part in (operator, *identity(kind)):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(_LENGTH_BYTES, "big") + encoded)
    return f"{kind_name(kind)}-{b32encode(digest.digest()[:_DIGEST_BYTES]).decode().lower()}"


def same_content(one: Fact, other: Fact) -> bool:
    """Say whether two facts of one identity say the same, term included."""
    if (one.valid_from, one.valid_until) != (other.valid_from, other.valid_until):
        return False
    if isinstance(one.kind, Consent) and isinstance(other.kind, Consent):
        return _content_of(one.kind) == _content_of(other.kind)
    return one.kind == other.kind and _typed(one.kind) == _typed(other.kind)


def _content_of(consent: Consent) -> tuple[object, ...]:
    return (*identity(consent), consent.form, consent.status, dict(consent.properties), _typed(consent))


def _typed(kind: FactKind) -> object:
    """Return the types of the properties: 1 is not True, though Python says that they are equal."""
    if isinstance(kind, Consent | Ground):
        return {key: type(value) for key, value in kind.properties.items()}
    return None


def named_by(kind: FactKind) -> tuple[Entity, ...]:
    """Return everybody and everything that a fact names, wherever it does."""
    match kind:
        case RoleAssignment():
            named: Iterable[Entity | None] = (kind.subject, kind.scope, kind.granted_by)
        case Consent():
            named = (kind.data_subject, kind.given_by, kind.recipient, *_in_properties(kind.properties.values()))
        case Ground():
            named = (kind.id, kind.beneficiary, kind.data_subject, *_in_properties(kind.properties.values()))
        case Containment():
            named = (kind.entity, kind.container)
    return tuple(dict.fromkeys(entity for entity in named if entity is not None))


def _in_properties(values: Iterable[object]) -> Iterable[Entity]:
    for value in values:
        if isinstance(value, Entity):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Entity))


@lru_cache(maxsize=8192)
def partition_of(name: str) -> int:
    """Return the partition of an entity (`type:id`), from 0 to PARTITIONS - 1."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big")


def partitions_of(kind: FactKind) -> frozenset[int]:
    """Return the partitions that a change of this fact is a change of: those of all that it names, and of its kind.

    Whoever keeps what was gathered by looking up some entities may go on with it for as long as none of the partitions
    of these entities, and of `kind:NAME` for a kind of ground looked through as a whole, has changed.
    """
    names = {str(entity) for entity in named_by(kind)}
    if isinstance(kind, Ground):
        names.add(kind_partition(kind.kind))
    return frozenset(map(partition_of, names))


def kind_partition(kind: str) -> str:
    """Return the name under which a whole kind of ground has a partition; no entity is called so."""
    return f"kind/{kind}"


def _name(entity: Entity | None) -> str:
    return "" if entity is None else str(entity)


def _set(words: tuple[str, ...]) -> str:
    return ",".join(sorted(set(words)))
