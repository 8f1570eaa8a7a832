"""Answers calls on the thread that takes events from gRPC, so that no call is handed from thread to thread.

A decision takes microseconds; handing a call to a pool and back takes longer than deciding it (decision 0012). gRPC for
Python has no public way to do without: this module and core_operations reach below its public interface, as little as
they can. It takes the calls of its methods from the same completion queue that the public server empties, and leaves
everything else (the other methods, the end of the server) to the public server. Where a release of gRPC does not look
as it must (core_operations says so), the public server answers these methods too, only slower.
"""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final, Protocol

import grpc
from google.rpc import code_pb2, status_pb2

from pdp.core.caller import Caller
from pdp.core.errors import OverloadedError
from pdp.metrics import UNMETERED, Metering
from pdp.server.core_operations import Metadata, closing, initial_metadata, receiving, sending
from pdp.server.holding import Holding
from pdp.server.names import name_of
from pdp.server.streams import Streams
from pdp.server.under_way import EndingError, UnderWay
from pdp.server.unread import Unread, Waiting

Later = Callable[[], bytes]
"""The rest of the work for an answer, which may wait for something; it raises as an Answer does."""

Answer = Callable[[bytes, Caller], "bytes | Later"]
"""Bytes of a request, and who asks, to bytes of its answer, or to the rest of the work, where it may have to wait.

Whatever it raises ends the call as the server refuses it.
"""

Admit = Callable[[str, Any, Any], "Visit"]
"""Path of a method, metadata and call of gRPC's core, to the visit that begins; what it raises ends the call."""

Refuse = Callable[[BaseException, str], status_pb2.Status]
"""An error and the path of the method that met it, to what the caller is told."""


class Visit(Protocol):
    """One call, from the moment that its caller is known to its end."""

    @property
    def caller(self) -> Caller:
        """Return who calls."""

    def again(self) -> Caller:
        """Return who calls, looked at anew: a stream may outlive the credential that opened it."""


AWAITED: Final = 64
"""So many calls of a method are asked for in advance; each that comes is followed by asking for another. What comes
beyond them waits unseen, so it is more than presses a process."""

TOO_MANY: Final = "too-many-calls"
TOO_LATE: Final = "too-late"
"""The words under which what is refused here is counted (pdp.server.status)."""

_Handled = tuple[object, tuple[()]]
_GO_ON: Final[_Handled] = (None, ())
"""What the public server expects of a handled event: nothing has ended, nobody is to be called back."""

_NEVER: Final = 4_000_000_000.0
"""Seconds of the epoch: a deadline beyond the year 2096 is none."""

_FULL: Final = status_pb2.Status(code=code_pb2.RESOURCE_EXHAUSTED, message="too many calls are under way")
_LATE: Final = status_pb2.Status(
    code=code_pb2.DEADLINE_EXCEEDED, message="the deadline had passed before the work began"
)
_NO_MESSAGE: Final = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message="the call brings no request")
_OURS: Final = status_pb2.Status(code=code_pb2.INTERNAL, message="no decision was made: an error of the server")


