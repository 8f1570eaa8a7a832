"""Reads files of which nobody writes any, all as they stood at one instant, or says that they are being changed."""

import errno
import fcntl
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from pdp.core.errors import UnsettledError

_NO_LEASES: Final = frozenset({errno.EINVAL, errno.EACCES, errno.EPERM, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})
"""What a file system without leases answers, or a file of another user."""


def read_settled(paths: Iterable[Path]) -> list[tuple[str, bytes]]:
    """Return (path, content) of each of *paths*, none of which was written to or replaced while all were read.

    Where the file system knows leases, a file that somebody holds open for writing is not read at all: half of what
    they write could be a valid policy. Raises UnsettledError when a file is being written, is replaced or goes away
    meanwhile, and OSError when one cannot be read.
    """
    found: list[tuple[str, bytes]] = []
    opened: list[tuple[Path, int, os.stat_result]] = []
    with ExitStack() as stack:
        for path in paths:
            descriptor = stack.enter_context(_opened(path))
            opened.append((path, descriptor, os.fstat(descriptor)))
        leased = [stack.enter_context(_leased(descriptor, path)) for path, descriptor, _ in opened]
        for path, descriptor, _ in opened:
            with os.fdopen(os.dup(descriptor), "rb") as file:
                found.append((path.as_posix(), file.read()))
        for (path, descriptor, before), has_lease in zip(opened, leased, strict=True):
            if has_lease and fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_RDLCK:
                raise UnsettledError(path.as_posix())
            if not _is_same(before, os.fstat(descriptor)) or not _is_same(before, _of_path(path)):
                raise UnsettledError(path.as_posix())
    return found


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise UnsettledError(path.as_posix()) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _leased(descriptor: int, path: Path) -> Iterator[bool]:
    """Hold a lease on the file, which nobody can have while another writes it; say False where there are no leases.

    Whoever opens it for writing meanwhile waits for these few milliseconds.
    """
    try:
        # The kernel tells the holder by a signal that somebody waits. The one it would take ends the process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise UnsettledError(path.as_posix()) from error
        if error.errno in _NO_LEASES:
            yield False
            return
        raise
    try:
        yield True
    finally:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def _of_path(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError as error:
        raise UnsettledError(path.as_posix()) from error


def _is_same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns) == (
        other.st_dev,
        other.st_ino,
        other.st_size,
        other.st_mtime_ns,
    )
