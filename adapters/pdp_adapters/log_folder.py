"""The decision log in a folder: files of records that only their writer appends to, and its heads beside them.

`WRITER.000001.log` and on: records, one a line. `WRITER.heads`: signed heads. `WRITER.removed`: what retention took
away. The folder and everything in it can be read by its owner alone.
"""

import fcntl
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from pdp.core.errors import UnavailableError
from pdp.core.log_ports import LogPart

_OWNER_ONLY: Final = 0o600
_FOLDER_OWNER_ONLY: Final = 0o700
_APPENDING: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_RECORDS: Final = re.compile(r"(?P<writer>[0-9A-Za-z-]+)\.(?P<part>[0-9]{6,})\.log")
_ANY: Final = re.compile(r"(?P<writer>[0-9A-Za-z-]+)\.([0-9]{6,}\.log|heads|removed)")
_HEADS_BYTES: Final = 1 << 20

Read = TypeVar("Read")


class WholeFile:
    """A file to which whole pieces alone are appended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, _APPENDING, _OWNER_ONLY)
        try:
            # Who holds this lock is alive: the kernel takes it back from a process that dies.
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        except OSError:
            self.discard()
            raise
        self.size = 0
        self._is_torn = False

    def append(self, content: bytes) -> None:
        """Append *content* whole; raises OSError when nothing of it is there."""
        if self._is_torn:
            self._mend()
        self._is_torn = True
        written = os.write(self._descriptor, content)
        if written != len(content):
            self._mend()
            raise OSError(28, f"no space: {written} of {len(content)} bytes were taken")
        self._is_torn = False
        self.size += written

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def discard(self) -> None:
        """Let go of the file and remove it."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _mend(self) -> None:
        """Cut off what a full disk took of a piece; until that is done nothing more is appended."""
        os.ftruncate(self._descriptor, self.size)
        self._is_torn = False


class WriterFiles:
    """The files of one *writer* in *folder*; a new one is begun at *part_bytes*."""

    def __init__(self, folder: Path, writer: str, part_bytes: int) -> None:
        self._folder = folder
        self._writer = writer
        self._part_bytes = part_bytes
        self._part = 1
        self._records = WholeFile(self._path())
        self._heads: WholeFile | None = None

    def append(self, lines: bytes) -> None:
        """Hand *lines* over to the operating system whole, or nothing of them."""
        if self._records.size and self._records.size + len(lines) > self._part_bytes:
            self._part += 1
            try:
                following = WholeFile(self._path())
            except OSError:
                self._part -= 1
                raise
            self._records.close()
            self._records = following
        self._records.append(lines)

    def keep_head(self, line: bytes) -> None:
        """Write a head beside the records."""
        path = self._folder / f"{self._writer}.heads"
        if self._heads is not None and self._heads.size > _HEADS_BYTES:
            self._heads = _replaced(self._heads, path, line)
            return
        if self._heads is None:
            self._heads = WholeFile(path)
        self._heads.append(line)

    def close(self) -> None:
        """Let go of the files."""
        self._records.close()
        if self._heads is not None:
            self._heads.close()

    def discard(self) -> None:
        """Let go of the files and remove them."""
        if self._heads is not None:
            self._heads.discard()
        self._records.discard()

    def _path(self) -> Path:
        return self._folder / f"{self._writer}.{self._part:06}.log"


def _replaced(heads: WholeFile, path: Path, line: bytes) -> WholeFile:
    """Return the file at *path* begun anew: the newest head covers everything before it. Raises OSError."""
    new = path.with_suffix(".heads-new")
    new.unlink(missing_ok=True)  # a disk that was full left it
    replaced = WholeFile(new)
    try:
        replaced.append(line)
        new.rename(path)
    except BaseException:
        replaced.discard()
        raise
    replaced.path = path
    heads.close()
    return replaced


class FileLogFolder:
    """The folder at *path*, made when it is not there; raises UnavailableError when it cannot be."""

    def __init__(self, path: Path, part_bytes: int, *, make: bool = True) -> None:
        self._path = path
        self._part_bytes = part_bytes
        if make:
            try:
                path.mkdir(mode=_FOLDER_OWNER_ONLY, parents=True, exist_ok=True)
            except OSError as error:
                raise UnavailableError(f"the decision log `{path}` cannot be made: {error.strerror}") from error
        elif not path.is_dir():
            raise UnavailableError(f"there is no decision log `{path}`")

    def open_writer(self, writer: str) -> WriterFiles:
        """Return new files for *writer*; raises OSError."""
        return WriterFiles(self._path, writer, self._part_bytes)

    def writers(self) -> Sequence[str]:
        """Return every writer of which anything is left, oldest first."""
        return sorted({found["writer"] for found in map(_ANY.fullmatch, self._names()) if found})

    def parts(self, writer: str) -> Sequence[LogPart]:
        """Return the files of the records of *writer* in their order."""
        found = [match for match in map(_RECORDS.fullmatch, self._names()) if match and match["writer"] == writer]
        return [self._part_called(match[0]) for match in sorted(found, key=lambda match: int(match["part"]))]

    def last_parts(self) -> Mapping[str, LogPart]:
        """Return the newest file of the records of every writer that has one, from one look at the folder."""
        last: dict[str, tuple[int, str]] = {}
        for found in filter(None, map(_RECORDS.fullmatch, self._names())):
            writer, this = found["writer"], (int(found["part"]), found[0])
            last[writer] = max(this, last.get(writer, this))
        return {writer: self._part_called(last[writer][1]) for writer in sorted(last)}

    def heads(self, writer: str) -> bytes:
        """Return the lines of the heads of *writer*."""
        return self._content(f"{writer}.heads")

    def removed(self, writer: str) -> bytes:
        """Return the statement of what retention has removed of *writer*."""
        return self._content(f"{writer}.removed")

    def keep_removed(self, writer: str, line: bytes) -> None:
        """Write that statement, durably, in the place of an earlier one."""
        path = self._path / f"{writer}.removed"
        new = path.with_suffix(".removed-new")

        def write() -> None:
            new.unlink(missing_ok=True)
            file = WholeFile(new)
            try:
                file.append(line)
                os.fsync(file._descriptor)
            finally:
                file.close()
            new.rename(path)
            folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

        self._translated(write)

    def size(self) -> int:
        """Return how many bytes all records take."""

        def measured() -> int:
            total = 0
            with os.scandir(self._path) as entries:
                for entry in entries:
                    if entry.name.endswith(".log"):
                        with suppress(FileNotFoundError):
                            total += entry.stat().st_size
            return total

        return self._translated(measured)

    def _part_called(self, name: str) -> LogPart:
        path = self._path / name

        def is_held() -> bool:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(file)
            return False

        def end(size: int) -> bytes:
            with path.open("rb") as file:
                file.seek(max(os.fstat(file.fileno()).st_size - size, 0))
                return file.read(size)

        return LogPart(
            name,
            lambda: self._content(name),
            lambda size: self._translated(lambda: end(size)),
            lambda: self._translated(path.unlink),
            lambda: self._translated(is_held),
        )

    def _names(self) -> Sequence[str]:
        return self._translated(lambda: sorted(os.listdir(self._path)))

    def _content(self, name: str) -> bytes:
        path = self._path / name
        return self._translated(lambda: path.read_bytes() if path.exists() else b"")

    def _translated(self, do: Callable[[], Read]) -> Read:
        try:
            return do()
        except OSError as error:
            raise UnavailableError(f"the decision log `{self._path}` cannot be used: {error.strerror}") from error
