"""SQLite: one file, several processes on one machine, nothing to install.

A commit is on the disk before it is answered (WAL with `synchronous=FULL`, https://www.sqlite.org/wal.html). The file
and its companions can be read by their owner alone.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from pdp.core.errors import UnavailableError
from pdp_adapters.sql_database import SQLITE, Dialect, Parameters, Row, Statement, Uses
from pdp_adapters.sqlite_board import BOARD, SqliteBoard
from pdp_adapters.writers_turns import Precedence, Turns

BUSY_SECONDS: Final = 5.0
"""So long a writer waits for another one to finish."""

_EMPTIED_MILLISECONDS: Final = 500
"""So long those who read are waited for until the log can be emptied."""

_LOOK_SECONDS: Final = 0.002
"""So often a writer looks whether another one has finished."""

_READING: Final = "BEGIN"
_WRITING: Final = "BEGIN IMMEDIATE"
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077
_OLDEST: Final = (3, 35, 0)
"""`MATERIALIZED` (https://www.sqlite.org/changes.html)."""

_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    # What a statement notes down on its way is small; as a file each note would cost more than all of the reading.
    "PRAGMA temp_store = MEMORY",
)


_MOST_VERIFIED: Final = 256 << 20
"""Bytes of a file that is looked through whole when it is opened; of a larger one each page is when it is read."""

_COMPANIONS: Final = ("-wal", "-shm")

LOOKED_EVERY: Final = 0.02
"""Seconds for which whoever reads rests on the last look at the files.

Nobody can open another file as this store, have it confirmed and write to it in so short a time. Whoever writes, or
opens a connection, looks always.
"""


_Identity = tuple[int, int]
"""Device and number of a file."""


class SqliteSession:
    """A connection of one thread."""

    def __init__(self, connection: sqlite3.Connection, uses: Uses) -> None:
        self._connection = connection
        self._uses = uses

    def rows(self, sql: str, parameters: Parameters) -> list[Row]:
        """Return the rows that a statement gives."""
        self._uses.statements += 1
        with translated(self._uses):
            return self._connection.execute(sql, parameters).fetchall()

    def rows_of_two(self, first: Statement, second: Statement) -> tuple[list[Row], list[Row]]:
        """Return the rows of two statements, one after the other."""
        return self.rows(*first), self.rows(*second)

    def run(self, sql: str, parameters: Parameters) -> int:
        """Run a statement and return how many rows it changed."""
        self._uses.statements += 1
        with translated(self._uses):
            return self._connection.execute(sql, parameters).rowcount

    def run_each(self, sql: str, many: Sequence[Parameters]) -> None:
        """Run a statement once for each of *many*."""
        self._uses.statements += 1
        with translated(self._uses):
            self._connection.executemany(sql, many)

    def run_later(self, sql: str, parameters: Parameters) -> None:
        """Run a statement: nobody has to go far for it."""
        self.run(sql, parameters)

    def refuse_later(self, sql: str, parameters: Parameters, error: Exception) -> None:
        """Raise *error* where a query gives a row: nobody has to go far for it."""
        if self.rows(sql, parameters):
            raise error


def _identity(path: str) -> _Identity:
    status = os.stat(path)
    return status.st_dev, status.st_ino


@contextmanager
def translated(uses: Uses) -> Iterator[None]:
    """Let what SQLite cannot do come out as UnavailableError, and count it."""
    try:
        yield
    except sqlite3.Error as error:
        uses.failures += 1
        raise UnavailableError(f"the store cannot be used: {error}") from error


