"""Names of entities: `type:id`, compared byte for byte."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, Self

MAXIMUM_ID_BYTES: Final = 256
TYPE_PATTERN: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)

_REFUSED_CATEGORIES: Final = {
    "Cc": "a control character",
    "Cf": "a format character",
    "Cs": "a surrogate",
    "Cn": "an unassigned character",
}


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """Somebody or something: a *type* and an *id* (contract, section 1, "Entities and ids")."""

    type: str
    id: str

    @classmethod
    def parse(cls, name: str) -> Self:
        """Split `type:id` at its first colon; raise ValueError, saying why, when it is no entity."""
        type_, colon, id_ = name.partition(":")
        if not colon:
            raise ValueError("lacks the colon of `type:id`")
        problem = type_problem(type_) or id_problem(id_)
        if problem:
            raise ValueError(problem)
        return cls(type_, id_)

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"

    # Ids alone tell entities apart well enough, at half the price of what the dataclass would write.
    def __hash__(self) -> int:
        return hash(self.id)


class Identified(Protocol):
    """What is named like an entity: one, or a resource, whose type is its category."""

    @property
    def type(self) -> str:
        """Return the type."""

    @property
    def id(self) -> str:
        """Return the id within the type."""


def same(one: Identified, other: Identified) -> bool:
    """Say whether *one* and *other* name the same entity."""
    return one.id == other.id and one.type == other.type


def among(one: Identified, others: Iterable[Identified]) -> bool:
    """Say whether *one* names the same entity as one of *others*: for a handful, quicker than a set of them."""
    type_, id_ = one.type, one.id
    for other in others:  # noqa: SIM110  # `any` costs several times as much
        if other.id == id_ and other.type == type_:
            return True
    return False


def type_problem(type_: str) -> str | None:
    """Return why *type_* is no entity type, or None when it is one."""
    if TYPE_PATTERN.fullmatch(type_):
        return None
    return "has a type that is not a lower-case letter followed by at most 31 of a-z, 0-9 and _"


def id_problem(id_: str) -> str | None:
    """Return why *id_* is no id, or None when it is one.

    Ids are refused and never repaired: two spellings of one Vietnamese name must not become one person, nor two.
    """
    if not id_:
        return "has an empty id"
    if len(id_) > MAXIMUM_ID_BYTES or len(id_.encode("utf-8", "surrogatepass")) > MAXIMUM_ID_BYTES:
        return f"has an id of more than {MAXIMUM_ID_BYTES} bytes"
    for character in id_:
        refused = _REFUSED_CATEGORIES.get(unicodedata.category(character))
        if refused:
            return f"has an id with {refused} (U+{ord(character):04X})"
    if not unicodedata.is_normalized("NFC", id_):
        return "has an id that is not in Unicode NFC"
    if id_[0].isspace() or id_[-1].isspace():
        return "has an id with a space at an end"
    return None


def accepted_id(id_: str) -> str:
    """Return the accepted form nearest to *id_*, to suggest and never to use ("" when there is none)."""
    kept = "".join(c for c in unicodedata.normalize("NFC", id_) if unicodedata.category(c) not in _REFUSED_CATEGORIES)
    stripped = kept.strip()
    return stripped if stripped and id_problem(stripped) is None else ""
