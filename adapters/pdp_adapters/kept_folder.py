"""Contents by name in a folder of their own, each written whole or not at all."""

import os
import stat
from pathlib import Path
from typing import Final

from pdp.core.errors import UnavailableError

_LARGEST: Final = 64 << 20
_NOT_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


class KeptFolder:
    """Keeps contents in *folder*, which is made when it is missing, for this user alone.

    Whoever else could write there could say what was in force. So a folder or a file that others may write to, or that
    belongs to somebody else, is not read. Raises UnavailableError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _be_own(folder, folder.stat())
        except OSError as error:
            raise UnavailableError(f"`{folder}` cannot be used: {error.strerror}") from error

    def read(self, name: str) -> bytes | None:
        """Return the content of *name*, None when there is none."""
        path = self._path(name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnavailableError(f"`{path}` cannot be read: {error.strerror}") from error
        try:
            _be_own(self._folder, self._folder.stat())
            found = os.fstat(descriptor)
            _be_own(path, found)
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
                raise UnavailableError(f"`{path}` is no file of this kind")
            with open(descriptor, "rb", closefd=False) as file:
                return file.read(_LARGEST)
        except OSError as error:
            raise UnavailableError(f"`{path}` cannot be read: {error.strerror}") from error
        finally:
            os.close(descriptor)

    def write(self, name: str, content: bytes) -> None:
        """Let *content* be that of *name*, durably and whole."""
        path, fresh = self._path(name), self._path(f".{name}.next")
        try:
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            fresh.rename(path)
            self._sync()
        except OSError as error:
            raise UnavailableError(f"`{path}` cannot be written: {error.strerror}") from error

    def remove(self, name: str) -> None:
        """Let there be no content of *name*, durably."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise UnavailableError(f"`{path}` cannot be removed: {error.strerror}") from error

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _sync(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _be_own(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid() or found.st_mode & _NOT_OTHERS:
        raise UnavailableError(f"`{path}` can be written by others")
