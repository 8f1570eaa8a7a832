"""A key for each person, in a file that its owner alone can read; several processes share it.

A line of JSON that says which file this is, then one a key. Keys are added at the end. Erasing writes the file anew
without them, as another file by its first line, and overwrites the old one with zeros, which is what can be done from
above the file system: what a copy, a snapshot, or a disk that writes elsewhere holds of it has to be erased there.
"""

import fcntl
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pdp.core.entity import Entity
from pdp.core.errors import UnavailableError
from pdp.core.log_ports import PersonKey

_OWNER_ONLY: Final = 0o600
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 9
_WHICH: Final = re.compile(rb'\{"file":"[0-9a-f]{32}"\}\n')
_WHICH_BYTES: Final = 44


class PersonKeyFile:
    """The keys in the file at *path*, made when it is not there; raises UnavailableError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._after_fork)
        self._generation = 0
        self._read_up_to = 0
        self._which: bytes | None = None
        self._keys: dict[tuple[str, str], PersonKey] = {}
        self._by_id: dict[str, bytes] = {}
        with self._alone():
            self._learn()

    @property
    def generation(self) -> int:
        """Return a number that differs once a key that was given may have been erased."""
        return self._generation

    def of(self, operator: str, person: Entity) -> PersonKey:
        """Return the key of *person*, made and kept when there is none."""
        name = operator, str(person)
        found = self._keys.get(name)
        if found is not None:
            return found
        with self._alone():
            self._learn()
            found = self._keys.get(name)
            return found if found is not None else self._add(name)

    def known(self, operator: str, person: Entity) -> PersonKey | None:
        """Return the key of *person*, None when there is none."""
        return self._keys.get((operator, str(person)))

    def with_id(self, id_: str) -> bytes | None:
        """Return the key that is called *id_*, None when it was erased or never was."""
        return self._by_id.get(id_)

    def refresh(self) -> None:
        """Learn what other processes have added and erased."""
        try:
            with self._path.open("rb", buffering=0) as file:
                now = _which(file.read(_WHICH_BYTES)), os.fstat(file.fileno()).st_size
        except OSError as error:
            raise UnavailableError(f"the keys `{self._path}` cannot be read: {error.strerror}") from error
        if now != (self._which, self._read_up_to):
            with self._alone():
                self._learn()

    def erase(self, operator: str, person: Entity) -> int:
        """Remove the keys of *person* for good and return how many there were."""
        name = [operator, str(person)]
        with self._alone():
            before = self._path.read_bytes()
            lines = before[len(_which(before)) :].splitlines(keepends=True)
            kept = [line for line in lines if _named(line) != name]
            if len(kept) == len(lines):
                return 0
            new = self._path.with_name(self._path.name + ".new")
            _write_durably(new, _another() + b"".join(kept), os.O_TRUNC)
            old = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.replace(new, self._path)
                os.pwrite(old, bytes(len(before)), 0)
                os.fsync(old)
            finally:
                os.close(old)
            _sync_folder(self._path.parent)
            self._learn()
            return len(lines) - len(kept)

    def _add(self, name: tuple[str, str]) -> PersonKey:
        made = PersonKey(secrets.token_urlsafe(_ID_BYTES), secrets.token_bytes(_KEY_BYTES))
        said = {"operator": name[0], "person": name[1], "id": made.id, "key": made.key.hex()}
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            # FAIL CLOSED (key lost): what is sealed with a key that nobody kept could never be read.
            if os.write(file, text) != len(text):
                os.ftruncate(file, self._read_up_to)
                raise OSError(28, "no space for the key of a person")
        finally:
            os.close(file)
        self._keys[name], self._by_id[made.id] = made, made.key
        self._read_up_to += len(text)
        return made

    def _learn(self) -> None:
        """Read what is new in the file, or all of it where it is another file."""
        with self._path.open("rb") as file:
            which = _which(file.read(_WHICH_BYTES))
            # Not by its inode: a file system gives that of a removed file to the next one, of the same size perhaps.
            if which != self._which or os.fstat(file.fileno()).st_size < self._read_up_to:
                self._generation += 1
                self._keys, self._by_id, self._read_up_to, self._which = {}, {}, len(which), which
            file.seek(self._read_up_to)
            content = file.read()
        for line in content.splitlines():
            said = json.loads(line)
            key = PersonKey(said["id"], bytes.fromhex(said["key"]))
            self._keys[said["operator"], said["person"]] = key
            self._by_id[key.id] = key.key
        self._read_up_to += len(content)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other thread and process from changing the file."""
        try:
            with self._lock:
                lock = os.open(
                    self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY
                )
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    if not self._path.exists():
                        _write_durably(self._path, _another(), os.O_EXCL)
                    yield
                finally:
                    os.close(lock)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnavailableError(f"the keys of persons in `{self._path}` cannot be used: {error}") from error

    def _after_fork(self) -> None:
        self._lock = threading.Lock()


def _another() -> bytes:
    """Return the first line of a file that no other has had."""
    return b'{"file":"%b"}\n' % secrets.token_hex(16).encode()


def _which(beginning: bytes) -> bytes:
    """Return the first line of a file that begins so, empty for one of a time when files had none."""
    found = _WHICH.match(beginning)
    return b"" if found is None else found[0]


def _named(line: bytes) -> list[str]:
    said = json.loads(line)
    return [said["operator"], said["person"]]


def _write_durably(path: Path, content: bytes, how: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, _OWNER_ONLY)
    try:
        if os.write(file, content) != len(content):
            raise OSError(28, "no space for the keys of persons")
        os.fsync(file)
    finally:
        os.close(file)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
