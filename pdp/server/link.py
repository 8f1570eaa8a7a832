"""What a parent and its workers tell each other: messages over a pair of sockets."""

import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pdp.activation.candidate import File

SEND_SECONDS: Final = 10.0
"""A process that does not take a message for so long does not follow any more."""

_HEAD_BYTES: Final = 4


class Kind(StrEnum):
    """The kinds of message; first those of a worker, then those of its parent.

    READY     the worker answers: `revisions` by operator; whether it can use what is `stored`
    STORED    it can use what is stored
    PREPARED  it could put `change` in force: `revision`; or it cannot: `error`
    FOLLOWED  it has put `change` in force: `revisions`
    RELOAD    a caller asks for `operator` to be read again: `ask`, `by`
    PREPARE   build the policy set of `operator` from the files: `change`, `since`, `by`
    ACTIVATE  put `change` in force
    ADOPT     both at once, for one that came late
    DROP      forget `change`
    STANDING  what was refused and which revision each worker has: one file, a GetPolicySetResponse
    RELOADED  what became of the reload `ask`: one file, a ReloadResponse
    """

    READY = "ready"
    STORED = "stored"
    PREPARED = "prepared"
    FOLLOWED = "followed"
    RELOAD = "reload"
    PREPARE = "prepare"
    ACTIVATE = "activate"
    ADOPT = "adopt"
    DROP = "drop"
    STANDING = "standing"
    RELOADED = "reloaded"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its *kind*, what it says, and *files* whose bytes come along as they are."""

    kind: Kind
    says: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[File, ...] = field(default=(), repr=False)


class Link:
    """One end of a pair of sockets; any thread may send, one may receive.

    The end of a parent, with *seconds*, gives up on a peer that does not take or finish a message in that time.
    """

    def __init__(self, end: socket.socket, seconds: float | None = None) -> None:
        end.settimeout(seconds)
        self._end = end
        self._sending = threading.Lock()

    def fileno(self) -> int:
        """Return the descriptor, for those who wait on several links."""
        return self._end.fileno()

    def send(self, message: Message) -> None:
        """Send *message*; raise OSError (TimeoutError among them) when the peer does not take it."""
        head = json.dumps(
            [message.kind, message.says, [(path, len(content)) for path, content in message.files]]
        ).encode()
        with self._sending:
            self._end.sendall(len(head).to_bytes(_HEAD_BYTES, "big") + head)
            for _, content in message.files:
                self._end.sendall(content)

    def receive(self) -> Message | None:
        """Return the next message, None once the peer has gone; raise OSError when it does not finish one."""
        length = self._exactly(_HEAD_BYTES)
        if length is None:
            return None
        head = self._exactly(int.from_bytes(length, "big"))
        if head is None:
            return None
        kind, says, sizes = json.loads(head)
        files = []
        for path, size in sizes:
            content = self._exactly(size)
            if content is None:
                return None
            files.append((path, content))
        return Message(Kind(kind), says, tuple(files))

    def close(self) -> None:
        """Close this end."""
        self._end.close()

    def _exactly(self, size: int) -> bytes | None:
        buffer = bytearray(size)
        view, filled = memoryview(buffer), 0
        while filled < size:
            received = self._end.recv_into(view[filled:])
            if not received:
                return None
            filled += received
        return bytes(buffer)
