"""Runs something again whenever a file below some paths changes."""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

EVERY_SECONDS: Final = 0.5

Snapshot = Mapping[str, tuple[int, int]]
"""Of each file the time of its last change, in nanoseconds, and its size."""


def snapshot(paths: Iterable[Path]) -> Snapshot:
    """Return how the files at and below *paths* stand; hidden ones and those that vanish meanwhile are left out."""
    found = {}
    for path in paths:
        for file in path.rglob("*") if path.is_dir() else [path]:
            try:
                status = file.stat()
            except OSError:
                continue
            if file.is_file() and not file.name.startswith("."):
                found[str(file)] = (status.st_mtime_ns, status.st_size)
    return found


def watch(paths: Iterable[Path], run: Callable[[], object], sleep: Callable[[float], object] = time.sleep) -> None:
    """Call *run* now and after every change; ends with KeyboardInterrupt alone."""
    watched = tuple(paths)
    while True:
        before = snapshot(watched)
        run()
        while snapshot(watched) == before:
            sleep(EVERY_SECONDS)
