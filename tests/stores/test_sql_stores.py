"""What the stores in SQL owe beyond the suite: other processes, broken files, older programs, restored copies."""

import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from pdp.core.errors import ForeignTokenError, InvalidSettingsError, UnavailableError
from pdp.core.fact_identity import fact_id
from pdp.core.log_ports import LogHead
from pdp.core.stores import FactFilter, Pruned, StoreState, Token
from pdp.core.wanted import GroundsWanted
from pdp_adapters.postgresql_database import GROWTH_NOTED, PostgresqlDatabase, checked_address
from pdp_adapters.postgresql_session import PostgresqlSession
from pdp_adapters.sql_backup import dumped, restore
from pdp_adapters.sql_database import POSTGRESQL, Database, Session
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sql_schema import MIGRATIONS, migrate
from pdp_adapters.sql_state import read_state
from pdp_adapters.sqlite_database import SqliteDatabase
from tests.stores.writing import (
    ANYTHING,
    KIDS,
    NOON,
    all_of,
    at_least,
    current,
    delete,
    entity,
    gathered,
    ground,
    later,
    lies_in,
    role,
    said,
    wanted,
    write,
)

AUNT = role("user:hoa", "family_member", "child:minh", granted_by="user:lan")
ABOUT_AUNT = wanted(start=["child:minh"], holders=["user:hoa"])

Open = Callable[[], SqlFacts]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Callable[[], Database]]]:
    """Return what makes an empty place for a store and returns what opens it, any number of times."""
    opened: list[Any] = []
    count = iter(range(100))

    def make() -> Callable[[], Database]:
        if request.param == "sqlite":
            path = tmp_path / f"facts-{next(count)}.db"
            where: Callable[[], Database] = lambda: SqliteDatabase(path)  # noqa: E731
        else:
            address: str = request.getfixturevalue("new_database")()
            where = lambda: PostgresqlDatabase(address)  # noqa: E731

        def remembered() -> Database:
            database = where()
            opened.append(database)
            return database

        return remembered

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def place(new_place: Callable[[], Callable[[], Database]]) -> Callable[[], Database]:
    """Return what opens one place for a store."""
    return new_place()


def test_another_instance_obeys_at_once(place: Callable[[], Database]) -> None:
    """What one instance has acknowledged, every other one gathers: a hundred grants and revocations, none is late."""
    writer, reader = SqlFacts(place()), SqlFacts(place())
    for _ in range(100):
        granted = write(writer, AUNT).token
        assert gathered(reader, ABOUT_AUNT) == said(AUNT)
        revoked = delete(writer, fact_id(KIDS, AUNT)).token
        found = reader.gather(KIDS, ABOUT_AUNT, at_least(granted))
        assert (found.facts, found.token) == ((), str(revoked))


