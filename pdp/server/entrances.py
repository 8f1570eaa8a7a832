"""Entrances of lanes: no thread of a lane is taken before the caller of a call is known and its message is there."""

import functools
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, NoReturn, cast

import grpc

from pdp.core.errors import OverloadedError
from pdp.server.core_operations import Handed, handed_call
from pdp.server.delaying import Delaying
from pdp.server.gate import NOBODY, Admitted, hand_on
from pdp.server.lanes import Lane
from pdp.server.probing import Probing
from pdp.server.status import CallOverError, no_message
from pdp.server.unheard import Unheard

RETRY_SECONDS: Final = 0.1
"""When a call that found no place may come again."""

_NO_DEADLINE: Final = 1_000_000_000.0

Admit = Callable[[Any, Any], Admitted]
"""Metadata and call of gRPC's core, to who calls; what it raises ends the call."""

Refuse = Callable[[BaseException, grpc.ServicerContext], NoReturn]
"""Ends a call with the status of an error."""


class Refusing(ThreadPoolExecutor):
    """Does what refuses a call for *error*: on the thread that takes events or, where that is held back, later.

    To gRPC it is a pool of threads, and has none: only what never waits may be handed to it.
    """

    def __init__(self, error: Exception, delaying: Delaying) -> None:
        super().__init__(1)  # none is ever started
        self._error = error
        self._delaying = delaying

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Take a call; there is nothing to be waited for, and gRPC counts nothing."""
        call = handed_call(fn, args)
        self._delaying.let_go()
        left, peer = (0.0, "") if call is None else (call.left, call.peer)
        self._delaying.refuse(self._error, left, lambda: fn(*args, **kwargs), peer)
        return cast("Future[Any]", None)


class Entrance(ThreadPoolExecutor):
    """Stands before *lane* for one method: to gRPC it is a pool of threads, and has none.

    gRPC waits for the message of a call in a thread of its pool, whoever calls: a few calls that bring none would hold
    a lane for ever. Here *admit* says first who calls, then the message is read by the thread that takes events, and
    the lane gets what it can answer. What is refused before is told as *delaying* says. *unheard* are the calls whose
    message is awaited, of all lanes. With *streams*, messages are read by whoever answers, and only the caller is known
    first. A call without a deadline waits for *patience* seconds at most.

    Where a release of gRPC hands over something else (core_operations says so), the lane gets it as it is.
    """

    def __init__(
        self,
        lane: Lane,
        admit: Admit,
        refuse: Refuse,
        unheard: Unheard,
        patience: float,
        delaying: Delaying,
        *,
        streams: bool,
    ) -> None:
        super().__init__(1)  # none is ever started
        self._lane = lane
        self._admit = admit
        self._refuse = refuse
        self._unheard = unheard
        self._patience = patience
        self._delaying = delaying
        self._probing = Probing()
        self._streams = streams

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Take a call; gRPC counts as under way only what this returns, and those that bring no message are nothing."""
        self._delaying.let_go()
        call = handed_call(fn, args)
        if call is None:
            return self._lane.submit(fn, *args, **kwargs)
        try:
            admitted = self._admit(call.metadata, call.of_core)
            if admitted.caller is NOBODY:
                self._probing.check(call.peer)
        # FAIL CLOSED (unknown caller): whatever keeps us from knowing who asks ends the call.
        except BaseException as error:  # noqa: BLE001
            self._delaying.refuse(error, call.left, functools.partial(self.end, call, error), call.peer)
            return cast("Future[Any]", None)
        if self._streams:
            return self.enter(call, call.argument(), admitted, time.monotonic())
        visitor = _Visitor(self, call, admitted)
        for other in self._unheard.come(visitor):
            cast("_Visitor", other).leave()
        call.read(functools.partial(self._heard, visitor))
        return cast("Future[Any]", None)

    def enter(self, call: Handed, argument: Any, admitted: Admitted, arrived: float) -> "Future[Any]":
        """Let a thread of the lane answer *argument*, or end the call where it is full."""
        behaviour = _known(call.behaviour, admitted)
        try:
            if self._lane.is_full:
                raise OverloadedError("too many calls wait", RETRY_SECONDS)
            if self._lane.waiting:
                behaviour = self._patient(behaviour, arrived)
            return call.answer_in(self._lane, behaviour, argument)
        # FAIL CLOSED (exception text): what passed here would end the thread that serves everybody.
        except BaseException as error:  # noqa: BLE001
            self.end(call, error)
            return cast("Future[Any]", None)

    def end(self, call: Handed, error: BaseException) -> None:
        """End *call* with the status of *error*, here: nothing of that waits."""

        def refuse(_request: Any, context: grpc.ServicerContext, *_callback: Any) -> NoReturn:
            self._refuse(error, context)

        call.answer(refuse, b"")

    def _heard(self, visitor: "_Visitor", message: bytes | None, is_over: bool) -> None:
        if not self._unheard.hear(visitor) or is_over:
            return
        if message is None:
            self.end(visitor.call, no_message())
        else:
            self.enter(visitor.call, message, visitor.admitted, visitor.arrived)

    def _patient(self, behaviour: Callable[..., Any], arrived: float) -> Callable[..., Any]:
        """Return *behaviour* for a call that waits since *arrived*: without a deadline it has one all the same."""

        @functools.wraps(behaviour)  # gRPC looks at a behaviour for what it may be called with
        def patient(request: Any, context: grpc.ServicerContext, *callback: Any) -> Any:
            if context.time_remaining() > _NO_DEADLINE and time.monotonic() - arrived > self._patience:
                self._refuse(CallOverError(), context)
            return behaviour(request, context, *callback)

        return patient


def _known(behaviour: Callable[..., Any], admitted: Admitted) -> Callable[..., Any]:
    """Return *behaviour* for a call whose caller is known: it need not be asked for again."""

    @functools.wraps(behaviour)  # gRPC looks at a behaviour for what it may be called with
    def known(request: Any, context: grpc.ServicerContext, *callback: Any) -> Any:
        hand_on(context, admitted)
        return behaviour(request, context, *callback)

    return known


class _Visitor:
    """A call at *entrance* whose message is awaited; *key* is its caller, and it came when it *arrived*."""

    __slots__ = ("_entrance", "admitted", "arrived", "call", "key")

    def __init__(self, entrance: Entrance, call: Handed, admitted: Admitted) -> None:
        self._entrance = entrance
        self.call = call
        self.admitted = admitted
        self.key = admitted.caller.name
        self.arrived = time.monotonic()

    def leave(self) -> None:
        """End it for want of a message."""
        self._entrance.end(self.call, CallOverError())
