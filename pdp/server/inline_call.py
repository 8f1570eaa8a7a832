"""One call that is answered on the thread that takes events, and the method that it is of."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from pdp.core.caller import Caller
from pdp.server.core_operations import peer_of
from pdp.server.names import name_of

Later = Callable[[], bytes]
"""The rest of the work for an answer, which may wait for something; it raises as an Answer does."""

Answer = Callable[[bytes, Caller], "bytes | Later"]
"""Bytes of a request, and who asks, to bytes of its answer, or to the rest of the work, where it may have to wait.

Whatever it raises ends the call as the server refuses it.
"""


class Visit(Protocol):
    """One call, from the moment that its caller is known to its end."""

    @property
    def caller(self) -> Caller:
        """Return who calls."""

    def still(self) -> Caller:
        """Return who calls, looked at anew where the call has waited: its credential may have been taken back."""

    def again(self) -> Caller:
        """Return who calls, looked at anew: a stream may outlive the credential that opened it."""


Handled = tuple[object, tuple[()]]
GO_ON: Final[Handled] = (None, ())
"""What the public server expects of a handled event: nothing has ended, nobody is to be called back."""


class Handler(Protocol):
    """Handles the events of calls."""

    def arrived(self, method: "Method", event: Any) -> Handled:
        """Handle the event that a call of *method* has come, or that none will come any more."""

    def received(self, call: "Call", event: Any) -> Handled:
        """Handle the event that a message of *call* has come, or that none will come any more."""

    def turned(self, call: "Call") -> Handled:
        """Handle the event that it is the turn of *call*, whose message is there."""

    def ended(self, call: "Call") -> Handled:
        """Handle the event that *call* is over."""


class Method:
    """A method; called by the public server with the event that a call of it has come."""

    __slots__ = ("_calls", "answer", "name", "path", "streams")

    def __init__(self, calls: Handler, path: str, answer: Answer, *, streams: bool) -> None:
        self._calls = calls
        self.path = path
        self.name = name_of(path)
        self.answer = answer
        self.streams = streams

    def __call__(self, event: Any) -> Handled:
        return self._calls.arrived(self, event)


class Call:
    """A call; called by the public server with the event that a message of it has come.

    *deadline* is in seconds of the epoch; *body* is a message that waits for its turn; *began* when its last message
    was there; *has_begun* says that the metadata before the first answer are sent; *visit* is None, *key* "" and
    *weight* 1 until its caller is known; *is_held* says that its refusal is held back. What is unread or silent is for
    Unread to say, and what stands abreast for Turns.
    """

    __slots__ = (
        "_calls",
        "_connection",
        "began",
        "body",
        "deadline",
        "has_begun",
        "is_abreast",
        "is_held",
        "is_silent",
        "is_unread",
        "key",
        "method",
        "of_core",
        "visit",
        "weight",
    )

    def __init__(self, calls: Handler, method: Method, of_core: Any, deadline: float) -> None:
        self._calls = calls
        self._connection = ""
        self.method = method
        self.of_core = of_core
        self.deadline = deadline
        self.began = 0.0
        self.body = b""
        self.has_begun = False
        self.is_abreast = False
        self.is_held = False
        self.is_silent = False
        self.is_unread = False
        self.key = ""
        self.weight = 1
        self.visit: Visit | None = None

    @property
    def connection(self) -> str:
        """Return what is equal for the calls of one connection."""
        self._connection = self._connection or peer_of(self.of_core)
        return self._connection

    def __call__(self, event: Any) -> Handled:
        return self._calls.received(self, event)

    def turn(self, _event: Any) -> Handled:
        """Handle the event that it is its turn."""
        return self._calls.turned(self)

    def over(self, _event: Any) -> Handled:
        """Handle the event that it is over."""
        return self._calls.ended(self)
