"""What has changed in a PostgreSQL store: instances on several machines follow it by leases.

Each process renews its lease some thirty times a second, with one statement that counts in its row of the table of
leases, confirms what it knew before, and brings what has changed since. A writer commits and waits until every instance
has confirmed its revision, or nobody who has not can have a lease any more (pdp_adapters.lease_rules). A notification
hastens both; nothing rests on it.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import psycopg

from pdp.core.ends import Slots
from pdp.core.errors import UnavailableError
from pdp.core.freshness import Standing
from pdp.core.stores import StoreState
from pdp_adapters.lease_rules import LEASE, SilentRows, boot_time, lease_until, sleep_until
from pdp_adapters.postgresql_hangs import Statements
from pdp_adapters.postgresql_learning import KEPT, Learned, new_mark, written
from pdp_adapters.sql_database import Row, Session

RENEWED_EVERY: Final = 0.03
"""Seconds between two renewals: three of them in a lease, so that one that is late loses nothing."""

_LOG: Final = logging.getLogger("pdp.lease")
_LOOK_SECONDS: Final = 0.003
_LOOK_SHARE: Final = 0.5  # of its wait so far: who waits long waits for what is slow, and asking makes it slower
_PAUSE_SECONDS: Final = 0.004
_RETRY_SECONDS: Final = 0.1
_FIRST_SECONDS: Final = 1.0
_SWEEP: Final = 10_000_000_000
_CHANNEL: Final = "pdp_change"

_RENEW: Final = """
    WITH renewed AS (
        INSERT INTO lease (instance, beat, confirmed) VALUES (%(instance)s, %(beat)s, %(known)s)
        ON CONFLICT (instance) DO UPDATE SET beat = excluded.beat, confirmed = excluded.confirmed
        RETURNING (xmax = 0) AS is_new)
    SELECT store.history, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), store.revision, store.committed_at,
        store.confirmed, renewed.is_new, coalesce((SELECT mark FROM change_slots AS own
            WHERE own.revision = store.revision), ''), change_slots.revision, change_slots.slots, change_slots.mark
    FROM store CROSS JOIN renewed LEFT JOIN change_slots ON change_slots.revision >= %(known)s
    ORDER BY change_slots.revision
