"""Answers calls on the thread that takes events from gRPC, so that no call is handed from thread to thread.

A decision takes microseconds; handing a call to a pool and back takes longer than deciding it (decision 0012). gRPC for
Python has no public way to do without: this module and core_operations reach below its public interface, as little as
they can. It takes the calls of its methods from the same completion queue that the public server empties, and leaves
everything else (the other methods, the end of the server) to the public server. Where a release of gRPC does not look
as it must (core_operations says so), the public server answers these methods too, only slower.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final

import grpc
from google.rpc import code_pb2, status_pb2

from pdp.core.errors import OverloadedError
from pdp.metrics import UNMETERED, Metering
from pdp.server.core_operations import Metadata, closing, initial_metadata, peer_of, receiving, sending
from pdp.server.delaying import Delaying
from pdp.server.inline_call import GO_ON, Answer, Call, Handled, Later, Method, Visit
from pdp.server.letting_go import let_go
from pdp.server.pacing import Pace
from pdp.server.ranking import Ranks
from pdp.server.streams import STREAMS_OF_ALL, STREAMS_OF_ONE, Streams
from pdp.server.tending import Tending
from pdp.server.turns import Turns
from pdp.server.under_way import EndingError, UnderWay
from pdp.server.unread import SILENT_AFTER_SECONDS, Unread, Waiting

Admit = Callable[[str, Any, Any], "Visit"]
"""Path of a method, metadata and call of gRPC's core, to the visit that begins; what it raises ends the call."""

Refuse = Callable[[BaseException, str], status_pb2.Status]
"""An error and the path of the method that met it, to what the caller is told."""


AWAITED: Final = 64
"""So many calls of a method are asked for in advance; each that comes is followed by asking for another. What comes
beyond them waits unseen, so it is more than presses a process."""

FEW_STREAMS: Final = 8
"""Whose streams are no more than these has their messages answered as they come: nobody waits behind many of them."""

