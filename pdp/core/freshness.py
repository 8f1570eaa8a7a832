"""How an instance knows, without asking the store, that what was read before is still so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from pdp.core.ends import Slots
from pdp.core.value import value

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@value
class Standing:
    """Where the store is known to stand now, and since when which ends are known to be unchanged.

    *life* names this run of counting: what was read in another one is worth nothing in this one. *revision* is one that
    was acknowledged, *committed* no earlier than its commit, in microseconds since 1970. *floor* is the revision before
    which nothing is known. *newest_of* gives the revision of the last change at any of some ends: no earlier than of
    the last one that was acknowledged before this standing was asked for. *mark_of* gives the word that a revision
    alone has, "" in stores that need none, None for a revision that is not known.
    """

    life: str
    history: str
    revision: int
    committed: int
    floor: int
    newest_of: Callable[[Slots], int]
    mark_of: Callable[[int], str | None] = lambda _: ""

    @property
    def committed_at(self) -> datetime:
        """Return an instant no earlier than the commit of the revision."""
        return _EPOCH + timedelta(microseconds=self.committed)

    def holds(self, life: str, revision: int, slots: Slots) -> bool:
        """Say whether what was read at *revision*, looking at the ends in *slots*, is all that could be read now."""
        # FAIL CLOSED (older copy that went on): other changes have the same revisions there, but not the same marks.
        mark = self.mark_of(revision)
        if mark is None or life != marked(self.life, mark):
            return False
        return revision >= self.floor and self.newest_of(slots) <= revision


def marked(life: str, mark: str) -> str:
    """Return the life of what was read at a revision with that *mark*."""
    return f"{life}#{mark}" if mark else life


class Freshness(Protocol):
    """Knows what has changed in a store, whichever process changed it."""

    def standing(self) -> Standing | None:
        """Return where the store stands, None where that is not known; never waits.

        INVARIANT (standing first): it has to be asked for after the request came and before anything is held against
        it. A change acknowledged before that is known to it; what was acknowledged later may be.
        """

    def reach(self, revision: int, seconds: float) -> None:
        """Return when a standing is of *revision* or a later one, or after so long."""

    def begin(self, *, waits: bool = True) -> None:
        """Learn where the store stands and follow it from now on, in this process; may be called again.

        Where it cannot be learned, `standing` goes on returning None. Unless it *waits*, nobody else is waited for: a
        check that is being answered calls it.
        """

    def close(self) -> None:
        """Follow it no more."""
