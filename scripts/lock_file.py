"""What a lock file of this project says: packages, their versions and hashes, and who asks for each."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
RUNTIME: Final = ROOT / "requirements" / "runtime.txt"
DEVELOPMENT: Final = ROOT / "requirements" / "dev.txt"

_PIN: Final = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ;\\]+)(?: *; *(?P<marker>[^\\]+?))? *\\?$")
_HASH: Final = re.compile(r" +--hash=sha256:(?P<digest>[0-9a-f]{64})(?: \\)?$")
_LIMIT: Final = re.compile(r" +#(?: +via)? +-c ")
_FROM: Final = re.compile(r" +#(?: +via)? +(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?: .*)?$")


class NotALockError(ValueError):
    """A file that is no lock: a line of it says something else than a pin, a hash or who asks for it."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package in one version.

    *hashes* are the SHA-256 digests of its files in hexadecimal; *asked_by* are the packages that need it; *marker*
    says where it is needed, "" for everywhere.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    asked_by: tuple[str, ...]
    marker: str


def read_lock(text: str) -> tuple[Pin, ...]:
    """Return the pins of a lock file in their order; raise NotALockError for one without hashes or with other lines."""
    pins: list[Pin] = []
    hashes: list[str] = []
    asked_by: list[str] = []
    head: re.Match[str] | None = None

    def close() -> None:
        if head is not None:
            if not hashes:
                raise NotALockError(f"`{head['name']}` has no hash")
            found = (head["name"], head["version"], tuple(hashes), tuple(sorted(asked_by)), head["marker"] or "")
            pins.append(Pin(*found))

    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#") or line.strip() == "# via" or _LIMIT.match(line):
            continue
        if pin := _PIN.match(line):
            close()
            head, hashes, asked_by = pin, [], []
        elif head is not None and (digest := _HASH.match(line)):
            hashes.append(digest["digest"])
        elif head is not None and (asking := _FROM.match(line)):
            asked_by.append(asking["name"].lower().replace("_", "-"))
        else:
            raise NotALockError(f"line {number} is no pin, hash or comment: {line[:60]}")
    close()
    return tuple(pins)


def everywhere(pins: tuple[Pin, ...]) -> str:
    """Return *pins* as a file of requirements without their markers: what another Python needs is in it too."""
    return "".join(
        f"{pin.name}=={pin.version} " + " ".join(f"--hash=sha256:{digest}" for digest in pin.hashes) + "\n"
        for pin in pins
    )
