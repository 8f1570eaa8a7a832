"""DecisionService: requests to the decision point, and what it answers back."""

from collections.abc import Mapping

import grpc

from pdp.api.v1 import decision_pb2
from pdp.core.decision import Decision
from pdp.core.errors import InvalidRequestError, NoPolicyError, RequestError
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.server.explain_request import Level, explain_request_from_wire
from pdp.server.methods import Serve
from pdp.server.status import no_policy
from pdp.server.visibility import for_caller
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.errors import item_error_to_wire
from pdp.wire.requests import Batch, batch_from_wire, request_from_wire
from pdp.wire.responses import decision_to_wire, explanation_to_wire
from pdp.wire.words import Words

Outcome = Decision | InvalidRequestError
_SERVICE = decision_pb2.DESCRIPTOR.services_by_name["DecisionService"].full_name


class Decisions:
    """Serves the methods of DecisionService that this version knows."""

    def __init__(self, point: DecisionPoint, words: Words) -> None:
        self._point = point
        self._words = words
        self._declared = {operator: policy.declared for operator, policy in point.policies.items()}

    @property
    def served(self) -> Mapping[str, Serve]:
        """Return the methods by full name."""
        methods: Mapping[str, Serve] = {
            "Check": self.check,
            "CheckBatch": self.check_batch,
            "Explain": self.explain,
        }
        return {f"{_SERVICE}.{name}": serve for name, serve in methods.items()}

    def check(self, message: decision_pb2.CheckRequest, _context: grpc.ServicerContext) -> decision_pb2.CheckResponse:
        """Answer one request."""
        request = request_from_wire(message, self._words, declared=self._declared)
        return decision_to_wire(self._point.check(request))

    def check_batch(
        self, message: decision_pb2.CheckBatchRequest, _context: grpc.ServicerContext
    ) -> decision_pb2.CheckBatchResponse:
        """Answer each item on its own, in order; what is wrong with one stands in its place."""
        if not message.requests:
            raise InvalidRequestError([RequestError(Code.REQUIRED.value, "requests", "", "", phrases.REQUIRED)])
        batch = batch_from_wire(message, self._words, declared=self._declared)
        outcomes = self._decide(batch)
        return decision_pb2.CheckBatchResponse(
            results=[
                _result(asked.request_id, outcome) for asked, outcome in zip(message.requests, outcomes, strict=True)
            ]
        )

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
            if isinstance(item, InvalidRequestError):
                outcomes[at] = item
            else:
                of_operator.setdefault(item.operator, []).append((at, item))
        for operator, placed in of_operator.items():
            places, requests = zip(*placed, strict=True)
            outcomes.update(zip(places, self._decide_for(operator, requests, batch), strict=True))
        return [outcomes[at] for at in range(len(batch.items))]

    def _decide_for(self, operator: str, requests: tuple[Request, ...], batch: Batch) -> tuple[Outcome, ...]:
        try:
            return self._point.check_batch(operator, requests, batch.consistency)
        except NoPolicyError:
            return (no_policy(operator),) * len(requests)


def _result(request_id: str, outcome: Outcome) -> decision_pb2.CheckResult:
    if isinstance(outcome, InvalidRequestError):
        return decision_pb2.CheckResult(request_id=request_id, error=item_error_to_wire(outcome))
    return decision_pb2.CheckResult(request_id=outcome.request_id, response=decision_to_wire(outcome))
