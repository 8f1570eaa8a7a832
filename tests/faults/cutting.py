"""A way to a server that can be cut at the worst moment: after COMMIT has gone through, before its answer comes back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Link:
    """Passes bytes on between whoever connects and the server at *target*."""

    target: tuple[str, int]
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    cutting: bool = False
    cut: int = 0

    @property
    def port(self) -> int:
        """Return where it listens."""
        number: int = self.listener.getsockname()[1]
        return number

    def run(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            ended = threading.Event()
            threading.Thread(target=self._to_the_server, args=(near, far, ended), daemon=True).start()
            threading.Thread(target=self._back, args=(far, near, ended), daemon=True).start()

    def _to_the_server(self, near: socket.socket, far: socket.socket, ended: threading.Event) -> None:
        with near, far, suppress(OSError):
            while said := near.recv(65536):
                is_last = self.cutting and b"COMMIT" in said
                if is_last:
                    ended.set()  # nothing of the answer goes back
                far.sendall(said)
                if is_last:
                    self.cutting = False
                    self.cut += 1
                    far.recv(65536)  # the server has done it
                    return

    def _back(self, far: socket.socket, near: socket.socket, ended: threading.Event) -> None:
        with suppress(OSError):
            while said := far.recv(65536):
                if ended.is_set():
                    return
                near.sendall(said)


@contextmanager
def linked(host: str, port: int) -> Iterator[Link]:
    """Give a link to *host*, *port* that passes everything on until it is told to cut."""
    link = Link((host, port))
    threading.Thread(target=link.run, daemon=True).start()
    try:
        yield link
    finally:
        link.listener.close()
