"""The connections of a port are ended below whoever holds them."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pdp.server.connections import Connections
from pdp.server.under_way import EndingError, Peer, UnderWay, number_of

_ANOTHER = """
import socket, sys
with socket.socket() as listening:
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", int(sys.argv[1])))
    listening.listen()
    print("ready", flush=True)
    while True:
        found, _ = listening.accept()
        with found:
            found.sendall(b"another")
"""


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Give a socket that listens, and lets others of its port do so."""
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        found.bind(("127.0.0.1", 0))
        found.listen()
        found.settimeout(5)
        yield found


def _connections(listening: socket.socket) -> Connections:
    return Connections(f"127.0.0.1:{listening.getsockname()[1]}")


def test_who_connects_anew_finds_nobody(listening: socket.socket) -> None:
    """The number that the holder knows stays one of a socket: nothing comes of it, and closing it is no error."""
    address = listening.getsockname()
    _connections(listening).refuse_new()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.accept()


def test_who_connects_anew_reaches_another_process_of_the_port(listening: socket.socket) -> None:
    """Each one of them, whichever of the two the kernel would have chosen."""
    address = listening.getsockname()
    with subprocess.Popen([sys.executable, "-c", _ANOTHER, str(address[1])], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        _connections(listening).refuse_new()
        said = []
        for _ in range(20):
            with socket.create_connection(address, timeout=5) as found:
                said.append(found.recv(16))
        process.kill()
    assert said == [b"another"] * 20


def test_a_connection_that_is_not_kept_is_half_closed(listening: socket.socket) -> None:
    """What was sent over it arrives, then its end; the kept one goes on."""
    with (
        socket.create_connection(listening.getsockname()) as kept,
        socket.create_connection(listening.getsockname()) as other,
    ):
        ours = [listening.accept()[0] for _ in range(2)]
        for each in ours:
            each.sendall(b"sent before")
        count = _connections(listening).half_close({Peer(*kept.getsockname())})

        assert count == 2
        assert other.recv(64) == b"sent before"
        assert other.recv(64) == b""
        assert kept.recv(64) == b"sent before"
        kept.setblocking(False)
        with pytest.raises(BlockingIOError):
            kept.recv(64)
        for each in ours:
            each.close()
        assert _connections(listening).half_close(()) == 0


def test_somebody_whose_address_cannot_be_read_keeps_all(listening: socket.socket) -> None:
    """FAIL CLOSED: an answer that is under way is not lost because we do not know to whom it goes."""
    with socket.create_connection(listening.getsockname()) as one:
        ours, _ = listening.accept()
        _connections(listening).half_close({None})
        ours.sendall(b"still open")
        assert one.recv(64) == b"still open"
        ours.close()


class _Call:
    def __init__(self, peer: "str | bytes") -> None:
        self._peer = peer

    def peer(self) -> "str | bytes":
        return self._peer


@pytest.mark.parametrize(
    ("written", "peer"),
    [
        ("ipv4:192.0.2.1:4711", Peer("192.0.2.1", 4711)),
        (b"ipv4:192.0.2.1:4711", Peer("192.0.2.1", 4711)),
        ("ipv6:%5B::1%5D:4711", Peer("::1", 4711)),
        ("ipv6:%5Bfe80::1%25eth0%5D:4711", Peer("fe80::1", 4711)),
        ("ipv6:%5B::ffff:192.0.2.1%5D:4711", Peer("192.0.2.1", 4711)),
        ("unix:/tmp/a:4711", None),
        ("ipv4:somewhere:4711", None),
        ("", None),
    ],
)
def test_peers_are_read_as_the_core_writes_them(written: "str | bytes", peer: Peer | None) -> None:
    """Both forms of an address give one: what the kernel says is compared with what the core says."""
    under_way = UnderWay()
    under_way.begin(_Call(written))

    assert under_way.peers() == {peer}


def test_a_number_is_that_of_the_kernel() -> None:
    """IPv4 through a socket of IPv6 is IPv4."""
    assert number_of("::ffff:192.0.2.1") == number_of("192.0.2.1")


def test_nothing_begins_once_the_end_has_begun() -> None:
    """What had begun is waited for, what is refused is not."""
    under_way, first = UnderWay(), _Call("ipv4:192.0.2.1:1")
    under_way.begin(first)
    under_way.begin_to_end()

    with pytest.raises(EndingError):
        under_way.begin(_Call("ipv4:192.0.2.1:2"))
    assert under_way.peers() == {Peer("192.0.2.1", 1)}
    under_way.end(first)
    assert not under_way.peers()
