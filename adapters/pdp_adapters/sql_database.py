"""What the stores in SQL ask of a database: statements, transactions, and the few words in which the two differ."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from pdp.core.ends import Slots
from pdp.core.freshness import Freshness
from pdp.core.stores import StoreState

UNKNOWN_GROWTH: Final = 1 << 62
"""So many facts may have come while this process was not there."""

Parameters = Mapping[str, Any]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database says what no two say alike; `NAME` stands for the name of a parameter that is an array of texts.

    *text* is the type of columns whose text is compared byte for byte; *locking* stands behind a query whose rows no
    other writer may read before this transaction ends. *statistics* are statements that tell the planner, before there
    are any facts, what a large store looks like. *passing* stands in the making of a table that need not outlive the
    database's process. *clock* is a query for the time of a database that has a clock of its own. *mark* gives, beside
    the row of the store, the word that its revision alone has, where such words are needed.
    """

    text: str
    locking: str
    each_form: str
    among_form: str
    contains_form: str
    index_form: str = ""
    aside_form: str = "COLUMN"
    passing: str = ""
    clock: str = ""
    mark: str = "''"
    statistics: tuple[str, ...] = ()

    def each(self, name: str) -> str:
        """Return a query that gives each element of the array parameter *name*, in a column called `value`."""
        return self.each_form.replace("NAME", name)

    def among(self, name: str) -> str:
        """Return what asks, behind a column, whether its value is in the array parameter *name*."""
        return self.among_form.replace("NAME", name)

    def by(self, index: str) -> str:
        """Return what stands behind the name of a table that is to be read by *index*, where that can be said."""
        return self.index_form.replace("NAME", index)

    def aside(self, column: str) -> str:
        """Return *column* in a form by which no index is chosen, where an index cannot be named."""
        return self.aside_form.replace("COLUMN", column)

    def contains(self, column: str, name: str) -> str:
        """Return what asks whether *column* has the text parameter *name* in it."""
        return self.contains_form.replace("NAME", name).replace("COLUMN", column)


SQLITE_STATISTICS: Final = (
    ("fact", "sqlite_autoindex_fact_1", "10000000 1"),
    ("fact", "fact_by_subject", "10000000 2000000 4 3 2"),
    ("fact", "fact_by_scope", "10000000 2000000 50 25 12 2"),
    ("fact", "fact_by_data_subject", "10000000 2000000 6 4 3 2"),
    ("fact", "ground_by_kind", "5000000 1000000 100000"),
    ("fact", "fact_by_revision", "10000000 2000000 2"),
    ("past_fact", "sqlite_autoindex_past_fact_1", "10000000 3 1"),
    ("past_fact", "past_fact_by_subject", "10000000 2000000 6 3"),
    ("past_fact", "past_fact_by_scope", "10000000 2000000 60 40"),
    ("past_fact", "past_fact_by_data_subject", "10000000 2000000 10 5"),
    ("past_fact", "past_fact_by_begun", "10000000 2000000 2"),
    ("past_fact", "past_fact_by_ended", "10000000 2000000 2"),
    ("change_set", "change_set_by_request", "1000000 200000 1"),
    ("change_set", "change_set_by_instant", "1000000 1 1"),
    ("partition_change", "sqlite_autoindex_partition_change_1", "300000 60000 1"),
)
"""Rows of `sqlite_stat1` (https://www.sqlite.org/fileformat2.html#stat1tab) for ten million facts.

Without them SQLite takes an index that begins with the operator for a narrow one, and looks through all of its facts.
"""

SQLITE: Final = Dialect(
    text="TEXT",
    locking="",
    each_form="SELECT CAST(value AS TEXT) AS value FROM json_each(:NAME)",
    among_form="IN (SELECT CAST(value AS TEXT) FROM json_each(:NAME))",
    contains_form="instr(COLUMN, :NAME) > 0",
    index_form=" INDEXED BY NAME",
    statistics=(
        "ANALYZE",
        "DELETE FROM sqlite_stat1",
        *(
            f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{table}', '{index}', '{stat}')"
            for table, index, stat in SQLITE_STATISTICS
        ),
    ),
)
POSTGRESQL: Final = Dialect(
    text='TEXT COLLATE "C"',
    locking=" FOR UPDATE",
    each_form='SELECT unnest(CAST(:NAME AS text[])) COLLATE "C" AS value',
    among_form="= ANY (CAST(:NAME AS text[]))",
    contains_form="strpos(COLUMN, :NAME) > 0",
    aside_form="(COLUMN || '')",
    passing="UNLOGGED",
    clock="SELECT clock_timestamp()",
    mark="coalesce((SELECT mark FROM change_slots WHERE change_slots.revision = store.revision), '')",
)


