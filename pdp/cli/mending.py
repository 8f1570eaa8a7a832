"""Shows and writes what `pdp validate --fix` mends."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pdp.core.finding import Finding
from pdp.review import mended

_ROUNDS: Final = 20
"""One mend a line and round: so many at most, since a mend may show another finding."""


def mend_files(find: Callable[[], Sequence[Finding]]) -> dict[Path, tuple[bytes, bytes]]:
    """Mend the files in which *find* finds something mechanical, again and again until nothing of the kind is left.

    Returns each file that changed with what stood in it and what stands there now. Raises OSError.
    """
    before: dict[Path, bytes] = {}
    for _ in range(_ROUNDS):
        by_file: dict[Path, list[Finding]] = {}
        for finding in find():
            by_file.setdefault(Path(finding.file), []).append(finding)
        changed = False
        for path, findings in by_file.items():
            if not path.is_file():
                continue
            content = path.read_bytes()
            better = mended(content, findings)
            if better != content:
                before.setdefault(path, content)
                path.write_bytes(better)
                changed = True
        if not changed:
            break
    return {path: (old, path.read_bytes()) for path, old in sorted(before.items())}


def difference(path: Path, old: bytes, new: bytes) -> str:
    """Return what changed in a file, as a unified diff."""
    before, after = (content.decode("utf-8", "replace").splitlines(keepends=True) for content in (old, new))
    return "".join(difflib.unified_diff(before, after, fromfile=str(path), tofile=str(path), n=1))
