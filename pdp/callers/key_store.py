"""The API keys of a file of callers: issued, rotated and revoked, by one program at a time."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pdp.callers.api_keys import LONGEST_DAYS, KeptKey, new_key, new_pepper, read_pepper
from pdp.callers.key_file import read_keys, replace_file, written
from pdp.core.errors import InvalidSettingsError


class KeyStore:
    """The keys in *file*, whose hashes are keyed with the pepper in *pepper*. Every method may raise
    InvalidSettingsError for a file that cannot be right."""

    def __init__(self, file: Path, pepper: Path) -> None:
        self._file = file
        self._pepper = pepper

    def kept(self) -> tuple[KeptKey, ...]:
        """Return all keys, revoked and expired ones among them; none where there is no file yet."""
        try:
            return read_keys(self._file.read_bytes(), str(self._file))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise InvalidSettingsError([f"`{self._file}` cannot be read: {error.strerror}"]) from error

    def issue(self, caller: str, days: int, note: str, now: datetime) -> tuple[str, KeptKey]:
        """Make a key for *caller* that is good for *days*; return it in clear, which nobody can do again."""
        if not 1 <= days <= LONGEST_DAYS:
            raise InvalidSettingsError([f"a key is good for 1 to {LONGEST_DAYS} days"])
        with self._alone() as pepper:
            clear, kept = new_key(caller, pepper, now, now + timedelta(days=days), note)
            replace_file(self._file, written((*self.kept(), kept)))
        return clear, kept

    def rotate(self, id_: str, days: int, overlap: timedelta, now: datetime) -> tuple[str, KeptKey]:
        """Make another key for the caller of the key *id_*, which itself is good for *overlap* longer."""
        old = self._found(id_)
        if old.until <= now:
            raise InvalidSettingsError([f"the key `{id_}` is good no longer: issue a new one"])
        made = self.issue(old.caller, days, old.note, now)
        self._revoke(lambda key: key.id == id_, now + overlap)
        return made

    def revoke(self, id_: str, now: datetime) -> KeptKey:
        """Let the key *id_* be good no longer, from *now* on."""
        self._found(id_)
        self._revoke(lambda key: key.id == id_, now)
        return self._found(id_)

    def revoke_of(self, caller: str, now: datetime) -> tuple[str, ...]:
        """Let no key of *caller* be good any longer; return the ids of those that were."""
        ids = tuple(key.id for key in self.kept() if key.caller == caller and key.until > now)
        self._revoke(lambda key: key.id in ids, now)
        return ids

    def _revoke(self, is_meant: Callable[[KeptKey], bool], at: datetime) -> None:
        with self._alone():
            replace_file(
                self._file,
                written(
                    # One that ends sooner goes on to end then: revoking never prolongs.
                    replace(key, revoked_at=at) if is_meant(key) and key.until > at else key
                    for key in self.kept()
                ),
            )

    def _found(self, id_: str) -> KeptKey:
        for key in self.kept():
            if key.id == id_:
                return key
        raise InvalidSettingsError([f"there is no key `{id_}`"])

    @contextmanager
    def _alone(self) -> Iterator[bytes]:
        """Give the pepper, made now if there is none, and keep other programs out meanwhile."""
        try:
            handle = os.open(self._pepper, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InvalidSettingsError([f"`{self._pepper}` cannot be written: {error.strerror}"]) from error
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            content = file.read()
            if not content:
                content = new_pepper()
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                pepper = read_pepper(content)
            except ValueError as error:
                raise InvalidSettingsError([f"`{self._pepper}` holds no pepper"]) from error
            yield pepper
