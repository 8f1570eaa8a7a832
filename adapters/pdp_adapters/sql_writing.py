"""One write to a store in SQL: everything in one transaction, the old versions into the past."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from pdp.core.ends import Slots, ends_changed
from pdp.core.errors import ConflictError, CycleError
from pdp.core.fact_identity import partitions_of
from pdp.core.facts import Containment, Fact, FactKind
from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
from pdp.core.stores import FactFilter, FactToWrite, StoreState, Token, Write, Written
from pdp.core.survey import Survey
from pdp.core.wanted import Wanted
from pdp_adapters.fact_rows import COLUMNS, FactRow, fact_of, instant, microseconds, row_of
from pdp_adapters.sql_database import Database, Parameters, Row, Session
from pdp_adapters.sql_history import conditions_of
from pdp_adapters.sql_state import check_token, locked_state, locked_state_and


class Reading(Protocol):
    """Gathers and surveys within a transaction of a writer."""

    def gather_in(self, session: Session, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return what is wanted, as *session* sees it."""

    def survey_in(
        self,
        session: Session,
        operator: str,
        survey: Survey,
        consistency: Consistency,
        as_of: datetime | None,
        limit: int,
    ) -> StoredFacts:
        """Return what is surveyed, as *session* sees it."""


_ALL_COLUMNS: Final = f"{COLUMNS}, begun, decision_id"
_INSERT: Final = (
    f"INSERT INTO fact ({_ALL_COLUMNS}) VALUES "
    f"({', '.join(f':{column}' for column in (*FactRow._fields, 'begun', 'decision_id'))})"
)
_FIND: Final = "SELECT id, kind, body, valid_from, valid_until FROM fact WHERE operator = :operator"


