"""What has begun and is not over yet, so that a server that ends neither loses it nor begins anything else."""

import ipaddress
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote


class EndingError(Exception):
    """The server is ending, and nothing was begun for this call: another one may be asked."""


class Peer(NamedTuple):
    """The other side of a connection: an address as a number, and its port."""

    host: str
    port: int


class Call(Protocol):
    """A call; the same object from its begin to its end."""

    def peer(self) -> "str | bytes":
        """Return who is at the other side, as gRPC writes it: `ipv4:192.0.2.1:4711`."""


class UnderWay:
    """Knows the calls for which work has begun and whose answers have not left yet.

    Any thread may call it: each step is one operation of a set.
    """

    def __init__(self) -> None:
        self._begun: set[Call] = set()
        self.is_ending = False

    def begin(self, call: Call) -> None:
        """Note that the work for *call* begins; raise EndingError when nothing may begin any more.

        What is refused is not waited for: who asks again at once would keep its connection for ever.
        """
        # INVARIANT (begun or refused): first noted, then looked at. `begin_to_end` does it the other way round, so a
        # call that was not refused is among those that the end waits for.
        self._begun.add(call)
        if self.is_ending:
            self._begun.discard(call)
            raise EndingError

    def note(self, call: Call) -> None:
        """Note *call*, whose work lasts: the end waits for it too."""
        self._begun.add(call)

    def end(self, call: Call) -> None:
        """Note that *call* is over and its answer has left."""
        self._begun.discard(call)

    def begin_to_end(self) -> None:
        """Let nothing begin any more. INVARIANT (begun or refused)."""
        self.is_ending = True

    def peers(self) -> frozenset["Peer | None"]:
        """Return who waits for what has begun; None stands for somebody whose address cannot be read."""
        return frozenset(_peer(call) for call in tuple(self._begun))


def _peer(call: Call) -> Peer | None:
    written = call.peer()
    kind, _, rest = (written.decode("ascii", "replace") if isinstance(written, bytes) else written).partition(":")
    host, _, port = unquote(rest).rpartition(":")
    if kind not in _NUMBERED:
        return None
    try:
        return Peer(number_of(host), int(port))
    except ValueError:
        return None


_NUMBERED: Final = frozenset({"ipv4", "ipv6"})


def number_of(host: str) -> str:
    """Return the address *host* in its one form: without brackets or a zone, and IPv4 as such; raise ValueError."""
    address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
