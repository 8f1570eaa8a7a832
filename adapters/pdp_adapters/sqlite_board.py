"""What has changed in a SQLite store, on a board in memory that all processes of one machine share.

The board is a file beside the database, mapped into every process: a few words about the store and a slot for the last
change of each end. A writer raises the slots of what it changes to its new revision BEFORE it commits, while it alone
may write. Whoever has read at an earlier revision finds its reading outdated from then on; so nobody has to be waited
for, and a writer that dies on its way leaves slots that are too high, which costs readings and never an answer.

INVARIANT (raised before commit): a change is on the board before anybody can read it, and so before it is acknowledged.

FAIL CLOSED (board lost): a board of another boot, of another history, that was removed, put in place of another, or
passed over by somebody who wrote, is worth nothing. A new one has a new life, in which nothing read before counts.
"""

import mmap
import os
import secrets
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from pdp.core.ends import Slots
from pdp.core.errors import UnavailableError
from pdp.core.freshness import Standing
from pdp.core.stores import StoreState, Token
from pdp_adapters.fact_rows import microseconds
from pdp_adapters.slot_table import TABLE_BYTES, WORD, SlotTable
from pdp_adapters.sql_database import Database, Session
from pdp_adapters.sql_state import locked_state

_LOOK_SECONDS: Final = 0.0005

BOARD: Final = "-board"
"""End of the name of the board, whose beginning is the name of the store."""

_MAGIC: Final = 0x5044505F42440002
_HEADER: Final = 128
_SIZE: Final = _HEADER + TABLE_BYTES
_PLACE: Final = struct.Struct("=Q")

# The words of the header.
_FORMAT, _LIFE, _BOOT, _FLOOR, _RAISED, _COMMITTED, _COMMITTED_AT, _HISTORY, _FILE = range(9)


