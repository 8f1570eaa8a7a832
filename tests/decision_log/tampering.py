"""Tampers with a decision log in random ways, and looks whether verifying finds each.

`python -m tests.decision_log.tampering` makes 1,000 tamperings. Whoever tampers has the files of the log and not the
signing key. Some know nothing of the chain; others make every later digest anew, cut off the heads beside it, or sign
heads with a key of their own. All of it is before the last head, since later records are not said to be protected.

The twins are verifiers with one fault each: what gets past them shows that the part they lack is needed.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pdp.core.log_ports import LogHead
from pdp.decision_log import verifying
from pdp.decision_log.chain import beginning, line, link, start, taken_apart
from pdp.decision_log.heads import head_line, read_head
from pdp.decision_log.verifying import Verified, Verifier
from tests.decision_log.logs import Log

WRITERS: Final = 2
RECORDS: Final = 60
PART_BYTES: Final = 40_000
TAMPERINGS: Final = 1000

Lines = list[bytes]


@dataclass
class Files:
    """The records of one writer in their order, split into parts as they lie in files, and its heads."""

    folder: Path
    writer: str
    parts: list[Lines] = field(default_factory=list)
    heads: Lines = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path, writer: str) -> "Files":
        """Return the files of *writer*."""
        parts = [path.read_bytes().splitlines() for path in sorted(folder.glob(f"{writer}.*.log"))]
        heads = (folder / f"{writer}.heads").read_bytes().splitlines()
        return cls(folder, writer, parts, heads)

    def write(self) -> None:
        """Put the files in the place of those that are there."""
        for path in self.folder.glob(f"{self.writer}.*.log"):
            path.unlink()
        for number, lines in enumerate(self.parts, start=1):
            content = b"".join(text + b"\n" for text in lines)
            (self.folder / f"{self.writer}.{number:06}.log").write_bytes(content)
        (self.folder / f"{self.writer}.heads").write_bytes(b"".join(text + b"\n" for text in self.heads))

    @property
    def all(self) -> Lines:
        """Return all records."""
        return [text for lines in self.parts for text in lines]

    def put(self, records: Lines) -> None:
        """Let *records* be all that there are, in as many parts as before."""
        sizes = [len(lines) for lines in self.parts[:-1]]
        self.parts = []
        for size in sizes:
            self.parts.append(records[:size])
            records = records[size:]
        self.parts.append(records)


# --- What is done to the records --------------------------------------------------------------------------------------


def edit_a_byte(records: Lines, at: int, chance: random.Random) -> Lines:
    """Change one byte of one record into another."""
    text = bytearray(records[at])
    place = chance.randrange(len(text))
    text[place] = chance.choice([value for value in range(32, 127) if value != text[place]])
    return [*records[:at], bytes(text), *records[at + 1 :]]


def turn_the_answer(records: Lines, at: int, chance: random.Random) -> Lines:
    """Make an allow of a deny, or the other way round."""
    text = records[at]
    turned = text.replace(b'"decision":"deny"', b'"decision":"ALLOW"').replace(
        b'"decision":"allow"', b'"decision":"deny"'
    )
    turned = turned.replace(b"ALLOW", b"allow")
    return edit_a_byte(records, at, chance) if turned == text else [*records[:at], turned, *records[at + 1 :]]


def remove(records: Lines, at: int, _chance: random.Random) -> Lines:
    """Leave one record out."""
    return records[:at] + records[at + 1 :]


def remove_several(records: Lines, at: int, chance: random.Random) -> Lines:
    """Leave several records out."""
    return records[:at] + records[min(at + chance.randint(2, 20), len(records)) :]


def swap(records: Lines, at: int, chance: random.Random) -> Lines:
    """Let two records change places."""
    other = chance.choice([number for number in range(1, len(records)) if number != at])
    moved = list(records)
    moved[at], moved[other] = moved[other], moved[at]
    return moved


def repeat(records: Lines, at: int, chance: random.Random) -> Lines:
    """Put a record in once more, anywhere."""
    place = chance.randrange(1, len(records))
    return [*records[:place], records[at], *records[place:]]


def replace_by_another(records: Lines, at: int, chance: random.Random) -> Lines:
    """Put a copy of another record in the place of one."""
    other = chance.choice([number for number in range(len(records)) if number != at])
    return [*records[:at], records[other], *records[at + 1 :]]


def truncate(records: Lines, at: int, _chance: random.Random) -> Lines:
    """Cut the end off."""
    return records[:at]


Change = Callable[[Lines, int, random.Random], Lines]
CHANGES: Final[Sequence[Change]] = (
    edit_a_byte,
    turn_the_answer,
    remove,
    remove_several,
    swap,
    repeat,
    replace_by_another,
    truncate,
)


# --- What whoever tampers knows ---------------------------------------------------------------------------------------


def naive(_files: Files, _at: int) -> None:
    """Leave it at that."""


def digests_anew(files: Files, at: int) -> None:
    """Give every record from *at* on the number and the digest that it has to have now."""
    records = files.all
    digest = start(files.writer)
    chained: Lines = []
    for number, text in enumerate(records):
        found = taken_apart(text)
        body = text if found is None else found.body
        if number >= at:
            body = beginning(number) + body.split(b",", 2)[2] if body.count(b",") > 2 else body
        digest = link(digest, body)
        chained.append(line(body, digest)[:-1])
    files.put(chained)


def one_digest_anew(files: Files, at: int) -> None:
    """Give the one record at *at* a digest that is right after its neighbour, and leave the later ones as they are."""
    records = files.all
    if at >= len(records):
        return
    before = taken_apart(records[at - 1])
    found = taken_apart(records[at])
    if before is None or found is None:
        return
    body = beginning(at) + found.body.split(b",", 2)[2]
    records[at] = line(body, link(before.digest, body))[:-1]
    files.put(records)


def heads_cut_off(files: Files, at: int) -> None:
    """Make the digests anew, and leave out every head that names a later record."""
    digests_anew(files, at)
    files.heads = [text for text in files.heads if read_head(text).number < at]


def heads_of_their_own(files: Files, at: int) -> None:
    """Make the digests anew, and sign new heads with another key."""
    digests_anew(files, at)
    key = Ed25519PrivateKey.generate()
    digests = [found.digest for found in map(taken_apart, files.all) if found is not None]
    made: Lines = []
    for text in files.heads:
        head = read_head(text)
        number = min(head.number, len(digests) - 1)
        if number >= at and digests:
            signed = LogHead(head.writer, number, digests[number], head.at, key.sign(b"mine"))
            made.append(head_line(signed)[:-1])
        else:
            made.append(text)
    files.heads = list(dict.fromkeys(made))


Knowledge = Callable[[Files, int], None]
KNOWLEDGE: Final[Sequence[Knowledge]] = (naive, one_digest_anew, digests_anew, heads_cut_off, heads_of_their_own)


# --- Twins ------------------------------------------------------------------------------------------------------------


class UnsignedHeads(Verifier):
    """Believes every head, whoever signed it, and looks at none in the second place."""

    def _is_good(self, head: LogHead, writer: str, place: str) -> bool:
        return place != "the second place"


class NoSecondPlace(Verifier):
    """Does not look at the heads in the store."""

    def _is_good(self, head: LogHead, writer: str, place: str) -> bool:
        return place != "the second place" and super()._is_good(head, writer, place)


class NoHeads(Verifier):
    """Looks at the chain alone."""

    def _compare(self, head: LogHead, walked: verifying._Walked) -> None:
        """Compare nothing."""


class NoChain(Verifier):
    """Looks at every record alone: whether it has a digest, in whatever order."""

    def _follow(self, walked: verifying._Walked, previous: bytes, text: bytes, writer: str, place: str) -> bool:
        found = taken_apart(text)
        if found is None:
            return super()._follow(walked, previous, text, writer, place)
        walked.digests.append(found.digest)
        return True

    def _compare(self, head: LogHead, walked: verifying._Walked) -> None:
        """A head says how many there are, and no more."""
        if head.number > walked.last:
            super()._compare(head, walked)


class NoNumbers(Verifier):
    """Does not look at numbers: a head is found by its digest, and the end is where the records end."""

    def _compare(self, head: LogHead, walked: verifying._Walked) -> None:
        if head.number <= walked.last:
            super()._compare(head, walked)


TWINS: Final[Mapping[str, type[Verifier]]] = {
    "unsigned heads": UnsignedHeads,
    "no second place": NoSecondPlace,
    "no heads": NoHeads,
    "no chain": NoChain,
    "no numbers": NoNumbers,
}


# --- The storm --------------------------------------------------------------------------------------------------------


class Tampering:
    """A log in *folder* that is tampered with again and again; every tampering begins with the log as it was."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._log = Log(folder / "log", part_bytes=PART_BYTES)
        for _ in range(WRITERS):
            self._log.write(RECORDS, heads_every=7)
        self._whole = folder / "whole"
        shutil.copytree(self._log.path, self._whole)
        self.missed: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.past_twins: Counter[str] = Counter()

    @property
    def log(self) -> Log:
        """Return the log."""
        return self._log

    def untouched(self) -> Verified:
        """Return what verifying comes to when nobody has tampered."""
        return self._log.verified()

    def once(self, *, twins: bool = False) -> None:
        """Tamper once and look whether it is found; with *twins* also whether each of them finds it."""
        shutil.rmtree(self._log.path)
        shutil.copytree(self._whole, self._log.path)
        name = self._tamper()
        (self.missed if self._log.verified().is_whole else self.found)[name] += 1
        if twins:
            for twin, verifier in TWINS.items():
                self.past_twins[twin] += self._log.verified(verifier).is_whole

    def _tamper(self) -> str:
        chance = self._chance
        files = Files.read(self._log.path, chance.choice(self._log.folder.writers()))
        before = files.all
        at = chance.randrange(1, len(before) - 1)
        if chance.random() < 0.05:
            files.parts, files.heads = [], []
            files.write()
            return "remove a writer"
        change, knowledge = chance.choice(CHANGES), chance.choice(KNOWLEDGE)
        changed = change(before, at, chance)
        # A repetition or a swap may begin earlier than where it was aimed at.
        first = next(
            (number for number, (one, other) in enumerate(zip(before, changed, strict=False)) if one != other),
            min(len(before), len(changed)),
        )
        files.put(changed)
        knowledge(files, first)
        if (files.all, files.heads) == (before, Files.read(self._log.path, files.writer).heads):
            return self._tamper()  # a swap of like records with new numbers changes nothing
        files.write()
        return f"{change.__name__}, {knowledge.__name__}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Tamper so often and print the counts; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.decision_log.tampering", description=(__doc__ or "")[:74])
    parser.add_argument("--times", type=int, default=TAMPERINGS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        tampering = Tampering(Path(folder), given.seed)
        assert tampering.untouched().is_whole
        for number in range(given.times):
            tampering.once(twins=number % 5 == 0)
    for name, count in sorted((tampering.found + tampering.missed).items()):
        print(f"{count:6}  {name}: {tampering.missed[name]} missed")
    for twin in TWINS:
        print(f"{tampering.past_twins[twin]:6}  of {-(-given.times // 5)} got past the twin with {twin}")
    print(f"{tampering.found.total()} found, {tampering.missed.total()} missed")
    return 1 if tampering.missed or not all(tampering.past_twins[twin] for twin in TWINS) else 0


if __name__ == "__main__":
    sys.exit(main())