@dataclass(slots=True)
class Uses:
    """How many *statements* this process has run, and how many times the database could not do what was asked.

    Several threads at once may lose one, which is cheaper than a lock for each statement.
    """

    statements: int = 0
    failures: int = 0


Statement = tuple[str, Parameters]


class Session(Protocol):
    """A connection, within a transaction or for single statements. A parameter is written `:name`."""

    def rows(self, sql: str, parameters: Parameters) -> list[Row]:
        """Return the rows that a statement gives."""

    def rows_of_two(self, first: Statement, second: Statement) -> tuple[list[Row], list[Row]]:
        """Return the rows of two statements; the second begins when the first has ended."""

    def run(self, sql: str, parameters: Parameters) -> int:
        """Run a statement and return how many rows it changed."""

    def run_each(self, sql: str, many: Sequence[Parameters]) -> None:
        """Run a statement once for each of *many*."""

    def run_later(self, sql: str, parameters: Parameters) -> None:
        """Run a statement in its turn, now or with the next one; what goes wrong with it is told by the commit.

        Where the database is far away, what need not be waited for is not.
        """

    def refuse_later(self, sql: str, parameters: Parameters, error: Exception) -> None:
        """Raise *error*, now or with the next statement or the commit, where a query of a transaction gives a row.

        Nothing is committed then. What it sees is what the statements before it have made.
        """


class Board(Freshness, Protocol):
    """Where writers of a database put up what they change, so that every process knows of it."""

    def doubt(self, read: Callable[[], StoreState]) -> tuple[str, str] | None:
        """Return which history is found, and why it may not be the store that was there before; None for no reason.

        It may lack what was revoked. What *read* finds is read after what is remembered: whoever writes meanwhile gives
        no reason. Raises what *read* raises.
        """

    def changing(
        self, session: Session, state: StoreState, revision: int, committed_at: datetime, slots: Slots
    ) -> None:
        """Note that *revision*, which follows on *state*, changes something at the ends in *slots*.

        Within the transaction of the change, which no other writer comes between. Raises UnavailableError where it
        cannot be put up: then the change may not be made.
        """

    def changed(self, revision: int) -> None:
        """Return when every process that rests on what it knows knows of *revision*, which is committed. Never raises.

        INVARIANT (nobody left behind): a change is acknowledged after this, so that whoever asks after that is answered
        by somebody who knows of it.
        """

    def forget(self, session: Session) -> None:
        """Make everything that was ever read worthless, within the transaction that makes the store another one."""


class Database(Protocol):
    """One database. Every method, and every use of a session, raises UnavailableError for what the database cannot do.

    Connections are opened by whoever first needs one, in the process and thread that needs it: workers are forked.
    """

    def single(self) -> AbstractContextManager[Session]:
        """Return a session in which each statement stands for itself."""

    def reading(self) -> AbstractContextManager[Session]:
        """Return a session in which all statements see one state."""

    def writing(self, *, gives_way: bool = False) -> AbstractContextManager[Session]:
        """Return a transaction that no other writer comes between; an exception undoes it, else it is committed.

        Durable on return. One that *gives_way* lets those that do not go first, in every process.
        """

    def array(self, texts: Sequence[str]) -> Any:
        """Return *texts* as one parameter."""

    @property
    def uses(self) -> Uses:
        """Return how much it was used, since it was opened here."""

    @property
    def board(self) -> Board:
        """Return where its writers put up what they change."""

    @property
    def dialect(self) -> Dialect:
        """Return how it says what no two say alike."""

    def grown(self, facts: int, session: Any = None) -> None:
        """Note that so many *facts* were written, and let the planner know of a table that is another one now.

        After the commit, without *session*, it never raises: what is written is written.
        """

    def verify(self) -> None:
        """Raise UnavailableError for a database that is broken, as far as can be found out while somebody waits."""

    def empty_log(self) -> bool:
        """Let nothing that was removed be left in files of ours beside the database, and say whether that is so.

        It may wait for a second for those who read; never raises.
        """

    def migrations(self) -> AbstractContextManager[Session]:
        """Return a transaction in which one process alone may change the schema."""

    def close(self) -> None:
        """Close the connections of this process."""
