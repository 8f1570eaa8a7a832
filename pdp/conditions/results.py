"""Values of conditions and how they are combined: true, false or unknown (contract, section 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pdp.core.decision import Outcome


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome, and the properties whose absence made it unknown.

    A false result with *missing* rests on an empty beneficiary, data subject or concern: that matches nothing, and it
    is different from nothing either, so the negation of such a result is unknown.
    """

    outcome: Outcome
    missing: frozenset[str] = frozenset()


TRUE: Final = Result(Outcome.TRUE)


FALSE: Final = Result(Outcome.FALSE)


UNKNOWN: Final = Result(Outcome.UNKNOWN)


def conjunction(results: Iterable[Result]) -> Result:
    """Kleene's and: false wins over unknown, and plainly false over false for want of a beneficiary or the like."""
    missing: frozenset[str] = frozenset()
    outcome = Outcome.TRUE
    for result in results:
        if result == FALSE:
            return FALSE
        if result.outcome is Outcome.FALSE or outcome is Outcome.TRUE:
            outcome = result.outcome
        missing |= result.missing
    return Result(outcome, missing)


def disjunction(results: Iterable[Result]) -> Result:
    """Kleene's or: true wins over unknown; of nothing it is false."""
    missing: frozenset[str] = frozenset()
    outcome = Outcome.FALSE
    for result in results:
        if result.outcome is Outcome.TRUE:
            return TRUE
        if result.outcome is Outcome.UNKNOWN:
            outcome = result.outcome
        missing |= result.missing
    return Result(outcome, missing)


def negation(result: Result) -> Result:
    """Kleene's not: the negation of unknown is unknown, and so is that of what an empty beneficiary made false."""
    # FAIL CLOSED (empty matches nothing): "not its beneficiary" must not hold of a fact that names nobody.
    if result.missing:
        return Result(Outcome.UNKNOWN, result.missing)
    if result.outcome is Outcome.UNKNOWN:
        return result
    return known(result.outcome is Outcome.FALSE)


def known(holds: bool) -> Result:
    """Return the result of what is known to hold or not to hold."""
    return TRUE if holds else FALSE
