"""What is read for questions about many: everything that stands near them, as of one instant."""

from datetime import datetime

from pdp.core.ports import Clock, FactSource, StoredFacts
from pdp.core.request import Request
from pdp.core.survey import Survey
from pdp.lookups import MAXIMUM_FACTS


def present(clock: Clock, stored: StoredFacts) -> datetime:
    """Return the present instant, never before the commit of what was read (contract, section 2, "Time")."""
    now = clock.now()
    return now if stored.committed_at is None else max(now, stored.committed_at)


def surveyed(
    facts: FactSource, clock: Clock, request: Request, survey: Survey, as_of: datetime | None
) -> tuple[StoredFacts, datetime]:
    """Return what *survey* finds of *facts*, now or *as_of* another instant, and the instant that is asked about.

    Raises UnavailableError, TooMuchToLookUpError, and KeptNoLongerError for an instant older than is kept.
    """
    stored = facts.survey(request.operator, survey, request.consistency, as_of, MAXIMUM_FACTS)
    return stored, as_of or request.time or present(clock, stored)
