"""A revocation does not stand behind all those who grant, in one process or another (F-16 of the faults)."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from pdp.core.fact_identity import fact_id
from pdp.core.stores import FactFilter, FactToWrite, Write
from pdp_adapters import postgresql_database
from pdp_adapters.postgresql_database import PostgresqlDatabase
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sqlite_database import SqliteDatabase
from tests.stores.writing import KIDS, NOON, fact, lies_in, role, write

LONG = 60.0
GRANTS = 4
"""That wait in each of two processes."""

AUNT = role("user:hoa", "family_member", "child:minh", granted_by="user:lan")

Waiting = Callable[[], int]
Place = tuple[list[SqlFacts], Waiting]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Return a store opened twice, as by two processes, and what counts the writers that wait for others."""
    # The one that all wait for says nothing meanwhile, however slow this machine is.
    monkeypatch.setattr("pdp_adapters.postgresql_database._IDLE", "SET LOCAL idle_in_transaction_session_timeout = 0")
    with ExitStack() as opened:
        if request.param == "sqlite":
            databases = [SqliteDatabase(tmp_path / "facts.db", busy_seconds=LONG) for _ in range(2)]
            stores = [SqlFacts(database) for database in databases]

            # The first of the other process has its turn there, and waits for the file.
            def waiting() -> int:
                return sum(database._turns.waiting for database in databases) + databases[1]._turns._is_taken

        else:
            address = request.getfixturevalue("new_database")()
            monkeypatch.setattr("pdp_adapters.postgresql_database.TURN_SECONDS", LONG)
            opened_twice = [PostgresqlDatabase(address) for _ in range(2)]
            stores = [SqlFacts(database) for database in opened_twice]
            watching = opened.enter_context(psycopg.connect(address, autocommit=True))

            def waiting() -> int:
                (number,) = watching.execute(
                    "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
                ).fetchone() or (0,)
                # One of each process stands at the database, the others behind it.
                turns = [each for database in opened_twice for each in database._turns.values()]
                return int(number) + sum(each.waiting for each in turns)

        for store in stores:
            opened.callback(store.close)
        stores[0].freshness.begin()
        yield stores, waiting


def before_the_revocation(place: Place, *, first: bool) -> int:
    """Return how many of the grants that waited when somebody revoked were made before the revocation."""
    stores, waiting = place
    write(stores[0], AUNT)
    made: list[str] = []
    threads: list[threading.Thread] = []

    def begin(store: SqlFacts, what: Write, name: str, *, first: bool) -> None:
        def do() -> None:
            with store.writing(KIDS, first=first) as writing:
                writing.apply(what)
                made.append(name)  # while nobody else can write

        threads.append(threading.Thread(target=do))
        threads[-1].start()
        while waiting() < len(threads):
            threading.Event().wait(0.002)

    with stores[0].writing(KIDS) as writing:
        writing.find(FactFilter(), [fact_id(KIDS, AUNT)])  # from the first thing that is asked for on
        for number in range(GRANTS):
            for at in (0, 1):
                grown = FactToWrite(fact(lies_in(f"child:{at}-{number}", "class:la")))
                begin(stores[at], Write("user:lan", "local", NOON, (grown,)), "grant", first=False)
        taken_back = Write("user:lan", "local", NOON, deletions=((fact_id(KIDS, AUNT), ""),))
        begin(stores[0], taken_back, "revocation", first=first)
    for thread in threads:
        thread.join(LONG)
    assert len(made) == 2 * GRANTS + 1
    return made.index("revocation")


def test_a_revocation_overtakes_those_who_grant(place: Place) -> None:
    """At most the one that stands at the head of the other process comes before it."""
    assert before_the_revocation(place, first=True) <= 1


def test_the_twin_without_precedence_is_found_out(place: Place) -> None:
    """One that goes with the others comes after those that its own process has already let wait."""
    assert before_the_revocation(place, first=False) >= GRANTS


def in_order(address: str) -> list[str]:
    """Return who of two wrote first: a revocation that waited and is slow to wake, or a grant that came later."""
    stores = [SqlFacts(PostgresqlDatabase(address)) for _ in range(2)]
    stores[0].freshness.begin()
    write(stores[0], AUNT)
    made: list[str] = []

    def do(what: Write, name: str, *, first: bool) -> None:
        with stores[1].writing(KIDS, first=first) as writing:
            writing.apply(what)
            made.append(name)  # while nobody else can write

    taken_back = Write("user:lan", "local", NOON, deletions=((fact_id(KIDS, AUNT), ""),))
    grown = Write("user:lan", "local", NOON, (FactToWrite(fact(lies_in("child:an", "class:la"))),))
    revocation = threading.Thread(target=do, args=(taken_back, "revocation"), kwargs={"first": True})
    grant = threading.Thread(target=do, args=(grown, "grant"), kwargs={"first": False})
    with psycopg.connect(address, autocommit=True) as watching:
        with stores[0].writing(KIDS, first=True) as writing:
            writing.find(FactFilter(), [fact_id(KIDS, AUNT)])
            revocation.start()
            while not (slow := watching.execute("SELECT pid FROM pg_locks WHERE NOT granted").fetchone()):
                threading.Event().wait(0.002)
            os.kill(slow[0], signal.SIGSTOP)
        try:
            grant.start()
            waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
            while not made and not watching.execute(waits).fetchone():
                threading.Event().wait(0.002)
        finally:
            os.kill(slow[0], signal.SIGCONT)
    for thread in (revocation, grant):
        thread.join(LONG)
    for store in stores:
        store.close()
    return made


def test_a_revocation_that_is_slow_to_wake_is_not_passed(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row that all writers lock goes to whoever is awake first; nobody who gives way comes so far."""
    monkeypatch.setattr(postgresql_database, "_IDLE", "SET LOCAL idle_in_transaction_session_timeout = 0")
    assert in_order(new_database()) == ["revocation", "grant"]


def test_the_twin_with_one_lock_is_found_out(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: those who give way wait for one another, and not for those who go first."""
    monkeypatch.setattr(postgresql_database, "_IDLE", "SET LOCAL idle_in_transaction_session_timeout = 0")
    monkeypatch.setattr(postgresql_database, "_GIVES_WAY", postgresql_database._GIVES_WAY[:1])
    monkeypatch.setattr(postgresql_database, "_GOES_FIRST", ())
    assert in_order(new_database()) == ["grant", "revocation"]
