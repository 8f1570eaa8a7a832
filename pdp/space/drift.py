"""How the value of a condition changes when the same is asked under a narrower category."""

from collections.abc import Iterable
from enum import Enum

from pdp.conditions.expression import CoversCategory, Expression, Not, Root, SomeConsent, SomeRefusal
from pdp.space.normal import children, terms_of


class Drift(Enum):
    """The direction of the change."""

    NONE = "the same"
    TRUER = "as true or truer"
    LESS_TRUE = "as true or less"
    ANY = "not known"


_AGAINST = {Drift.TRUER: Drift.LESS_TRUE, Drift.LESS_TRUE: Drift.TRUER}


def drift_of(expression: Expression) -> Drift:
    """Return how a shared *expression* drifts.

    A consent to the broad covers the narrow, and a refusal that touches the narrow touches the broad; so consents
    become truer, refusals less true. `not` turns the direction round and everything else keeps it.
    """
    inside = _together(drift_of(child) for child in children(expression))
    match expression:
        case Not():
            return _AGAINST.get(inside, inside)
        case SomeConsent() | CoversCategory():
            return _together((Drift.TRUER, inside))
        case SomeRefusal():
            return Drift.LESS_TRUE
        case _ if any(term.root is Root.RESOURCE and not term.name for term in terms_of(expression)):
            return Drift.ANY
        case _:
            return inside


def _together(drifts: Iterable[Drift]) -> Drift:
    found = set(drifts) - {Drift.NONE}
    if len(found) > 1:
        return Drift.ANY
    return found.pop() if found else Drift.NONE
