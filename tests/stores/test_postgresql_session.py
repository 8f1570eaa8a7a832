"""Statements that are kept until something is read: their order, and what becomes of what goes wrong with one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from pdp.core.errors import UnavailableError
from pdp.core.fact_identity import fact_id
from pdp.core.facts import FactKind
from pdp.core.stores import FactFilter, FactToWrite, Page, Write
from pdp_adapters.postgresql_database import PostgresqlDatabase
from pdp_adapters.postgresql_session import PostgresqlSession, session_of
from pdp_adapters.sql_backup import dumped, restore
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.writers_turns import Turns
from tests.stores.postgresql_server import binaries, short_lived_postgresql
from tests.stores.writing import KIDS, NOON, fact, lies_in, role, write

pytestmark = pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed: apt install postgresql-15")

PUT = "INSERT INTO noted (number) VALUES (:number)"
ALL = "SELECT number FROM noted ORDER BY place"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Run a server for all tests of this module."""
    with short_lived_postgresql() as address:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE TABLE noted (place SERIAL, number INTEGER CHECK (number >= 0))")
        yield f"{address}/postgres"


@pytest.fixture
def database(address: str) -> Iterator[PostgresqlDatabase]:
    """Give a database whose table is empty."""
    database = PostgresqlDatabase(address)
    with database.writing() as session:
        session.run("DELETE FROM noted", {})
    yield database
    database.close()


def noted(database: PostgresqlDatabase) -> list[int]:
    """Return what is committed."""
    with database.single() as session:
        return [number for (number,) in session.rows(ALL, {})]


def test_what_is_kept_runs_before_what_is_read(database: PostgresqlDatabase) -> None:
    """Whoever reads within a transaction sees all that was asked for before, in its order."""
    with database.writing() as session:
        session.run_later(PUT, {"number": 2})
        session.run_each(PUT, [{"number": 1}, {"number": 3}])
        assert [number for (number,) in session.rows(ALL, {})] == [2, 1, 3]
        session.run_later(PUT, {"number": 0})
    assert noted(database) == [2, 1, 3, 0]


def fails_first(session: PostgresqlSession) -> None:
    """Ask for what cannot be done, and for something after it."""
    session.run_later(PUT, {"number": -1})
    session.run_later(PUT, {"number": 5})


def fails_last(session: PostgresqlSession) -> None:
    """Ask for something, and for what cannot be done after it."""
    session.run_later(PUT, {"number": 5})
    session.run_later(PUT, {"number": -1})


def fails_before_something_is_read(session: PostgresqlSession) -> None:
    """Read after what cannot be done."""
    session.run_later(PUT, {"number": 5})
    session.run_later(PUT, {"number": -1})
    session.rows(ALL, {})


@pytest.mark.parametrize("work", [fails_first, fails_last, fails_before_something_is_read])
def test_nothing_is_committed_when_a_statement_that_was_kept_fails(database: PostgresqlDatabase, work: Any) -> None:
    """A transaction in which anything fails ends with an error, all of it undone, and the connection is good again."""
    with pytest.raises(UnavailableError), database.writing() as session:
        work(session)
    assert noted(database) == []
    with database.writing() as session:
        session.run_later(PUT, {"number": 7})
    assert noted(database) == [7]


def swallowing(database: PostgresqlDatabase) -> None:
    """Write, and go on as if nothing had happened where that fails."""
    with database.writing() as session:
        session.run_later(PUT, {"number": 1})
        with suppress(psycopg.Error):  # what somebody does who believes that this is one statement alone
            session.run(PUT, {"number": -1})


def test_a_transaction_that_has_failed_is_not_taken_for_committed(database: PostgresqlDatabase) -> None:
    """PostgreSQL answers the commit of what has failed with a rollback and no error: nobody may take it for done."""
    with pytest.raises(UnavailableError):
        swallowing(database)
    assert noted(database) == []