class InlineCalls:
    """Serves methods of *server*, at most *maximum_calls* at once; more are refused.

    *told* goes before every answer. *admit* says who calls and whether it is borne, *load* is told how many wait; a
    call without a deadline waits for *patience* seconds at most. *metering* counts what is answered and what is not.
    *under_way* knows what has begun, and once the server ends lets nothing begin.

    Use: `add` every method, start the server, then `begin`. The server ends as always: it waits for these calls too.
    A stream is answered message by message; while it is idle it holds no thread. What may have to wait is done by
    *pool*.
    """

    def __init__(
        self,
        server: grpc.Server,
        maximum_calls: int,
        refuse: Refuse,
        admit: Admit,
        pool: Executor,
        load: Waiting,
        patience: float = 1.0,
        told: Metadata = (),
        metering: Metering = UNMETERED,
        under_way: UnderWay | None = None,
    ) -> None:
        self._under_way = under_way or UnderWay()
        self._streams: Streams[_Call] = Streams(self._under_way, self._end_stream)
        self._unread = Unread(load, patience)
        self._metering = metering
        self._brings = told
        self._state: Any = server._state  # type: ignore[attr-defined]  # see can_serve_inline
        self._maximum = maximum_calls
        self._refuse = refuse
        self._admit = admit
        self._pool = pool
        self._patience = patience
        self._held = Holding()
        self._methods: list[_Method] = []
        # How many calls are awaited, under way and, of these, held: only the thread that takes events changes them.
        self._awaited = 0
        self._active = 0
        self._holding = 0

    def add(self, path: str, answer: Answer, *, streams: bool = False) -> None:
        """Let *answer* serve the method at *path*, `/package.Service/Method`; only before the server has started.

        *streams*: both sides send any number of messages, each of which is answered by one.
        """
        self._state.server.register_method(path)
        self._methods.append(_Method(self, path, answer, streams=streams))

    def begin(self) -> None:
        """Take calls from now on; only after the server has started."""
        if not self._methods:
            return
        self._awaited = AWAITED * len(self._methods)
        with self._state.lock:
            # The public server ends only when nothing in this set is left: `_handled` takes it out.
            self._state.rpc_states.add(self)
        for method in self._methods:
            for _ in range(AWAITED):
                self._ask_for(method)

    def arrived(self, method: "_Method", event: Any) -> _Handled:
        """Handle the event that a call of *method* has come, or that none will come any more."""
        if not event.success:
            self._awaited -= 1
            return self._handled()
        self._active += 1
        try:
            self._ask_for(method)
        except ValueError:
            # The server has begun to end: the core takes no more, and what came before it did is answered.
            self._awaited -= 1
        asked_until = event.call_details.deadline
        call = _Call(self, method, event.call, self._deadline(method, asked_until))
        for silent in self._unread.overdue():
            self._refuse_late(silent)  # type: ignore[arg-type]  # what came as a call of ours is one
        if self._active - self._holding - self._streams.idle - self._unread.silent > self._maximum:
            self._metering.refused(TOO_MANY)
            self._end(call, _FULL)
            return _GO_ON
        try:
            call.visit = self._admit(method.path, event.invocation_metadata, event.call)
            call.key = call.visit.caller.name
            (self._streams if method.streams else self._unread).check(call.key)
        except OverloadedError as error:
            told = self._told(error, method.path)
            call.is_held = True
            self._holding += 1
            self._held.hold(error.caller, asked_until - time.time(), lambda: self._end(call, told))
            return _GO_ON
        # FAIL CLOSED (unknown caller): whatever keeps us from knowing who asks ends the call.
        except BaseException as error:  # noqa: BLE001
            self._end(call, self._told(error, method.path))
            return _GO_ON
        if method.streams:
            call.has_begun = True
            self._under_way.note(call.of_core)
            self._streams.come(call)
            asked = initial_metadata(self._brings), receiving()
            self._streams.rest(call, lambda: call.of_core.start_server_batch(asked, call))
        else:
            self._unread.come(call)
            call.of_core.start_server_batch((receiving(),), call)
        return _GO_ON

    def received(self, call: "_Call", event: Any) -> _Handled:
        """Handle the event that a message of *call* has come, or that none will come any more."""
        if not (self._streams.take_up(call) if call.method.streams else self._unread.read(call)):
            return _GO_ON  # it has been ended: it was silent for too long, or idle as the server began to end
        # What is received stands last among the operations.
        body = event.batch_operations[-1].message() if event.success else None
        if body is None:
            self._end(call, None if call.method.streams and event.success else _NO_MESSAGE)
        elif call.deadline <= time.time():
            self._refuse_late(call)
        else:
            self._answer(call, body)
        return _GO_ON

    @property
    def under_way(self) -> int:
        """Return how many calls have come and are not over."""
        return self._active

    def end_streams(self) -> None:
        """End those that are idle; the others end with the message that is being answered. Any thread may call this."""
        self._streams.end()

    def _end_stream(self, call: "_Call") -> None:
        self._end(call, self._told(EndingError(), call.method.path))

    def ended(self, call: "_Call") -> _Handled:
        """Handle the event that *call* is over."""
        self._under_way.end(call.of_core)
        self._active -= 1
        self._holding -= call.is_held
        self._streams.go(call)
        return self._handled()

    def _deadline(self, method: "_Method", asked: float) -> float:
        """Return when a call is too late: as its caller says, or after a while where it says nothing."""
        return asked if method.streams or asked < _NEVER else time.time() + self._patience

    def _ask_for(self, method: "_Method") -> None:
        queue = self._state.completion_queue
        self._state.server.request_registered_call(queue, queue, method.path, method)

    def _handled(self) -> _Handled:
        """Return what the public server is told after an event: in the end, that all calls have ended."""
        return _GO_ON if self._awaited or self._active else (self, ())

    def _answer(self, call: "_Call", body: bytes) -> None:
        visit = call.visit
        call.began = time.perf_counter()
        try:
            if visit is None:
                raise AssertionError("a call went on whose caller is not known")
            self._under_way.begin(call.of_core)
            answer = call.method.answer(body, visit.again() if call.method.streams else visit.caller)
            if not isinstance(answer, bytes):
                self._pool.submit(self._answer_later, call, answer)
                return
        # FAIL CLOSED (exception text): everything; what passed here would end the thread that serves everybody.
        except BaseException as error:  # noqa: BLE001
            self._end(call, self._told(error, call.method.path))
            return
        self._send(call, answer)

    def _answer_later(self, call: "_Call", work: Later) -> None:
        """Do the rest of the work, on a thread that may wait."""
        if call.deadline <= time.time():
            self._refuse_late(call)
            return
        try:
            answer = work()
        # FAIL CLOSED (exception text): everything; what passed here would leave the caller waiting.
        except BaseException as error:  # noqa: BLE001
            self._end(call, self._told(error, call.method.path))
            return
        self._send(call, answer)

    def _refuse_late(self, call: "_Call") -> None:
        self._metering.refused(TOO_LATE)
        self._end(call, _LATE)

    def _send(self, call: "_Call", answer: bytes) -> None:
        self._metering.took(call.method.name, time.perf_counter() - call.began)
        message = sending(answer)
        if call.method.streams:
            self._streams.rest(call, lambda: call.of_core.start_server_batch((message, receiving()), call))
        else:
            call.of_core.start_server_batch((initial_metadata(self._brings), message, closing()), call.over)

    def _told(self, error: BaseException, path: str) -> status_pb2.Status:
        try:
            return self._refuse(error, path)
        except BaseException:  # noqa: BLE001  # FAIL CLOSED (exception text)
            return _OURS

    def _end(self, call: "_Call", status: status_pb2.Status | None) -> None:
        """End *call* with *status*, None for OK."""
        operations = (closing(status),) if call.has_begun else (initial_metadata(), closing(status))
        call.of_core.start_server_batch(operations, call.over)


