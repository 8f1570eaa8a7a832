"""Calls at a given rate, however slow the answers: what a server does when it is asked more than it can answer.

A closed loop asks less of a server that is slower and so hides what waiting costs. This one has a time for each call
and measures from then, whether the call could be sent or not. It speaks just enough HTTP/2 for that: h2load of Debian
knows no rate of calls, and gRPC's client takes longer for a call than the server that is measured.
"""

import select
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0x0, 0x1, 0x3, 0x4, 0x6, 0x7, 0x8
_END_STREAM, _END_HEADERS, _ACK = 0x1, 0x4, 0x1
_REFUSED_STREAM: Final = 0x7
_INITIAL_WINDOW: Final = 65_535
_WIDE: Final = (1 << 31) - 1 - _INITIAL_WINDOW
_READ: Final = 1 << 18
_LAST_STREAM: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: *body* of the method at *path*, to be answered in *seconds*; *authorization* is "" for none.

    Of several questions a connection asks *body* and those in *others* in turn.
    Where the server allows no more on any connection, a call waits for *patience* and is then not sent: a caller that
    lets them queue would send each when nobody waits for it any more.
    """

    path: str
    body: bytes
    authorization: str = ""
    seconds: float = 0.25
    patience: float = 0.02
    others: tuple[bytes, ...] = ()

    @property
    def bodies(self) -> tuple[bytes, ...]:
        """Return every question."""
        return (self.body, *self.others)


@dataclass(slots=True)
class Outcome:
    """What became of calls that were due: seconds from then to the answer, and how many were refused, late, or not sent
    before their time was over; *sent* are those that reached the server.

    *turned_away* counts those of the refused that gRPC refused before the server saw them (REFUSED_STREAM). *said*
    counts what was answered, late or not, by the number of its question, to be looked at afterwards.
    """

    answered: list[float] = field(default_factory=list)
    refused: int = 0
    late: int = 0
    unsent: int = 0
    sent: int = 0
    turned_away: int = 0
    said: Counter[tuple[int, bytes]] = field(default_factory=Counter)

    @property
    def due(self) -> int:
        """Return how many calls were due."""
        return len(self.answered) + self.refused + self.late + self.unsent

    def percentile(self, part: float) -> float:
        """Return the time in seconds within which *part* of the answered calls were answered; infinite for none."""
        if not self.answered:
            return float("inf")
        ordered = sorted(self.answered)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


@dataclass(slots=True)
class _Open:
    """A call under way: when it was due, the number of its question, and what of the answer has come."""

    due: float
    question: int
    answer: bytes = b""


class Connection:
    """One connection; calls wait here while it has as many under way as the server allows."""

    def __init__(self, address: str, asked: Asked, outcome: Outcome) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._asked = asked
        self._outcome = outcome
        self._headers = _headers(address, asked)
        self._messages = [b"\0" + struct.pack(">I", len(body)) + body for body in asked.bodies]
        self._longest = max(map(len, self._messages))
        self._next = 1
        self._most = 100
        self._window = _INITIAL_WINDOW
        self._due: deque[float] = deque()
        self._open: dict[int, _Open] = {}
        self._read = b""
        self._unwritten = bytearray(_PREFACE + _frame(_SETTINGS, 0, 0, struct.pack(">HI", 0x4, (1 << 31) - 1)))
        self._unwritten += _frame(_WINDOW, 0, 0, struct.pack(">I", _WIDE))
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Return what `select` waits for."""
        return self._socket.fileno()

    @property
    def is_idle(self) -> bool:
        """Say whether nothing is due or under way."""
        return not self._due and not self._open

    @property
    def has_unwritten(self) -> bool:
        """Say whether the kernel has not taken everything yet."""
        return bool(self._unwritten)

    def ask(self, due: float) -> None:
        """Have a call that is due at *due*."""
        self._due.append(due)

    def go_on(self) -> None:
        """Send what may be sent."""
        now = time.monotonic()
        while self._due and now - self._due[0] >= self._asked.patience:
            self._due.popleft()
            self._outcome.unsent += 1
        while self._due and len(self._open) < self._most and self._window >= self._longest:
            question = self._outcome.sent % len(self._messages)
            message = self._messages[question]
            self._open[self._next] = _Open(self._due.popleft(), question)
            self._unwritten += _frame(_HEADERS, _END_HEADERS, self._next, self._headers)
            self._unwritten += _frame(_DATA, _END_STREAM, self._next, message)
            self._window -= len(message)
            self._next += 2
            self._outcome.sent += 1
        if self._unwritten:
            with suppress(BlockingIOError):
                del self._unwritten[: self._socket.send(self._unwritten)]

    def take(self) -> None:
        """Take in what has come."""
        try:
            self._read += self._socket.recv(_READ)
        except BlockingIOError:
            return
        at, content = 0, self._read
        while len(content) - at >= 9:
            length = int.from_bytes(content[at : at + 3], "big")
            if len(content) - at < 9 + length:
                break
            kind, flags = content[at + 3], content[at + 4]
            stream = int.from_bytes(content[at + 5 : at + 9], "big") & _LAST_STREAM
            self._frame(kind, flags, stream, content[at + 9 : at + 9 + length])
            at += 9 + length
        self._read = content[at:]

    def close(self) -> None:
        """Close it; what is still under way is late."""
        self._outcome.late += len(self._open)
        self._outcome.unsent += len(self._due)
        self._socket.close()

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _DATA and stream in self._open:
            self._open[stream].answer += payload
        elif kind == _SETTINGS and not flags & _ACK:
            for offset in range(0, len(payload), 6):
                name, value = struct.unpack_from(">HI", payload, offset)
                if name == 0x3:
                    self._most = value
            self._unwritten += _frame(_SETTINGS, _ACK, 0, b"")
        elif kind == _PING and not flags & _ACK:
            self._unwritten += _frame(_PING, _ACK, 0, payload)
        elif kind == _WINDOW and stream == 0:
            self._window += int.from_bytes(payload, "big") & _LAST_STREAM
        elif kind == _GOAWAY:
            raise ConnectionError("the server has closed the connection")
        if kind == _RST and int.from_bytes(payload, "big") == _REFUSED_STREAM:
            self._outcome.turned_away += 1
        if (kind in {_DATA, _HEADERS} and flags & _END_STREAM) or kind == _RST:
            self._end(stream)

    def _end(self, stream: int) -> None:
        ended = self._open.pop(stream, None)
        if ended is None:
            return
        taken = time.monotonic() - ended.due
        if not ended.answer:  # a status without a message is a refusal
            self._outcome.refused += 1
            return
        self._outcome.said[ended.question, ended.answer] += 1
        if taken > self._asked.seconds:
            self._outcome.late += 1
        else:
            self._outcome.answered.append(taken)