TOO_MANY: Final = "too-many-calls"
TOO_LATE: Final = "too-late"
"""The words under which what is refused here is counted (pdp.server.status)."""

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
        delaying: Delaying | None = None,
    ) -> None:
        self._under_way = under_way or UnderWay()
        self._streams: Streams[Call] = Streams(self._under_way, self._end_stream)
        self._unread: Unread[Call] = Unread(load, patience)
        self._turns: Turns[Call] = Turns()
        # Those of streams whose message is there: none of them is silent, and none is refused, for streams are bounded.
        self._spoken: Turns[Call] = Turns(STREAMS_OF_ONE, 4 * STREAMS_OF_ALL)
        self.pace = Pace()
        # What is taken before what, of the events that are there.
        self.ranks = Ranks(self.pace, self._turns, self._spoken)
        self._metering = metering
        self._brings = told
        self._state: Any = server._state  # type: ignore[attr-defined]  # see can_serve_inline
        self._maximum = maximum_calls
        self._refuse = refuse
        self._admit = admit
        self._pool = pool
        self._patience = patience
        self._delaying = Delaying() if delaying is None else delaying
        self._tending = Tending(self._tend, SILENT_AFTER_SECONDS)
        # Held by whoever changes what is unread, whose turn it is, or how many are held.
        self._turning = threading.Lock()
        self._methods: list[Method] = []
        # How many calls are awaited and under way: only the thread that takes events changes that.
        self._awaited = 0
        self._active = 0
        # Of these, how many are refused and not over yet.
        self._holding = 0

    def add(self, path: str, answer: Answer, *, streams: bool = False) -> None:
        """Let *answer* serve the method at *path*, `/package.Service/Method`; only before the server has started.

        *streams*: both sides send any number of messages, each of which is answered by one.
        """
        self._state.server.register_method(path)
        self._methods.append(Method(self, path, answer, streams=streams))

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

    def arrived(self, method: Method, event: Any) -> Handled:
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
        call = Call(self, method, event.call, self._deadline(method, event.call_details.deadline))
        self._delaying.let_go()
        with self._turning:
            self._put_away()
        if self._active - self._apart > self._maximum:
            self._metering.refused(TOO_MANY)
            self._end(call, _FULL)
            return GO_ON
        try:
            call.visit = self._admit(method.path, event.invocation_metadata, event.call)
            caller = call.visit.caller
            call.key, call.weight = caller.name, caller.weight
            (self._begin_stream if method.streams else self._line_up)(call)
        # FAIL CLOSED (unknown caller): whatever keeps us from knowing who asks ends the call.
        except BaseException as error:  # noqa: BLE001
            told, left = self._told(error, method.path), event.call_details.deadline - time.time()
            call.is_held = self._delaying.refuse(error, left, lambda: self._end(call, told), peer_of(call.of_core))
            with self._turning:
                self._holding += call.is_held
        return GO_ON

    def _put_away(self) -> None:
        """End what has been silent for too long, and let others take the place of what is."""
        for silent in self._unread.overdue():
            self._count_apart(silent)
            self._refuse_late(silent)
        for fallen in self._unread.fallen():
            self._follow(fallen)

    def _line_up(self, call: Call) -> None:
        """Let the message of *call* be heard, or wait for its turn; raise OverloadedError where it may not."""
        with self._turning:
            self._unread.check(call.key)
            if self._turns.come(call):
                self._hear(call)
        self._tending.ask()

    def _tend(self) -> bool:
        """Do what no event has come to do; say whether there will be more. A thread of its own calls this."""
        with self._turning:
            self._put_away()
            return self._unread.count > 0 or self._turns.apart > 0

    def _begin_stream(self, call: Call) -> None:
        self._streams.check(call.key)
        call.has_begun = True
        self._under_way.note(call.of_core)
        self._streams.come(call)
        asked = initial_metadata(self._brings), receiving()
        self._streams.rest(call, lambda: call.of_core.start_server_batch(asked, call))

    def received(self, call: Call, event: Any) -> Handled:
        """Handle the event that a message of *call* has come, or that none will come any more."""
        if not (self._streams.take_up(call) if call.method.streams else self._read(call)):
            return GO_ON  # it has been ended: it was silent for too long, or idle as the server began to end
        # What is received stands last among the operations.
        body = event.batch_operations[-1].message() if event.success else None
        if body is None:
            self._end(call, None if call.method.streams and event.success else _NO_MESSAGE)
        elif call.deadline <= time.time():
            self._refuse_late(call)
        elif call.method.streams and self._streams.of(call.key) > FEW_STREAMS:
            call.body = body
            if self._spoken.come(call):
                call.of_core.start_server_batch((), call.turn)
        else:
            self._answer(call, body)
        return GO_ON

    def turned(self, call: Call) -> Handled:
        """Handle the event that it is the turn of *call*, whose message is there."""
        following = self._spoken.leave(call)
        if following is not None:
            # An event behind those that are there.
            following.of_core.start_server_batch((), following.turn)
        body, call.body = call.body, b""
        self._answer(call, body)
        return GO_ON

    @property
    def under_way(self) -> int:
        """Return how many calls have come and are not over."""
        return self._active

    @property
    def _apart(self) -> int:
        """Return how many of them are no work, or none yet."""
        return self._holding + self._streams.idle + self._unread.silent + self._turns.apart + self._spoken.apart

    def end_streams(self) -> None:
        """End those that are idle; the others end with the message that is being answered. Any thread may call this."""
        self._streams.end()

    def _end_stream(self, call: Call) -> None:
        self._end(call, self._told(EndingError(), call.method.path))

    def ended(self, call: Call) -> Handled:
        """Handle the event that *call* is over."""
        self._under_way.end(call.of_core)
        self._active -= 1
        with self._turning:
            self._holding -= call.is_held
        self._streams.go(call)
        return self._handled()

    def _hear(self, call: Call) -> None:
        """Ask for the message of *call*."""
        self._unread.come(call)
        call.of_core.start_server_batch((receiving(),), call)

    def _read(self, call: Call) -> bool:
        """Note that the message of *call* has come, and whose turn it is now; say whether it was still awaited."""
        with self._turning:
            is_awaited = self._unread.read(call)
            self._follow(call)
            return is_awaited

    def _follow(self, call: Call) -> None:
        """Let the one whose turn it is take the place of *call*, whose message is awaited no more."""
        following = self._turns.leave(call)
        while following is not None and not self._goes_on(following):
            following = self._turns.leave(following)

    def _goes_on(self, call: Call) -> bool:
        """Let *call*, whose turn it is, be heard; refuse it where it is too late, or too many others are silent."""
        if call.deadline <= time.time():
            self._count_apart(call)
            self._refuse_late(call)
            return False
        try:
            self._unread.check(call.key)
        except OverloadedError as error:
            self._count_apart(call)
            told = self._told(error, call.method.path)
            left = call.deadline - time.time()
            self._delaying.refuse(error, left, lambda: self._end(call, told), peer_of(call.of_core))
            return False
        self._hear(call)
        return True

    def _count_apart(self, call: Call) -> None:
        """Count *call* as no work from now on, until it is over: it is refused, maybe with many others at once."""
        call.is_held = True
        self._holding += 1

    def _deadline(self, method: Method, asked: float) -> float:
        """Return when a call is too late: as its caller says, or after a while where it says nothing."""
        return asked if method.streams or asked < _NEVER else time.time() + self._patience

    def _ask_for(self, method: Method) -> None:
        queue = self._state.completion_queue
        self._state.server.request_registered_call(queue, queue, method.path, method)

    def _handled(self) -> Handled:
        """Return what the public server is told after an event: in the end, that all calls have ended."""
        return GO_ON if self._awaited or self._active else (self, ())

    def _answer(self, call: Call, body: bytes) -> None:
        visit = call.visit
        call.began = time.perf_counter()
        try:
            if visit is None:
                raise AssertionError("a call went on whose caller is not known")
            self._under_way.begin(call.of_core)
            answer = call.method.answer(body, visit.again() if call.method.streams else visit.still())
            if not isinstance(answer, bytes):
                self._pool.submit(self._answer_later, call, answer)
                return
        # FAIL CLOSED (exception text): everything; what passed here would end the thread that serves everybody.
        except BaseException as error:  # noqa: BLE001
            self._end(call, self._told(error, call.method.path))
            return
        self._send(call, answer)

    def _answer_later(self, call: Call, work: Later) -> None:
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

    def _refuse_late(self, call: Call) -> None:
        self._metering.refused(TOO_LATE)
        self._end(call, _LATE)

    def _send(self, call: Call, answer: bytes) -> None:
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
        finally:
            let_go(error)

    def _end(self, call: Call, status: status_pb2.Status | None) -> None:
        """End *call* with *status*, None for OK."""
        operations = (closing(status),) if call.has_begun else (initial_metadata(), closing(status))
        call.of_core.start_server_batch(operations, call.over)
