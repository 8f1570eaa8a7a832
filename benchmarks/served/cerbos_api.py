"""Speaks to Cerbos with the messages that Cerbos itself describes, so that no copy of its contract is kept here."""

from collections.abc import Sequence
from typing import Any, Final

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from benchmarks.served.cerbos_policies import VERSION
from benchmarks.served.cerbos_requests import cerbos_request
from benchmarks.served.situations import Situation

PATH: Final = "/cerbos.svc.v1.CerbosService/CheckResources"
_ALLOW: Final = "EFFECT_ALLOW"


class CerbosClient:
    """Asks the Cerbos behind *channel*."""

    def __init__(self, channel: grpc.Channel) -> None:
        service = DescriptorPool(ProtoReflectionDescriptorDatabase(channel)).FindServiceByName(
            "cerbos.svc.v1.CerbosService"
        )
        method = service.methods_by_name["CheckResources"]
        self._request: Any = GetMessageClass(method.input_type)
        self._response: Any = GetMessageClass(method.output_type)
        self._call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(PATH)

    def body(self, situations: Sequence[Situation], version: str = VERSION) -> bytes:
        """Return the bytes of one request about *situations*."""
        message = ParseDict(cerbos_request(situations, version), self._request())
        encoded: bytes = message.SerializeToString()
        return encoded

    def allowed(self, body: bytes) -> list[bool]:
        """Return the answers to a request, resource by resource; raises grpc.RpcError."""
        answer = self._response.FromString(self._call(body, timeout=10.0))
        effect = self._response.DESCRIPTOR.file.pool.FindEnumTypeByName("cerbos.effect.v1.Effect")
        allow = effect.values_by_name[_ALLOW].number
        return [set(result.actions.values()) == {allow} for result in answer.results]

    def answer(self, body: bytes) -> bytes:
        """Return the bytes of the answer to a request."""
        return self._call(body, timeout=10.0)
