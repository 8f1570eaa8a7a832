"""Passes everything on to a port of this machine, each piece so many seconds later: `delay_proxy PORT SECONDS`.

Says on its first line which port it listens on, and goes on until its input ends. Half of what a round trip is to take
longer is given as SECONDS: both ways are delayed.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Piece(asyncio.Protocol):
    """One side of a connection; what it receives goes to *other* after a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.transport: asyncio.Transport | None = None
        self.other: _Piece | None = None
        self.waiting: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        for piece in self.waiting:
            transport.write(piece)

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self.seconds, self._pass_on, data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def _pass_on(self, data: bytes) -> None:
        assert self.other is not None
        if self.other.transport is None:
            self.other.waiting.append(data)
        elif not self.other.transport.is_closing():
            self.other.transport.write(data)


async def _serve(port: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    opening: set[asyncio.Task[object]] = set()

    def accepted() -> _Piece:
        ours, theirs = _Piece(seconds), _Piece(seconds)
        ours.other, theirs.other = theirs, ours
        task: asyncio.Task[object] = asyncio.ensure_future(loop.create_connection(lambda: theirs, "127.0.0.1", port))
        opening.add(task)
        task.add_done_callback(opening.discard)
        return ours

    server = await loop.create_server(accepted, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """Give the port of a process that passes on to *port*, each piece *seconds* later."""
    command = [sys.executable, "-m", "benchmarks.freshness.delay_proxy", str(port), str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