def test_a_twin_that_does_not_look_at_the_answer_is_found_out(
    database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: it believes every commit."""

    @contextmanager
    def believing(self: Any, begin: str, *first: str) -> Iterator[None]:
        for sql in (begin, *first):
            self.run(sql, {})
        yield
        self.run("COMMIT", {})

    monkeypatch.setattr(PostgresqlSession, "transaction", believing)
    swallowing(database)  # no error, and nothing written
    monkeypatch.undo()
    assert noted(database) == []


class RefusedError(Exception):
    """Raised for a reason of its own."""


def refused(database: PostgresqlDatabase, number: int) -> None:
    """Write a number, which may not be negative nor nine."""
    with database.writing() as session:
        session.run_later(PUT, {"number": number})
        session.refuse_later("SELECT place FROM noted WHERE number = :nine", {"nine": 9}, RefusedError())
        session.run_later(PUT, {"number": number})


def test_what_is_refused_is_not_committed_and_told_as_what_it_is(database: PostgresqlDatabase) -> None:
    """A query that gives a row undoes the transaction, though nobody has waited for it, and nothing else does."""
    with pytest.raises(RefusedError):
        refused(database, 9)
    assert noted(database) == []
    with pytest.raises(UnavailableError):
        refused(database, -1)
    refused(database, 4)
    assert noted(database) == [4, 4]


def test_a_second_reason_is_told_apart(database: PostgresqlDatabase) -> None:
    """Of two queries each is told by its own error, and neither is passed over."""

    def refused_for(first: str, second: str) -> None:
        with database.writing() as session:
            session.refuse_later(f"SELECT 1 WHERE {first}", {}, RefusedError("the first"))
            session.refuse_later(f"SELECT 1 WHERE {second}", {}, RefusedError("the second"))

    with pytest.raises(RefusedError, match="the first"):
        refused_for("true", "false")
    with pytest.raises(RefusedError, match="the second"):
        refused_for("false", "true")


def test_a_twin_that_refuses_nothing_is_found_out(
    database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: what the query gives is not looked at."""
    monkeypatch.setattr(
        PostgresqlSession, "refuse_later", lambda self, sql, parameters, _error: self.run_later(sql, parameters)
    )
    refused(database, 9)  # no error, and committed
    assert noted(database) == [9, 9]


def messages(address: str, monkeypatch: pytest.MonkeyPatch, what: FactKind, *, taken_back: bool) -> int:
    """Return how many messages a change takes within its transaction."""
    sent: list[int] = []
    real = PostgresqlSession._all_sent

    def counting(self: PostgresqlSession, asked: Any) -> Any:
        sent.append(len(asked))
        return real(self, asked)

    store = SqlFacts(PostgresqlDatabase(address))
    id_ = fact_id(KIDS, what)
    if taken_back:
        write(store, what)
    deletions, facts = (((id_, ""),), ()) if taken_back else ((), (FactToWrite(fact(what)),))
    with store.writing(KIDS, first=taken_back) as writing:
        monkeypatch.setattr(PostgresqlSession, "_all_sent", counting)
        writing.find(FactFilter(), [id_])
        writing.apply(Write("user:lan", "local", NOON, facts=facts, deletions=deletions))
        sent.append(0)  # the commit, with all that is kept
        monkeypatch.undo()
    store.close()
    return len(sent)


@pytest.mark.parametrize(
    ("what", "taken_back", "most"),
    [
        (role("user:hoa", "family_member", "child:minh", "user:lan"), True, 2),
        (role("user:hoa", "family_member", "child:minh", "user:lan"), False, 2),
        (lies_in("child:minh", "class:la"), False, 2),
    ],
)
def test_a_change_takes_a_few_messages(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, what: FactKind, taken_back: bool, most: int
) -> None:
    """One to lock and look, one to write and commit, which does not commit where there is a loop."""
    assert messages(new_database(), monkeypatch, what, taken_back=taken_back) == most


def test_a_twin_that_waits_for_each_statement_is_found_out(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: nothing is kept."""
    with monkeypatch.context() as patching:
        patching.setattr(PostgresqlSession, "run_later", lambda self, sql, parameters: self.run(sql, parameters))
        assert messages(new_database(), patching, lies_in("child:minh", "class:la"), taken_back=False) > 6


def sent_by(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which every message adds how many statements it brings."""
    sent: list[int] = []
    real = PostgresqlSession._all_sent

    def counting(self: PostgresqlSession, asked: Any) -> Any:
        sent.append(len(self._kept) + len(asked))
        return real(self, asked)

    monkeypatch.setattr(PostgresqlSession, "_all_sent", counting)
    return sent


@pytest.mark.parametrize("gives_way", [True, False])
def test_a_writer_that_asks_for_nothing_sends_nothing(
    database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch, gives_way: bool
) -> None:
    """Neither a lock that others would wait for nor a commit, whether it lets others go first or not."""
    sent = sent_by(monkeypatch)

    with database.writing(gives_way=gives_way):
        pass
    assert sent == []

    with database.writing(gives_way=gives_way) as session:
        session.run_later(PUT, {"number": 6})
    assert len(sent) == 1
    assert noted(database) == [6]


def test_what_is_kept_has_a_bound(database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes much sends it in several messages, all of one transaction."""
    monkeypatch.setattr("pdp_adapters.postgresql_session.MOST_KEPT", 10)
    sent = sent_by(monkeypatch)
    many = list(range(25))

    with database.writing() as session:
        session.run_each(PUT, [{"number": number} for number in many])
        assert sum(sent) >= len(many) - 10
        assert noted(database) == []

    assert max(sent) <= 10
    assert noted(database) == many


def slowly(lines: list[str]) -> Iterator[str]:
    """Give lines with a pause that is longer than a writer may be silent."""
    for number, line in enumerate(lines):
        if number == 2:
            Event().wait(0.3)
        yield line


def restored_slowly(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> list[FactKind]:
    """Return what is there after a backup that came with a pause was restored."""
    what = role("user:hoa", "family_member", "child:minh", "user:lan")
    first = SqlFacts(PostgresqlDatabase(new_database()))
    write(first, what)
    lines = list(dumped(first._database))
    first.close()
    monkeypatch.setattr("pdp_adapters.postgresql_database._IDLE", "SET LOCAL idle_in_transaction_session_timeout = 50")
    store = SqlFacts(PostgresqlDatabase(new_database()))
    try:
        restore(store._database, slowly(lines))
        monkeypatch.undo()
        store.confirm()
        return [each.kind for each in store.read(KIDS, FactFilter(), Page(10)).facts]
    finally:
        store.close()


def test_a_backup_may_come_slowly(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from another program, or over a network: nobody takes whoever restores it for frozen."""
    assert len(restored_slowly(new_database, monkeypatch)) == 1


def test_a_twin_that_restores_as_others_write_is_found_out(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: whoever restores is undone when nothing comes."""
    monkeypatch.setattr(PostgresqlDatabase, "migrations", PostgresqlDatabase.writing)
    with pytest.raises(UnavailableError):
        restored_slowly(new_database, monkeypatch)


def test_outside_a_transaction_nothing_is_kept(database: PostgresqlDatabase) -> None:
    """Of single statements there is no commit that would run them."""
    with database.single() as session:
        session.run_later(PUT, {"number": 4})
    assert noted(database) == [4]


def test_a_writer_that_stands_still_is_undone(database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """All others wait for whoever writes; of one that is frozen the database does not wait for the return."""
    monkeypatch.setattr("pdp_adapters.postgresql_database._IDLE", "SET LOCAL idle_in_transaction_session_timeout = 50")
    frozen = PostgresqlDatabase(database.address)

    def stands_still() -> None:
        with frozen.writing() as session:
            session.run("LOCK TABLE noted IN EXCLUSIVE MODE", {})
            with database.single() as other:  # waits until the one that stands still is undone
                other.run(PUT, {"number": 9})

    with pytest.raises(UnavailableError):
        stands_still()
    frozen.close()
    assert noted(database) == [9]


def passed_over(database: PostgresqlDatabase) -> None:
    """Keep a statement that cannot be sent, pass over what comes of it, and go on to the commit."""
    with database.writing() as session:
        session.run_later("INSERT INTO noted (number) VALUES (length(:text))", {"text": "no text for PostgreSQL: \0"})
        with suppress(psycopg.Error):
            session_of(session)
        session.run(PUT, {"number": 6})


def test_what_was_kept_and_could_not_be_run_is_not_committed_without(database: PostgresqlDatabase) -> None:
    """FAIL CLOSED: a change of which a part was lost is undone whole, whoever passed over what was wrong with it."""
    with pytest.raises(UnavailableError, match="not made"):
        passed_over(database)
    assert noted(database) == []


def test_the_twin_that_forgets_what_it_lost_commits_the_rest(
    database: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells as done what was not."""
    monkeypatch.setattr(
        PostgresqlSession, "_has_lost", property(lambda _: False, lambda _self, _lost: None), raising=False
    )
    passed_over(database)
    assert noted(database) == [6]


def test_a_large_write_tells_what_is_wrong_with_what_it_kept(new_database: Callable[[], str]) -> None:
    """Where the tables are looked at in between, for speed, nothing of the write gets lost."""
    store = SqlFacts(PostgresqlDatabase(new_database()))
    try:
        granted = fact(role("user:lan", "teacher", "class:la"))
        write(store, granted)
        many = [fact(role(f"user:u-{number}", "teacher", "class:la")) for number in range(300)]
        with pytest.raises((UnavailableError, psycopg.Error)):
            write(store, *many, deletions=((granted.id, "d-1"),), decision_id="no text: \0")
        assert len(store.read(KIDS, FactFilter(), Page(1000)).facts) == 1
    finally:
        store.close()


class NoTurns(Turns):
    """The twin: nobody waits here for anybody."""

    @contextmanager
    def turn(self, seconds: float, *, gives_way: bool) -> Iterator[None]:
        """Go on at once."""
        yield


def standing_there(address: str, turns: type[Turns], *, gives_way: bool) -> int:
    """Return how many of four writers of a process wait at the database, when another process writes."""
    database, other = PostgresqlDatabase(address), PostgresqlDatabase(address)
    database._turns[gives_way] = own = turns()

    def add() -> None:
        with database.writing(gives_way=gives_way) as session:
            session.rows(ALL, {})

    with other.writing(gives_way=True) as session, other.single() as looking:
        session.rows(ALL, {})
        writers = [Thread(target=add) for _ in range(_WRITERS)]
        for writer in writers:
            writer.start()
        waiting: list[tuple[int, ...]] = []
        while not waiting or waiting[0][0] + own.waiting < _WRITERS:
            waiting = looking.rows("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", {})
    for writer in writers:
        writer.join()
    database.close()
    other.close()
    return waiting[0][0]


_WRITERS = 4


@pytest.mark.timeout(60)
@pytest.mark.parametrize("gives_way", [True, False])
def test_one_writer_of_a_process_waits_at_the_database(address: str, *, gives_way: bool) -> None:
    """One of each kind: a process that is frozen has no more than that in the way of the others."""
    assert standing_there(address, Turns, gives_way=gives_way) == 1


@pytest.mark.timeout(60)
def test_a_twin_all_of_whose_writers_wait_there_is_found_out(address: str) -> None:
    """The twin: each of them would have to be undone when the process is frozen."""
    assert standing_there(address, NoTurns, gives_way=True) == _WRITERS
