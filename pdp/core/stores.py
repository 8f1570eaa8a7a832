"""What a store of facts owes, and what goes in and out of it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

from pdp.core.entity import Entity
from pdp.core.facts import Fact
from pdp.core.ports import FactSource

TOKEN_SEPARATOR: Final = "."


@dataclass(frozen=True, slots=True)
class Token:
    """Names a state of a store: *history* is the store's own, *revision* counts its writes from 0.

    As text `HISTORY.REVISION`. A store that was restored from a copy has another history.
    """

    history: str
    revision: int

    def __str__(self) -> str:
        return f"{self.history}{TOKEN_SEPARATOR}{self.revision}"

    @classmethod
    def parse(cls, text: str) -> "Token | None":
        """Return the token that *text* writes, None when it writes none."""
        history, dot, revision = text.rpartition(TOKEN_SEPARATOR)
        if not dot or not history or not (revision.isascii() and revision.isdecimal()) or len(revision) > 18:
            return None
        return cls(history, int(revision))


@dataclass(frozen=True, slots=True)
class StoreState:
    """Where a store stands: its newest *token*, when that was committed, since when it knows its history.

    *confirmed* is False from a restoration until an administrator has confirmed it: nothing is allowed meanwhile.
    *mark* is a word that this revision alone has, where it was asked for.
    """

    token: Token
    committed_at: datetime
    kept_from: int
    confirmed: bool
    mark: str = ""


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Selects the facts that agree with every field that is set.

    *subject* acts (holds, gave, benefits, lies inside), *scope* is where the fact holds (scope, recipient, concern,
    container), *data_subject* whose data it concerns. *as_of*: as they were then.
    """

    kind: str = ""
    subject: Entity | None = None
    scope: Entity | None = None
    data_subject: Entity | None = None
    as_of: datetime | None = None

    @property
    def names_somebody(self) -> bool:
        """Say whether it selects by anything but the kind."""
        return any(part is not None for part in (self.subject, self.scope, self.data_subject))


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what a filter selects: at most *size* facts whose ids come after *after*, as of *revision* if given."""

    size: int
    after: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class FactPage:
    """The facts of one page by id; *token* names the state that they are of, *is_last* that no more follow."""

    facts: tuple[Fact, ...]
    token: Token
    is_last: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One fact *written*, or (None) the one called *id* deleted, in the state that *token* names.

    *actor* is on whose behalf, "" when it was erased; *decision_id* under which decision, "" for the credential alone.
    """

    token: Token
    id: str
    written: Fact | None
    at: datetime
    actor: str
    decision_id: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes after some state, whole revisions in their order; *token* is the state that follows from them."""

    changes: tuple[Change, ...]
    token: Token


@dataclass(frozen=True, slots=True)
class Version:
    """A fact as it was from one revision to another: who wrote and who ended it, when, under which decision.

    *ended* is None while it is in the store, *deleted* says that it was not replaced by a later version.
    """

    fact: Fact
    begun: Change
    ended: Change | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class FactToWrite:
    """A fact and the decision under which it is written."""

    fact: Fact
    decision_id: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """What is done in one transaction: deletions first, then facts written; all of it or nothing.

    *deletions* are ids with the decision of each. *request_id* makes it idempotent: a second write of the same id is
    answered as the first if *content*, a digest of what was asked, is the same. *actor* on whose behalf, *caller* by
    whose credential. *unless_changed_since*: nothing that these facts name may have changed after it.
    """

    actor: str
    caller: str
    at: datetime
    facts: tuple[FactToWrite, ...] = ()
    deletions: tuple[tuple[str, str], ...] = ()
    request_id: str = ""
    content: str = ""
    unless_changed_since: Token | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a write came to; *repeated* says that it had been made before and this is its answer."""

    token: Token
    ids: tuple[str, ...]
    deleted: int
    decision_ids: tuple[str, ...]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was removed of one person: *facts* in force, *versions* of the past, *mentions* as actor of a change.

    *is_left_in_log* says that somebody who read at that time keeps it in the log beside the file of the store.
    """

    token: Token
    facts: int
    versions: int
    mentions: int
    deleted_ids: tuple[str, ...] = field(default=())
    is_left_in_log: bool = False


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many *versions* of the past were removed, or would be; *is_left_in_log* as in an Erasure."""

    versions: int
    is_left_in_log: bool = False