class _Method:
    """A method; called by the public server with the event that a call of it has come."""

    __slots__ = ("_calls", "answer", "name", "path", "streams")

    def __init__(self, calls: InlineCalls, path: str, answer: Answer, *, streams: bool) -> None:
        self._calls = calls
        self.path = path
        self.name = name_of(path)
        self.answer = answer
        self.streams = streams

    def __call__(self, event: Any) -> _Handled:
        return self._calls.arrived(self, event)


class _Call:
    """A call; called by the public server with the event that a message of it has come.

    *deadline* is in seconds of the epoch; *began* when its last message was there; *has_begun* says that the metadata
    before the first answer are sent; *visit* is None and *key* "" until its caller is known; *is_held* says that its
    refusal is held back. What is unread or silent is for Unread to say.
    """

    __slots__ = (
        "_calls",
        "began",
        "deadline",
        "has_begun",
        "is_held",
        "is_silent",
        "is_unread",
        "key",
        "method",
        "of_core",
        "visit",
    )

    def __init__(self, calls: InlineCalls, method: _Method, of_core: Any, deadline: float) -> None:
        self._calls = calls
        self.method = method
        self.of_core = of_core
        self.deadline = deadline
        self.began = 0.0
        self.has_begun = False
        self.is_held = False
        self.is_silent = False
        self.is_unread = False
        self.key = ""
        self.visit: Visit | None = None

    def __call__(self, event: Any) -> _Handled:
        return self._calls.received(self, event)

    def over(self, _event: Any) -> _Handled:
        """Handle the event that it is over."""
        return self._calls.ended(self)
