"""What the core asks of the world."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from pdp.core.decision import Decision
from pdp.core.ends import Slots
from pdp.core.facts import Fact
from pdp.core.request import Consistency, Request
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """The stored facts of one reading, and the *token* that names their revision.

    *committed_at* is when that revision was committed, None when nothing ever was: a decision about these facts is not
    made at an earlier instant. *too_many* says that there are more than may be looked at; then *facts* is empty.
    *seen* says, where it is known, what has to stay as it is for them to stay all: in which life of counting they were
    read, at which revision, looking at which ends (pdp.core.freshness). *mark* is the word that the revision alone has,
    "" in stores that have none.
    """

    facts: tuple[Fact, ...]
    token: str
    committed_at: datetime | None = None
    too_many: bool = False
    seen: tuple[str, int, Slots] | None = None
    mark: str = ""


class FactSource(Protocol):
    """Where stored facts come from."""

    @property
    def at_once(self) -> bool:
        """Say whether gathering never waits for anything outside of this process."""

    def known_empty(self, operator: str, consistency: Consistency) -> StoredFacts | None:
        """Return the reading, without a fact, where it is known at once that nothing of *operator* is stored.

        Else None: it may be, so that whoever asks has to work out what is wanted and gather it. What is returned is as
        fresh as what gather returns; must raise what gather raises.
        """

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return every stored fact of *operator* that is *wanted*, all of one revision.

        The revision is never older than the last write acknowledged before the call. Must raise UnavailableError when
        the facts or their freshness cannot be known, and ForeignTokenError for a token of another store; must never
        return fewer facts instead. More than are wanted do no harm.
        """

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return every stored fact of *operator* that *survey* wants, all of one revision.

        With *as_of*, of the revision that was in force at that instant. Must raise TooMuchToLookUpError when there are
        more than *limit*, KeptNoLongerError for an instant older than is kept, and what gather raises; must never
        return fewer facts instead. More than are wanted do no harm.
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

    def withholding(self, keys: Mapping[str, frozenset[str]]) -> "DecisionLog":
        """Return the same log, told which properties no rule can read: their keys, by operator."""

    def end(self) -> None:
        """Let the log be whole: nothing more is recorded by this process. Must not raise."""


class PolicyFiles(Protocol):
    """Where the files of the operators' folders come from."""

    def operators(self) -> Sequence[str]:
        """Return the names of the folders, sorted."""

    def read(self, operator: str) -> Sequence[tuple[str, bytes]]:
        """Return (path as shown to people, content) of every file of one operator, sorted by path."""

    def read_settled(self, operator: str) -> Sequence[tuple[str, bytes]]:
        """Return what `read` returns, all as it stood at one instant while nobody wrote any of it.

        Must raise UnsettledError when somebody writes or replaces a file meanwhile, and UnavailableError when the
        folder is not there or cannot be read.
        """


KEPT_SECONDS: Final = 86_400.0
"""So long the last good content of a document serves while no newer one can be had: what was taken back in it ends with
that at the latest."""


class Document(Protocol):
    """A small text kept elsewhere that may change while we run: a file, or something fetched."""

    def stamp(self) -> object:
        """Return something that differs once the content may have changed; cheap, and must not raise."""

    def read(self) -> bytes:
        """Return the content as it is now; raise UnavailableError when it cannot be had."""

    def age(self) -> float:
        """Return how many seconds ago what was read last is known to have been its content: 0 for a file."""

    def hurry(self) -> None:
        """Somebody has missed something in it: let a change be looked for sooner than usual."""


Verifies = Callable[[bytes, bytes, bytes], bool]
"""Says whether a signature, the second, is that of the owner of a public key, the first, under a message."""


class KeptContents(Protocol):
    """Contents by name that outlive the process. All of it raises UnavailableError when it cannot be done."""

    def read(self, name: str) -> bytes | None:
        """Return the content of *name*, None when there is none; raise also when another user could have written it."""

    def write(self, name: str, content: bytes) -> None:
        """Let *content* be that of *name*, durably, and whole or not at all."""

    def remove(self, name: str) -> None:
        """Let there be no content of *name*, durably."""