class FactWriting(FactSource, Protocol):
    """A transaction under way that no other writer can come between; what it gathers is what it will change.

    It ends with the first of `apply` and the end of the context; without `apply` nothing is changed.
    """

    def earlier(self, request_id: str, content: str) -> Written | None:
        """Return the answer to an earlier write of this id; raise ConflictError when its content was another."""

    def find(self, selection: FactFilter, ids: Sequence[str] = ()) -> tuple[Fact, ...]:
        """Return the current facts with these *ids* and, where *selection* names somebody, those that it selects.

        Until `apply` nobody changes any of them: a store that is far away has to remember what it has looked for, so
        that who asks for many at once, and then for some of them, waits for it once.
        """

    def apply(self, write: Write) -> Written:
        """Make the changes, durably, and return what came of them.

        Must raise CycleError for a containment that would lie in itself, here or at the end of the transaction, which
        is undone then; ConflictError where *unless_changed_since* is not met, ForeignTokenError for a token of another
        store. When the transaction has ended the changes are in force everywhere.
        """


@runtime_checkable
class TellsTime(Protocol):
    """A store from which it can be learned what time it is."""

    def instant(self, here: datetime) -> datetime:
        """Return what time it is by the store's clock, where it is *here* by the clock of whoever asks.

        One that has no clock returns *here*, or the instant of its newest change when that is later. Must raise
        UnavailableError when it cannot be learned.
        """


class FactStore(FactSource, Protocol):
    """Keeps the facts of every operator with their history.

    Every method must raise UnavailableError for what it cannot know or do, and never answer with fewer facts instead.
    """

    def state(self) -> StoreState:
        """Return where the store stands now."""

    def writing(self, operator: str, *, first: bool = False) -> AbstractContextManager[FactWriting]:
        """Return a transaction on the facts of *operator*.

        From the first thing that is asked of it on, no other writer comes between; that raises UnavailableError while
        the store is unconfirmed.

        One that is to come *first*, because it takes something back, waits for the transactions under way and not for
        those that wait themselves. Within moderation: the others have their turn too.
        """

    def read(self, operator: str, selection: FactFilter, page: Page) -> FactPage:
        """Return a page of facts; raise KeptNoLongerError for a state older than is kept."""

    def changes(self, operator: str, after: Token, limit: int) -> Changes:
        """Return at least *limit* changes of *operator* after a state, or all, whole revisions.

        Must raise ForeignTokenError for a token of another store, KeptNoLongerError for one older than is kept.
        """

    def history(self, operator: str, selection: FactFilter) -> tuple[Version, ...]:
        """Return every version that is kept of the facts that *selection* selects, oldest first."""

    def partition_revisions(self, operator: str, partitions: frozenset[int]) -> dict[int, int]:
        """Return the revision of the last change of each partition, 0 where none was ever changed."""

    def erase(self, operator: str, person: Entity, at: datetime) -> Erasure:
        """Remove every fact and version that names *person*, and the name from the record of who changed what."""

    def prune(self, operator: str, kind: str, before: datetime, *, only_count: bool = False) -> Pruned:
        """Remove every version of a *kind* of fact that had ended *before* an instant, and return how many there were.

        What is in force stays, whatever its term says, and nothing that is decided now changes. The past up to the end
        of the newest version that was removed is kept no longer. With *only_count* nothing is removed.
        """

    def confirm(self) -> StoreState:
        """Put a restored store in force."""

    def close(self) -> None:
        """Let go of what this process holds; the store itself stays."""
