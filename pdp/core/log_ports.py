"""What the chained decision log asks of the world: files, keys, signatures, and a second place for its heads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pdp.core.entity import Entity


@dataclass(frozen=True, slots=True)
class LogHead:
    """Where the chain of one *writer* stood: the number and the digest of its last record, and the instant.

    *at* is RFC 3339 in UTC; *signature* is that of the log's key (Ed25519) over all the others.
    """

    writer: str
    number: int
    digest: bytes
    at: str
    signature: bytes


class LogHeads(Protocol):
    """A second place for signed heads, away from the log: the newest of each writer."""

    def keep(self, head: LogHead) -> None:
        """Keep *head* unless a later one of its writer is kept; must raise UnavailableError when it cannot."""

    def heads(self) -> tuple[LogHead, ...]:
        """Return the newest head of every writer; must raise UnavailableError when they cannot be known."""


class Signs(Protocol):
    """The private key of the log."""

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes by which others know the key."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature under *message*."""


@dataclass(frozen=True, slots=True)
class PersonKey:
    """The key (32 bytes) of one person, and the *id* under which records name it; neither tells who it is."""

    id: str
    key: bytes


class PersonKeys(Protocol):
    """A key for each person, by operator; without the key nobody can read what was sealed with it."""

    @property
    def generation(self) -> int:
        """Return a number that differs once a key that was given may have been erased."""

    def of(self, operator: str, person: Entity) -> PersonKey:
        """Return the key of *person*, made and kept when there is none; must raise UnavailableError."""

    def known(self, operator: str, person: Entity) -> PersonKey | None:
        """Return the key of *person*, None when there is none."""

    def with_id(self, id_: str) -> bytes | None:
        """Return the key that is called *id_*, None when it was erased or never was."""

    def refresh(self) -> None:
        """Learn what other processes have added and erased; must raise UnavailableError."""

    def erase(self, operator: str, person: Entity) -> int:
        """Remove the keys of *person* for good and return how many there were; must raise UnavailableError."""


class LogFile(Protocol):
    """The files of one writer, which alone writes to them."""

    def append(self, lines: bytes) -> None:
        """Hand *lines* over to the operating system whole, or nothing of them; must raise OSError for nothing."""

    def keep_head(self, line: bytes) -> None:
        """Write a head beside the records; must raise OSError."""

    def close(self) -> None:
        """Let go of the files."""

    def discard(self) -> None:
        """Let go of the files and remove them: nobody was answered for what is in them."""


@dataclass(frozen=True, slots=True)
class LogPart:
    """A part of the records of one writer: its *name* for people, and what reads it whole and removes it.

    *read_end* returns at most so many of its last bytes, *is_held* says whether its writer still has it open.
    """

    name: str
    read: Callable[[], bytes]
    read_end: Callable[[int], bytes]
    remove: Callable[[], None]
    is_held: Callable[[], bool]


class LogFolder(Protocol):
    """Where the records of all writers lie. Every method must raise UnavailableError for what cannot be read."""

    def open_writer(self, writer: str) -> LogFile:
        """Return new files for *writer*."""

    def writers(self) -> Sequence[str]:
        """Return every writer of which anything is left, oldest first."""

    def parts(self, writer: str) -> Sequence[LogPart]:
        """Return the parts of the records of *writer* in their order."""

    def last_parts(self) -> Mapping[str, LogPart]:
        """Return the last part of every writer that has one, oldest writer first, from one look."""

    def heads(self, writer: str) -> bytes:
        """Return the lines of the heads of *writer*, oldest first."""

    def removed(self, writer: str) -> bytes:
        """Return the statement of what retention has removed of *writer*, empty where it removed nothing."""

    def keep_removed(self, writer: str, line: bytes) -> None:
        """Write that statement, durably, in the place of an earlier one."""

    def size(self) -> int:
        """Return how many bytes all records take."""


Lines = Iterator[tuple[str, int, bytes]]
"""Name of a part, number of the line in it from 1, and the line without its end."""