def test_no_allow_is_older_than_an_acknowledged_revocation(place: Callable[[], Database]) -> None:
    """While two writers grant and revoke at full speed, no reading that began after a revocation has its fact."""
    stale: list[int] = []
    ended = threading.Event()
    revoked_at = {"user:a": 0, "user:b": 0}
    SqlFacts(place())

    def revoke_and_grant(person: str) -> None:
        store = SqlFacts(place())
        fact = role(person, "family_member", "child:minh")
        for _ in range(60):
            write(store, fact)
            revoked_at[person] = delete(store, fact_id(KIDS, fact)).token.revision
        store.close()

    def look() -> None:
        store = SqlFacts(place())
        while not ended.is_set():
            for person in revoked_at:
                before = revoked_at[person]
                found = store.gather(KIDS, wanted(start=["child:minh"], holders=[person]), ANYTHING)
                seen = int(found.token.rpartition(".")[2])
                if seen < before:
                    stale.append(seen)
        store.close()

    writers = [threading.Thread(target=revoke_and_grant, args=(person,)) for person in revoked_at]
    readers = [threading.Thread(target=look) for _ in range(3)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    for thread in readers:
        thread.join()

    assert stale == []
    assert SqlFacts(place()).state().token.revision == 240


def test_writers_come_one_after_another(place: Callable[[], Database]) -> None:
    """Of many writers at once each gets a revision of its own and nothing is lost."""
    revisions: list[int] = []
    SqlFacts(place())

    def work(number: int) -> None:
        store = SqlFacts(place())
        roles = [role(f"user:u{number}-{step}", "teacher", "class:a") for step in range(15)]
        revisions.extend(write(store, each).token.revision for each in roles)
        store.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(revisions) == list(range(1, 61))
    assert len(all_of(SqlFacts(place()))) == 60


def test_a_forked_process_opens_connections_of_its_own(place: Callable[[], Database]) -> None:
    """A store that was used before a fork works on both sides of it."""
    store = SqlFacts(place())
    write(store, AUNT)
    store.close()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def child() -> None:
        theirs.send((current(store), write(store, role("user:x", "teacher", "class:a")).token.revision))
        store.close()

    process = context.Process(target=child)
    process.start()
    assert ours.poll(20)
    assert ours.recv() == (said(AUNT), 2)
    process.join(20)
    assert write(store, AUNT).token.revision == 3


def test_a_newer_schema_is_refused(place: Callable[[], Database]) -> None:
    """A program that is older than the store refuses to use it: it would misread it."""
    SqlFacts(place())
    with place().writing() as session:
        session.run("INSERT INTO migration (version) VALUES (:version)", {"version": len(MIGRATIONS) + 1})

    with pytest.raises(UnavailableError, match="newer"):
        SqlFacts(place())


def test_a_store_is_opened_as_it_was(place: Callable[[], Database]) -> None:
    """Opening a store again changes nothing: facts, history and token stay."""
    token = write(SqlFacts(place()), AUNT).token

    again = SqlFacts(place())

    assert (again.state().token, current(again)) == (token, said(AUNT))


def test_a_restored_store_allows_nothing_until_it_is_confirmed(
    new_place: Callable[[], Callable[[], Database]],
) -> None:
    """A restored copy has another history, refuses to be asked or written, and holds everything once confirmed."""
    original, copy = new_place(), new_place()
    store = SqlFacts(original())
    token = write(store, AUNT, request_id="r-1", content="c").token
    write(store, role("user:x", "teacher", "class:a"))
    lines = list(dumped(original()))
    delete(store, fact_id(KIDS, AUNT))
    migrate(copy())

    restore(copy(), lines)

    restored = SqlFacts(copy())
    with pytest.raises(UnavailableError, match="confirmed"):
        restored.gather(KIDS, ABOUT_AUNT, ANYTHING)
    with pytest.raises(UnavailableError, match="confirmed"):
        write(restored, AUNT)
    assert restored.confirm().confirmed
    assert restored.state().token.history != token.history
    assert gathered(restored, ABOUT_AUNT) == said(AUNT)
    with pytest.raises(ForeignTokenError):
        restored.gather(KIDS, ABOUT_AUNT, at_least(token))
    assert len(restored.history(KIDS, FactFilter())) == 2
    assert write(restored, AUNT, request_id="r-1", content="c").repeated


@pytest.mark.parametrize("broken", ["cut", "none", "words", "twice"])
def test_what_is_no_whole_backup_is_not_restored(new_place: Callable[[], Callable[[], Database]], broken: str) -> None:
    """A backup that was cut off, or is none, changes nothing; nor does one for a store that is not empty."""
    original, target = new_place(), new_place()
    write(SqlFacts(original()), AUNT)
    lines = list(dumped(original()))
    SqlFacts(target())
    match broken:
        case "cut":
            lines = lines[:-1]
        case "none":
            lines = []
        case "words":
            lines = ["hoa sen\n"]
        case _:
            restore(target(), lines)

    with pytest.raises(UnavailableError):
        restore(target(), lines)

    assert SqlFacts(target()).state().token.revision == (1 if broken == "twice" else 0)


def test_a_store_that_went_back_is_refused(place: Callable[[], Database]) -> None:
    """A store at an earlier revision than was seen lacks revocations, so it is not asked."""
    store = SqlFacts(place())
    write(store, AUNT)
    write(store, AUNT)
    with place().writing() as session:
        session.run("UPDATE store SET revision = 1", {})

    with pytest.raises(UnavailableError, match="was at 2"):
        store.gather(KIDS, ABOUT_AUNT, ANYTHING)
    with pytest.raises(UnavailableError):
        write(store, AUNT)


# --- SQLite -----------------------------------------------------------------------------------------------------------


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    """The file and its companions can be read by nobody else, even when it was made otherwise."""
    path = tmp_path / "facts.db"
    path.touch(0o644)
    store = SqlFacts(SqliteDatabase(path))
    write(store, AUNT)

    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in tmp_path.iterdir()}

    assert set(modes.values()) == {0o600}
    assert "facts.db-wal" in modes
    store.close()


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """The settings that make a commit durable are in force on every connection."""
    database = SqliteDatabase(tmp_path / "facts.db")
    with database.single() as session:
        assert session.rows("PRAGMA journal_mode", {}) == [("wal",)]
        assert session.rows("PRAGMA synchronous", {}) == [(2,)]
    database.close()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_file_is_unavailable_and_not_empty(tmp_path: Path, content: bytes) -> None:
    """What cannot be read is never taken for a store without facts."""
    path = tmp_path / "facts.db"
    path.write_bytes(content)

    with pytest.raises(UnavailableError):
        SqlFacts(SqliteDatabase(path))