class SqlWriting:
    """A transaction under way on the facts of one operator.

    *check* raises for a store that nothing may rest on. *changed_to* is the state that it makes, None where it changes
    nothing, *facts* how many it has written.
    """

    at_once: Final = False

    def __init__(
        self,
        database: Database,
        session: Session,
        operator: str,
        check: Callable[[StoreState], None],
        reading: Reading,
    ) -> None:
        self._database = database
        self._session = session
        self._operator = operator
        self._check = check
        self._locked: StoreState | None = None
        self._reading = reading
        # Facts that were looked for, None for those that are not there; before anything is changed.
        self._known: dict[str, Fact | None] = {}
        self.changed_to: Token | None = None
        self.facts = 0

    @property
    def _state(self) -> StoreState:
        """Return where the store stands; from then on no other writer is let in.

        INVARIANT (locked first): whatever this transaction reads, it reads behind this.
        """
        return self._locked or self._is_locked(locked_state(self._database, self._session))

    def _is_locked(self, state: StoreState) -> StoreState:
        self._check(state)
        self._locked = state
        return state

    def _rows(self, sql: str, parameters: Parameters) -> list[Row]:
        """Return the rows of a query, which goes along where the state of the store has yet to be asked for."""
        if self._locked is not None:
            return self._session.rows(sql, parameters)
        state, rows = locked_state_and(self._database, self._session, sql, parameters)
        self._is_locked(state)
        return rows

    def gather(self, operator: str, wanted: Wanted, consistency: Consistency) -> StoredFacts:
        """Return what is wanted, as it stands before this write."""
        _ = self._state
        return self._reading.gather_in(self._session, operator, wanted, consistency)

    def known_empty(self, operator: str, consistency: Consistency) -> None:
        """Return None: what is stored is known by reading it alone."""

    def survey(
        self, operator: str, survey: Survey, consistency: Consistency, as_of: datetime | None, limit: int
    ) -> StoredFacts:
        """Return what is surveyed, as it stands before this write."""
        _ = self._state
        return self._reading.survey_in(self._session, operator, survey, consistency, as_of, limit)

    def earlier(self, request_id: str, content: str) -> Written | None:
        """Return the answer to an earlier write of this id; raise ConflictError when its content was another."""
        if not request_id:
            return None
        rows = self._rows(
            "SELECT revision, content, outcome FROM change_set WHERE operator = :operator AND request_id = :request_id",
            {"operator": self._operator, "request_id": request_id},
        )
        if not rows:
            return None
        ((revision, made_of, outcome),) = rows
        if made_of != content:
            raise ConflictError(f"the request id `{request_id}` stands for another write")
        told = json.loads(outcome)
        token = Token(self._state.token.history, revision)
        return Written(token, tuple(told["ids"]), told["deleted"], tuple(told["decision_ids"]), repeated=True)

    def find(self, selection: FactFilter, ids: Sequence[str] = ()) -> tuple[Fact, ...]:
        """Return the current facts with these *ids*, and those that *selection* selects if it names somebody."""
        found = self._with(ids)
        if selection.names_somebody:
            text, parameters = conditions_of(selection)
            rows = self._rows(f"{_FIND}{text}", {"operator": self._operator, **parameters})
            for row in rows:
                found[row[0]] = self._known[row[0]] = fact_of(*row)
        return tuple(found.values())

    def _with(self, ids: Sequence[str]) -> dict[str, Fact]:
        """Return the current facts with these *ids*; nobody else changes any, so each is looked for once."""
        unknown = sorted(set(ids) - self._known.keys())
        if unknown:
            self._known |= dict.fromkeys(unknown)
            rows = self._rows(
                f"{_FIND} AND id {self._database.dialect.among('ids')}",
                {"operator": self._operator, "ids": self._database.array(unknown)},
            )
            self._known |= {row[0]: fact_of(*row) for row in rows}
        return {id_: fact for id_ in dict.fromkeys(ids) if (fact := self._known[id_]) is not None}

    def apply(self, write: Write) -> Written:
        """Make the changes; they are durable and in force when the transaction has ended."""
        earlier = self.earlier(write.request_id, write.content)
        if earlier is not None:
            return earlier
        changed = self._changed(write)
        if write.unless_changed_since is not None:
            self._check_unchanged(write.unless_changed_since, changed)
        revision = self._state.token.revision + 1
        deleted = self._end(write.deletions, revision, deleted=True)
        self._end([(each.fact.id, each.decision_id) for each in write.facts], revision, deleted=False)
        self._put(write.facts, revision)
        mark_partitions(self._database, self._session, self._operator, changed, revision)
        decision_ids = tuple(dict.fromkeys(id_ for id_ in _decisions(write) if id_))
        written = Written(
            Token(self._state.token.history, revision),
            tuple(each.fact.id for each in write.facts),
            deleted,
            decision_ids,
        )
        self._record(write, written, ends_changed(self._operator, changed))
        # Last, so that all goes in one message; what is found wrong undoes it all.
        self._check_cycles(write.facts)
        self._known.clear()
        self.changed_to = written.token
        self.facts += len(write.facts)
        return written

    def _changed(self, write: Write) -> tuple[FactKind, ...]:
        """Return what is written, replaced and deleted."""
        ids = [id_ for id_, _ in write.deletions] + [each.fact.id for each in write.facts]
        return (*(fact.kind for fact in self.find(FactFilter(), ids)), *(each.fact.kind for each in write.facts))

    def _check_unchanged(self, since: Token, changed: Sequence[FactKind]) -> None:
        check_token(since, self._state.token)
        numbers = {number for kind in changed for number in partitions_of(kind)}
        (newest,) = self._rows(
            "SELECT coalesce(max(revision), 0) FROM partition_change"
            f" WHERE operator = :operator AND number {self._database.dialect.among('numbers')}",
            {"operator": self._operator, "numbers": self._database.array([str(number) for number in sorted(numbers)])},
        )
        if newest[0] > since.revision:
            raise ConflictError(f"something that this write rests on has changed since `{since}`")

    def _end(self, ended: Sequence[tuple[str, str]], revision: int, *, deleted: bool) -> int:
        """Put the current versions of facts into the past, each under a decision; return how many there were."""
        by_decision: dict[str, list[str]] = {}
        there = self._with([id_ for id_, _ in ended])
        for id_, decision_id in dict(ended).items():
            if id_ in there:
                by_decision.setdefault(decision_id, []).append(id_)
        among = self._database.dialect.among("ids")
        for decision_id, ids in by_decision.items():
            named = {"operator": self._operator, "ids": self._database.array(ids)}
            self._session.run_later(
                f"INSERT INTO past_fact ({_ALL_COLUMNS}, ended, deleted, ended_decision_id)"
                f" SELECT {_ALL_COLUMNS}, :ended, :deleted, :decision_id FROM fact"
                f" WHERE operator = :operator AND id {among}",
                {**named, "ended": revision, "deleted": int(deleted), "decision_id": decision_id},
            )
            self._session.run_later(f"DELETE FROM fact WHERE operator = :operator AND id {among}", named)
        return sum(map(len, by_decision.values()))

    def _put(self, facts: Sequence[FactToWrite], revision: int) -> None:
        rows: list[dict[str, Any]] = [
            {**row_of(self._operator, each.fact)._asdict(), "begun": revision, "decision_id": each.decision_id}
            for each in facts
        ]
        self._session.run_each(_INSERT, rows)
        self._database.grown(len(rows), self._session)

    def _check_cycles(self, facts: Sequence[FactToWrite]) -> None:
        positions = {each.fact.id: at for at, each in enumerate(facts) if isinstance(each.fact.kind, Containment)}
        if not positions:
            return
        query = f"""WITH RECURSIVE above (id, entity) AS (
                SELECT id, scope FROM fact WHERE operator = :operator AND id {self._database.dialect.among("ids")}
                UNION
                SELECT above.id, fact.scope FROM above JOIN fact
                    ON fact.operator = :operator AND fact.subject = above.entity AND fact.kind = 'containment')
            SELECT above.id FROM above JOIN fact ON fact.id = above.id WHERE above.entity = fact.subject"""
        parameters = {"operator": self._operator, "ids": self._database.array(sorted(positions))}
        if len(positions) == 1:
            # Which one it is needs no answer, so the commit does not wait for one: every other writer waits for it.
            self._session.refuse_later(query, parameters, CycleError(*positions.values()))
        elif rows := self._rows(query, parameters):
            raise CycleError(min(positions[row[0]] for row in rows))

    def _record(self, write: Write, written: Written, slots: Slots) -> None:
        # The clock may be set back; the order of revisions and of their instants stays the same.
        at = max(microseconds(write.at), microseconds(self._state.committed_at))
        told = {"ids": written.ids, "deleted": written.deleted, "decision_ids": written.decision_ids}
        self._session.run_later(
            "INSERT INTO change_set (revision, operator, at, actor, caller, request_id, content, outcome)"
            " VALUES (:revision, :operator, :at, :actor, :caller, :request_id, :content, :outcome)",
            {
                "revision": written.token.revision,
                "operator": self._operator,
                "at": at,
                "actor": write.actor,
                "caller": write.caller,
                "request_id": write.request_id,
                "content": write.content,
                "outcome": json.dumps(told),
            },
        )
        self._session.run_later(
            "UPDATE store SET revision = :revision, committed_at = :at",
            {"revision": written.token.revision, "at": at},
        )
        self._database.board.changing(self._session, self._state, written.token.revision, instant(at), slots)


def _decisions(write: Write) -> list[str]:
    return [decision for _, decision in write.deletions] + [each.decision_id for each in write.facts]


def mark_partitions(
    database: Database, session: Session, operator: str, changed: Iterable[FactKind], revision: int
) -> None:
    """Note that *revision* changed something in the partitions of these facts."""
    numbers = sorted({number for kind in changed for number in partitions_of(kind)})
    session.run_later(
        "INSERT INTO partition_change (operator, number, revision)"
        f" SELECT :operator, touched.value, :revision FROM ({database.dialect.each('numbers')}) AS touched WHERE true"
        " ON CONFLICT (operator, number) DO UPDATE SET revision = excluded.revision",
        {"operator": operator, "numbers": database.array([str(number) for number in numbers]), "revision": revision},
    )
