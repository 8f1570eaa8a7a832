"""What lies in an operator's folder, before anybody has judged it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

File = tuple[str, bytes]
"""The path of a file as shown to people, and its content."""

_DECIDE_NOTHING: Final = (".json", ".md")


@dataclass(frozen=True, slots=True)
class Candidate:
    """The files of *operator* that decide, the shared ones included, and the *digest* of their names and contents."""

    operator: str
    files: tuple[File, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", _digest(self.files))

    @classmethod
    def of(cls, operator: str, files: Iterable[File]) -> "Candidate":
        """Return the candidate that *files* make; cases and notes, which decide nothing, are left out."""
        return cls(operator, tuple((path, content) for path, content in files if not path.endswith(_DECIDE_NOTHING)))


def short_name(path: str) -> str:
    """Return the folder and the name of the file at *path*: what does not change when the whole directory moves."""
    return "/".join(path.split("/")[-2:])


def _digest(files: Iterable[File]) -> str:
    digest = hashlib.sha256()
    for path, content in files:
        for part in (short_name(path).encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()
