"""Every way to lose the board of a SQLite store is noticed, and nothing that was read before counts again."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from pdp.core.ends import Slots
from pdp.core.errors import UnavailableError
from pdp.core.fact_identity import fact_id
from pdp.core.stores import StoreState
from pdp_adapters import sqlite_board
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sqlite_board import SqliteBoard
from pdp_adapters.sqlite_database import SqliteDatabase, SqliteSession
from tests.freshness.places import AUNT, ELSEWHERE, Open, Reading, opening
from tests.freshness.test_following import a_deletion
from tests.stores.writing import KIDS, delete, role, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the store is."""
    return tmp_path / "facts.db"


@pytest.fixture
def place(path: Path) -> Iterator[Open]:
    """Return what opens the store."""
    with opening("sqlite", path) as opens:
        yield opens


def board_of(path: Path) -> Path:
    """Return where the board of a store is."""
    return path.with_name("facts.db-board")


def test_the_board_is_for_its_owner_alone(path: Path, place: Open) -> None:
    """Which slots change says something about people, if little."""
    Reading(place())

    assert stat.S_IMODE(board_of(path).stat().st_mode) == 0o600


def _remove(board: Path) -> None:
    board.unlink()


def _replace(board: Path) -> None:
    other = board.with_name("other")
    other.write_bytes(board.read_bytes())
    other.rename(board)


def _move(board: Path) -> None:
    board.rename(board.with_name("elsewhere"))


def _lengthen(board: Path) -> None:
    with board.open("ab") as file:
        file.write(b"x")


@pytest.mark.parametrize("lose", [_remove, _replace, _move, _lengthen])
def test_a_lost_board_is_not_gone_by(path: Path, place: Open, lose: Callable[[Path], None]) -> None:
    """Whoever has a board mapped that writers do not find any more goes by it no longer, at once."""
    here, there = place(), place()
    write(there, AUNT)
    reading = Reading(here)
    assert reading.holds()

    lose(board_of(path))
    assert not reading.holds()
    delete(there, fact_id(KIDS, AUNT))
    assert not reading.holds()
    assert Reading(here).facts == ()
    assert Reading(here).holds()


def test_a_board_of_another_boot_is_made_anew(path: Path, place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in memory when the machine lost its power is not relied upon."""
    store = place()
    write(store, AUNT)
    old = Reading(store)
    monkeypatch.setattr(sqlite_board, "_boot", lambda: 7)

    other = Reading(place())

    assert other.life != old.life
    assert not old.holds()


def test_a_store_that_went_back_has_another_life(path: Path, place: Open) -> None:
    """A copy of yesterday in the place of the store: nobody believes it before it is confirmed, and then it has another
    history, in which nothing that was read of the other counts.
    """
    store = place()
    write(store, ELSEWHERE)
    store.close()
    yesterday = path.read_bytes(), path.with_name("facts.db-wal").read_bytes() if _has_wal(path) else b""
    with opening("sqlite", path) as opens:
        later = opens()
        write(later, AUNT)
        reading, history = Reading(later), later.state().token.history
    path.write_bytes(yesterday[0])
    if _has_wal(path):
        path.with_name("facts.db-wal").write_bytes(yesterday[1])

    with opening("sqlite", path) as opens:
        with pytest.raises(UnavailableError, match="was at 2 before"):
            write(opens(), ELSEWHERE)
        assert opens().freshness.standing() is None
        confirmed = opens().confirm()
        assert confirmed.token.history != history
        again = Reading(opens())
        write(opens(), ELSEWHERE)

        assert again.life != reading.life
        assert again.facts == ()


class _WrittenMeanwhile(SqliteDatabase):
    """A database that somebody else writes to whenever something has been read."""

    def __init__(self, path: Path, other: SqlFacts) -> None:
        super().__init__(path)
        self._other = other
        self._count = count()

    @contextmanager
    def single(self) -> Iterator[SqliteSession]:
        """Return a session; then let the other one write."""
        with super().single() as session:
            yield session
        write(self._other, role(f"user:{next(self._count)}", "teacher", "class:a"))


class _BoardAfterTheState(SqliteBoard):
    """A board that reads what it knows only after the state."""

    def doubt(self, read: Callable[[], StoreState]) -> tuple[str, str] | None:
        """Return the doubt that a writer in between has raised."""
        state = read()
        return super().doubt(lambda: state)


@pytest.mark.parametrize("kind", [SqliteBoard, _BoardAfterTheState])
def test_a_store_that_is_written_to_while_it_is_opened_is_not_doubted(
    kind: type[SqliteBoard], path: Path, place: Open
) -> None:
    """Else whoever starts while others write would allow nothing until an admin confirms a store that never went."""
    other = place()
    write(other, ELSEWHERE)
    database = _WrittenMeanwhile(path, other)
    database.board = kind(database, path)

    store = SqlFacts(database)
    refused = ""
    try:
        write(store, ELSEWHERE)
    except UnavailableError as error:
        refused = str(error)
    store.close()

    assert ("before (pdp facts confirm)" in refused) == (kind is _BoardAfterTheState)


def _has_wal(path: Path) -> bool:
    return path.with_name("facts.db-wal").exists()


def test_a_write_passed_over_the_board_makes_it_worthless(
    path: Path, place: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that changes facts and raises nothing is found out by whoever maps the board next."""
    store = place()
    write(store, AUNT)
    reading = Reading(store)
    store.close()
    with monkeypatch.context() as broken, opening("sqlite", path) as opens:
        broken.setattr(SqliteBoard, "changing", lambda *_: None)
        delete(opens(), fact_id(KIDS, AUNT))

    with opening("sqlite", path) as opens:
        assert Reading(opens()).life != reading.life


def test_a_writer_that_dies_before_its_commit_leaves_no_harm(path: Path, place: Open) -> None:
    """Slots that were raised for a change that never came cost readings, until there is a revision again."""
    here = place()
    write(here, AUNT)
    child = os.fork()
    if child == 0:
        there = place()
        with there.writing(KIDS) as writing:
            writing.apply(a_deletion())
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)

    reading = Reading(here)
    assert reading.facts != ()
    assert not reading.holds()  # its slots say that something may come
    delete(here, fact_id(KIDS, AUNT))
    assert Reading(here).facts == ()
    assert Reading(here).holds()


