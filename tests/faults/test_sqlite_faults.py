"""What becomes of checks and writes when the file of a SQLite store is locked, full, read-only, broken or another one.

Two servers share the file. Each test begins and leaves the family whole, but for the last, which ends the servers.
"""

import os
import pwd
import resource
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from pdp.core.errors import UnavailableError
from pdp.core.fact_identity import fact_id
from pdp.server.health import ALIVE
from pdp.wiring.stores import backup_lines, fact_store, restore_lines
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sqlite_database import LOOKED_EVERY, SqliteDatabase
from tests.faults.served import one_policy, started
from tests.faults.world import ALLOW, DENY, UNAVAILABLE, Family, family_at, until
from tests.stores.postgresql_server import UNPRIVILEGED
from tests.stores.writing import ANYTHING, KIDS, delete, role, wanted, write
from tests.system.running import refusal
from tests.system.test_health_and_reflection import NOT_SERVING, SERVING

pytestmark = pytest.mark.system

PHOTOS = range(2, 8)


@dataclass(frozen=True)
class World:
    """A file, the policies, and two servers that share the file."""

    file: Path
    policies: Path
    one: Family
    other: Family

    @property
    def url(self) -> str:
        """Return the address of the store."""
        return f"sqlite:///{self.file}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start the servers."""
    folder = tmp_path_factory.mktemp("faults")
    policies = one_policy(folder / "policies")
    file = folder / "facts.db"
    with ExitStack() as stack, ThreadPoolExecutor() as starting:
        start = started(policies, f"sqlite:///{file}", folder, workers=1)
        servers = starting.map(stack.enter_context, [start(), start()])
        one, other = (stack.enter_context(family_at(server)) for server in servers)
        yield World(file, policies, one, other)


@pytest.fixture
def family(world: World) -> World:
    """Give the world with the aunt let in."""
    world.one.begin()
    world.other.granted = world.one.granted
    world.other.recovers(ALLOW)
    return world


@contextmanager
def locked(file: Path) -> Iterator[sqlite3.Connection]:
    """Hold the lock of a writer, as another program would."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("ROLLBACK")


def test_f16_a_file_that_somebody_else_writes_to(family: World) -> None:
    """F-16: a revocation waits for its turn and is made; a writer that never ends is told of, and holds up no check."""
    revoked: list[str] = []
    with locked(family.file):
        waiting = threading.Thread(target=lambda: revoked.append(family.one.revoke()))
        waiting.start()
        assert family.other.asked_of_all(PHOTOS) == {ALLOW}
        assert revoked == []
    waiting.join()
    assert revoked == ["OK"]
    assert {family.one.asked(), family.other.asked()} == {DENY}
    with locked(family.file):
        assert family.one.grant() == UNAVAILABLE
        assert family.one.asked() == DENY
        assert family.one.health() == SERVING


def test_f17_a_disk_that_is_full(family: World) -> None:
    """F-17: a write fails and is not half made; checks go on; with room again it is made."""
    (worker,) = family.one.server.workers()
    before = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        assert {family.one.revoke() for _ in range(3)} == {UNAVAILABLE}
        assert family.one.asked_of_all(PHOTOS) == {ALLOW}
        assert family.other.asked_of_all(PHOTOS) == {ALLOW}
    finally:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, before)
    assert family.one.revoke() == "OK"
    assert {family.one.asked(), family.other.asked()} == {DENY}


@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
def test_f17_a_file_that_is_replaced_or_gone(family: World, end: str) -> None:
    """F-17: a server whose file, or log, is no longer under its name neither reads nor writes it; put back, it does.

    A copy that is the same to the last byte is another file: what others write to it this server would never see.
    """
    file = family.file.with_name(family.file.name + end)
    aside = file.with_name("aside")
    file.rename(aside)
    try:
        for replace in (False, True):
            if replace:
                shutil.copy(aside, file)
            time.sleep(2 * LOOKED_EVERY)
            for each in (family.one, family.other):
                assert each.asked_of_all(range(8 + replace * 8, 12 + replace * 8)) == {UNAVAILABLE}
                assert each.revoke() == UNAVAILABLE
        if not end:
            until(lambda: {each.health() for each in (family.one, family.other)}, {NOT_SERVING})
            assert family.one.health(ALIVE) == SERVING
    finally:
        aside.replace(file)
    family.one.recovers(ALLOW)
    until(lambda: {each.health() for each in (family.one, family.other)}, {SERVING})
    assert family.other.revoke() == "OK"
    assert {family.one.asked(), family.other.asked()} == {DENY}


def copied(world: World, folder: Path) -> Path:
    """Return a copy of the store in a folder of its own, as a program that knows SQLite makes it."""
    file = folder / "facts.db"
    with closing(sqlite3.connect(world.file)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = WAL")
    return file


def test_f17_a_file_that_is_broken(family: World, tmp_path: Path) -> None:
    """F-17: a server does not start over a file with a page that makes no sense, and says so."""
    file = copied(family, tmp_path)
    fact_store(f"sqlite:///{file}").close()
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(size // 2 // 4096 * 4096)
        opened.write(b"\xa5" * 4096)

    with pytest.raises(AssertionError, match="is broken"), started(family.policies, f"sqlite:///{file}", tmp_path)():
        pass


def test_f17_a_file_that_cannot_be_written() -> None:
    """F-17: what is in a file that may only be read is found; a write is refused, and says why."""
    aunt = role("user:hoa", "family_member", "child:minh")
    with tempfile.TemporaryDirectory(prefix="pdp-read-only-") as name:
        file = Path(name) / "facts.db"
        with closing(SqlFacts(SqliteDatabase(file))) as store:
            write(store, aunt)
        file.chmod(0o400)
        if os.geteuid() == 0:
            for path in (Path(name), *Path(name).iterdir()):
                shutil.chown(path, UNPRIVILEGED, UNPRIVILEGED)
        child = os.fork()
        if child == 0:
            os._exit(_reads_and_cannot_write(file))

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _reads_and_cannot_write(file: Path) -> int:
    """Return 0 when whoever may only read *file* does, and is refused a write; root becomes somebody else first."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    store = SqlFacts(SqliteDatabase(file))
    store.freshness.begin()
    wants = wanted(start=["child:minh"], holders=["user:hoa"])
    if not store.gather(KIDS, wants, ANYTHING).facts:
        return 1
    try:
        delete(store, fact_id(KIDS, role("user:hoa", "family_member", "child:minh")))
    except UnavailableError as error:
        return 0 if "readonly" in str(error) and store.gather(KIDS, wants, ANYTHING).facts else 2
    return 3


