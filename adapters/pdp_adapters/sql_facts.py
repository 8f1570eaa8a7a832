"""A store of facts in SQL, for SQLite and PostgreSQL alike."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

from pdp.core.entity import Entity
from pdp.core.errors import NotThereError, UnavailableError
from pdp.core.freshness import Freshness
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
from pdp.core.stores import (
    Changes,
    Erasure,
    FactFilter,
    FactPage,
    Page,
    Pruned,
    StoreState,
    Token,
    Version,
)
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted
from pdp_adapters import sql_erasing, sql_history, sql_surveying
from pdp_adapters.fact_rows import instant
from pdp_adapters.sql_database import UNKNOWN_GROWTH, Database, Session
from pdp_adapters.sql_gathering import are_too_many, gather_first, gather_further
from pdp_adapters.sql_log_heads import SqlLogHeads
from pdp_adapters.sql_pruning import STEP, check_past, prunable, prune_some
from pdp_adapters.sql_schema import migrate, new_history
from pdp_adapters.sql_state import check_consistency, check_kept, locked_state, read_state
from pdp_adapters.sql_writing import SqlWriting

_ATTEMPTS: Final = 16
"""So often the two statements of one gathering are tried anew because somebody wrote between them."""

_EMPTYING_ATTEMPTS: Final = 3
"""So often it is tried to empty the log after something was removed."""

_AGAIN_SECONDS: Final = 0.25
"""So often it is tried to open what did not answer."""


class SqlFacts:
    """The facts in *database*, whose tables are brought to the newest version at once.

    With *may_come_later* a database that does not answer is opened by whoever first uses it, once it does.
    """

    at_once: Final = False

    def __init__(self, database: Database, *, may_come_later: bool = False) -> None:
        self._given = database
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._is_open = False
        self._try_again_at = 0.0
        self._newest = Token("", 0)
        self._doubt: tuple[str, str] | None = None
        try:
            self._open()
        except NotThereError:
            if not may_come_later:
                raise
        finally:
            # Whoever is forked from this process opens connections of its own; one that was there before would be
            # shared.
            database.close()
            # What workers count begins at 0 with each of them.
            database.uses.statements = database.uses.failures = 0

    @property
    def _database(self) -> Database:
        """Return the database, whose tables are what this version knows."""
        if not self._is_open:
            self._open_later()
        return self._given

    def _open(self) -> None:
        self._given.verify()
        migrate(self._given)
        self._given.grown(UNKNOWN_GROWTH)
        self._doubt = self._given.board.doubt(lambda: _state_of(self._given))
        self._is_open = True

    def _open_later(self) -> None:
        """Try to open, one thread at a time and not without a pause; meanwhile whoever asks is told so at once."""
        if time.monotonic() < self._try_again_at or not self._opening.acquire(blocking=False):
            raise NotThereError("the store has not answered yet")
        try:
            if not self._is_open:
                self._open()
        except UnavailableError:
            self._try_again_at = time.monotonic() + _AGAIN_SECONDS
            raise
        finally:
            self._opening.release()

    def known_empty(self, operator: str, consistency: Consistency) -> None:
        """Return None: what is stored is known by reading it alone."""

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return every stored fact that is wanted, all of one revision, read now."""
        with self._database.single() as session:
            return self.gather_in(session, operator, wanted, consistency)

    def gather_in(self, session: Session, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return what `gather` returns, read in *session*."""
        for _ in range(_ATTEMPTS):
            before = self._newest
            first = gather_first(self._database, session, operator, wanted)
            now = Token(first.history, first.revision)
            self._check(now, before, confirmed=first.confirmed)
            check_consistency(now, consistency)
            token, committed_at = str(now), instant(first.committed_at)
            if first.too_many:
                return StoredFacts((), token, committed_at, too_many=True)
            further = gather_further(self._database, session, operator, wanted, first)
            if further is None:
                return StoredFacts(tuple(first.facts.values()), token, committed_at, mark=first.mark)
            # Both statements have seen one state if nobody wrote between them; else they are worth nothing together.
            if (further.history, further.revision, further.mark) == (first.history, first.revision, first.mark):
                facts = {**first.facts, **further.facts}
                if further.too_many or are_too_many(facts):
                    return StoredFacts((), token, committed_at, too_many=True)
                return StoredFacts(tuple(facts.values()), token, committed_at, mark=first.mark)
        raise UnavailableError("the facts change faster than they can be read")

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return every stored fact that is surveyed, of the present or of the past."""
        with self._database.reading() as session:
            return self.survey_in(session, operator, survey, consistency, as_of, limit)

    def survey_in(
        self,
        session: Session,
        operator: str,
        survey: Survey,
        consistency: Consistency,
        as_of: datetime | None,
        limit: int,
    ) -> StoredFacts:
        """Return what `survey` returns, read in *session*, all of whose statements see one state."""
        before = self._newest
        state = read_state(session, self._database.dialect.mark)
        self._check(state.token, before, confirmed=state.confirmed)
        check_consistency(state.token, consistency)
        found = sql_surveying.surveyed(self._database, session, operator, survey, state, as_of, limit)
        return replace(found, mark=state.mark)

    def state(self) -> StoreState:
        """Return where the store stands now; one that is not what it was counts as not confirmed."""
        state = _state_of(self._database)
        return replace(state, confirmed=state.confirmed and not self._is_doubted(state.token))

    @contextmanager
    def writing(self, operator: str, *, first: bool = False) -> Iterator[SqlWriting]:
        """Return a transaction on the facts of *operator*, which comes *first* if it takes something back."""
        seen = self._newest

        def check(state: StoreState) -> None:
            self._check(state.token, seen, confirmed=state.confirmed)

        writing = None
        try:
            with self._database.writing(gives_way=not first) as session:
                writing = SqlWriting(self._database, session, operator, check, self)
                yield writing
        except NotThereError:
            # FAIL CLOSED (commit unknown): whoever is told that nobody knows must not find the old answers any more, if
            # it was committed. A database that can be lost so has no board that would claim too much by this.
            if writing is not None and writing.changed_to is not None:
                self._database.board.changed(writing.changed_to.revision)
            raise
        if writing.changed_to is not None:
            self._committed(writing.changed_to)
        self._database.grown(writing.facts)

    def read(self, operator: str, selection: FactFilter, page: Page) -> FactPage:
        """Return a page of facts."""
        before = self._newest
        with self._database.reading() as session:
            state = read_state(session)
            self._check(state.token, before, confirmed=True)
            return sql_history.read_page(session, operator, selection, page, state)

    def changes(self, operator: str, after: Token, limit: int) -> Changes:
        """Return the changes of *operator* after a state."""
        before = self._newest
        with self._database.reading() as session:
            state = read_state(session)
            self._check(state.token, before, confirmed=True)
            check_kept(after, state)
            check_past(session, operator, "", after.revision, state)
            return sql_history.changes(session, operator, after, limit, state)

    def history(self, operator: str, selection: FactFilter) -> tuple[Version, ...]:
        """Return every version that is kept of what *selection* selects, oldest first."""
        with self._database.reading() as session:
            return sql_history.versions(session, operator, selection, read_state(session))

    def partition_revisions(self, operator: str, partitions: frozenset[int]) -> dict[int, int]:
        """Return the revision of the last change of each partition."""
        numbers = self._database.array([str(number) for number in sorted(partitions)])
        with self._database.single() as session:
            rows = session.rows(
                "SELECT number, revision FROM partition_change WHERE operator = :operator"
                f" AND number {self._database.dialect.among('numbers')}",
                {"operator": operator, "numbers": numbers},
            )
        return dict.fromkeys(partitions, 0) | {int(number): revision for number, revision in rows}

    def erase(self, operator: str, person: Entity, at: datetime) -> Erasure:
        """Remove every fact and version that names *person*, and the name from the record of who changed what."""
        before = self._newest
        with self._database.writing() as session:
            state = locked_state(self._database, session)
            self._check(state.token, before, confirmed=state.confirmed)
            erasure = sql_erasing.erase(self._database, session, operator, person, at, state)
        if erasure.token != state.token:
            self._committed(erasure.token)
        return replace(erasure, is_left_in_log=not self._has_emptied_log())

    def prune(self, operator: str, kind: str, before: datetime, *, only_count: bool = False) -> Pruned:
        """Remove every version of a kind of fact that had ended before an instant, some in each transaction."""
        newest = self._newest
        with self._database.reading() as session:
            self._check(read_state(session).token, newest, confirmed=True)
            count, until = prunable(session, operator, kind, before)
        if only_count or not count:
            return Pruned(count)
        removed = 0
        while True:
            with self._database.writing() as session:
                locked_state(self._database, session)
                some = prune_some(session, operator, kind, until)
            removed += some
            if some < STEP:
                return Pruned(removed, is_left_in_log=removed > 0 and not self._has_emptied_log())

    def _has_emptied_log(self) -> bool:
        return any(self._database.empty_log() for _ in range(_EMPTYING_ATTEMPTS))

    def confirm(self) -> StoreState:
        """Put a restored store in force."""
        with self._database.writing() as session:
            state = locked_state(self._database, session)
            token = state.token
            if self._is_doubted(token):
                # Tokens and readings of the store that was there before mean nothing to this one.
                token = Token(new_history(), token.revision)
                self._database.board.forget(session)
            session.run("UPDATE store SET confirmed = 1, history = :history", {"history": token.history})
        return StoreState(token, state.committed_at, state.kept_from, confirmed=True)

    def close(self) -> None:
        """Close the connections of this process."""
        self._given.board.close()
        self._given.close()

    def instant(self, here: datetime) -> datetime:
        """Return what time it is by the clock of the database, or that its newest change was later than *here*."""
        clock = self._database.dialect.clock
        if not clock:
            return max(here, self.state().committed_at)
        with self._database.single() as session:
            ((there,),) = session.rows(clock, {})
        found: datetime = there
        return found

    def measured(self) -> Mapping[str, float]:
        """Return the statements and failures of this process, and whether it knows where the store stands (0 or 1)."""
        uses = self._given.uses
        known = float(self.freshness.standing() is not None)
        return {"statements": uses.statements, "failures": uses.failures, "fresh": known}

    @property
    def log_heads(self) -> SqlLogHeads:
        """Return the place for heads of the decision log in this store."""
        return SqlLogHeads(lambda: self._database)

    @property
    def freshness(self) -> Freshness:
        """Return what knows, without a statement, whether what was gathered before is still so."""
        return self._given.board

    def _committed(self, now: Token) -> None:
        """Return when everybody knows of the state *now*, which is committed."""
        self._seen(now)
        self._database.board.changed(now.revision)

    def _check(self, now: Token, before: Token, *, confirmed: bool) -> None:
        """Raise UnavailableError for a store that nothing may rest on; *before* was known before it was read."""
        # FAIL CLOSED (restored store): what was revoked since the copy was made would be back.
        if not confirmed:
            raise UnavailableError("the store was restored from a copy and has not been confirmed (pdp facts confirm)")
        if self._is_doubted(now):
            raise UnavailableError(f"{self._doubt[1] if self._doubt else ''} (pdp facts confirm)")
        # FAIL CLOSED (store went back): a standby that lags, or a file put in place of another, lacks revocations.
        if now.revision < 0 or (now.history == before.history and now.revision < before.revision):
            raise UnavailableError(f"the store is at revision {now.revision} and was at {before.revision} before")
        self._seen(now)

    def _is_doubted(self, now: Token) -> bool:
        """Say whether the store was not what it should be when it was opened, and nobody has confirmed it since."""
        return self._doubt is not None and self._doubt[0] == now.history

    def _seen(self, now: Token) -> None:
        """Remember the newest state that this process has seen."""
        with self._lock:
            if now.history != self._newest.history or now.revision > self._newest.revision:
                self._newest = now


def _state_of(database: Database) -> StoreState:
    """Return where the store in *database* stands now."""
    with database.single() as session:
        return read_state(session)
