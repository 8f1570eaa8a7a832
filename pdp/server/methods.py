"""Every method of the contract, walked from its descriptors: what is not served says so."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from pdp.api.v1 import decision_pb2, facts_pb2, policies_pb2
from pdp.core.errors import NotImplementedYetError
from pdp.server.barrier import HANDLER_KINDS, Handler

Serve = Callable[[Any, grpc.ServicerContext], Any]

SERVICES: Final[tuple[ServiceDescriptor, ...]] = tuple(
    service
    for module in (decision_pb2, facts_pb2, policies_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
)
"""The services of the contract."""


def add_contract(server: grpc.Server, served: Mapping[str, Serve]) -> None:
    """Give *server* every method of the contract: those of *served*, by full name, answer; the others refuse."""
    unknown = served.keys() - {method.full_name for service in SERVICES for method in service.methods}
    if unknown:
        raise ValueError(f"not in the contract: {sorted(unknown)}")
    for service in SERVICES:
        handlers = {method.name: _handler(method, served.get(method.full_name)) for method in service.methods}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))


def _handler(method: MethodDescriptor, serve: Serve | None) -> Handler:
    _, make = HANDLER_KINDS[method.client_streaming, method.server_streaming]
    if serve is None:
        return make(_unserved(method))
    request, answer = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    return make(serve, request.FromString, answer.SerializeToString)


def _unserved(method: MethodDescriptor) -> Serve:
    sentence = f"{method.containing_service.name}.{method.name} is part of the contract and not served by this version"

    def refuse(_request: object, _context: grpc.ServicerContext) -> NoReturn:
        raise NotImplementedYetError(sentence)

    return refuse
