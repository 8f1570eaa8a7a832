"""PostgreSQL: one store for several machines."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from pdp.core.errors import InvalidSettingsError, NotThereError, UnavailableError
from pdp_adapters.lease_rules import boot_time
from pdp_adapters.postgresql_hangs import WAIT_SECONDS, Statements
from pdp_adapters.postgresql_leases import PostgresqlLeases
from pdp_adapters.postgresql_session import PostgresqlSession, session_of
from pdp_adapters.sql_database import POSTGRESQL, UNKNOWN_GROWTH, Dialect, Row, Uses
from pdp_adapters.writers_turns import Turns

MOST_CONNECTIONS: Final = 20
"""Of one process; more readers than this wait for one another."""

SILENT_SECONDS: Final = 1.0
"""A database that has renewed no lease for so long is taken not to be there: nobody waits for it."""

IDLE_SECONDS: Final = 1.0
"""A writer from whom the database hears nothing for so long is undone: all others wait for it, and it may be frozen."""

TURN_SECONDS: Final = 5.0
"""So long a writer waits for the others of its process."""

_IDLE: Final = f"SET LOCAL idle_in_transaction_session_timeout = {int(IDLE_SECONDS * 1000)}"
_MAY_PAUSE: Final = "SET LOCAL idle_in_transaction_session_timeout = 0"

_LOOPBACK: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})
_MIGRATING: Final = 0x50445001
"""Key of the lock that lets one process alone change the schema."""

_GIVING_WAY: Final = 0x50445002
"""Key of the lock for which those writers wait that let others go first."""

_GOING_FIRST: Final = 0x50445003
"""Key of the lock that those who go first share, and that one who lets others go first has alone.

The database gives a lock to whoever stands first in its queue when it is let go; the row that all writers lock goes to
whoever is awake first.
"""

_GIVES_WAY: Final = (
    f"SELECT pg_advisory_xact_lock({_GIVING_WAY})",
    f"SELECT pg_advisory_xact_lock({_GOING_FIRST})",
)
_GOES_FIRST: Final = (f"SELECT pg_advisory_xact_lock_shared({_GOING_FIRST})",)

GROWTH_NOTED: Final = 256
"""After so many facts written by this process it asks whether the table is another one than was analysed."""

_SMALL: Final = 100_000
"""Analysing a table of so many facts takes some 50 ms."""

_ANALYSING_SECONDS: Final = 60

# The server counts what was changed late, forgets it in a crash, and this process knows only what it has written
# itself; how many pages the table had when it was analysed, and has now, is never forgotten.
_ANALYSED: Final = """SELECT CAST(greatest(c.reltuples, 0) AS bigint), coalesce(s.n_mod_since_analyze, 0),
        pg_relation_size(c.oid) / CAST(current_setting('block_size') AS bigint) > 8 + c.relpages * 1.1
    FROM pg_class AS c LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid WHERE c.oid = to_regclass('fact')"""

_ALIVE: Final = {
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "4000",
}

# What is read may come from the primary alone, and a commit is on its disk before it is answered.
# Statements are planned once a connection: planning one takes longer than running it. Compiling one takes longer still.
_SESSION: Final = (
    f"-c statement_timeout={int(WAIT_SECONDS * 1000)} -c lock_timeout={int(WAIT_SECONDS * 1000)}"
    " -c plan_cache_mode=force_generic_plan -c jit=off"
    " -c synchronous_commit=on -c default_transaction_isolation=read\\ committed"
)


def checked_address(url: str) -> str:
    """Return the connection string of *url*: to another machine over TLS whose certificate is checked.

    A weaker `sslmode` has to be written out in *url* (https://www.postgresql.org/docs/current/libpq-ssl.html).
    Raises InvalidSettingsError, without the text of *url*, which may hold a password, when it is no such address.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise InvalidSettingsError(["the address of the store is no PostgreSQL address"]) from None
    hosts = str(parts.get("host") or parts.get("hostaddr") or "").split(",")
    is_local = all(host in _LOOPBACK or host.startswith("/") for host in hosts)
    if not is_local and "sslmode" not in parts:
        parts["sslmode"] = "verify-full"
        parts.setdefault("sslrootcert", "system")
    parts.setdefault("connect_timeout", str(int(WAIT_SECONDS)))
    parts.setdefault("target_session_attrs", "read-write")
    # Of a machine that has gone without a word, or behind a link that is cut, the system would tell in two hours.
    for name, value in _ALIVE.items():
        parts.setdefault(name, value)
    parts.setdefault("application_name", "promise-pdp")
    parts["options"] = f"{parts.get('options') or ''} {_SESSION}".strip()
    # Statements go as UTF-8 (postgresql_session), whatever *url*, the environment, the role or the database says: what
    # is sent as UTF-8 and read as LATIN1 becomes another name, and is stored.
    parts["client_encoding"] = "UTF8"
    return make_conninfo("", **parts)


_LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError)
"""What psycopg raises, without a state of SQL, for a connection that is not there or no longer."""


