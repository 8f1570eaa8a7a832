"""The connections of one port of this process, as the kernel knows them.

gRPC can only end a server as a whole: what has reached it by then and was not handed over is told CANCELLED, which no
caller asks again (github.com/grpc/grpc/issues/41785). So they are ended here, below it, before it is told anything:
what listens first, then each connection once nothing is under way on it. To gRPC and to its callers that is a
connection that was closed; what waits on it is UNAVAILABLE to who asked.
"""

import os
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pdp.server.under_way import Peer, number_of

_OWN: Final = Path("/proc/self/fd")


class Connections:
    """Those whose own end is the port of *address*, HOST:PORT."""

    def __init__(self, address: str) -> None:
        self._port = int(address.rpartition(":")[2])

    def refuse_new(self) -> None:
        """Take no more; who connects reaches another process of the port, or nobody."""
        for number, found in self._sockets():
            if not _listens(found):
                continue
            with socket.socket(socket.AF_UNIX) as silent:
                # gRPC goes on holding the number: behind it lies what nobody can connect to, and what has no events.
                silent.bind("")
                silent.listen()
                silent.setblocking(False)
                os.dup2(silent.fileno(), number, inheritable=False)
            # A process that was forked meanwhile may hold it too.
            found.shutdown(socket.SHUT_RDWR)

    def half_close(self, kept: Collection[Peer | None]) -> int:
        """Send nothing more over those that are not *kept*, so that the other side closes; return how many are open.

        None among them keeps all. What was sent arrives; what comes later is read and cannot be answered.
        """
        count = 0
        for _, found in self._sockets():
            try:
                host, port, *_ = found.getpeername()
            except OSError:  # it listens, or is gone
                continue
            count += 1
            if None not in kept and Peer(number_of(host), port) not in kept:
                with suppress(OSError):
                    found.shutdown(socket.SHUT_WR)
        return count

    def _sockets(self) -> Iterator[tuple[int, socket.socket]]:
        """Yield the number of each socket of the port, and a second hold on it that ends with the next one."""
        for entry in sorted(_OWN.iterdir()):
            number = int(entry.name)
            with _held(number) as found:
                if found is not None and _port_of(found) == self._port:
                    yield number, found


@contextmanager
def _held(number: int) -> Iterator[socket.socket | None]:
    """Hold what lies behind *number*: gRPC may close it at any moment. Give None for what is no socket, or closed."""
    found = None
    with suppress(OSError):
        if os.readlink(f"{_OWN}/{number}").startswith("socket:"):
            second = os.dup(number)
            try:
                found = socket.socket(fileno=second)
            except OSError:
                os.close(second)
    try:
        yield found
    finally:
        if found is not None:
            found.close()


def _port_of(found: socket.socket) -> int | None:
    if found.family not in {socket.AF_INET, socket.AF_INET6} or found.type != socket.SOCK_STREAM:
        return None
    try:
        return int(found.getsockname()[1])
    except OSError:
        return None


def _listens(found: socket.socket) -> bool:
    return bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
