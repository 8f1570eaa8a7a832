"""DecisionService: requests to the decision point, and what it answers back."""

from collections.abc import Mapping

import grpc
from google.protobuf.message import DecodeError

from pdp.api.v1 import decision_pb2
from pdp.core.decision import Decision
from pdp.core.errors import InvalidRequestError, NoPolicyError
from pdp.core.request import Consistency, Request
from pdp.decision_point import DecisionPoint
from pdp.server.barrier import parsed
from pdp.server.explain_request import Level, explain_request_from_wire
from pdp.server.inline_calls import Answer
from pdp.server.methods import Serve
from pdp.server.status import no_policy
from pdp.server.visibility import for_caller
from pdp.wire.request_reader import RequestReader
from pdp.wire.requests import Batch, RefusedItem
from pdp.wire.response_bytes import decision_to_bytes, result_to_bytes, results_to_bytes
from pdp.wire.responses import explanation_to_wire
from pdp.wire.words import Words

Outcome = Decision | InvalidRequestError
_SERVICE = decision_pb2.DESCRIPTOR.services_by_name["DecisionService"].full_name


class Decisions:
    """Serves the methods of DecisionService that this version knows."""

    def __init__(self, point: DecisionPoint, words: Words) -> None:
        self._point = point
        self._words = words
        self._declared = {operator: policy.declared for operator, policy in point.policies.items()}
        self._reader = RequestReader(words, self._declared)

    @property
    def served(self) -> Mapping[str, Serve]:
        """Return the methods that take and give messages, by full name."""
        return {f"{_SERVICE}.Explain": self.explain}

    @property
    def answered(self) -> Mapping[str, Answer]:
        """Return the methods that take bytes and give bytes, by full name: those asked thousands of times a second."""
        methods: Mapping[str, Answer] = {
            "Check": self.check,
            "CheckBatch": self.check_batch,
            "CheckStream": self.check_item,
        }
        return {f"{_SERVICE}.{name}": answer for name, answer in methods.items()}

    def check(self, body: bytes) -> bytes:
        """Answer one request."""
        return decision_to_bytes(self._point.check(parsed(body, self._reader.request)))

    def check_item(self, body: bytes) -> bytes:
        """Answer one request of a stream; what is wrong with it stands in the place of its answer."""
        try:
            request = parsed(body, self._reader.request)
        except InvalidRequestError as error:
            return result_to_bytes(_request_id(body), error)
        (outcome,) = self._decide_for(request.operator, (request,), request.consistency)
        return result_to_bytes(request.request_id, outcome)

    def check_batch(self, body: bytes) -> bytes:
        """Answer each item on its own, in order; what is wrong with one stands in its place."""
        batch = parsed(body, self._reader.batch)
        return results_to_bytes([item.request_id for item in batch.items], self._decide(batch))

    def explain(
        self, message: decision_pb2.ExplainRequest, _context: grpc.ServicerContext
    ) -> decision_pb2.ExplainResponse:
        """Answer one request and show what led to the answer."""
        request, level = explain_request_from_wire(message, self._words, self._declared)
        explanation = self._point.explain(request)
        shown = explanation if level is Level.ADMIN else for_caller(explanation, request)
        return explanation_to_wire(shown, request.operator)

    def _decide(self, batch: Batch) -> list[Outcome]:
        """Return what becomes of each item: one policy and one reading of the facts for all of an operator."""
        outcomes: dict[int, Outcome] = {}
        of_operator: dict[str, list[tuple[int, Request]]] = {}
        for at, item in enumerate(batch.items):
            if isinstance(item, RefusedItem):
                outcomes[at] = item.error
            else:
                of_operator.setdefault(item.operator, []).append((at, item))
        for operator, placed in of_operator.items():
            places, requests = zip(*placed, strict=True)
            outcomes.update(zip(places, self._decide_for(operator, requests, batch.consistency), strict=True))
        return [outcomes[at] for at in range(len(batch.items))]

    def _decide_for(
        self, operator: str, requests: tuple[Request, ...], consistency: Consistency
    ) -> tuple[Outcome, ...]:
        try:
            return self._point.check_batch(operator, requests, consistency)
        except NoPolicyError:
            return (no_policy(operator),) * len(requests)


def _request_id(body: bytes) -> str:
    """Return the id of the request in *body*, "" when it cannot be read."""
    try:
        return decision_pb2.CheckRequest.FromString(body).request_id
    except DecodeError:
        return ""