"""
_ROWS: Final = "SELECT instance, beat, confirmed FROM lease"


class Pool(Protocol):
    """What the leases ask of their database."""

    @property
    def address(self) -> str:
        """Return where it is."""

    def look_anew(self) -> None:
        """Let go of the connections that are there no longer."""

    def young_session(self) -> Any:
        """Return a context with a session and the instant (boot time, nanoseconds) from when its connection is."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A lease: until when, and what may be rested on."""

    until: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at the table of leases: when it began and had ended, and from when the connection is."""

    begun: int
    opened: int
    rows: "Sequence[Row]"
    ended: int


class PostgresqlLeases:
    """Follows the store in *database*, and lets its writers wait for those who follow.

    Without *hints* nobody is hastened by notifications: what they are worth can be tried so.
    """

    def __init__(self, database: Pool, *, hints: bool = True) -> None:
        self._database = database
        self._hints = hints
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._look: _Look | None = None
        self._silent = SilentRows()
        self._follower: tuple[int, _Follower] | None = None

    # --- Those who read -----------------------------------------------------------------------------------------------

    def standing(self) -> Standing | None:
        """Return where the store stands, None without a lease."""
        follower = self._follower
        if follower is None:
            return None
        held = follower[1].held
        # INVARIANT (standing first): the lease is looked at before anything that it vouches for.
        return None if held is None or boot_time() >= held.until else held.standing

    def reach(self, revision: int, seconds: float) -> None:
        """Return when a standing is of *revision* or a later one, or after so long."""
        follower = self._follower
        if follower is None:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            held = follower[1].held
            if held is not None and held.standing.revision >= revision:
                return
            follower[1].hasten()
            time.sleep(_LOOK_SECONDS / 6)

    def begin(self, *, waits: bool = True) -> None:
        """Follow the store in this process, which may have been forked from one that does."""
        with self._lock:
            held = self._follower
            is_ours = held is not None and held[0] == os.getpid()
            if held is not None and is_ours and held[1].is_alive:
                return
            follower = _Follower(self._database, hints=self._hints, was_lost=is_ours)
            try:
                follower.start()
            except RuntimeError:  # no thread can be had now; whoever asks next tries again
                self._follower = None
                return
            self._follower = (os.getpid(), follower)
        if waits:
            follower.wait()

    def close(self) -> None:
        """Follow it no more in this process."""
        with self._lock:
            follower, self._follower = self._follower, None
        if follower is not None and follower[0] == os.getpid():
            follower[1].end()

    @property
    def silent_seconds(self) -> float:
        """Return for how long the database has answered no renewal; 0 where nobody in this process follows it."""
        follower = self._follower
        if follower is None or follower[0] != os.getpid() or not follower[1].is_alive:
            return 0.0
        return (boot_time() - follower[1].answered) / 1e9

    def doubt(self, read: Callable[[], StoreState]) -> tuple[str, str] | None:
        """Return None: what was known of the store is in the memory of each process alone."""
        return None

    # --- Those who write ----------------------------------------------------------------------------------------------

    def changing(
        self, session: Session, state: StoreState, revision: int, committed_at: datetime, slots: Slots
    ) -> None:
        """Note that *revision* changes something in *slots*: part of the same transaction."""
        session.run_later(
            "INSERT INTO change_slots (revision, slots, mark) VALUES (:revision, :slots, :mark)",
            {"revision": revision, "slots": written(slots), "mark": new_mark()},
        )
        if revision % (KEPT // 16) == 0:
            session.run_later("DELETE FROM change_slots WHERE revision <= :last", {"last": revision - KEPT})
        if self._hints:
            session.run_later(f"SELECT pg_notify('{_CHANNEL}', '')", {})

    def changed(self, revision: int) -> None:
        """Return when everybody who has a lease knows of *revision*."""
        committed = boot_time()
        until = committed + LEASE
        while True:
            pause = max(_LOOK_SECONDS, _LOOK_SHARE * (boot_time() - committed) / 1e9)
            try:
                looked = self._looked_since(committed, until, pause)
            except UnavailableError:
                sleep_until(until)
                return
            if looked is None or boot_time() >= until:
                return
            with self._lock:
                waiting = self._silent.awaited(looked.rows, revision, looked.ended)
            # The table of leases does not outlive the database. Whoever had a lease from before its end has none when a
            # connection from after that is older than a lease.
            if looked.ended - looked.opened >= 2 * LEASE and not waiting:
                return
            time.sleep(min(pause, max(0.0, (until - boot_time()) / 1e9)))

    def _looked_since(self, committed: int, until: int, seconds: float) -> "_Look | None":
        """Return a look at the table of leases that began after *committed* and is not old, None when it is *until*.

        One that began more than *seconds* ago is old. Of all who wait in this process one looks for everybody: looking
        takes time of the database's and of ours.
        """
        if not self._looking.acquire(timeout=max(0.0, (until - boot_time()) / 1e9)):
            return None
        try:
            look = self._look
            now = boot_time()
            # INVARIANT (looked after the commit): what was read before it says nothing about who could do without it.
            if look is None or look.begun < committed or now - look.begun > seconds * 1e9:
                with self._database.young_session() as (session, opened):
                    look = _Look(now, opened, session.rows(_ROWS, {}), boot_time())
                self._look = look
            return look
        finally:
            self._looking.release()

    def forget(self, session: Session) -> None:
        """Let everybody begin anew: another history has other slots."""
        session.run("DELETE FROM change_slots", {})


class _Follower:
    """Renews a lease on a thread of its own."""

    def __init__(self, database: Pool, *, hints: bool, was_lost: bool = False) -> None:
        self.held: _Held | None = None
        self.answered = boot_time()
        self._database = database
        self._was_lost = was_lost
        self._told: type[Exception] | None = None
        self._hints = hints
        self._instance = secrets.token_hex(12)
        self._sent_before: int | None = None
        self._learned = Learned()
        self._silent = SilentRows()
        self._swept = boot_time()
        self._statements = Statements()
        self._ending = threading.Event()
        self._hastened = threading.Event()
        self._first = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Say whether it goes on."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin; raises RuntimeError where there is no thread to be had."""
        self._thread.start()

    def wait(self) -> None:
        """Return when there is a lease, or soon after."""
        self._first.wait(_FIRST_SECONDS)

    def end(self) -> None:
        """Renew no more; what was leased is given back."""
        self._ending.set()
        self._hastened.set()
        self.held = None
        self._thread.join(_FIRST_SECONDS)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                with psycopg.connect(self._database.address, autocommit=True) as connection:
                    if self._was_lost:
                        # Those of the others went at the same time; each would cost somebody an answer.
                        self._database.look_anew()
                    # A renewal that nobody waits for needs no disk: what it says is true for a tenth of a second.
                    connection.execute("SET synchronous_commit = off")
                    if self._hints:
                        connection.execute(f"LISTEN {_CHANNEL}")
                    self._follow(connection)
            except psycopg.Error as error:
                if error.sqlstate is not None:
                    self.answered = boot_time()  # it is there, and does not do this
            except Exception as error:  # noqa: BLE001 - without this thread the process knows nothing until it ends
                self.held = None
                if self._told is not type(error):  # once, until a renewal has come back
                    self._told = type(error)
                    _LOG.error("the lease is not renewed: %s", type(error).__name__)
            self._was_lost = True
            self._sent_before = None  # nobody knows what became of the last one
            self._ending.wait(_RETRY_SECONDS)

    def _follow(self, connection: "psycopg.Connection[Row]") -> None:
        had_news = False
        while not self._ending.is_set():
            has_news = self._renew(connection)
            self._sweep(connection)
            # What was learned is confirmed at once: a writer may be waiting for it.
            if not has_news:
                self._rest(connection)
            elif had_news:
                # Where much is written there is always something new; to ask without end would keep all from working.
                self._ending.wait(_PAUSE_SECONDS)
            had_news = has_news
        connection.execute("DELETE FROM lease WHERE instance = %s", (self._instance,))

    def _rest(self, connection: "psycopg.Connection[Row]") -> None:
        if self._hints:
            for _ in connection.notifies(timeout=RENEWED_EVERY, stop_after=1):
                pass
        else:
            self._hastened.wait(RENEWED_EVERY)
            self._hastened.clear()

    def hasten(self) -> None:
        """Renew soon: somebody waits for what a renewal brings. Where there are hints, one is on its way already."""
        self._hastened.set()

    def _renew(self, connection: "psycopg.Connection[Row]") -> bool:
        """Renew the lease, and say whether it brought anything new or was none yet."""
        sent = boot_time()
        named = {"instance": self._instance, "beat": sent, "known": self._learned.revision}
        with self._statements.bounded(connection):
            rows = connection.execute(_RENEW, named).fetchall()
        self.answered = boot_time()
        self._told = None
        if not rows:
            self.held = None
            self._sent_before = None
            return False
        history, timeline, revision, committed_at, confirmed, is_new, mark = rows[0][:7]
        changes = [row[7:] for row in rows if row[7]]
        has_news = self._learned.learn(f"{history}/{timeline}", revision, mark, changes)
        until = lease_until(sent, self._sent_before, is_new=is_new)
        self._sent_before = sent
        if until is None or not confirmed:
            self.held = None
            return until is None
        # INVARIANT (learned before leased): what a renewal brings is in the slots before its lease is there.
        self.held = _Held(until, self._learned.standing(history, committed_at))
        self._first.set()
        return has_news

    def _sweep(self, connection: "psycopg.Connection[Row]") -> None:
        """Take away the rows of instances that have ended without a word."""
        now = boot_time()
        if now - self._swept < _SWEEP:
            return
        self._swept = now
        self._silent.awaited(connection.execute(_ROWS).fetchall(), 0, boot_time())
        for instance, beat in self._silent.standing_still(now, _SWEEP):
            connection.execute("DELETE FROM lease WHERE instance = %s AND beat = %s", (instance, beat))