@dataclass(frozen=True, slots=True)
class Stream:
    """Calls of one kind: *rate* a second over so many *connections*, to another *address* than the others if given."""

    asked: Asked
    rate: float
    connections: int = 4
    address: str = ""


def ask_at_rates(address: str, streams: Sequence[Stream], seconds: float) -> list[Outcome]:
    """Ask all of *streams* for *seconds*, and return what became of each."""
    outcomes = [Outcome() for _ in streams]
    groups = [
        [Connection(stream.address or address, stream.asked, outcome) for _ in range(stream.connections)]
        for stream, outcome in zip(streams, outcomes, strict=True)
    ]
    connections = [each for group in groups for each in group]
    numbers = [0] * len(streams)
    begun = time.monotonic() + 0.2
    end = begun + seconds
    last = end + max(stream.asked.seconds for stream in streams) + 0.5
    try:
        while (now := time.monotonic()) < last and (now < end or any(not each.is_idle for each in connections)):
            for at, stream in enumerate(streams):
                while (due := begun + numbers[at] / stream.rate) <= min(now, end):
                    groups[at][numbers[at] % stream.connections].ask(due)
                    numbers[at] += 1
            for each in connections:
                each.go_on()
            writing = [each for each in connections if each.has_unwritten]
            readable, _, _ = select.select(connections, writing, [], 0.0005)
            for each in readable:
                each.take()
    finally:
        for each in connections:
            each.close()
    return outcomes


def _headers(address: str, asked: Asked) -> bytes:
    """Return a block of headers in which nothing refers to an earlier one."""
    literal = [
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("grpc-timeout", f"{round(asked.seconds * 1000)}m"),
    ]
    if asked.authorization:
        literal.append(("authorization", asked.authorization))
    block = b"\x83\x86\x04" + _text(asked.path) + b"\x01" + _text(address)  # POST, http, :path, :authority
    return block + b"".join(b"\0" + _text(name) + _text(value) for name, value in literal)


def _text(value: str) -> bytes:
    length, encoded = len(value), bytearray()
    if length < 127:
        encoded.append(length)
    else:
        encoded.append(127)
        length -= 127
        while length >= 128:
            encoded.append(length % 128 + 128)
            length //= 128
        encoded.append(length)
    return bytes(encoded) + value.encode("ascii")


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload
