"""Keeps exceptions in: whatever a handler raises, the caller gets a status without its text."""

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn, TypeAlias

import grpc
from google.protobuf.message import DecodeError
from grpc_status import rpc_status
from structlog.typing import FilteringBoundLogger

from pdp.core.caller import Caller
from pdp.core.errors import NotImplementedYetError, OverloadedError
from pdp.metrics import UNMETERED, Metering
from pdp.server.access import HEALTH_METHODS, NEEDS, WRITING_METHODS, Need
from pdp.server.core_operations import Metadata
from pdp.server.delaying import Delaying
from pdp.server.entrances import RETRY_SECONDS, Entrance, Refusing
from pdp.server.gate import Admitted, Gate, caller_of, presented_by, remember_caller
from pdp.server.lanes import Lane
from pdp.server.letting_go import let_go
from pdp.server.names import name_of
from pdp.server.status import CallOverError, malformed_message, reason_of, status_of
from pdp.server.tracing import NOTHING_TRACED, Tracing
from pdp.server.under_way import UnderWay
from pdp.server.unheard import Unheard

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Behaviour = Callable[..., Any]
Parse = Callable[[bytes], Any]

HANDLER_KINDS: Final[Mapping[tuple[bool, bool], tuple[str, Callable[..., Handler]]]] = {
    (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
    (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
    (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler),
    (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
}
"""(requests are streamed, answers are streamed) -> the name of the behaviour in a handler, and what makes one."""


UNSHARED: Final = frozenset({*HEALTH_METHODS, *WRITING_METHODS})
"""Methods that are answered however much else is asked: is it alive, and what has been revoked."""

_PERMIT: Final = "_pdp_permit"


class ExceptionBarrier(grpc.ServerInterceptor):
    """Stands between gRPC and every handler, ours or a library's.

    It takes the bytes of a request and parses them itself, so that bytes that are no message are the caller's mistake.
    *lanes* gives services and methods, by full name, threads of their own, so that a stream idling there, or a write
    that waits for another one, keeps no decision waiting; the others have the *usual* one. Before each stands an
    Entrance, so that a thread is taken by who is known and has brought its message. A call without a deadline waits for
    *patience* seconds at most.
    *gate* says who calls and whether it may; every message is shown to it before a handler sees it. *metering* counts
    what is answered by one message, and what is refused; *tracing* follows it. *under_way* knows what has begun, and
    once the server ends lets nothing begin but health.
    """

    def __init__(
        self,
        log: FilteringBoundLogger,
        lanes: Mapping[str, Lane],
        gate: Gate,
        usual: Lane | None = None,
        patience: float = 1.0,
        told: Metadata = (),
        metering: Metering = UNMETERED,
        tracing: Tracing = NOTHING_TRACED,
        under_way: UnderWay | None = None,
        delaying: Delaying | None = None,
    ) -> None:
        self._under_way = under_way or UnderWay()
        self._metering = metering
        self._tracing = tracing
        self._told = told
        self._log = log
        self._lanes = lanes
        self._gate = gate
        self._usual = usual
        self._patience = patience
        self._unheard = Unheard(patience)
        self._delaying = Delaying() if delaying is None else delaying
        self._full = Refusing(OverloadedError("too many calls wait", RETRY_SECONDS), self._delaying)
        self._unserved = self._unserved_handler()
        self._guarded: dict[str, Handler] = {}

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "Handler | None"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Return the guarded handler of a method; what nobody serves is UNIMPLEMENTED."""
        method = handler_call_details.method
        guarded = self._guarded.get(method)
        if guarded is None:
            handler = continuation(handler_call_details)
            if handler is None:
                return self._unserved
            guarded = self._guarded[method] = self._guard(handler, method)
        lane = self._lane(method)
        # This runs where calls arrive: what cannot be borne is refused before it waits.
        return self._refused(guarded, method) if lane is not None and lane.is_full else guarded

    def _lane(self, method: str) -> Lane | None:
        path = method.strip("/")
        return self._lanes.get(path) or self._lanes.get(path.partition("/")[0]) or self._usual

    def _refused(self, handler: Handler, method: str) -> Handler:
        """Return what refuses a call of *handler* at once: it takes no message, so that it waits for none."""

        def refuse(_requests: Any, context: grpc.ServicerContext, *_callback: Any) -> NoReturn:
            self._refuse(OverloadedError("too many calls wait", RETRY_SECONDS), method, context)

        refuse.experimental_thread_pool = self._full  # type: ignore[attr-defined]  # gRPC looks for it there
        return HANDLER_KINDS[True, handler.response_streaming][1](refuse)

    def _unserved_handler(self) -> Handler:
        """Return what tells that a method is not served, as gRPC does by itself; whoever asks much is told later."""
        error = NotImplementedYetError("Method not found!")

        def refuse(_requests: Any, context: grpc.ServicerContext) -> NoReturn:
            self._refuse(error, "", context)

        refuse.experimental_thread_pool = Refusing(error, self._delaying)  # type: ignore[attr-defined]  # as above
        return grpc.stream_unary_rpc_method_handler(refuse)

    def _guard(self, handler: Handler, method: str) -> Handler:
        name, make = HANDLER_KINDS[handler.request_streaming, handler.response_streaming]
        behaviour: Behaviour = getattr(handler, name)
        parse = handler.request_deserializer
        if parse is not None:
            behaviour = self._permitting(behaviour, name_of(method), streams=handler.request_streaming)
            behaviour = (_parsing_each if handler.request_streaming else _parsing)(behaviour, parse)
        if not handler.response_streaming:
            behaviour = _serializing(behaviour, handler.response_serializer)
        if handler.request_streaming:
            behaviour = self._admitting_each(behaviour, name_of(method))
        guarded = self._guarded_behaviour(behaviour, method, streams=handler.response_streaming)
        lane = self._lane(method)
        if lane is not None:
            entrance = self._entrance(lane, method, streams=handler.request_streaming)
            guarded.experimental_thread_pool = entrance  # type: ignore[attr-defined]  # gRPC looks for it there
        return make(guarded, None, handler.response_serializer if handler.response_streaming else None)

    def _entrance(self, lane: Lane, method: str, *, streams: bool) -> Entrance:
        name, gate = name_of(method), self._gate

        def admit(metadata: Any, of_core: Any) -> Admitted:
            return gate.admitted(name, metadata, of_core)

        def refuse(error: BaseException, context: grpc.ServicerContext) -> NoReturn:
            self._refuse(error, method, context)

        return Entrance(lane, admit, refuse, self._unheard, self._patience, self._delaying, streams=streams)

    def _guarded_behaviour(self, behaviour: Behaviour, method: str, *, streams: bool) -> Behaviour:
        name = name_of(method)

        @functools.wraps(behaviour)
        def guarded(request: Any, context: grpc.ServicerContext, *callback: Any) -> Any:
            began = time.perf_counter()
            try:
                if context.time_remaining() <= 0 or not context.is_active():
                    raise CallOverError
                if name not in HEALTH_METHODS:
                    self._begin(context)
                admitted = self._gate.admitted_in(name, context)
                if name not in UNSHARED:
                    self._gate.load.enter(admitted.caller)
                remember_caller(context, admitted.caller, admitted.presented)
                if self._told:
                    context.send_initial_metadata(self._told)
                with self._tracing.call(name, lambda: context.invocation_metadata()):
                    answer = behaviour(request, context, *callback)
            # FAIL CLOSED (exception text): everything, for what passes here reaches the caller word for word, or leaves
            # it waiting.
            except BaseException as error:  # noqa: BLE001
                self._refuse(error, method, context)
            if not streams or answer is None:
                self._metering.took(name, time.perf_counter() - began)
                return answer
            return self._guarded_stream(answer, method, context)

        return guarded

    def _begin(self, context: grpc.ServicerContext) -> None:
        """Note that a call begins, until its answer has left; raise EndingError when nothing may begin any more."""
        if not context.add_callback(lambda: self._under_way.end(context)):
            raise CallOverError
        self._under_way.begin(context)

    def _permitting(self, behaviour: Behaviour, name: str, *, streams: bool) -> Behaviour:
        if NEEDS.get(name) is not Need.GRANTED:
            return behaviour  # of health and reflection: what they are asked has no entry and tells of nobody
        permit = self._gate.permit_of(name)

        def permitted(message: Any, context: grpc.ServicerContext) -> Any:
            permit(caller_of(context), message)
            return message

        @functools.wraps(behaviour)
        def permitting(request: Any, context: grpc.ServicerContext, *callback: Any) -> Any:
            if streams:
                return behaviour((permitted(each, context) for each in request), context, *callback)
            # INVARIANT (no circle): what a context holds may not hold the context, or gRPC's core keeps the call among
            # those of its connection until garbage is collected, and refuses what comes beyond their number.
            setattr(context, _PERMIT, lambda caller: permit(caller, request))
            return behaviour(permitted(request, context), context, *callback)

        return permitting

    def _admitting_each(self, behaviour: Behaviour, name: str) -> Behaviour:
        """Return *behaviour*, whose caller is looked at anew with each message that it sends."""

        def admitted(message: Any, context: grpc.ServicerContext) -> Any:
            self._admit_again(name, context)
            return message

        @functools.wraps(behaviour)
        def admitting(requests: Iterator[Any], context: grpc.ServicerContext, *callback: Any) -> Any:
            return behaviour((admitted(each, context) for each in requests), context, *callback)

        return admitting

    def _admit_again(self, name: str, context: grpc.ServicerContext) -> None:
        """Look anew at what opened a stream: it may outlive the credential, the method and the operator."""
        presented = presented_by(context)
        remember_caller(context, self._gate.admit(name, presented), presented)

    def _guarded_stream(self, answers: Iterator[Any], method: str, context: grpc.ServicerContext) -> Iterator[Any]:
        name = name_of(method)
        permit_again: Callable[[Caller], None] = getattr(context, _PERMIT, lambda _caller: None)
        try:
            for answer in answers:
                # FAIL CLOSED (a stream that goes on): what it was opened with has to be permitted to who it is now.
                self._admit_again(name, context)
                permit_again(caller_of(context))
                yield answer
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001  # FAIL CLOSED (exception text)
            self._refuse(error, method, context)

    def _refuse(self, error: BaseException, method: str, context: grpc.ServicerContext) -> NoReturn:
        if isinstance(error, grpc.RpcError) and not context.is_active():
            context.abort(grpc.StatusCode.CANCELLED, "")  # the caller has gone: nobody hears this
        self._metering.refused(reason_of(error))
        told = rpc_status.to_status(status_of(error, method, self._log))
        let_go(error)
        context.abort_with_status(told)


def _parsing(behaviour: Behaviour, parse: Parse) -> Behaviour:
    @functools.wraps(behaviour)
    def parsing(body: bytes, context: grpc.ServicerContext, *callback: Any) -> Any:
        return behaviour(parsed(body, parse), context, *callback)

    return parsing


def _parsing_each(behaviour: Behaviour, parse: Parse) -> Behaviour:
    @functools.wraps(behaviour)
    def parsing(bodies: Iterator[bytes], context: grpc.ServicerContext, *callback: Any) -> Any:
        return behaviour((parsed(body, parse) for body in bodies), context, *callback)

    return parsing


def parsed(body: bytes, parse: Parse) -> Any:
    """Return what *parse* makes of *body*; raise InvalidRequestError when it is no such message."""
    try:
        return parse(body)
    except DecodeError:
        raise malformed_message() from None


def _serializing(behaviour: Behaviour, serialize: Callable[[Any], bytes] | None) -> Behaviour:
    if serialize is None:
        return behaviour

    @functools.wraps(behaviour)
    def serializing(request: Any, context: grpc.ServicerContext) -> bytes:
        return serialize(behaviour(request, context))

    return serializing
