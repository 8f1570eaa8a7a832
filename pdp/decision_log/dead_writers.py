"""What the processes before have left behind: a process that was killed can sign no more, so the next one says it.

What is said is where the chain of a dead writer was found to end, not that all of it is genuine: records after its last
head stay uncovered. But from then on nothing can be added to it or taken from it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pdp.core.log_ports import LogFolder, LogHead, LogPart
from pdp.decision_log.chain import number_of, taken_apart
from pdp.decision_log.heads import read_head

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


def endings_of_the_dead(
    folder: LogFolder, is_signed: Callable[[LogHead], bool], is_over: Callable[[], bool] = lambda: False
) -> list[Ending]:
    """Return where the newest chains end whose writer is gone and has not signed its end; raises UnavailableError.

    *is_signed* says whether a head is one that the log has signed. Once *is_over* nothing is returned.
    """
    found: list[tuple[Ending, str]] = []
    for writer, last in reversed(tuple(folder.last_parts().items())):
        if is_over():
            return []
        ending = _ending(folder, writer, last, is_signed)
        if ending is not None:
            found.append((ending, last.name))
        if len(found) == _MOST:
            break
    # A writer that lives may have begun its next part meanwhile, and let go of the one that was looked at.
    again = folder.last_parts() if found else {}
    return [ending for ending, name in found if ending.writer in again and again[ending.writer].name == name]


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


def _ending(folder: LogFolder, writer: str, last: LogPart, is_signed: Callable[[LogHead], bool]) -> Ending | None:
    if last.is_held():
        return None
    text = _last_line(last)
    found = None if text is None else taken_apart(text)
    number = None if found is None else number_of(found.body)
    if text is None or found is None or number is None:
        return None
    ending = Ending(writer, number, found.digest)
    return None if _ENDED in text and _is_covered(folder, ending, is_signed) else ending


def _is_covered(folder: LogFolder, ending: Ending, is_signed: Callable[[LogHead], bool]) -> bool:
    """Say whether the newest head beside the records names *ending*: anybody could write that a chain ends."""
    lines = folder.heads(ending.writer).rsplit(b"\n", 2)
    try:
        head = read_head(lines[-2] if len(lines) > 1 else b"")
    except ValueError:
        return False
    return Ending(head.writer, head.number, head.digest) == ending and is_signed(head)


def _last_line(part: LogPart) -> bytes | None:
    """Return the last line of *part* that has an end, None when there is none."""
    for size in _END_BYTES:
        lines = part.read_end(size).split(b"\n")[:-1]
        if len(lines) > 1:
            return lines[-1]
    lines = part.read().split(b"\n")[:-1]
    return lines[-1] if lines else None
