"""Whether an edit needs the signature of a second person: when it allows more, or when that is not known."""

from typing import Final

from pdp.activation import Active, Candidate
from pdp.analysis.apart import Apart, NotComparedError
from pdp.core.errors import InvalidPolicyError

SECOND_PERSON_SECONDS: Final = 20.0
"""So long it is looked whether an edit allows more; an edit that takes longer needs the second person."""


def needs_second_person(former: Active | None, candidate: Candidate, apart: type[Apart] = Apart) -> bool:
    """Say whether *candidate*, in the place of *former*, allows anything that a second person has to answer for."""
    # FAIL CLOSED (second person): with nothing to compare with, everything is newly allowed.
    if former is None or not former.files:
        return True
    try:
        return apart(SECOND_PERSON_SECONDS).allows_more(candidate.operator, former.files, candidate.files)
    # FAIL CLOSED (second person): what is undecided, too slow or broken off may allow anything.
    except (NotComparedError, InvalidPolicyError):
        return True
