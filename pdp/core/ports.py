"""What the core asks of the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pdp.core.decision import Decision
from pdp.core.facts import Fact
from pdp.core.request import Consistency, Request
from pdp.core.survey import Survey


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """The stored facts of one reading, and the *token* that names their revision."""

    facts: tuple[Fact, ...]
    token: str


class FactSource(Protocol):
    """Where stored facts come from."""

    @property
    def at_once(self) -> bool:
        """Say whether gathering never waits for anything outside of this process."""

    def gather(self, operator: str, requests: Sequence[Request], consistency: Consistency) -> StoredFacts:
        """Return every stored fact that could matter to *requests*, all of one revision.

        Must raise UnavailableError when the facts or their freshness cannot be known, and ForeignTokenError for a
        token of another store; must never return fewer facts instead.
        """

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return every stored fact of *operator* that *survey* wants, all of one revision.

        With *as_of*, of the revision that was in force at that instant. Must raise TooMuchToLookUpError when there are
        more than *limit*, NotImplementedYetError for an instant when no history is kept, and what gather raises; must
        never return fewer facts instead. More than are wanted do no harm.
        """


class Clock(Protocol):
    """The time of a decision that brings none of its own."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class DecisionLog(Protocol):
    """Where the record of each answer goes."""

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Keep one record. Must have handed it to the operating system on return, or raise UnavailableError."""

    def record_all(self, records: Sequence[tuple[Request, Decision, datetime]]) -> None:
        """Keep the records of a batch, as `record` keeps one; must raise UnavailableError when one of them is lost."""


class PolicyFiles(Protocol):
    """Where the files of the operators' folders come from."""

    def operators(self) -> Sequence[str]:
        """Return the names of the folders, sorted."""

    def read(self, operator: str) -> Sequence[tuple[str, bytes]]:
        """Return (path as shown to people, content) of every file of one operator, sorted by path."""
