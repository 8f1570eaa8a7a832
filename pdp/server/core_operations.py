"""What is used of gRPC's core below its public interface, and whether this release has it."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Final

import grpc
import grpc._server as public_server
from google.rpc import status_pb2
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # its stubs leave it out

Metadata = tuple[tuple[str, str], ...]
"""What is told with every answer, before it."""

_NO_FLAGS: Final = 0
_DETAILS: Final = "grpc-status-details-bin"
"""The metadata in which gRPC tells a status with its details."""

_NEEDED_OF_STATE: Final = ("server", "completion_queue", "rpc_states", "lock")
_NEEDED_OF_SERVER: Final = ("register_method", "request_registered_call")
_NEEDED_OF_CORE: Final = (
    "ReceiveMessageOperation",
    "SendInitialMetadataOperation",
    "SendMessageOperation",
    "SendStatusFromServerOperation",
)


def can_serve_inline(server: grpc.Server) -> bool:
    """Say whether *server* has below its public interface what InlineCalls needs."""
    state: Any = getattr(server, "_state", None)
    return (
        all(hasattr(state, name) for name in _NEEDED_OF_STATE)
        and all(hasattr(state.server, name) for name in _NEEDED_OF_SERVER)
        and all(hasattr(cygrpc, name) for name in _NEEDED_OF_CORE)
    )


_NEEDED_OF_PUBLIC_SERVER: Final = ("_receive_message", "_RECEIVE_MESSAGE_TOKEN", "_is_rpc_state_active")
_HANDED: Final = 7
_NEEDED_OF_CALL: Final = ("condition", "due", "request")

Heard = Callable[[bytes | None, bool], None]
"""The message of a call, None where none comes any more; and whether the call is over, so that nobody can be told."""


def peer_of(call: Any) -> str:
    """Return who is at the other side of a call of gRPC's core, as gRPC writes it: one for each connection."""
    written = call.peer()
    return written.decode("ascii", "replace") if isinstance(written, bytes) else str(written)


class Handed:
    """What the public server hands to a pool for one call: it would wait there for the message, and then answer.

    *behaviour* answers; *argument* waits for the message, or gives at once what gives messages one by one.
    """

    __slots__ = ("_do", "_event", "_rest", "_run", "_state", "argument", "behaviour")

    def __init__(self, run: Callable[..., None], handed: tuple[Any, ...]) -> None:
        self._run = run
        self._do, self._event, self._state, self.behaviour, self.argument, *self._rest = handed

    @property
    def metadata(self) -> Any:
        """Return what the caller sent before its message."""
        return self._event.invocation_metadata

    @property
    def of_core(self) -> Any:
        """Return the call of gRPC's core."""
        return self._event.call

    @property
    def left(self) -> float:
        """Return how many seconds its caller waits more."""
        return float(self._event.call_details.deadline - time.time())

    @property
    def peer(self) -> str:
        """Return who is at the other side, as gRPC writes it."""
        return peer_of(self._event.call)

    def read(self, heard: Heard) -> None:
        """Ask for the message, and go on: the thread that takes events calls *heard* when it is there."""
        state = self._state
        receive = public_server._receive_message(state, self._event.call, None)

        def received(event: Any) -> Any:
            handled = receive(event)
            with state.condition:
                message, state.request = state.request, None
                is_over = not public_server._is_rpc_state_active(state)
            heard(message, is_over)
            return handled

        with state.condition:
            self._event.call.start_server_batch((receiving(),), received)
            state.due.add(public_server._RECEIVE_MESSAGE_TOKEN)

    def answer(self, behaviour: Callable[..., Any], argument: Any) -> None:
        """Let *behaviour* answer *argument*, on this thread."""
        self._run(*self._with(behaviour, argument))

    def answer_in(self, pool: Executor, behaviour: Callable[..., Any], argument: Any) -> "Future[None]":
        """Let *behaviour* answer *argument*, on a thread of *pool*."""
        return pool.submit(self._run, *self._with(behaviour, argument))

    def _with(self, behaviour: Callable[..., Any], argument: Any) -> tuple[Any, ...]:
        return self._do, self._event, self._state, behaviour, lambda: argument, *self._rest


def handed_call(run: Callable[..., Any], handed: tuple[Any, ...]) -> Handed | None:
    """Return the call for which the public server hands this to a pool; None where it is not what it must be."""
    if len(handed) != _HANDED or not all(hasattr(public_server, name) for name in _NEEDED_OF_PUBLIC_SERVER):
        return None
    do, event, state, behaviour, argument = handed[:5]
    if not (callable(do) and callable(behaviour) and callable(argument) and hasattr(event, "call")):
        return None
    return Handed(run, handed) if all(hasattr(state, name) for name in _NEEDED_OF_CALL) else None


# gRPC keeps what becomes of an operation in the operation: each is used once.


def receiving() -> Any:
    """Return the operation that takes the next message."""
    return cygrpc.ReceiveMessageOperation(_NO_FLAGS)


def initial_metadata(told: Metadata = ()) -> Any:
    """Return the operation that goes before everything else, with what is *told*."""
    return cygrpc.SendInitialMetadataOperation(told, _NO_FLAGS)


def sending(message: bytes) -> Any:
    """Return the operation that sends *message*."""
    return cygrpc.SendMessageOperation(message, _NO_FLAGS)


def closing(status: status_pb2.Status | None = None) -> Any:
    """Return the operation that ends a call with *status*, None for OK."""
    if status is None:
        return cygrpc.SendStatusFromServerOperation((), cygrpc.StatusCode.ok, b"", _NO_FLAGS)
    return cygrpc.SendStatusFromServerOperation(
        ((_DETAILS, status.SerializeToString()),), status.code, status.message.encode(), _NO_FLAGS
    )
