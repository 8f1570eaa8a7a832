"""A client that says in HTTP/2 what no proper one would: frames and headers, byte by byte (RFC 9113, RFC 7541)."""

import re
import socket
import ssl
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

DATA: Final = 0
HEADERS: Final = 1
RST_STREAM: Final = 3
SETTINGS: Final = 4
PING: Final = 6
GOAWAY: Final = 7
CONTINUATION: Final = 9

END_STREAM: Final = 1
ACK: Final = 1
END_HEADERS: Final = 4

LARGEST_FRAME: Final = 16_384
SECONDS: Final = 5.0

Header = tuple[bytes, bytes]


def number(value: int, bits: int, first: int) -> bytes:
    """Return *value* as a number of HPACK with a prefix of so many *bits*, the others of its first byte as given."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    written = bytearray([first | most])
    value -= most
    while value >= 128:
        written.append(value % 128 + 128)
        value //= 128
    return bytes([*written, value])


def block(headers: Sequence[Header], *, remembered: bool = False) -> bytes:
    """Return *headers* as literals of HPACK; *remembered*: each is put into the table of the connection."""
    first = 0x40 if remembered else 0
    return b"".join(
        bytes([first]) + number(len(name), 7, 0) + name + number(len(value), 7, 0) + value for name, value in headers
    )


def grpc_headers(path: bytes, *more: Header, method: bytes = b"POST") -> list[Header]:
    """Return the headers of a call of gRPC at *path*, and *more*."""
    return [
        (b":method", method),
        (b":scheme", b"http"),
        (b":path", path),
        (b":authority", b"localhost"),
        (b"content-type", b"application/grpc"),
        (b"te", b"trailers"),
        *more,
    ]


@dataclass
class Told:
    """What was answered: bytes of headers as they came, those of messages, and whether the stream was reset."""

    headers: bytes = b""
    body: bytes = b""
    reset: bool = False
    closed: bool = False

    @property
    def status(self) -> int | None:
        """Return the status of gRPC, None when there is none: no call was answered then.

        It is looked for in the bytes of the headers: gRPC's core writes it as a literal the first time on a connection.
        """
        found = re.search(rb"grpc-status[\x01\x02]([0-9]{1,2})", self.headers)
        return int(found[1]) if found else None


@dataclass
class Connection:
    """A connection on which anything can be said."""

    connected: socket.socket
    _next: int = 1
    _read: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        """Begin as HTTP/2 begins."""
        self.connected.settimeout(SECONDS)
        self.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.frame(SETTINGS, 0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connected.close()

    def raw(self, said: bytes) -> None:
        """Send bytes as they are."""
        self.connected.sendall(said)

    def frame(self, kind: int, flags: int, stream: int, payload: bytes = b"") -> None:
        """Send one frame."""
        self.raw(struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload)

    def headers(self, said: bytes, *, ends: bool = False) -> int:
        """Open a stream with a block of headers, in as many frames as it takes; return its number."""
        stream, self._next = self._next, self._next + 2
        parts = [said[at : at + LARGEST_FRAME] for at in range(0, len(said), LARGEST_FRAME)] or [b""]
        for at, part in enumerate(parts):
            flags = (END_HEADERS if at == len(parts) - 1 else 0) | (END_STREAM if ends and at == 0 else 0)
            self.frame(HEADERS if at == 0 else CONTINUATION, flags, stream, part)
        return stream

    def call(self, said: bytes, body: bytes) -> Told:
        """Open a stream with a block of headers, send one message of gRPC, and return what was answered."""
        try:
            stream = self.headers(said)
            self.frame(DATA, END_STREAM, stream, b"\0" + struct.pack(">I", len(body)) + body)
            return self.told(stream)
        except OSError:
            return Told(closed=True)

    def told(self, stream: int) -> Told:
        """Return what comes on *stream* until it or the connection ends."""
        told = Told()
        try:
            for kind, flags, of, payload in self._frames():
                if kind == GOAWAY:
                    told.closed = True
                    return told
                if of != stream:
                    continue
                if kind == RST_STREAM:
                    told.reset = True
                    return told
                if kind in {HEADERS, CONTINUATION}:
                    told.headers += payload
                if kind == DATA:
                    told.body += payload
                if flags & END_STREAM and kind in {HEADERS, DATA}:
                    return told
        except OSError:
            pass
        told.closed = True
        return told

    def _frames(self) -> Iterator[tuple[int, int, int, bytes]]:
        """Yield the frames that come; answer settings and pings."""
        while True:
            head = self._exactly(9)
            if head is None:
                return
            payload = self._exactly(int.from_bytes(head[:3], "big"))
            if payload is None:
                return
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7FFFFFFF
            if kind in {SETTINGS, PING} and not flags & ACK:
                self.frame(kind, ACK, 0, payload if kind == PING else b"")
            yield kind, flags, stream, payload

    def _exactly(self, length: int) -> bytes | None:
        while len(self._read) < length:
            more = self.connected.recv(65_536)
            if not more:
                return None
            self._read += more
        found, self._read = bytes(self._read[:length]), self._read[length:]
        return found


@contextmanager
def speaking(address: str, authority: bytes | None = None) -> Iterator[Connection]:
    """Connect to *address*, HOST:PORT, over TLS if there is an *authority* in PEM."""
    host, _, port = address.rpartition(":")
    with ExitStack() as stack:
        connected = stack.enter_context(socket.create_connection((host, int(port)), SECONDS))
        if authority is not None:
            context = ssl.create_default_context(cadata=authority.decode())
            context.set_alpn_protocols(["h2"])
            connected = stack.enter_context(context.wrap_socket(connected, server_hostname="localhost"))
        yield stack.enter_context(Connection(connected))


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096
