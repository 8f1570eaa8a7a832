"""Speaks to this project's server in bytes, as any caller does."""

from collections.abc import Sequence
from typing import Final

import grpc

from benchmarks.served.situations import BATCH, Situation
from pdp.api.v1 import decision_pb2
from pdp.wire.json_form import check_request_from_dict

CHECK: Final = "/pdp.api.v1.DecisionService/Check"
CHECK_BATCH: Final = "/pdp.api.v1.DecisionService/CheckBatch"


def request_body(situation: Situation) -> bytes:
    """Return the bytes of a CheckRequest."""
    return check_request_from_dict(situation).SerializeToString()


def batch_body(situations: Sequence[Situation]) -> bytes:
    """Return the bytes of a CheckBatchRequest."""
    requests = [check_request_from_dict(situation) for situation in situations]
    return decision_pb2.CheckBatchRequest(requests=requests).SerializeToString()


class OurClient:
    """Asks this project's server behind *channel*."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._check: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(CHECK)
        self._check_batch: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(CHECK_BATCH)

    def answer(self, body: bytes) -> bytes:
        """Return the bytes of the answer to one request; raises grpc.RpcError."""
        return self._check(body, timeout=10.0)

    def answer_batch(self, body: bytes) -> bytes:
        """Return the bytes of the answer to a batch; raises grpc.RpcError."""
        return self._check_batch(body, timeout=10.0)

    def allowed(self, situations: Sequence[Situation]) -> list[bool]:
        """Return the answers to *situations*; raises ValueError for one that was not decided."""
        found: list[bool] = []
        for start in range(0, len(situations), BATCH):
            answered = self.answer_batch(batch_body(situations[start : start + BATCH]))
            found += [_allows(result) for result in decision_pb2.CheckBatchResponse.FromString(answered).results]
        return found


def _allows(result: decision_pb2.CheckResult) -> bool:
    response = result.response
    if result.HasField("error") or response.cause == decision_pb2.CAUSE_ERROR:
        raise ValueError(f"no decision was made: {result}")
    return response.decision == decision_pb2.DECISION_ALLOW


def batch_allows(answered: bytes) -> list[bool]:
    """Return the answers that the bytes of a CheckBatchResponse hold."""
    return [_allows(result) for result in decision_pb2.CheckBatchResponse.FromString(answered).results]


def check_allows(answered: bytes) -> bool:
    """Return the answer that the bytes of a CheckResponse hold."""
    return decision_pb2.CheckResponse.FromString(answered).decision == decision_pb2.DECISION_ALLOW
