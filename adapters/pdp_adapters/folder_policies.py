"""Policy files from a directory with one folder for each operator."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pdp.core.errors import UnavailableError

MAXIMUM_FILES: Final = 64
SHARED: Final = "shared"
"""The folder whose files belong to every operator."""


HOUSE: Final = "house"
"""The folder with one folder for each operator, of rules that nobody has published."""


class FolderPolicies:
    """Reads `DIRECTORY/OPERATOR/FILE`; hands over bytes and judges nothing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def operators(self) -> Sequence[str]:
        """Return the names of the folders, sorted; hidden ones are none."""
        try:
            names = [entry.name for entry in self._directory.iterdir() if entry.is_dir()]
        except OSError as error:
            raise UnavailableError(f"`{self._directory}` cannot be read: {error.strerror}") from error
        return sorted(name for name in names if not name.startswith(".") and name not in {SHARED, HOUSE})

    def read(self, operator: str) -> Sequence[tuple[str, bytes]]:
        """Return (path, content) of each file of *operator*, of the shared folder and of its house rules.

        Hidden files, and folders inside a folder, are left out.
        """
        beside = (self._directory / SHARED, self._directory / HOUSE / operator)
        others = (found for folder in beside if folder.is_dir() for found in self._read(folder))
        return [*self._read(self._directory / operator), *others]

    def _read(self, folder: Path) -> list[tuple[str, bytes]]:
        try:
            paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
            if len(paths) > MAXIMUM_FILES:
                raise UnavailableError(f"`{folder}` holds more than {MAXIMUM_FILES} files")
            return [(path.as_posix(), path.read_bytes()) for path in paths]
        except OSError as error:
            raise UnavailableError(f"`{folder}` cannot be read: {error.strerror}") from error
