"""What is used of gRPC's core below its public interface, and whether this release has it."""

from typing import Any, Final

import grpc
from google.rpc import status_pb2
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # its stubs leave it out
from grpc_status import rpc_status

Metadata = tuple[tuple[str, str], ...]
"""What is told with every answer, before it."""

_NO_FLAGS: Final = 0

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
    told = rpc_status.to_status(status)
    return cygrpc.SendStatusFromServerOperation(
        tuple(told.trailing_metadata), status.code, told.details.encode(), _NO_FLAGS
    )
