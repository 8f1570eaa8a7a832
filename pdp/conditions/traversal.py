"""Walks an expression: its parts, and the properties of the request that it needs."""

from collections.abc import Iterator, Mapping

from pdp.conditions.expression import (
    All,
    AnyOf,
    Compare,
    Condition,
    CoversCategory,
    EachPerson,
    Expression,
    HasType,
    Holds,
    Named,
    Not,
    Root,
    Shifted,
    SomeConsent,
    SomeGround,
    SomeRefusal,
    Stated,
    Term,
)


def parts_of(expression: Expression) -> Iterator[Expression]:
    """Yield *expression* and every expression inside it."""
    yield expression
    for found in children_of(expression):
        yield from parts_of(found)


def children_of(expression: Expression) -> Iterator[Expression]:
    """Yield the expressions directly inside *expression*."""
    inner: tuple[Expression | None, ...]
    match expression:
        case All(parts=parts) | AnyOf(parts=parts):
            inner = parts
        case Not(part=part):
            inner = (part,)
        case EachPerson(inner=one):
            inner = (one,)
        case SomeGround(where=where) | SomeConsent(where=where):
            inner = (where,)
        case _:
            inner = ()
    yield from (found for found in inner if found is not None)


def properties_needed(expression: Expression, conditions: Mapping[str, Condition]) -> frozenset[str]:
    """Return the paths of the request that *expression*, with the conditions it rests on, looks at."""
    needed: set[str] = set()
    for part in parts_of(expression):
        if isinstance(part, Named):
            needed |= properties_needed(conditions[part.name].expression, conditions)
        needed.update(term.path for term in _terms(part) if term.root is not Root.FACT)
    return frozenset(needed)


def rests_on(name: str, conditions: Mapping[str, Condition]) -> frozenset[str]:
    """Return the condition called *name* and all that it names, directly or not, as far as they exist."""
    if name not in conditions:
        return frozenset()
    named = {part.name for part in parts_of(conditions[name].expression) if isinstance(part, Named)}
    return frozenset({name}).union(*(rests_on(inner, conditions) for inner in named))


def depends_on_category(name: str, conditions: Mapping[str, Condition]) -> bool:
    """Say whether the condition called *name* may come to something else for another category of the same resource.

    What somebody consented to is a matter of categories; the name of the resource has its category in it.
    """
    for part in parts_of(conditions[name].expression):
        match part:
            case SomeConsent() | SomeRefusal() | CoversCategory():
                return True
            case Named(name=inner):
                if inner not in conditions or depends_on_category(inner, conditions):
                    return True
            case _:
                if any(term.root is Root.RESOURCE and not term.name for term in _terms(part)):
                    return True
    return False


def looks_at_id(name: str, conditions: Mapping[str, Condition]) -> bool:
    """Say whether the condition called *name* may come to something else for another resource that is like this one
    in everything but its id.
    """
    return any(
        term.root is Root.RESOURCE and term.name in {"", "id"}
        for inner in rests_on(name, conditions)
        for part in parts_of(conditions[inner].expression)
        for term in _terms(part)
    )


def terms_of(expression: Expression) -> Iterator[Term]:
    """Yield every value that *expression* looks up itself, those of facts included."""
    for part in parts_of(expression):
        yield from _terms(part)


def _terms(part: Expression) -> Iterator[Term]:
    match part:
        case Compare(left=left, right=right):
            yield left
            if isinstance(right, Shifted):
                yield right.term
            elif isinstance(right, Term):
                yield right
        case CoversCategory(term=term) | Stated(term=term) | HasType(term=term) | Holds(term=term):
            yield term
