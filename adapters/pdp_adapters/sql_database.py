"""What the stores in SQL ask of a database: statements, transactions, and the few words in which the two differ."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

Parameters = Mapping[str, Any]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database says what no two say alike; `NAME` stands for the name of a parameter that is an array of texts.

    *text* is the type of columns whose text is compared byte for byte; *locking* stands behind a query whose rows no
    other writer may read before this transaction ends.
    """

    text: str
    locking: str
    each_form: str
    among_form: str
    contains_form: str

    def each(self, name: str) -> str:
        """Return a query that gives each element of the array parameter *name*, in a column called `value`."""
        return self.each_form.replace("NAME", name)

    def among(self, name: str) -> str:
        """Return what asks, behind a column, whether its value is in the array parameter *name*."""
        return self.among_form.replace("NAME", name)

    def contains(self, column: str, name: str) -> str:
        """Return what asks whether *column* has the text parameter *name* in it."""
        return self.contains_form.replace("NAME", name).replace("COLUMN", column)


SQLITE: Final = Dialect(
    text="TEXT",
    locking="",
    each_form="SELECT value FROM json_each(:NAME)",
    among_form="IN (SELECT value FROM json_each(:NAME))",
    contains_form="instr(COLUMN, :NAME) > 0",
)
POSTGRESQL: Final = Dialect(
    text='TEXT COLLATE "C"',
    locking=" FOR UPDATE",
    each_form='SELECT unnest(CAST(:NAME AS text[])) COLLATE "C" AS value',
    among_form="= ANY (CAST(:NAME AS text[]))",
    contains_form="strpos(COLUMN, :NAME) > 0",
)


class Session(Protocol):
    """A connection, within a transaction or for single statements. A parameter is written `:name`."""

    def rows(self, sql: str, parameters: Parameters) -> list[Row]:
        """Return the rows that a statement gives."""

    def run(self, sql: str, parameters: Parameters) -> int:
        """Run a statement and return how many rows it changed."""

    def run_each(self, sql: str, many: Sequence[Parameters]) -> None:
        """Run a statement once for each of *many*."""


class Database(Protocol):
    """One database. Every method, and every use of a session, raises UnavailableError for what the database cannot do.

    Connections are opened by whoever first needs one, in the process and thread that needs it: workers are forked.
    """

    def single(self) -> AbstractContextManager[Session]:
        """Return a session in which each statement stands for itself."""

    def reading(self) -> AbstractContextManager[Session]:
        """Return a session in which all statements see one state."""

    def writing(self) -> AbstractContextManager[Session]:
        """Return a transaction that no other writer comes between; an exception undoes it, else it is committed.

        Durable on return.
        """

    def array(self, texts: Sequence[str]) -> Any:
        """Return *texts* as one parameter."""

    @property
    def dialect(self) -> Dialect:
        """Return how it says what no two say alike."""

    def migrations(self) -> AbstractContextManager[Session]:
        """Return a transaction in which one process alone may change the schema."""

    def close(self) -> None:
        """Close the connections of this process."""
