"""The values that a condition can have, as small numbers that are combined by comparing them."""

from typing import Final

from pdp.conditions.results import Result
from pdp.core.decision import Outcome

# INVARIANT (order of truth): `and` is the greatest of its parts, `or` the least; FALSE settles the one, TRUE the other.
TRUE: Final = 0
UNKNOWN: Final = 1
EMPTY: Final = 2
"""False because a beneficiary, data subject or concern is empty: its negation is unknown, not true."""
FALSE: Final = 3

OUTCOMES: Final = (Outcome.TRUE, Outcome.UNKNOWN, Outcome.FALSE, Outcome.FALSE)
"""What each value is called: `OUTCOMES[value]`."""


def truth_of(result: Result) -> int:
    """Return the value of what the interpreter found."""
    if result.outcome is Outcome.FALSE:
        return EMPTY if result.missing else FALSE
    return TRUE if result.outcome is Outcome.TRUE else UNKNOWN
