"""The revisions of a store in memory, and when each was committed."""

from bisect import bisect_right
from datetime import UTC, datetime
from secrets import token_hex
from typing import Final

from pdp.core.errors import ForeignTokenError, KeptNoLongerError, UnavailableError
from pdp.core.stores import Token

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Revisions:
    """Counts the changes of a store; whoever asks holds the store's lock."""

    def __init__(self) -> None:
        self.history = token_hex(6)
        self.newest = 0
        self._instants: list[datetime] = [_BEGINNING]

    @property
    def token(self) -> Token:
        """The token of the newest revision."""
        return self.token_of(self.newest)

    @property
    def committed_at(self) -> datetime:
        """When the newest revision was committed."""
        return self._instants[-1]

    def token_of(self, revision: int) -> Token:
        """Return the token of *revision*."""
        return Token(self.history, revision)

    def committed(self, revision: int) -> datetime:
        """Return when *revision* was committed."""
        return self._instants[revision]

    def next(self, at: datetime) -> Token:
        """Count a change, committed *at* that instant and never before the one before it."""
        self._instants.append(max(at, self.committed_at))
        self.newest += 1
        return self.token

    def at(self, instant: datetime) -> int:
        """Return the revision that was in force at *instant*, the first one before there was any other."""
        return bisect_right(self._instants, max(instant, _BEGINNING)) - 1

    def check(self, token: Token | None) -> None:
        """Raise ForeignTokenError, UnavailableError or KeptNoLongerError for a *token* that cannot be read up to."""
        if token is None or token.history != self.history:
            raise ForeignTokenError("the token is of another store")
        if token.revision > self.newest:
            raise UnavailableError(f"the store is at revision {self.newest}, and the token is of a later one")
        if token.revision < 0:
            raise KeptNoLongerError("the past is kept from revision 0 on")
