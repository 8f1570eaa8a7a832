"""A source of facts in which nothing is stored: every fact comes with the request."""

from datetime import datetime
from typing import Final

from pdp.core.errors import ForeignTokenError
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency, Freshness
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted

TOKEN: Final = "none.0"

_NOTHING: Final = StoredFacts((), TOKEN)


class NoStoredFacts:
    """Answers every question with no facts, of the one revision that nothing has."""

    at_once: Final = True

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts:
        """Return no facts; raise ForeignTokenError for a token that is not of this source."""
        if consistency.freshness is Freshness.AT_LEAST_AS_FRESH and consistency.token != TOKEN:
            raise ForeignTokenError(f"the token `{consistency.token}` is of another store")
        return _NOTHING

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return no facts, as known_empty does."""
        return self.known_empty(operator, consistency)

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return no facts, as at every instant of the past."""
        return self.known_empty(operator, consistency)
