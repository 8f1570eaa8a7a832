"""How a condition about some ground ties that ground to the request, so that it can be looked up.

FAIL CLOSED (fact left out): a ground may be left out only if the condition is false of it whatever else is so. What is
merely unknown of it may still make a deny apply, and makes `no ...` unknown instead of true. So where unknown matters
(*strict*), a tie to something that the request does not name ties nothing, and a field that may be empty is looked up
empty too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    Expression,
    Literal,
    Not,
    Relation,
    Root,
    Stated,
    Term,
)
from pdp.core.entity import Entity

MAXIMUM_ALTERNATIVES: Final = 16
_FIELDS: Final = frozenset({"beneficiary", "data_subject", "concerns"})


class From(StrEnum):
    """Where in the request the entity stands that a field is compared with."""

    SUBJECT = "subject"
    PERSON = "person"
    RECIPIENT = "recipient"
    DATA_SUBJECT = "resource.data_subject"
    RESOURCE = "resource"
    SCOPES = "resource.scopes"
    CONTEXT = "context"
    PROPERTY = "resource property"
    WRITTEN = "written in the condition"


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that a field may be equal to: *name* for a property, *entities* for what is written."""

    origin: From
    name: str = ""
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Tie:
    """*field* holds one of *sources*; with *or_empty* it may also be empty."""

    field: str
    sources: frozenset[Source]
    or_empty: bool = False


Alternative = tuple[Tie, ...]
"""Ties that all hold, at most one of each field."""

UNTIED: Final[tuple[Alternative, ...]] = ((),)


def ties_of(where: Expression | None) -> tuple[Alternative, ...]:
    """Return the ways in which *where* may be anything but false; one without ties stands for every ground."""
    match where:
        case All(parts=parts):
            return _conjunction([ties_of(part) for part in parts])
        case AnyOf(parts=parts):
            return _disjunction([ties_of(part) for part in parts])
        case Not(part=Stated(term=term)) if _field(term):
            return ((Tie(term.name, frozenset(), or_empty=True),),)
        case Compare(left=left, relation=relation, right=right):
            tie = _tie(left, relation, right)
            return UNTIED if tie is None else ((tie,),)
        case _:
            return UNTIED


def _conjunction(parts: Iterable[tuple[Alternative, ...]]) -> tuple[Alternative, ...]:
    found: tuple[Alternative, ...] = UNTIED
    for part in sorted(parts, key=len):
        if len(found) * len(part) > MAXIMUM_ALTERNATIVES:
            continue  # fewer ties find more grounds than needed, never fewer
        found = _simplified(_joined(one, other) for one, other in product(found, part))
    return found


def _joined(one: Alternative, other: Alternative) -> Alternative:
    held = {tie.field: tie for tie in one}
    for tie in other:
        held.setdefault(tie.field, tie)  # either of two ties of one field finds all
    return tuple(held[field] for field in sorted(held))


def _disjunction(parts: Iterable[tuple[Alternative, ...]]) -> tuple[Alternative, ...]:
    """Return every alternative of the parts; those of one field alone become one."""
    merged: dict[str, Tie] = {}
    others: list[Alternative] = []
    for part in parts:
        for alternative in part:
            if len(alternative) != 1:
                others.append(alternative)
                continue
            (tie,) = alternative
            held = merged.get(tie.field, Tie(tie.field, frozenset()))
            merged[tie.field] = Tie(tie.field, held.sources | tie.sources, held.or_empty or tie.or_empty)
    return _simplified([*((tie,) for tie in merged.values()), *others])


def _simplified(alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    several = tuple(dict.fromkeys(alternatives))
    return UNTIED if () in several else several


def _field(term: Term) -> bool:
    return term.root is Root.FACT and term.name in _FIELDS


def _tie(left: Term, relation: Relation, right: object) -> Tie | None:
    if relation is Relation.IS and isinstance(right, Term) and _field(right) and not _field(left):
        left, right = right, left
    if not _field(left):
        return None
    if relation in {Relation.IS, Relation.ONE_OF} and isinstance(right, Literal):
        values = right.value if isinstance(right.value, tuple) else (right.value,)
        entities = tuple(value for value in values if isinstance(value, Entity))
        return Tie(left.name, frozenset({Source(From.WRITTEN, "", entities)})) if len(entities) == len(values) else None
    if relation in {Relation.IS, Relation.IN} and isinstance(right, Term):
        source = _source(right)
        return None if source is None else Tie(left.name, frozenset({source}))
    return None


def _source(term: Term) -> Source | None:
    match term.root, term.name:
        case Root.SUBJECT, "":
            return Source(From.SUBJECT)
        case Root.RECIPIENT, "":
            return Source(From.RECIPIENT)
        case Root.PERSON, _:
            return Source(From.PERSON)
        case Root.RESOURCE, "":
            return Source(From.RESOURCE)
        case Root.RESOURCE, "data_subject":
            return Source(From.DATA_SUBJECT)
        case Root.RESOURCE, "scopes":
            return Source(From.SCOPES)
        case Root.RESOURCE, name:
            return Source(From.PROPERTY, name)
        case Root.CONTEXT, name:
            return Source(From.CONTEXT, name)
        case _:
            return None
