"""Leases over a real PostgreSQL: whoever is silent is waited for, and rests on nothing when its time is over."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pdp.core.fact_identity import fact_id
from pdp_adapters import postgresql_leases
from pdp_adapters.postgresql_leases import PostgresqlLeases
from tests.freshness.places import AUNT, ELSEWHERE, Open, Reading, opening, the_standing
from tests.stores.postgresql_server import postgresql
from tests.stores.writing import KIDS, delete, write

LEASE_SECONDS = 0.1


@pytest.fixture
def place(new_database: Callable[[], str]) -> Iterator[Open]:
    """Return what opens the store."""
    with opening("postgresql", new_database()) as opens:
        yield opens


def test_a_write_is_not_held_up_by_those_who_answer(place: Open) -> None:
    """With two instances that renew and hear of it, a write takes far less than a lease."""
    writer = place()
    write(writer, ELSEWHERE)
    for _ in range(2):
        the_standing(place())
    time.sleep(3 * LEASE_SECONDS)
    took = []
    for number in range(20):
        begun = time.monotonic()
        (write(writer, AUNT) if number % 2 == 0 else delete(writer, fact_id(KIDS, AUNT)))
        took.append(time.monotonic() - begun)

    assert sorted(took)[len(took) // 2] < LEASE_SECONDS


def test_one_who_stands_still_is_waited_for_and_rests_on_nothing(place: Open) -> None:
    """A frozen instance holds up a write for one lease; when it goes on, it does not go by what it knew."""
    writer = place()
    write(writer, AUNT)
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        reading = Reading(place())
        os.write(theirs, b"h" if reading.holds() else b"-")
        while True:
            os.write(theirs, b"h" if reading.holds() else b"-")
            time.sleep(0.001)
    try:
        assert os.read(ours, 1) == b"h"
        time.sleep(3 * LEASE_SECONDS)
        os.kill(child, signal.SIGSTOP)
        begun = time.monotonic()
        delete(writer, fact_id(KIDS, AUNT))
        took = time.monotonic() - begun
        _emptied(ours)
        os.kill(child, signal.SIGCONT)
        time.sleep(0.5)
        answers = os.read(ours, 1 << 16)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    assert LEASE_SECONDS * 0.5 < took < LEASE_SECONDS * 5
    # What was under way when it was frozen was answered before: everything after that is not held.
    assert b"h" not in answers[1:]
    assert b"-" in answers


def _emptied(descriptor: int) -> None:
    os.set_blocking(descriptor, False)
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except BlockingIOError:
        pass
    os.set_blocking(descriptor, True)


def test_a_dead_instance_is_waited_for_only_at_first(place: Open) -> None:
    """The row of one that was killed stands still, and after a while nobody waits for it."""
    writer = place()
    write(writer, AUNT)
    child = os.fork()
    if child == 0:
        the_standing(place())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    time.sleep(3 * LEASE_SECONDS)
    took = []
    for _ in range(20):
        begun = time.monotonic()
        write(writer, AUNT)
        took.append(time.monotonic() - begun)
        time.sleep(0.05)

    assert max(took) > LEASE_SECONDS * 0.8
    # On a busy machine some take long without waiting for anybody; whoever waits does so every time.
    assert min(took) < LEASE_SECONDS * 0.8


def test_without_the_database_nothing_is_known_after_a_lease() -> None:
    """A server that ends takes the leases with it; another one in its place gives them anew."""
    folder = Path(tempfile.mkdtemp(prefix="pdp-postgresql-"))
    with postgresql(folder, fsync="off", ending=signal.SIGQUIT) as address:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE facts")
        with opening("postgresql", f"{address}/facts") as opens:
            store = opens()
            write(store, AUNT)
            reading = Reading(store)
            assert reading.holds()
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'facts'")
                connection.execute("ALTER DATABASE facts ALLOW_CONNECTIONS false")
            time.sleep(2 * LEASE_SECONDS)
            assert not reading.holds()
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                connection.execute("ALTER DATABASE facts ALLOW_CONNECTIONS true")
            the_standing(store)
            assert reading.holds()  # nothing has changed meanwhile


class DoesNotWait(PostgresqlLeases):
    """A change is acknowledged when it is committed."""

    def changed(self, revision: int) -> None:
        pass


def test_a_lease_that_is_not_awaited_is_found_out(place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: somebody holds on to a reading after its revocation was acknowledged."""
    writer, reader = place(), place()
    write(writer, AUNT)
    monkeypatch.setattr(postgresql_leases.PostgresqlLeases, "changed", DoesNotWait.changed)
    stale = 0
    for _ in range(40):
        write(writer, AUNT)
        reading = Reading(reader)
        delete(writer, fact_id(KIDS, AUNT))
        stale += reading.holds()

    assert stale > 0


def test_what_is_not_kept_any_more_counts_as_changed(place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was away for longer than changes are kept takes nothing that it has read for unchanged."""
    monkeypatch.setattr(postgresql_leases, "KEPT", 16)
    writer, reader = place(), place()
    write(writer, AUNT)
    reading = Reading(reader)
    reader.freshness.close()
    for _ in range(40):
        write(writer, ELSEWHERE)

    the_standing(reader)

    assert not reading.holds()
    assert Reading(reader).holds()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), ValueError("x"), SystemExit()], ids=repr)
def test_whatever_goes_wrong_with_a_lease_it_is_had_again(
    place: Open, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that cannot connect for a moment, whatever says so, follows the store again."""
    store = place()
    write(store, AUNT)
    the_standing(store)
    connect, raised = psycopg.connect, threading.Event()

    def broken(*args: Any, **more: Any) -> Any:
        if threading.current_thread().name == "lease" and not raised.is_set():
            raised.set()
            raise error
        return connect(*args, **more)

    monkeypatch.setattr(psycopg, "connect", broken)
    with connect(store._given.address, autocommit=True) as connection:  # type: ignore[attr-defined]
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert raised.wait(5)
    time.sleep(2 * LEASE_SECONDS)

    the_standing(store)
    assert Reading(store).facts


def test_a_process_without_threads_to_spare_goes_without_a_lease(place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody follows, nothing raises, and whoever asks next tries again."""
    store = place()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        store.freshness.begin()
        assert store.freshness.standing() is None

    the_standing(store)


def no_thread(_: threading.Thread) -> None:
    """Raise what the interpreter raises where no thread can be had."""
    raise RuntimeError("can't start new thread")
