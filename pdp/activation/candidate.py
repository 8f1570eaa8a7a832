"""What lies in an operator's folder, before anybody has judged it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

File = tuple[str, bytes]
"""The path of a file as shown to people, and its content."""

SEAL_FILE: Final = "signatures.json"
"""The file of an operator's folder that says who signed the others."""

_HOUSE: Final = "house"
_DECIDE_NOTHING: Final = (".json", ".md")


@dataclass(frozen=True, slots=True)
class Candidate:
    """The files of *operator* that decide, the shared ones included, and the *seal* beside them, None for none.

    *digest* is of all their names and contents.
    """

    operator: str
    files: tuple[File, ...] = field(repr=False)
    seal: bytes | None = field(default=None, repr=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        sealed = () if self.seal is None else (("", self.seal),)
        object.__setattr__(self, "digest", _digest((*self.files, *sealed)))

    @classmethod
    def of(cls, operator: str, files: Iterable[File]) -> "Candidate":
        """Return the candidate that *files* make; cases and notes, which decide nothing, are left out."""
        deciding: list[File] = []
        seal = None
        for path, content in files:
            if short_name(path) == f"{operator}/{SEAL_FILE}":
                seal = content
            elif not path.endswith(_DECIDE_NOTHING):
                deciding.append((path, content))
        return cls(operator, tuple(deciding), seal)


def short_name(path: str) -> str:
    """Return what tells the file at *path* from all others of an operator, wherever the directory lies.

    That is its folder and its name, behind `house` for the rules of the house, which have the operator's name too.
    """
    parts = path.split("/")
    return "/".join(parts[-3:] if parts[-3:-2] == [_HOUSE] else parts[-2:])


def _digest(files: Iterable[File]) -> str:
    digest = hashlib.sha256()
    for path, content in files:
        for part in (short_name(path).encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()