class _Mapped:
    """A board that is mapped: the file it was, and what never changes in it."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            status = os.fstat(file.fileno())
            if status.st_size != _SIZE:
                raise ValueError("another size")
            self.identity = (status.st_dev, status.st_ino)
            self._map = mmap.mmap(file.fileno(), _SIZE)
        view = memoryview(self._map)
        self.words = view[:_HEADER].cast("Q")
        self.slots = SlotTable(view, _HEADER)
        self.life = f"{self.words[_LIFE]:016x}"
        self.floor = self.words[_FLOOR]
        # Whoever finds it half made finds no history.
        if self.words[_FORMAT] != _MAGIC or not self.words[_HISTORY]:
            raise ValueError("another format")

    def doubt(self, token: Token, file: int, committed: int) -> str:
        """Return why *file*, whose content is at *token*, may not be the store that the board is of, "" for no reason.

        *committed* is what the board knew to be committed before the token was read.

        FAIL CLOSED (store went back): what is put in place of the store may lack what was revoked. The board knows no
        later revision than was committed, whatever became of its pages.
        """
        words = self.words
        if words[_HISTORY] != _number(token.history):
            return ""
        if committed > token.revision:
            return f"the store is at revision {token.revision} and was at {committed} before"
        # After another start of the machine the same file may have another number.
        if words[_BOOT] == _boot() and words[_FILE] != file:
            return "the file of the store is another one than before"
        return ""

    def is_of(self, token: Token, file: int) -> bool:
        """Say whether the board has followed the store, *file* at *token*, all the way."""
        words = self.words
        return (
            words[_HISTORY] == _number(token.history)
            and words[_BOOT] == _boot()
            and words[_FILE] == file
            # Somebody has written and raised nothing; or the store is an older one than it was.
            and words[_COMMITTED] <= token.revision <= words[_RAISED]
        )


class Writers(Database, Protocol):
    """What the board asks of its database besides."""

    def writing_at_once(self) -> AbstractContextManager[Session]:
        """Return a transaction as `writing` does; raises UnavailableError where somebody else writes."""


class SqliteBoard:
    """The board of the store in *database*, whose file is at *path*."""

    def __init__(self, database: Writers, path: Path) -> None:
        self._database = database
        self._store = path
        self._path = path.with_name(path.name + BOARD)
        self._lock = threading.Lock()
        self._held: tuple[_Mapped, str] | None = None

    # --- Those who read -----------------------------------------------------------------------------------------------

    def standing(self) -> Standing | None:
        """Return where the store stands, None while there is no board of it."""
        held = self._held
        if held is None:
            return None
        board, history = held  # the history of a board never changes
        # FAIL CLOSED (board lost): writers raise what lies under this name; a board without it hears of nothing more.
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        if (found.st_dev, found.st_ino) != board.identity or found.st_size != _SIZE:
            return None
        words = board.words
        # The revision first: what stands beside it is of this one or of a later one.
        revision = words[_COMMITTED]
        return Standing(board.life, history, revision, words[_COMMITTED_AT], board.floor, board.slots.newest_of)

    def reach(self, revision: int, seconds: float) -> None:
        """Return when the board says that *revision* is committed, or after so long.

        Its changes are there already; a writer that has to wait for a processor says so some milliseconds later.
        """
        deadline = time.monotonic() + seconds
        while (held := self._held) is not None and held[0].words[_COMMITTED] < revision:
            if time.monotonic() >= deadline:
                return
            time.sleep(_LOOK_SECONDS)

    def begin(self, *, waits: bool = True) -> None:
        """Map the board; make it when there is none that is of this store."""
        try:
            with self._database.writing() if waits else self._database.writing_at_once() as session:
                self._attach(locked_state(self._database, session))
        except UnavailableError:
            # What cannot be written now is read without a board.
            self._held = None

    def doubt(self, read: Callable[[], StoreState]) -> tuple[str, str] | None:
        """Return which history is found, and why the file may not be the store that the board is of."""
        try:
            board = _Mapped(self._path)
        except (OSError, ValueError):
            return None
        # TRAP (order): the board first. Read after the state it may know of a change that came between, and a store
        # that others write to would look as if it had gone back.
        committed = board.words[_COMMITTED]
        token = read().token
        reason = board.doubt(token, self._file(), committed)
        return (token.history, reason) if reason else None

    def close(self) -> None:
        """Let go of the board; the file stays, for others."""
        self._held = None

    # --- Those who write: all of this happens while no other process may --------------------------------------------

    def changing(
        self, session: Session, state: StoreState, revision: int, committed_at: datetime, slots: Slots
    ) -> None:
        """Note, before the commit, that *revision* changes something in *slots*."""
        board = self._attach(state)
        words = board.words
        words[_RAISED] = max(words[_RAISED], revision)
        words[_COMMITTED_AT] = max(words[_COMMITTED_AT], microseconds(committed_at))
        board.slots.raise_to(slots, revision)

    def changed(self, revision: int) -> None:
        """Note, after the commit, that *revision* can be read; everybody knows of it already."""
        held = self._held
        # Another writer may be here at the same time. The lower of two revisions claims less, which is right as well.
        if held is not None and held[0].words[_COMMITTED] < revision:
            held[0].words[_COMMITTED] = revision

    def forget(self, session: Session) -> None:
        """Make everything that was ever read worthless: the store is about to become another one."""
        self._lose()

    def _attach(self, state: StoreState) -> _Mapped:
        with self._lock:
            held = self._held
            if held is not None and self.standing() is not None and held[0].is_of(state.token, self._file()):
                return held[0]
            board = self._opened(state)
            self._held = (board, state.token.history)
            return board

    def _opened(self, state: StoreState) -> _Mapped:
        with suppress(OSError, ValueError):
            board = _Mapped(self._path)
            if board.is_of(state.token, self._file()):
                return board
            # Nobody else can write now.
            if reason := board.doubt(state.token, self._file(), board.words[_COMMITTED]):
                raise UnavailableError(reason)
        try:
            self._make(state)
            return _Mapped(self._path)
        except (OSError, ValueError) as error:
            # FAIL CLOSED (board not made): others may go by an old one, so it has to go, and nothing is written.
            self._lose()
            raise UnavailableError(f"the board of the store cannot be made: {error}") from error

    def _make(self, state: StoreState) -> None:
        """Make a board on which nothing has changed since the state that the store is in."""
        at = microseconds(state.committed_at)
        revision = state.token.revision
        life = secrets.randbits(64)
        header = (_MAGIC, life, _boot(), revision, revision, revision, at, _number(state.token.history), self._file())
        descriptor, name = tempfile.mkstemp(prefix=self._path.name, dir=self._path.parent)  # for its owner alone
        try:
            # A page that a full disk cannot hold would end the process that first writes to it.
            os.posix_fallocate(descriptor, 0, _SIZE)
            os.write(descriptor, b"".join(map(_PLACE.pack, header)))
            os.rename(name, self._path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
        finally:
            os.close(descriptor)

    def _file(self) -> int:
        """Return what names the file of the store."""
        try:
            return os.stat(self._store).st_ino
        except OSError as error:
            raise UnavailableError(f"the file of the store is gone: {error.strerror}") from error

    def _lose(self) -> None:
        """Take the board away from everybody."""
        self._held = None
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise UnavailableError(f"the board of the store cannot be removed: {error.strerror}") from error


def _number(history: str) -> int:
    """Return a history as a word that is not 0."""
    return int.from_bytes(history.encode()[-WORD:], "little") or 1


@cache
def _boot() -> int:
    """Return what names the time since this machine was started; what was in memory before is lost."""
    return int(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip().replace("-", "")[:16], 16) or 1