class SqliteDatabase:
    """The database in the file at *path*, made when it is not there."""

    dialect: Final[Dialect] = SQLITE

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path
        self._files = (str(path), *(f"{path}{end}" for end in _COMPANIONS))
        self._busy_seconds = busy_seconds
        self._own = threading.local()
        self._opened: list[tuple[int, sqlite3.Connection]] = []
        self._lock = threading.Lock()
        self._turns = Turns()
        self._precedence = Precedence(path.with_name(f"{path.name}{BOARD}"))
        self._looked_at = 0.0
        self._file: _Identity | None = None
        self._companions: tuple[int, tuple[_Identity, ...]] | None = None
        self.uses: Final = Uses()
        self.board = SqliteBoard(self, path)
        if sqlite3.sqlite_version_info < _OLDEST:
            raise UnavailableError(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed")

    def grown(self, facts: int, session: SqliteSession | None = None) -> None:
        """Do nothing: the planner was told once what a large store looks like (SQLITE_STATISTICS)."""

    @contextmanager
    def single(self) -> Iterator[SqliteSession]:
        """Return a session in which each statement stands for itself."""
        yield SqliteSession(self._connection(), self.uses)

    @contextmanager
    def reading(self) -> Iterator[SqliteSession]:
        """Return a session in which all statements see one state."""
        with self._transaction(_READING) as session:
            yield session

    @contextmanager
    def writing(self, *, gives_way: bool = False) -> Iterator[SqliteSession]:
        """Return a transaction that no other writer comes between; one that *gives_way* lets the others go first."""
        with ExitStack() as stack:
            if not gives_way:
                stack.enter_context(self._precedence.announced())
            # Of the threads of one process one alone looks whether other processes have finished.
            stack.enter_context(self._turns.turn(self._busy_seconds, gives_way=gives_way))
            if gives_way:
                self._precedence.give_way(unless=lambda: self._turns.first_waits)
            self._connection()
            self._look()
            with self._transaction(_WRITING, self._busy_seconds) as session:
                yield session

    @contextmanager
    def writing_at_once(self) -> Iterator[SqliteSession]:
        """Return a transaction as `writing` does; raise UnavailableError where somebody else writes."""
        with self._turns.turn(0.0, gives_way=True):
            self._connection()
            self._look()
            with self._transaction(_WRITING, 0.0) as session:
                yield session

    migrations = writing

    def empty_log(self) -> bool:
        """Take everything over from the write-ahead log, and leave none of it there; say whether that is so.

        `secure_delete` overwrites what is removed from the file; until it begins anew the log has what stood there
        (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
        """
        try:
            connection = self._connection()
            connection.execute(f"PRAGMA busy_timeout = {_EMPTIED_MILLISECONDS}")
            try:
                # Meanwhile nobody can write: of those who read, the database waits for none longer than that.
                (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(self._busy_seconds * 1000)}")
        except (sqlite3.Error, UnavailableError):
            return False
        return not is_busy

    def verify(self) -> None:
        """Look through the file, if it is no larger than _MOST_VERIFIED."""
        connection = self._connection()
        with translated(self.uses):
            if self._path.stat().st_size > _MOST_VERIFIED:
                return
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        # FAIL CLOSED (broken file): what is left of it may be the grant and not the revocation.
        if said != "ok":
            raise UnavailableError(f"the store `{self._path}` is broken: {said}")

    def array(self, texts: Sequence[str]) -> str:
        """Return *texts* as one parameter."""
        return json.dumps(list(texts), ensure_ascii=False)

    def close(self) -> None:
        """Close the connections that this process opened."""
        with self._lock:
            opened, self._opened = self._opened, []
        for process, connection in opened:
            if process == os.getpid():
                with suppress(sqlite3.Error):
                    connection.close()
        self._own = threading.local()
        self._companions = None

    @contextmanager
    def _transaction(self, begin: str, seconds: float = 0.0) -> Iterator[SqliteSession]:
        connection = self._connection()
        with translated(self.uses):
            self._begin(connection, begin, seconds)
        try:
            yield SqliteSession(connection, self.uses)
            with translated(self.uses):
                connection.execute("COMMIT")
        except BaseException:
            # What went wrong is told; that there may be nothing left to undo is not.
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def _begin(self, connection: sqlite3.Connection, begin: str, seconds: float) -> None:
        """Begin a transaction; whoever writes has to wait for other writers, *seconds* at most.

        SQLite itself looks again after ever longer pauses, so that whoever waits longest comes last: a revocation would
        stand behind every write that came after it.
        """
        if begin == _READING:
            connection.execute(begin)
            return
        deadline = time.monotonic() + seconds
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    connection.execute(begin)
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                        raise
                    time.sleep(_LOOK_SECONDS)
                else:
                    return
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(self._busy_seconds * 1000)}")

    def _connection(self) -> sqlite3.Connection:
        """Return the connection of this thread; one that was opened before a fork belongs to the other process."""
        held: tuple[int, sqlite3.Connection] | None = getattr(self._own, "held", None)
        if held is None or held[0] != os.getpid():
            if self._file is not None:
                # Another file would be made into a store here, and lose the log that lies beside it.
                self._look()
            held = self._own.held = (os.getpid(), self._open())
            with self._lock:
                self._opened.append(held)
        if time.monotonic() - self._looked_at > LOOKED_EVERY:
            self._look()
        return held[1]

    def _look(self) -> None:
        """Raise UnavailableError when the file or a companion of it is not the one that is open.

        FAIL CLOSED (file replaced): whoever opens the store from now on reads and writes other files than this process,
        and neither would know of what the other changes.
        """
        known = self._known()
        try:
            now = tuple([_identity(path) for path in self._files[: len(known)]])
        except OSError as error:
            raise UnavailableError(f"a file of the store is gone: {error.strerror}") from error
        if now != known:
            self._looked_at = 0.0
            raise UnavailableError("a file of the store is another one than was opened: start again, and see the log")
        self._looked_at = time.monotonic()

    def _known(self) -> tuple[_Identity, ...]:
        """Return the file, and its companions as long as this process holds them open."""
        companions = self._companions
        if self._file is None:
            return ()
        return (self._file, *(companions[1] if companions is not None and companions[0] == os.getpid() else ()))

    def _note_files(self) -> None:
        """Remember which files these are, where that is not known yet."""
        with self._lock:
            if len(self._known()) == len(self._files):
                return
            try:
                now = tuple([_identity(path) for path in self._files])
            except OSError as error:
                raise UnavailableError(f"a file of the store is gone: {error.strerror}") from error
            self._file = self._file or now[0]
            self._companions = (os.getpid(), now[1:])

    def _open(self) -> sqlite3.Connection:
        self._make_private()
        with translated(self.uses):
            # `close` may be called by another thread than the one that opened; no two use a connection at once.
            connection = sqlite3.connect(
                self._path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
            )
            for setting in _SETTINGS:
                connection.execute(setting)
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()  # now the companions are there
        self._note_files()
        return connection

    def _make_private(self) -> None:
        """Make the file, or take it away from others: what lies in it is about people."""
        if not self._path.exists() and Path(self._files[1]).exists():
            raise UnavailableError(f"the store `{self._path}` is gone, and its log is there")
        try:
            with suppress(FileExistsError):
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _OWNER_ONLY))
            for path in (self._path, *(self._path.with_name(self._path.name + end) for end in _COMPANIONS)):
                with suppress(FileNotFoundError):
                    if path.stat().st_mode & _OTHERS:
                        path.chmod(_OWNER_ONLY)
        except OSError as error:
            raise UnavailableError(f"the store `{self._path}` cannot be opened: {error.strerror}") from error