class _Connection(psycopg.Connection[Row]):
    """A connection that knows since when it is there, in nanoseconds of boot time."""

    opened = 0


@contextmanager
def translated(uses: Uses) -> Iterator[None]:
    """Let what the database cannot do come out as UnavailableError, NotThereError where nobody answers; count it."""
    try:
        yield
    except (psycopg.Error, PoolTimeout) as error:
        uses.failures += 1
        is_silent = isinstance(error, PoolTimeout) or (isinstance(error, _LOST) and error.sqlstate is None)
        kind = NotThereError if is_silent else UnavailableError
        raise kind(f"the store cannot be used: {type(error).__name__}") from error


class PostgresqlDatabase:
    """The database at *url*."""

    dialect: Final[Dialect] = POSTGRESQL

    def __init__(self, url: str, *, hints: bool = True) -> None:
        self.address: Final = checked_address(url)
        self._lock = threading.Lock()
        self._pool: tuple[int, ConnectionPool[Any]] | None = None
        self._grown = 0
        self._asked_at = GROWTH_NOTED
        self._statements = Statements()
        # By whether they give way: no revocation waits here for one that adds.
        self._turns: Final = {True: Turns(), False: Turns()}
        self.uses: Final = Uses()
        self.board = PostgresqlLeases(self, hints=hints)

    def grown(self, facts: int, session: PostgresqlSession | None = None) -> None:
        """Let the planner know of a table that has grown a lot.

        The server does it by itself within a minute or so; until then it would look through all facts of an operator
        for a single one (https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM). Within a write,
        whose own facts are looked through before it ends, only a small table is analysed: others wait for it.
        """
        if session is not None:
            if facts >= GROWTH_NOTED:
                self._analyse_within(session)
            return
        self._grown += facts
        if self._grown < self._asked_at:
            return
        grown, self._grown = self._grown if self._grown < UNKNOWN_GROWTH else 0, 0
        # Past the turns of writers: it lasts, changes no fact, and no revocation may wait for it.
        with suppress(UnavailableError), self.single() as own, own.transaction("BEGIN", _IDLE, *_GOES_FIRST):
            known, changed, is_larger = _analysed(own)
            if is_larger or max(grown, changed) > GROWTH_NOTED + known // 10:
                own.run(f"SET LOCAL statement_timeout = {_ANALYSING_SECONDS * 1000}", {})
                with self._statements.bounded(session_of(own), _ANALYSING_SECONDS + WAIT_SECONDS):
                    session_of(own).execute("ANALYZE fact")
            else:
                self._grown = grown
        self._asked_at = self._grown + GROWTH_NOTED

    @staticmethod
    def _analyse_within(session: PostgresqlSession) -> None:
        # What the write has asked for so far is run here: that it failed is told, and never passed over.
        connection = session_of(session)
        # What it comes to is speed: where the table is locked by somebody who cleans it up, the write goes on without.
        with suppress(psycopg.Error), connection.transaction():
            if _analysed(session)[0] < _SMALL:
                session.run("ANALYZE fact", {})

    @contextmanager
    def single(self) -> Iterator[PostgresqlSession]:
        """Return a session in which each statement stands for itself."""
        if self.board.silent_seconds > SILENT_SECONDS:
            # Those who follow it go on trying; whoever waited here would keep others from being told.
            self.uses.failures += 1
            raise NotThereError("the store cannot be used: it does not answer")
        with translated(self.uses), self._connections().connection() as connection:
            yield PostgresqlSession(connection, self._statements, self.uses)

    @contextmanager
    def young_session(self) -> Iterator[tuple[PostgresqlSession, int]]:
        """Return a session as `single` does, and the instant (boot time, nanoseconds) from when its connection is."""
        with self.single() as session:
            connection = session_of(session)
            yield session, connection.opened if isinstance(connection, _Connection) else boot_time()

    @contextmanager
    def reading(self) -> Iterator[PostgresqlSession]:
        """Return a session in which all statements see one state."""
        with self.single() as session, session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"):
            yield session

    @contextmanager
    def writing(self, *, gives_way: bool = False) -> Iterator[PostgresqlSession]:
        """Return a transaction; the first thing that it reads lets no other writer in.

        Those that *gives_way* wait for one another before that: so of all of them, in every process, one at most stands
        before a transaction that does not.

        Of each kind one alone stands there for this process: the database would let in those of a process that is
        frozen, one after another, and all others would wait until each is undone.
        """
        locks = _GIVES_WAY if gives_way else _GOES_FIRST
        with (
            self._turns[gives_way].turn(TURN_SECONDS, gives_way=gives_way),
            self.single() as session,
            session.transaction("BEGIN", _IDLE, *locks),
        ):
            yield session

    @contextmanager
    def migrations(self) -> Iterator[PostgresqlSession]:
        """Return a transaction in which one process alone may change the schema, or fill the store.

        What it is filled with may come slowly: it is not undone while nothing comes.
        """
        with self.single() as session, session.transaction("BEGIN", _MAY_PAUSE, *_GOES_FIRST):
            session.rows("SELECT pg_advisory_xact_lock(:key)", {"key": _MIGRATING})
            yield session

    def look_anew(self) -> None:
        """Replace the connections of the pool that are there no longer."""
        held = self._pool
        if held is not None and held[0] == os.getpid():
            with suppress(psycopg.Error, PoolClosed):
                held[1].check()

    def empty_log(self) -> bool:
        """Return True: what PostgreSQL keeps of what was removed, and for how long, is set there."""
        return True

    def verify(self) -> None:
        """Return: PostgreSQL looks after its own files."""

    def array(self, texts: Sequence[str]) -> list[str]:
        """Return *texts* as one parameter."""
        return list(texts)

    def close(self) -> None:
        """Close the connections of this process."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None and pool[0] == os.getpid():
            pool[1].close()

    def _connections(self) -> ConnectionPool[Any]:
        """Return the pool of this process; one that was opened before a fork belongs to the other process."""
        held = self._pool
        if held is not None and held[0] == os.getpid():
            return held[1]
        with self._lock:
            if self._pool is None or self._pool[0] != os.getpid():
                pool: ConnectionPool[Any] = ConnectionPool(
                    self.address,
                    connection_class=_Connection,
                    configure=_note_opening,
                    kwargs={"autocommit": True},
                    min_size=1,
                    max_size=MOST_CONNECTIONS,
                    timeout=WAIT_SECONDS,
                    open=True,
                )
                self._pool = (os.getpid(), pool)
            return self._pool[1]


def _analysed(session: PostgresqlSession) -> tuple[int, int, bool]:
    """Return how many facts there were when the table was analysed, how many have changed, whether it is larger now."""
    known, changed, is_larger = next(iter(session.rows(_ANALYSED, {})), (0, 0, False))
    return known, changed, is_larger


def _note_opening(connection: Any) -> None:
    connection.opened = boot_time()
