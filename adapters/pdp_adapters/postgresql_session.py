"""Statements on one connection of PostgreSQL, as many of them in one message as need not wait for one another.

Whoever writes keeps every other writer waiting until the commit, and most of that time is spent on the way between this
process and the database, or waiting for a processor or the interpreter at either end. So what nobody waits for is kept
until something is read, and goes with it; what is left at the end goes with the commit. It is one text with values in
it, quoted by psycopg (https://www.psycopg.org/psycopg3/docs/advanced/cursors.html#client-side-binding-cursors): in a
pipeline of statements the interpreter would be let go and waited for once for each
(https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT).
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import psycopg
from psycopg.pq import TransactionStatus

from pdp.core.errors import UnavailableError
from pdp_adapters.postgresql_hangs import HANG_SECONDS, WAIT_SECONDS, Statements
from pdp_adapters.sql_database import Parameters, Row, Statement, Uses

_PARAMETER: Final = re.compile(r":([a-z_][a-z_0-9]*)")
_NOTHING: Final[Parameters] = {}

MOST_KEPT: Final = 1_000
"""So many statements are kept at most: each takes memory here, in the message and at the database."""

_TOGETHER_SECONDS: Final = HANG_SECONDS + WAIT_SECONDS
"""So long it takes at most until several statements have an answer: two of them may each wait for a lock."""


class PostgresqlSession:
    """A connection out of the pool; single statements, or within `transaction`."""

    def __init__(self, connection: psycopg.Connection[Row], statements: Statements, uses: Uses) -> None:
        self._uses = uses
        self._connection = connection
        self._statements = statements
        self._is_transaction = self._has_lost = False
        self._kept: list[tuple[bytes, Parameters]] = []
        self._refusal: Exception | None = None

    def rows(self, sql: str, parameters: Parameters) -> list[Row]:
        """Return the rows that a statement gives."""
        return self._sent(_rewritten(sql), parameters).rows

    def rows_of_two(self, first: Statement, second: Statement) -> tuple[list[Row], list[Row]]:
        """Return the rows of two statements; the second sees all that was there when the first had ended.

        Each statement of a transaction that reads what is committed looks at the moment when it begins, and they begin
        one after another, whether anybody has waited for the first or not.
        """
        before, after = self._all_sent([(_rewritten(sql), parameters) for sql, parameters in (first, second)])[-2:]
        return before.rows, after.rows

    def run(self, sql: str, parameters: Parameters) -> int:
        """Run a statement and return how many rows it changed."""
        return self._sent(_rewritten(sql), parameters).count

    def run_each(self, sql: str, many: Sequence[Parameters]) -> None:
        """Run a statement once for each of *many*, before the next one or the commit."""
        for parameters in many:
            self.run_later(sql, parameters)

    def run_later(self, sql: str, parameters: Parameters) -> None:
        """Run a statement before the next one or the commit, which tells what went wrong with it."""
        if self._is_transaction:
            self._kept.append((_rewritten(sql), parameters))
            if len(self._kept) >= MOST_KEPT:
                self.flush()
        else:
            self.run(sql, parameters)

    def refuse_later(self, sql: str, parameters: Parameters, error: Exception) -> None:
        """Raise *error* with the next statement or the commit where a query gives a row.

        The database itself stops there, so the commit may be in the same message. It cannot tell two reasons apart: a
        second one is waited for.
        """
        if not self._is_transaction or self._refusal is not None:
            if self.rows(sql, parameters):
                raise error
            return
        self._refusal = error
        # No other statement of a transaction that writes facts divides.
        self.run_later(f"SELECT 1 / CAST(NOT EXISTS ({sql}) AS integer)", parameters)

    def flush(self) -> None:
        """Run what is kept, for somebody who goes on without this session."""
        if self._kept:
            sql, parameters = self._kept.pop()
            self._sent(sql, parameters)

    @contextmanager
    def transaction(self, begin: str, *first: str) -> Iterator[None]:
        """Let all statements be part of one transaction, which *begin* begins; an exception undoes it."""
        self._is_transaction, self._has_lost = True, False
        self._kept = [(_rewritten(sql), _NOTHING) for sql in (begin, *first)]
        try:
            yield
            if self._connection.info.transaction_status is TransactionStatus.IDLE and len(self._kept) == 1 + len(first):
                return  # nothing was asked for
            # FAIL CLOSED (commit of what has failed): PostgreSQL answers it with a rollback, and without an error.
            if self._sent(b"COMMIT", _NOTHING).did != "COMMIT":
                raise UnavailableError("the store cannot be used: it has not committed")
        except BaseException:
            # What went wrong is told; that there may be nothing left to undo is not.
            with suppress(psycopg.Error):
                if self._connection.info.transaction_status is not TransactionStatus.IDLE:
                    self._connection.execute("ROLLBACK")
            raise
        finally:
            self._is_transaction = self._has_lost = False
            self._kept, self._refusal = [], None

    def _sent(self, sql: bytes, parameters: Parameters) -> "_Result":
        """Run what is kept and then this statement, and return its result."""
        return self._all_sent([(sql, parameters)])[-1]

    def _all_sent(self, asked: list[tuple[bytes, Parameters]]) -> "list[_Result]":
        """Run what is kept and then what is *asked*, and return the results of all."""
        # FAIL CLOSED (what is kept): nobody asks again for what was lost, which may be the beginning of the transaction
        # itself; so nothing more is run in it, and there is no commit.
        if self._has_lost:
            raise UnavailableError("the store cannot be used: a part of the change was not made")
        kept, self._kept = self._kept, []
        try:
            return self._all_run(kept + asked)
        except BaseException as error:
            self._has_lost = self._is_transaction and bool(kept)
            if self._refusal is not None and isinstance(error, psycopg.errors.DivisionByZero):
                raise self._refusal from None
            raise

    def _all_run(self, whole: list[tuple[bytes, Parameters]]) -> "list[_Result]":
        self._uses.statements += len(whole)
        if len(whole) == 1:
            with self._statements.bounded(self._connection):
                return [_result(self._connection.execute(*whole[0]))]
        with self._statements.bounded(self._connection, _TOGETHER_SECONDS):
            cursor = psycopg.ClientCursor(self._connection)
            cursor.execute(";".join(cursor.mogrify(sql, parameters) for sql, parameters in whole).encode())
            results = [_result(cursor)]
            while cursor.nextset():
                results.append(_result(cursor))
            return results


@dataclass(frozen=True, slots=True)
class _Result:
    """What a statement gave: rows, how many it changed, and what it says that it did."""

    rows: list[Row]
    count: int
    did: str | None


def _result(cursor: "psycopg.Cursor[Row]") -> _Result:
    return _Result(cursor.fetchall() if cursor.description else [], cursor.rowcount, cursor.statusmessage)


def session_of(session: PostgresqlSession) -> psycopg.Connection[Row]:
    """Return the connection of *session*, on which everything has run that was asked for."""
    session.flush()
    return session._connection


@lru_cache(maxsize=2048)
def _rewritten(sql: str) -> bytes:
    """Return *sql* with its parameters as psycopg writes them."""
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")).encode()