def test_a_file_that_is_taken_away_is_noticed(tmp_path: Path) -> None:
    """Tables that are gone are UNAVAILABLE and not an answer."""
    path = tmp_path / "facts.db"
    store = SqlFacts(SqliteDatabase(path))
    write(store, AUNT)
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE fact")
    connection.commit()
    connection.close()

    with pytest.raises(UnavailableError):
        store.gather(KIDS, ABOUT_AUNT, ANYTHING)
    store.close()


def test_a_writer_that_does_not_let_go_is_waited_for_and_then_told(tmp_path: Path) -> None:
    """A lock that is held too long is UNAVAILABLE; readers go on meanwhile."""
    path = tmp_path / "facts.db"
    store = SqlFacts(SqliteDatabase(path, busy_seconds=0.1))
    write(store, AUNT)
    other = SqliteDatabase(path)
    with other.writing():
        assert gathered(store, ABOUT_AUNT) == said(AUNT)
        with pytest.raises(UnavailableError):
            write(store, AUNT)
    assert write(store, AUNT).token.revision == 2
    store.close()
    other.close()


_CHILD = """
import sys
from pathlib import Path
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sqlite_database import SqliteDatabase
from tests.stores.writing import role, write

store = SqlFacts(SqliteDatabase(Path(sys.argv[1])))
for number in range(1_000_000):
    pair = [role(f"user:{sys.argv[2]}-{number}-{part}", "teacher", "class:a") for part in range(3)]
    write(store, *pair)
    print(number, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """After each of several kills every acknowledged write is there whole, and every other one whole or not at all."""
    path = tmp_path / "facts.db"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'adapters'}"}
    for turn in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(path), str(turn)], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(5 + turn)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1] if line]
        process.wait()
        process.stdout.close()
        store = SqlFacts(SqliteDatabase(path))
        names = [fact.kind.subject.id for fact in all_of(store) if fact.kind.subject.id.startswith(f"{turn}-")]  # type: ignore[union-attr]
        written = {name.rpartition("-")[0] for name in names}
        assert {f"{turn}-{number}" for number in acknowledged} <= written
        assert len(names) == 3 * len(written)
        store.close()


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://pdp@db.example.org/facts", "verify-full"),
        ("postgresql://pdp@127.0.0.1,db.example.org/facts", "verify-full"),
        ("postgresql://pdp@10.0.0.7/facts", "verify-full"),
        ("postgresql://pdp@db.example.org/facts?sslmode=require", "require"),
        ("postgresql://pdp@127.0.0.1/facts", None),
        ("postgresql://pdp@localhost/facts", None),
        ("postgresql:///facts?host=/run/postgresql", None),
    ],
)
def test_another_machine_is_spoken_to_over_checked_tls(url: str, mode: str | None) -> None:
    """A connection that leaves the machine checks the other side's certificate, unless the address says otherwise."""
    parts = conninfo_to_dict(checked_address(url))

    assert parts.get("sslmode") == mode
    assert parts["target_session_attrs"] == "read-write"
    assert "synchronous_commit=on" in str(parts["options"])


