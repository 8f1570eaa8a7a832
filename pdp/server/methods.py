"""Every method of the contract, walked from its descriptors: what is not served says so."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from pdp.api.v1 import decision_pb2, facts_pb2, policies_pb2
from pdp.core.caller import Caller
from pdp.core.errors import NotImplementedYetError
from pdp.server.barrier import HANDLER_KINDS, Handler
from pdp.server.gate import caller_of
from pdp.server.inline_call import Answer, Later

Serve = Callable[[Any, grpc.ServicerContext], Any]

SERVICES: Final[tuple[ServiceDescriptor, ...]] = tuple(
    service
    for module in (decision_pb2, facts_pb2, policies_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
)
"""The services of the contract."""


def add_contract(
    server: grpc.Server,
    served: Mapping[str, Serve],
    answered: Mapping[str, Answer] = MappingProxyType({}),
    who: Callable[[grpc.ServicerContext], Caller] = caller_of,
) -> None:
    """Give *server* every method of the contract, by full name.

    Those of *served* take and give messages, those of *answered* bytes; the others refuse. *who* says who calls.
    """
    unknown = (served.keys() | answered.keys()) - {
        method.full_name for service in SERVICES for method in service.methods
    }
    if unknown:
        raise ValueError(f"not in the contract: {sorted(unknown)}")
    for service in SERVICES:
        handlers = {
            method.name: _answering(method, answered[method.full_name], who)
            if method.full_name in answered
            else _serving(method, served.get(method.full_name))
            for method in service.methods
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))


def streams(method: str) -> bool:
    """Say whether both sides of the method with this full name send any number of messages."""
    return any(
        known.full_name == method and known.client_streaming for service in SERVICES for known in service.methods
    )


def _serving(method: MethodDescriptor, serve: Serve | None) -> Handler:
    _, make = HANDLER_KINDS[method.client_streaming, method.server_streaming]
    request, answer = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    return make(serve or _unserved(method), request.FromString, answer.SerializeToString)


def _answering(method: MethodDescriptor, answer: Answer, who: Callable[[grpc.ServicerContext], Caller]) -> Handler:
    _, make = HANDLER_KINDS[method.client_streaming, method.server_streaming]
    if method.client_streaming:
        return make(lambda bodies, context: (finished(answer(body, who(context))) for body in bodies))
    return make(lambda body, context: finished(answer(body, who(context))))


def finished(answer: bytes | Later) -> bytes:
    """Return an answer, for which this thread may have to wait."""
    return answer if isinstance(answer, bytes) else answer()


def _unserved(method: MethodDescriptor) -> Serve:
    sentence = f"{method.containing_service.name}.{method.name} is part of the contract and not served by this version"

    def refuse(_request: object, _context: grpc.ServicerContext) -> NoReturn:
        raise NotImplementedYetError(sentence)

    return refuse
