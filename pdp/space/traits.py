"""What conditions can tell apart, so that what they cannot need not be looked at one by one."""

from collections.abc import Iterable
from dataclasses import dataclass

from pdp.conditions.expression import (
    Compare,
    CoversCategory,
    Expression,
    HasType,
    Holds,
    Literal,
    Root,
    SomeConsent,
    SomeRefusal,
    Term,
)
from pdp.core.entity import Entity
from pdp.core.fact_schema import ValueType
from pdp.space.normal import terms_of


@dataclass(frozen=True, slots=True)
class Traits:
    """What some conditions look at.

    *roles* are the sets of roles that they ask for, *consents* whether they ask for a consent, a refusal or what lists
    of categories cover, *scopes* whether they look at the scopes of the data; *categories*, *purposes* and *types* are
    the words that they name.
    """

    roles: tuple[frozenset[str], ...]
    consents: bool
    scopes: bool
    categories: frozenset[str]
    purposes: frozenset[str]
    types: frozenset[str]


def traits_of(expressions: Iterable[Expression]) -> Traits:
    """Return the traits of *expressions*, every one inside them among these."""
    found = list(expressions)
    roles = {roles for expression in found if (roles := _roles(expression))}
    return Traits(
        roles=tuple(sorted(roles, key=sorted)),
        consents=any(isinstance(each, SomeConsent | SomeRefusal | CoversCategory) for each in found),
        scopes=any(term.path == "resource.scopes" for each in found for term in terms_of(each)),
        categories=frozenset(_words(found, ValueType.CATEGORY, "categories")),
        purposes=frozenset(_words(found, ValueType.ENUM, "purposes")),
        types=frozenset(_types(found)),
    )


def _roles(expression: Expression) -> frozenset[str]:
    match expression:
        case Holds(roles=roles) | SomeConsent(givers=roles) | SomeRefusal(givers=roles):
            return frozenset(roles)
        case _:
            return frozenset()


def _words(expressions: Iterable[Expression], type_: ValueType, name: str) -> Iterable[str]:
    """Yield the words that comparisons name of a list called *name*, or of any value of that type but ENUM."""
    for expression in expressions:
        match expression:
            case Compare(left=Term(type=of, name=called), right=Literal(value=value)) if of is type_ and (
                called == name or of is not ValueType.ENUM
            ):
                yield from (str(each) for each in (value if isinstance(value, tuple) else (value,)))


def _types(expressions: Iterable[Expression]) -> Iterable[str]:
    for expression in expressions:
        match expression:
            case HasType(types=types):
                yield from types
            case Holds(scope_type=str(scope_type)):
                yield scope_type
            case Compare(right=Literal(value=value)):
                items = value if isinstance(value, tuple) else (value,)
                yield from (each.type for each in items if isinstance(each, Entity))
            case _ if any(term.root is Root.RESOURCE and not term.name for term in terms_of(expression)):
                yield ""