def test_an_address_that_is_none_is_not_repeated() -> None:
    """What cannot be read as an address may hold a password."""
    with pytest.raises(InvalidSettingsError) as raised:
        checked_address("postgresql://pdp:hoa-sen@[/facts")

    assert "hoa-sen" not in str(raised.value)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    """A database that cannot be reached is told within seconds, and without its address."""
    with pytest.raises(UnavailableError) as raised:
        SqlFacts(PostgresqlDatabase("postgresql://pdp:hoa-sen@127.0.0.1:1/facts"))

    assert "hoa-sen" not in str(raised.value)


def test_the_newest_head_of_each_writer_of_a_log_is_kept(place: Callable[[], Database]) -> None:
    """Whatever order they come in, an older head never takes the place of a later one; all of a head comes back."""
    heads = SqlFacts(place()).log_heads
    newest = LogHead("log-1", 9, bytes(32), "2026-11-28T00:00:09+00:00", bytes(64))
    other = LogHead("log-2", 2, bytes(range(32)), "2026-11-28T00:00:02+00:00", bytes(range(64)))
    for head in (replace(newest, number=3), newest, replace(newest, number=5, at="later"), other):
        heads.keep(head)

    assert SqlFacts(place()).log_heads.heads() == (newest, other)


def test_postgresql_knows_a_table_that_has_grown(new_database: Callable[[], str]) -> None:
    """Without knowing its facts it looks through all of an operator's for one, until it analyses them by itself."""
    address = new_database()
    store = SqlFacts(PostgresqlDatabase(address))
    many = [role(f"user:u{number}", "guardian", f"child:c{number}") for number in range(3 * GROWTH_NOTED)]
    for at in range(0, len(many), GROWTH_NOTED):
        write(store, *many[at : at + GROWTH_NOTED])
    store.close()

    with psycopg.connect(address) as connection:
        known = connection.execute("SELECT count(*) FROM pg_stats WHERE tablename = 'fact'").fetchone()
    assert known is not None
    assert known[0] > 0


