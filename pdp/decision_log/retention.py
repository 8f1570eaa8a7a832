"""Removes what is older than somebody wants to keep, so that the rest goes on to verify.

Whole parts go, oldest first, and a signed statement says up to which record: whoever has not the key of the log cannot
pass a truncation off as retention.
"""

from dataclasses import dataclass
from datetime import datetime

from pdp.core.errors import UnavailableError
from pdp.core.log_ports import LogFolder, LogHead, LogPart, Signs
from pdp.decision_log.chain import number_of, taken_apart
from pdp.decision_log.heads import head_line, read_head, signed_removal


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many *parts* and *records* were removed, and how many parts a running writer still holds."""

    parts: int
    records: int
    held: int


def prune(folder: LogFolder, signs: Signs, before: datetime, now: datetime) -> Pruned:
    """Remove every part all of whose records were signed *before* an instant; raises UnavailableError.

    The log has to be whole: what is wrong with it would be removed with the proof of it.
    """
    parts = count = held = 0
    for writer in folder.writers():
        covered = _newest_before(folder.heads(writer), before)
        removable: list[tuple[LogPart, int, bytes, int]] = []
        for part in folder.parts(writer):
            last = _last_of(part)
            if last is None or last[0] > covered:
                break
            if part.is_held():
                held += 1
                break
            removable.append((part, *last))
        if not removable:
            continue
        _, number, digest, _ = removable[-1]
        # INVARIANT (said first): a removal that is broken off leaves parts that the statement covers, and no gap.
        folder.keep_removed(writer, head_line(signed_removal(signs, writer, number, digest, now)))
        for part, _, _, records in removable:
            part.remove()
            parts, count = parts + 1, count + records
    return Pruned(parts, count, held)


def _newest_before(lines: bytes, before: datetime) -> int:
    """Return the number of the newest record that was signed *before*, -1 for none."""
    heads: list[LogHead] = []
    for text in lines.split(b"\n")[:-1]:
        try:
            heads.append(read_head(text))
        except ValueError as error:
            raise UnavailableError("a head cannot be read (pdp log verify)") from error
    return max((head.number for head in heads if datetime.fromisoformat(head.at) < before), default=-1)


def _last_of(part: LogPart) -> tuple[int, bytes, int] | None:
    """Return number and digest of the last record of *part*, and how many there are; None when it has none."""
    lines = part.read().split(b"\n")[:-1]
    found = taken_apart(lines[-1]) if lines else None
    number = None if found is None else number_of(found.body)
    return None if found is None or number is None else (number, found.digest, len(lines))
