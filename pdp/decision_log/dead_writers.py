"""What the processes before have left behind: a process that was killed can sign no more, so the next one says it.

What is said is where the chain of a dead writer was found to end, not that all of it is genuine: records after its last
head stay uncovered. But from then on nothing can be added to it or taken from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pdp.core.log_ports import LogFolder, LogPart
from pdp.decision_log.chain import number_of, taken_apart

FOUND: Final = "found"
_LEFT: Final = "left"
_MOST: Final = 1000
_END_BYTES: Final = (1 << 16, 1 << 22)
_ENDED: Final = b'"event":"end",'


class Ending(NamedTuple):
    """Where the chain of *writer* ends: number and digest of its last record."""

    writer: str
    number: int
    digest: bytes


def endings_of_the_dead(folder: LogFolder) -> list[Ending]:
    """Return where the newest chains end whose writer is gone and has not said so itself; raises UnavailableError."""
    found: list[Ending] = []
    for writer in reversed(folder.writers()):
        ending = _ending(folder, writer)
        if ending is not None:
            found.append(ending)
        if len(found) == _MOST:
            break
    return found


def told(endings: Sequence[Ending]) -> dict[str, object]:
    """Return *endings* as the fields of a record."""
    return {_LEFT: [[each.writer, each.number, each.digest.hex()] for each in endings]}


def read_endings(said: Mapping[str, Any]) -> Iterator[Ending]:
    """Yield the endings that a record tells; what is none is left out."""
    for each in said.get(_LEFT, ()):
        try:
            writer, number, digest = each
            yield Ending(str(writer), int(number), bytes.fromhex(digest))
        except (TypeError, ValueError):
            continue


def _ending(folder: LogFolder, writer: str) -> Ending | None:
    last = _last_part(folder, writer)
    if last is None or last.is_held():
        return None
    text = _last_line(last)
    # A writer that lives may have begun its next part meanwhile, and let go of this one.
    again = _last_part(folder, writer)
    if text is None or again is None or again.name != last.name or _ENDED in text:
        return None
    found = taken_apart(text)
    number = None if found is None else number_of(found.body)
    return None if found is None or number is None else Ending(writer, number, found.digest)


def _last_part(folder: LogFolder, writer: str) -> LogPart | None:
    parts = folder.parts(writer)
    return parts[-1] if parts else None


def _last_line(part: LogPart) -> bytes | None:
    """Return the last line of *part* that has an end, None when there is none."""
    for size in _END_BYTES:
        lines = part.read_end(size).split(b"\n")[:-1]
        if len(lines) > 1:
            return lines[-1]
    lines = part.read().split(b"\n")[:-1]
    return lines[-1] if lines else None
