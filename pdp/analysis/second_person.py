"""Whether an edit needs the signature of a second person: when it allows more, or when that is not known."""

from typing import Final

from pdp.activation import Candidate, Comparing, Former
from pdp.activation.candidate import short_name
from pdp.analysis.apart import Apart, NotComparedError
from pdp.analysis.begun import Begun
from pdp.core.errors import InvalidPolicyError

SECOND_PERSON_SECONDS: Final = 20.0
"""So long it is looked whether an edit allows more; an edit that takes longer needs the second person."""


def needs_second_person(former: Former | None, candidate: Candidate, apart: type[Apart] = Apart) -> bool:
    """Say whether *candidate*, in the place of *former*, allows anything that a second person has to answer for."""
    known = _known_without_comparing(former, candidate)
    if known is not None or former is None:
        return known is not False
    try:
        return apart(SECOND_PERSON_SECONDS).allows_more(candidate.operator, former.files, candidate.files)
    # FAIL CLOSED (second person): what is undecided, too slow or broken off may allow anything.
    except (NotComparedError, InvalidPolicyError):
        return True


def begin_comparing(former: Former | None, candidate: Candidate, apart: type[Apart] = Apart) -> bool | Comparing:
    """Say the same, or return what finds it out beside everything else."""
    known = _known_without_comparing(former, candidate)
    if known is not None or former is None:
        return known is not False
    return Begun(apart(SECOND_PERSON_SECONDS), candidate.operator, former.files, candidate.files)


def _known_without_comparing(former: Former | None, candidate: Candidate) -> bool | None:
    # FAIL CLOSED (second person): with nothing to compare with, everything is newly allowed.
    if former is None or not former.files:
        return True
    before, after = (sorted((short_name(path), content) for path, content in of.files) for of in (former, candidate))
    return False if before == after else None
