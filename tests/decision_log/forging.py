"""Adds to a decision log what no writer wrote: whole writers, parts behind a removal, and more behind a dead writer.

Whoever does so has the files of the log and not the signing key. Of each way is said what has to come of it: that
verifying finds it, or that nobody who reads takes it for a record that the log has signed.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pdp.core.log_ports import LogHead
from pdp.decision_log.chain import beginning, line, link, number_of, start, taken_apart
from pdp.decision_log.heads import head_line, read_head

FORGED: Final = b'"decision_id":"forged'
_RECORDS: Final = 5

Lines = list[bytes]


class Forger:
    """Forges in the folder *path*; *ordinary*, *dead* and *pruned* are the writers that are there.

    The dead one was killed after it had signed; of the pruned one retention has removed *gone*, the records.
    """

    def __init__(self, path: Path, ordinary: Sequence[str], dead: str, pruned: str, gone: Lines) -> None:
        self.path = path
        self.ordinary = ordinary
        self.dead = dead
        self.pruned = pruned
        self.gone = gone

    def decision(self, number: int, chance: random.Random) -> bytes:
        """Return the body of a record that copies a decision of the log and turns it, under this number."""
        lines = [
            text
            for path in self.path.glob(f"{chance.choice(self.ordinary)}.*.log")
            for text in path.read_bytes().splitlines()
            if b'"event":"decision"' in text
        ]
        found = taken_apart(chance.choice(lines))
        assert found is not None
        content = found.body[found.body.index(b'"event"') :]
        turned = content.replace(b'"decision":"deny"', b'"decision":"allow"')
        return beginning(number) + turned.replace(b'"decision_id":"', FORGED, 1)

    def chained(self, number: int, previous: bytes, count: int, chance: random.Random) -> Lines:
        """Return *count* forged records that follow from the digest *previous*."""
        made: Lines = []
        for at in range(number, number + count):
            body = self.decision(at, chance)
            previous = link(previous, body)
            made.append(line(body, previous)[:-1])
        return made

    def put(self, name: str, lines: Lines) -> None:
        """Let *lines* be all of the file *name*."""
        (self.path / name).write_bytes(b"".join(text + b"\n" for text in lines))


# --- A writer made up whole -------------------------------------------------------------------------------------------


def _made_up(forger: Forger, chance: random.Random, *, begins: bool, count: int) -> tuple[str, Lines]:
    genuine = chance.choice(forger.ordinary)
    writer = f"{genuine[:-8]}{chance.randbytes(4).hex()}"
    lines: Lines = []
    if begins:
        first = (forger.path / f"{genuine}.000001.log").read_bytes().splitlines()[0]
        found = taken_apart(first)
        assert found is not None
        body = found.body.replace(genuine.encode(), writer.encode())
        lines.append(line(body, link(start(writer), body))[:-1])
    previous = start(writer) if not lines else bytes.fromhex(lines[-1][-66:-2].decode())
    lines += forger.chained(len(lines), previous, count, chance)
    forger.put(f"{writer}.000001.log", lines)
    return writer, lines


def one_record_alone(forger: Forger, chance: random.Random) -> None:
    """A writer of a single decision."""
    _made_up(forger, chance, begins=False, count=1)


def a_writer_without_heads(forger: Forger, chance: random.Random) -> None:
    """A writer that begins as it should and has signed nothing."""
    _made_up(forger, chance, begins=True, count=chance.randint(1, _RECORDS))


def a_writer_with_foreign_heads(forger: Forger, chance: random.Random) -> None:
    """A writer whose heads another key has signed, or another writer."""
    writer, lines = _made_up(forger, chance, begins=True, count=chance.randint(1, _RECORDS))
    if chance.random() < 0.5:
        digest = bytes.fromhex(lines[-1][-66:-2].decode())
        at = "2026-11-28T00:00:00+00:00"
        head = LogHead(writer, len(lines) - 1, digest, at, Ed25519PrivateKey.generate().sign(b"mine"))
        forger.put(f"{writer}.heads", [head_line(head)[:-1]])
    else:
        taken = (forger.path / f"{chance.choice(forger.ordinary)}.heads").read_bytes()
        forger.put(f"{writer}.heads", taken.splitlines())


# --- A part behind a removal ------------------------------------------------------------------------------------------


def _removal(forger: Forger) -> LogHead:
    return read_head((forger.path / f"{forger.pruned}.removed").read_bytes().removesuffix(b"\n"))


def a_part_of_nonsense(forger: Forger, chance: random.Random) -> None:
    """A record under a number that retention has removed, with any digest."""
    number = chance.randrange(_removal(forger).number)
    forger.put(f"{forger.pruned}.000001.log", [line(forger.decision(number, chance), chance.randbytes(32))[:-1]])


def a_part_that_is_chained(forger: Forger, chance: random.Random) -> None:
    """Records that follow from each other up to the last number that was removed."""
    last = _removal(forger).number
    count = chance.randint(1, _RECORDS)
    forger.put(f"{forger.pruned}.000001.log", forger.chained(last + 1 - count, chance.randbytes(32), count, chance))


def a_removed_part_with_one_forged(forger: Forger, chance: random.Random) -> None:
    """What was removed, with one other record in it: but the first, whose digest nothing is left to tell of."""
    lines = list(forger.gone)
    at = chance.randrange(1, len(lines))
    found = taken_apart(lines[at])
    assert found is not None
    number = number_of(found.body)
    assert number is not None
    lines[at] = line(forger.decision(number, chance), found.digest)[:-1]
    forger.put(f"{forger.pruned}.000001.log", lines)


def a_first_record_of_what_was_removed(forger: Forger, chance: random.Random) -> None:
    """The last record that was removed, alone, with another body: nothing can tell, so nobody may read it."""
    removal = _removal(forger)
    forger.put(f"{forger.pruned}.000001.log", [line(forger.decision(removal.number, chance), removal.digest)[:-1]])


def a_part_behind_the_others(forger: Forger, chance: random.Random) -> None:
    """The same behind the parts that are kept."""
    removal = _removal(forger)
    forger.put(f"{forger.pruned}.000999.log", [line(forger.decision(removal.number, chance), removal.digest)[:-1]])


# --- More behind a dead writer ----------------------------------------------------------------------------------------


def a_tail_behind_the_last_head(forger: Forger, chance: random.Random) -> None:
    """Records after the last that a killed writer has signed, at any later time."""
    _add_tail(forger, chance, ends=False)


def an_end_behind_the_last_head(forger: Forger, chance: random.Random) -> None:
    """The same, and then that the writer has ended in good order."""
    _add_tail(forger, chance, ends=True)


def an_end_with_a_head_made_up(forger: Forger, chance: random.Random) -> None:
    """The same, and a head over it that another key has signed."""
    number, digest = _add_tail(forger, chance, ends=True)
    heads = forger.path / f"{forger.dead}.heads"
    signature = Ed25519PrivateKey.generate().sign(b"mine")
    head = LogHead(forger.dead, number, digest, "2026-11-28T00:00:00+00:00", signature)
    heads.write_bytes(heads.read_bytes() + head_line(head))


def _add_tail(forger: Forger, chance: random.Random, *, ends: bool) -> tuple[int, bytes]:
    """Add forged records behind the killed writer's last, and return number and digest of the last of them."""
    path = sorted(forger.path.glob(f"{forger.dead}.*.log"))[-1]
    found = taken_apart(path.read_bytes().splitlines()[-1])
    assert found is not None
    number = number_of(found.body)
    assert number is not None
    more = forger.chained(number + 1, found.digest, chance.randint(1, _RECORDS), chance)
    number, digest = number + len(more), bytes.fromhex(more[-1][-66:-2].decode())
    if ends:
        number += 1
        body = beginning(number) + b'"event":"end","writer":"%b"' % forger.dead.encode()
        digest = link(digest, body)
        more.append(line(body, digest)[:-1])
    path.write_bytes(path.read_bytes() + b"".join(text + b"\n" for text in more))
    return number, digest


Forgery = Callable[[Forger, random.Random], None]
FOUND: Final[Sequence[Forgery]] = (
    one_record_alone,
    a_writer_without_heads,
    a_writer_with_foreign_heads,
    a_part_of_nonsense,
    a_part_that_is_chained,
    a_removed_part_with_one_forged,
    a_part_behind_the_others,
    an_end_with_a_head_made_up,
)
"""Verifying finds each."""

UNREAD: Final[Sequence[Forgery]] = (a_first_record_of_what_was_removed,)
"""Verifying notes that something was to be removed; nobody reads it."""

COUNTED: Final[Sequence[Forgery]] = (a_tail_behind_the_last_head, an_end_behind_the_last_head)
"""Verifying counts it as uncovered; whoever reads it sees that it is not signed.

Once a later process has said where the dead writer ends, verifying finds it, and whatever is done to it after that.
"""
