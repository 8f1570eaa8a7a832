"""A document that is a file."""

from pathlib import Path
from typing import Final

from pdp.core.errors import UnavailableError

LARGEST: Final = 4 << 20


class FileDocument:
    """The file at *path*. It may be replaced at any time; a link, as Kubernetes makes them for secrets, is followed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def stamp(self) -> object:
        """Return what the file system says of the file, None when it is not there."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev

    def read(self) -> bytes:
        """Return the content; raise UnavailableError when it cannot be read or is no file of a sensible size."""
        try:
            with self._path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            raise UnavailableError(f"`{self._path}` cannot be read: {error.strerror}") from error
        if len(content) > LARGEST:
            raise UnavailableError(f"`{self._path}` has more than {LARGEST} bytes")
        return content

    def age(self) -> float:
        """Return 0: it is read anew each time."""
        return 0.0

    def hurry(self) -> None:
        """Do nothing: the file is looked at often enough."""