def test_f54_what_is_of_yesterday_is_not_believed(family: World, tmp_path: Path) -> None:
    """F-54: neither a backup that was restored nor a copy put in the place of the file allows what was revoked since,
    nor says anything else, before somebody who knows has confirmed it; then it has another history.
    """
    backup = list(backup_lines(family.url))
    copy = copied(family, tmp_path)
    assert family.one.revoke() == "OK"
    assert family.other.asked() == DENY
    token = family.one.client.check().checked_at
    for each in (family.one, family.other):
        workers = each.server.workers()
        each.server.kill()
        until(lambda pids=workers: [pid for pid in pids if Path(f"/proc/{pid}/fd").exists()], [])  # type: ignore[misc]
    for end in ("-wal", "-shm"):
        family.file.with_name(family.file.name + end).unlink(missing_ok=True)
    family.file.write_bytes(copy.read_bytes())
    restored = f"sqlite:///{tmp_path}/restored.db"
    restore_lines(restored, backup)
    urls = (family.url, restored)

    with ExitStack() as stack, ThreadPoolExecutor() as starting:
        starts = [started(family.policies, url, tmp_path, workers=1)() for url in urls]
        for server, url in zip(starting.map(stack.enter_context, starts), urls, strict=True):
            again = stack.enter_context(family_at(server))
            again.granted = family.one.granted
            assert again.asked_of_all(PHOTOS) == {UNAVAILABLE}
            assert again.grant() == UNAVAILABLE
            assert again.health() == NOT_SERVING
            with closing(fact_store(url)) as store:
                state = store.confirm()
            again.recovers(ALLOW)
            until(again.health, SERVING)
            assert not token.startswith(f"{state.token.history}.")
            with pytest.raises(grpc.RpcError) as raised:
                again.client.check(consistency={"at_least_as_fresh": token})
            assert refusal(raised.value).code is grpc.StatusCode.FAILED_PRECONDITION
            assert again.revoke() == "OK"
            assert again.asked() == DENY


def test_f54_without_its_board_an_older_file_would_be_believed(tmp_path: Path) -> None:
    """The twin: what tells of the revisions that were lies beside the file; without it the older file is believed."""
    file = tmp_path / "facts.db"
    aunt = role("user:hoa", "family_member", "child:minh")
    with closing(SqlFacts(SqliteDatabase(file))) as store:
        write(store, aunt)
    yesterday = file.read_bytes()
    with closing(SqlFacts(SqliteDatabase(file))) as store:
        delete(store, fact_id(KIDS, aunt))
    file.write_bytes(yesterday)
    wants = wanted(start=["child:minh"], holders=["user:hoa"])

    with closing(SqlFacts(SqliteDatabase(file))) as store, pytest.raises(UnavailableError, match="was at 2 before"):
        store.gather(KIDS, wants, ANYTHING)

    file.with_name("facts.db-board").unlink()
    with closing(SqlFacts(SqliteDatabase(file))) as store:
        assert store.gather(KIDS, wants, ANYTHING).facts != ()


@pytest.mark.parametrize("looks", [True, False])
def test_f17_who_does_not_look_at_the_file_is_found_out(
    looks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: with the file replaced, the copy confirmed and written to, it still finds what was revoked there."""
    file = tmp_path / "facts.db"
    aunt = role("user:hoa", "family_member", "child:minh")
    wants = wanted(start=["child:minh"], holders=["user:hoa"])
    if not looks:
        monkeypatch.setattr(SqliteDatabase, "_look", lambda _self: None)
    with closing(SqlFacts(SqliteDatabase(file))) as here:
        write(here, aunt)
        assert here.gather(KIDS, wants, ANYTHING).facts != ()
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(tmp_path / "copy")) as target:
            source.backup(target)
        for end in ("-wal", "-shm"):
            file.with_name(file.name + end).unlink()
        (tmp_path / "copy").replace(file)
        with closing(SqlFacts(SqliteDatabase(file))) as there:
            there.confirm()
            delete(there, fact_id(KIDS, aunt))
        time.sleep(2 * LOOKED_EVERY)

        if looks:
            with pytest.raises(UnavailableError, match="a file of the store is"):
                here.gather(KIDS, wants, ANYTHING)
        else:
            assert here.gather(KIDS, wants, ANYTHING).facts != ()
