"""What expressions look at, through all that lies in them."""

from collections.abc import Iterable
from typing import Final

from pdp.conditions.expression import Compare, EachPerson, Expression, Relation, Stated, Term
from pdp.space.looking_up import PICTURED
from pdp.space.normal import children, terms_of


def everything_in(expressions: Iterable[Expression]) -> Iterable[Expression]:
    """Yield *expressions* and every one inside them, each once."""
    seen: set[int] = set()
    pending = list(expressions)
    while pending:
        one = pending.pop()
        if id(one) not in seen:
            seen.add(id(one))
            pending += children(one)
            yield one


def pictured_needed(expressions: Iterable[Expression]) -> int:
    """Return how many persons beside the data subject a situation needs: one for each statement about them."""
    found = 0
    for expression in everything_in(expressions):
        terms: tuple[Term, ...] = terms_of(expression)
        about_list = any(term.path == PICTURED for term in terms)
        found += isinstance(expression, EachPerson) or (about_list and _looks_for_one(expression))
    return found


def _looks_for_one(expression: Expression) -> bool:
    return isinstance(expression, Stated) or (isinstance(expression, Compare) and expression.relation in _LOOKING)


_LOOKING: Final = frozenset({Relation.IN, Relation.NOT_IN, Relation.INCLUDES, Relation.WITHIN})


def roles_asked_for(expressions: Iterable[Expression]) -> list[frozenset[str]]:
    """Return the sets of roles that *expressions* ask for."""
    found = []
    for expression in everything_in(expressions):
        roles = getattr(expression, "roles", None) or getattr(expression, "givers", None)
        if roles:
            found.append(frozenset(roles))
    return found