def test_many_containments_at_once_are_looked_through_in_time(
    new_place: Callable[[], Callable[[], Database]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that runs for longer than two seconds is broken off, and nothing would be written."""
    # What this process takes between two statements, on a machine that does other work, is not looked at here.
    monkeypatch.setattr("pdp_adapters.postgresql_database._IDLE", "SET LOCAL idle_in_transaction_session_timeout = 0")
    store = SqlFacts(new_place()())

    written = write(store, *(lies_in(f"class:c{number}", f"school:s{number // 20}") for number in range(8_000)))

    assert len(written.ids) == 8_000
    assert store.state().token.revision == 1


def test_postgresql_analyses_what_nobody_counted(new_database: Callable[[], str]) -> None:
    """A server that crashed has forgotten how many facts are new; how large the table is it has not."""
    address = new_database()
    store = SqlFacts(PostgresqlDatabase(address))
    for at in range(0, 600, 200):  # fewer at once than are noted
        write(store, *(role(f"user:u{number}", "guardian", f"child:c{number}") for number in range(at, at + 200)))
    store.close()
    with psycopg.connect(address) as connection:
        connection.execute("DELETE FROM pg_statistic WHERE starelid = 'fact'::regclass")
        connection.execute("UPDATE pg_class SET reltuples = 0, relpages = 0 WHERE oid = 'fact'::regclass")
        connection.execute("SELECT pg_stat_reset()")

    SqlFacts(PostgresqlDatabase(address)).close()

    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT reltuples FROM pg_class WHERE oid = 'fact'::regclass").fetchone() == (600,)


def test_a_write_goes_on_where_the_table_cannot_be_analysed(new_database: Callable[[], str]) -> None:
    """Somebody who cleans the table up holds a lock that lets others write and not analyse."""
    address = new_database()
    store = SqlFacts(PostgresqlDatabase(address))
    many = [role(f"user:u{number}", "guardian", f"child:c{number}") for number in range(GROWTH_NOTED)]

    with psycopg.connect(address) as connection:
        connection.execute("LOCK TABLE fact IN SHARE UPDATE EXCLUSIVE MODE")
        written = write(store, *many)

    assert len(written.ids) == GROWTH_NOTED
    store.close()


class AnalysesInTurn(PostgresqlDatabase):
    """The twin: who analyses has the turn of those that take something back."""

    def grown(self, facts: int, session: PostgresqlSession | None = None) -> None:
        """Have the turn, and analyse."""
        with self._turns[False].turn(1.0, gives_way=False):
            super().grown(facts, session)


def _writes_beside_analysing(database: PostgresqlDatabase, address: str) -> bool:
    """Say whether somebody who takes something back can write while the table waits to be analysed."""
    SqlFacts(database).state()  # its tables are made
    with psycopg.connect(address) as blocking, psycopg.connect(address, autocommit=True) as watching:
        blocking.execute("LOCK TABLE fact IN SHARE UPDATE EXCLUSIVE MODE")
        analysing = threading.Thread(target=database.grown, args=(2 * GROWTH_NOTED,))
        analysing.start()
        while not watching.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            assert analysing.is_alive(), "it did not wait for the table"
            time.sleep(0.002)
        try:
            with database.writing() as session:
                session.rows("SELECT 1", {})
        except UnavailableError:
            return False
        else:
            return True
        finally:
            blocking.rollback()
            analysing.join(60.0)
            database.close()


@pytest.mark.parametrize(("kind", "writes"), [(PostgresqlDatabase, True), (AnalysesInTurn, False)])
def test_no_revocation_waits_while_the_table_is_analysed(
    kind: type[PostgresqlDatabase], writes: bool, new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it comes to is speed; a twin that analyses in turn is found out."""
    monkeypatch.setattr("pdp_adapters.postgresql_database.TURN_SECONDS", 0.2)
    address = new_database()
    assert _writes_beside_analysing(kind(address), address) is writes


def _rows_fetched(address: str) -> int:
    """Return how many facts PostgreSQL looks at to say whose ticket it is, where one person has 2,000 of 6,000."""
    database = PostgresqlDatabase(address)
    store = SqlFacts(database)
    tickets = [
        ground(
            "support_ticket",
            str(number),
            "user:agent" if number < 2_000 else f"user:a{number}",
            f"user:u{number % 900}",
        )
        for number in range(6_000)
    ]
    write(store, *tickets)
    agent, person = frozenset({entity("user:agent")}), frozenset({entity("user:u7")})
    asked = wanted(grounds=(GroundsWanted(frozenset({"support_ticket"}), agent, person),))
    with database.reading() as session:
        # Alone in its message, as a check asks it: with values in its text it would be planned for these values.
        session.rows("SELECT 1", {})
        found = store.gather_in(session, KIDS, asked, ANYTHING)
        rows = session.rows(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'fact'", {}
        )
    store.close()
    assert len(found.facts) == 3
    return int(rows[0][0])


def test_a_beneficiary_of_many_grounds_is_looked_at_no_longer_than_others(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL finds grounds by whom the data is about; left to choose, as the broken twin does, it reads all."""
    assert _rows_fetched(new_database()) < 50

    monkeypatch.setattr(PostgresqlDatabase, "dialect", replace(POSTGRESQL, aside_form="COLUMN"))
    assert _rows_fetched(new_database()) > 1_000


def test_a_store_tells_what_time_it_is(place: Callable[[], Database]) -> None:
    """A database with a clock tells it; one without knows when it was last changed, should that be later than now."""
    store = SqlFacts(place())
    write(store, AUNT)
    now = datetime.now(UTC)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)

    assert store.instant(now) - now < timedelta(seconds=60)
    assert store.instant(long_ago) >= store.state().committed_at


def left_in_files(folder: Path, name: bytes) -> dict[str, int]:
    """Return how often *name* stands in which file."""
    counted = {path.name: path.read_bytes().count(name) for path in folder.iterdir()}
    return {path: count for path, count in counted.items() if count}


def test_an_erasure_leaves_nothing_in_the_files_of_sqlite(tmp_path: Path) -> None:
    """The write-ahead log is emptied; where somebody reads what was there, that is told, and done the next time."""
    path = tmp_path / "facts.db"
    store = SqlFacts(SqliteDatabase(path))
    write(store, role("user:erased-person", "family_member", "child:minh"))
    assert left_in_files(tmp_path, b"erased-person")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM fact").fetchall()
        assert store.erase(KIDS, entity("user:erased-person"), NOON).is_left_in_log
        assert left_in_files(tmp_path, b"erased-person")
        other.execute("ROLLBACK")

    assert not store.erase(KIDS, entity("user:erased-person"), NOON).is_left_in_log
    assert left_in_files(tmp_path, b"erased-person") == {}
    store.close()


def pruned_once(path: Path) -> SqlFacts:
    """Return a store in which one version can be pruned at 12:05."""
    store = SqlFacts(SqliteDatabase(path))
    kind = role("user:pruned-person", "family_member", "child:minh")
    write(store, kind)
    delete(store, fact_id(KIDS, kind))
    write(store, role("user:x", "teacher", "class:a"), at=later(10))
    return store


def test_pruning_leaves_nothing_in_the_files_of_sqlite(tmp_path: Path) -> None:
    """What is pruned goes from the write-ahead log too."""
    store = pruned_once(tmp_path / "facts.db")

    assert store.prune(KIDS, "role", later(5)) == Pruned(1)

    assert left_in_files(tmp_path, b"pruned-person") == {}
    store.close()


def test_pruning_tells_what_it_leaves_in_the_files_of_sqlite(tmp_path: Path) -> None:
    """Where somebody reads what was there, it stays in the log, and that is told."""
    path = tmp_path / "facts.db"
    store = pruned_once(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM past_fact").fetchall()
        assert store.prune(KIDS, "role", later(5)) == Pruned(1, is_left_in_log=True)
        assert left_in_files(tmp_path, b"pruned-person")
    store.close()


def test_a_write_meanwhile_does_not_make_pruning_a_store_that_went_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is newer than what is read was not known before; the twin of this looks at it afterwards."""
    store = pruned_once(tmp_path / "facts.db")
    read = read_state

    def beside_a_write(session: Session) -> StoreState:
        state = read(session)
        store._seen(Token(state.token.history, state.token.revision + 1))
        return state

    monkeypatch.setattr("pdp_adapters.sql_facts.read_state", beside_a_write)
    assert store.prune(KIDS, "role", later(5), only_count=True) == Pruned(1)
    with pytest.raises(UnavailableError, match="at revision"):
        store.prune(KIDS, "role", later(5))
    store.close()


def test_who_finds_everything_pruned_waits_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may have pruned since it was counted: then there is nothing to empty the log of."""
    store = pruned_once(tmp_path / "facts.db")
    store.prune(KIDS, "role", later(5))
    emptied: list[SqliteDatabase] = []
    monkeypatch.setattr(SqliteDatabase, "empty_log", emptied.append)
    monkeypatch.setattr("pdp_adapters.sql_facts.prunable", lambda *_: (1, 1))

    assert store.prune(KIDS, "role", later(5)) == Pruned(0)
    assert not emptied
    store.close()
