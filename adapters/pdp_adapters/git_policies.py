"""Policy files as they were in a revision of a Git repository."""

import subprocess
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pdp.core.errors import UnavailableError
from pdp_adapters.folder_policies import HOUSE, MAXIMUM_FILES, SHARED

_SECONDS = 30


class GitPolicies:
    """Reads `REVISION:DIRECTORY/OPERATOR/FILE` with the program `git`; hands over bytes and judges nothing.

    *directory* is a path from *beside*, a folder of the repository.
    """

    def __init__(self, revision: str, directory: PurePosixPath, beside: Path) -> None:
        self._revision = revision
        self._directory = directory
        self._beside = beside

    def read(self, operator: str) -> Sequence[tuple[str, bytes]]:
        """Return (path, content) of each file of *operator*, of the shared folder and of its house rules.

        Hidden files, and folders inside a folder, are left out. Raises UnavailableError.
        """
        folders = (self._directory / operator, self._directory / SHARED, self._directory / HOUSE / operator)
        found = []
        for folder in folders:
            listed = self._git("ls-tree", "-z", self._revision, "--", f"./{folder}/").split(b"\0")
            for entry in filter(None, listed):
                about, _, path = entry.decode("utf-8", "surrogateescape").partition("\t")
                _, kind, object_id = about.split()
                if kind == "blob" and not PurePosixPath(path).name.startswith("."):
                    found.append((path, self._git("cat-file", "blob", object_id)))
        if not found:
            raise UnavailableError(f"`{self._revision}` has no files in `{self._directory / operator}`")
        if len(found) > 3 * MAXIMUM_FILES:
            raise UnavailableError(f"`{self._revision}:{self._directory}` holds more than {MAXIMUM_FILES} files")
        return sorted(found)

    def _git(self, *arguments: str) -> bytes:
        # What begins with a dash would be read as an option.
        if self._revision.startswith("-"):
            raise UnavailableError(f"`{self._revision}` is no revision")
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=self._beside, capture_output=True, check=False, timeout=_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnavailableError(f"git cannot be run: {error}") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise UnavailableError(f"git cannot read `{self._revision}`: {said[-1] if said else done.returncode}")
        return done.stdout
