"""Policy files from a directory with one folder for each operator."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from pdp.core.errors import UnavailableError, UnsettledError
from pdp_adapters.settled_files import read_settled

MAXIMUM_FILES: Final = 64
SHARED: Final = "shared"
"""The folder whose files belong to every operator."""


HOUSE: Final = "house"
"""The folder with one folder for each operator, of rules that nobody has published."""

Read = Callable[[Iterable[Path]], list[tuple[str, bytes]]]


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
        return self._found(operator, lambda paths: [(path.as_posix(), path.read_bytes()) for path in paths])

    def read_settled(self, operator: str) -> Sequence[tuple[str, bytes]]:
        """Return what `read` returns, all as it stood at one instant while nobody wrote any of it.

        Raises UnsettledError when somebody does.
        """
        return self._found(operator, lambda paths: self._settled(operator, paths))

    def _settled(self, operator: str, paths: Iterable[Path]) -> list[tuple[str, bytes]]:
        files = read_settled(paths)
        # The second listing fails like the first when the folder has gone meanwhile, so it is made inside `_found`.
        if [path for path, _ in files] != [path.as_posix() for path in self._paths(operator)]:
            raise UnsettledError(f"{self._directory}/{operator}")
        return files

    def _found(self, operator: str, read: Read) -> list[tuple[str, bytes]]:
        try:
            return read(self._paths(operator))
        except OSError as error:
            raise UnavailableError(f"`{self._directory}/{operator}` cannot be read: {error.strerror}") from error

    def _paths(self, operator: str) -> list[Path]:
        beside = (self._directory / SHARED, self._directory / HOUSE / operator)
        others = (path for folder in beside if folder.is_dir() for path in _inside(folder))
        return [*_inside(self._directory / operator), *others]


def _inside(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if len(paths) > MAXIMUM_FILES:
        raise UnavailableError(f"`{folder}` holds more than {MAXIMUM_FILES} files")
    return paths
