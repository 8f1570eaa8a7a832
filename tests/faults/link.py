"""A way to a server that can be held, slowed down, and cut, at the worst moment too: after COMMIT has gone through."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 65536


@dataclass
class Link:
    """Passes bytes on between whoever connects and the server at *port* of this machine.

    *seconds*: each piece comes so much later. *cutting*: the next one that holds COMMIT goes through, and then the
    connection is cut; *cut* counts these. *shut*: nobody new is let in, and who is there has been put out.
    """

    port_behind: int
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    seconds: float = 0.0
    cutting: bool = False
    cut: int = 0
    shut: bool = False
    _flowing: threading.Event = field(default_factory=threading.Event)
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Return where it listens."""
        number: int = self.listener.getsockname()[1]
        return number

    def hold(self) -> None:
        """Pass nothing on, and close nothing: neither side is told."""
        self._flowing.clear()

    def release(self) -> None:
        """Pass on what was held, and what comes."""
        self._flowing.set()

    def cut_all(self) -> None:
        """Cut every connection, and let nobody in until `mend`."""
        self.shut = True
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def mend(self) -> None:
        """Let everybody in again."""
        self.shut = False

    def run(self) -> None:
        """Take connections until the listener is closed."""
        self._flowing.set()
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = None if self.shut else socket.create_connection(("127.0.0.1", self.port_behind))
            except OSError:
                far = None
            if far is None:
                near.close()
                continue
            self._open += [near, far]
            over = threading.Event()
            threading.Thread(target=self._pass_on, args=(near, far, over, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(far, near, over, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, over: threading.Event, forth: bool) -> None:
        with source, suppress(OSError):
            while said := source.recv(_PIECE):
                time.sleep(self.seconds)
                self._flowing.wait()
                if over.is_set():
                    break
                if forth and self.cutting and b"COMMIT" in said:
                    self.cutting, self.cut = False, self.cut + 1
                    over.set()  # nothing of the answer goes back
                    target.sendall(said)
                    source.close()  # the other way goes on until the server has answered, and ends with that
                    return
                target.sendall(said)
            for end in (source, target):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


@contextmanager
def linked(port: int) -> Iterator[Link]:
    """Give a link to *port* that passes everything on until it is told otherwise."""
    link = Link(port)
    threading.Thread(target=link.run, daemon=True).start()
    try:
        yield link
    finally:
        link.listener.close()
        link.release()
        link.cut_all()
