"""Finds and reads the case files that `pdp test` is given."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pdp.cases import Case, CaseFileError, Survivor, read_cases, read_near_misses, read_survivors
from pdp.cases.near_misses import FILE as NEAR_MISSES
from pdp.cases.survivors import FILE as SURVIVORS
from pdp.wire.words import Words

_CASES: Final = "cases*.json"


def case_files(paths: Iterable[Path]) -> list[Path]:
    """Return each of *paths* that is a file, and the case files below each that is a directory."""
    files: list[Path] = []
    for path in paths:
        files += sorted([*path.rglob(_CASES), *path.rglob(NEAR_MISSES)]) if path.is_dir() else [path]
    return files


def cases_of(files: Iterable[Path], words: Words) -> tuple[Case, ...]:
    """Return the cases that *files* hold; raises CaseFileError."""
    return tuple(case for file in files for case in _cases_in(file, words))


def _cases_in(file: Path, words: Words) -> Sequence[Case]:
    if file.name != NEAR_MISSES:
        return read_cases(str(file), _text(file), words)
    beside = [
        case for other in sorted(file.parent.glob(_CASES)) for case in read_cases(str(other), _text(other), words)
    ]
    return read_near_misses(str(file), _text(file), beside, words)


def survivors_of(policies: Path, operator: str) -> tuple[Survivor, ...]:
    """Return the survivors of *operator*, none when there is no such file; raises CaseFileError."""
    file = policies / operator / SURVIVORS
    return read_survivors(str(file), _text(file)) if file.exists() else ()


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseFileError(f"{file}: {error}") from error