class RaisesAfterTheCommit(SqliteBoard):
    """A board on which changes are put up when they are committed: too late for whoever was quicker."""

    def changing(self, session: object, state: object, revision: int, committed_at: object, slots: Slots) -> None:
        pass


def test_a_board_that_is_not_raised_before_the_commit_is_found_out(
    place: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: a revocation that nobody puts up is found in a reading that is held for good."""
    here, there = place(), place()
    write(there, AUNT)
    reading = Reading(here)
    monkeypatch.setattr(SqliteBoard, "changing", RaisesAfterTheCommit.changing)

    delete(there, fact_id(KIDS, AUNT))

    assert reading.holds()  # the stale allow that the real board does not give


def reached(place: Open, monkeypatch: pytest.MonkeyPatch, *, says_so: bool) -> bool:
    """Say whether a revision counts for whoever waits for it, that another process has committed and says so late."""
    reading, writer = place(), place()
    reading.freshness.begin()
    committed: list[int] = []
    with monkeypatch.context() as silent:
        silent.setattr(writer._given.board, "changed", committed.append)
        write(writer, AUNT)
    (revision,) = committed
    looks: list[float] = []

    def say(seconds: float) -> None:
        looks.append(seconds)
        if says_so:
            writer._given.board.changed(revision)

    instants = count()
    monkeypatch.setattr(sqlite_board, "time", SimpleNamespace(monotonic=lambda: next(instants), sleep=say))
    reading.freshness.reach(revision, 5)
    standing = reading.freshness.standing()
    assert looks
    return standing is not None and standing.revision == revision


def test_what_is_committed_is_waited_for_until_the_board_says_so(place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has read a revision counts it as soon as its writer says so, and not before; he waits for so long."""
    assert reached(place, monkeypatch, says_so=True)


def test_a_writer_that_says_nothing_is_not_waited_for_without_end(place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is frozen after its commit keeps nobody: the time is over, and the revision does not count."""
    assert not reached(place, monkeypatch, says_so=False)


def test_a_twin_that_does_not_wait_is_found_out(place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what can be read is taken for what is on the board."""
    monkeypatch.setattr(SqliteBoard, "reach", lambda *_: None)
    with pytest.raises(AssertionError):
        reached(place, monkeypatch, says_so=True)
