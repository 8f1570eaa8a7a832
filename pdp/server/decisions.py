"""DecisionService: requests to the decision point, and what it answers back."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import grpc
from google.protobuf.message import DecodeError

from pdp.api.v1 import decision_pb2
from pdp.core.caller import Caller
from pdp.core.errors import InvalidRequestError, NoPolicyError, NotPermittedError
from pdp.core.request import Consistency, Request
from pdp.core.visibility import shown_at
from pdp.decision_point import Checked, DecisionPoint
from pdp.server.access import check_operator, check_question
from pdp.server.barrier import parsed
from pdp.server.explain_request import explain_request_from_wire
from pdp.server.gate import caller_of
from pdp.server.inline_call import Answer, Later
from pdp.server.load import Load
from pdp.server.methods import Serve
from pdp.server.status import no_policy
from pdp.wire.request_reader import RequestReader
from pdp.wire.requests import Batch, RefusedItem
from pdp.wire.response_bytes import decision_to_bytes, result_to_bytes, results_to_bytes
from pdp.wire.responses import explanation_to_wire
from pdp.wire.words import Words

_SERVICE = decision_pb2.DESCRIPTOR.services_by_name["DecisionService"].full_name


class Decisions:
    """Serves the methods of DecisionService that this version knows."""

    def __init__(self, point: DecisionPoint, words: Words, load: Load | None = None) -> None:
        self._load = load or Load()
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

    def check(self, body: bytes, caller: Caller) -> bytes | Later:
        """Answer one request of *caller*."""
        if not caller.may_everything:
            check_question(caller, parsed(body, decision_pb2.CheckRequest.FromString))
        request = parsed(body, self._reader.request)
        # FAIL CLOSED (two readers): what is decided about is looked at too, not only what the other reader made of it.
        check_operator(caller, request.operator)
        self._load.ask_about(request.operator, caller)
        if self._point.at_once:
            return decision_to_bytes(self._point.check(request))
        decision = self._point.check_at_once(request) if self._point.cache.keeps else None
        if decision is not None:
            return decision_to_bytes(decision)
        return lambda: decision_to_bytes(self._point.check(request))

    def check_item(self, body: bytes, caller: Caller) -> bytes | Later:
        """Answer one request of a stream of *caller*; what is wrong with it stands in the place of its answer."""
        try:
            if not caller.may_everything:
                _check_item(caller, parsed(body, decision_pb2.CheckRequest.FromString))
            request = parsed(body, self._reader.request)
            _check_operator(caller, request)
        except InvalidRequestError as error:
            return result_to_bytes(_request_id(body), error)
        request_id = request.request_id
        self._load.ask_about(request.operator, caller)
        asked = (request,), request.consistency
        outcomes = self._decide_for(request.operator, *asked, at_once=True)
        if outcomes is not None:
            return result_to_bytes(request_id, outcomes[0])
        return lambda: result_to_bytes(request_id, self._decided_for(request.operator, *asked)[0])

    def check_batch(self, body: bytes, caller: Caller) -> bytes | Later:
        """Answer each item of *caller* on its own, in order; what is wrong with one stands in its place."""
        batch = parsed(body, self._reader.batch)
        if not caller.may_everything:
            batch = _permitted(caller, parsed(body, decision_pb2.CheckBatchRequest.FromString), batch)
        for operator, amount in Counter(item.operator for item in batch.items if isinstance(item, Request)).items():
            self._load.ask_about(operator, caller, amount)
        ids = [item.request_id for item in batch.items]
        outcomes = self._decide(batch, at_once=True)
        if outcomes is not None:
            return results_to_bytes(ids, outcomes)
        return lambda: results_to_bytes(ids, self._decided(batch))

    def explain(
        self, message: decision_pb2.ExplainRequest, context: grpc.ServicerContext
    ) -> decision_pb2.ExplainResponse:
        """Answer one request and show what led to the answer."""
        asked = explain_request_from_wire(message, self._words, self._declared)
        if isinstance(asked.of, str):
            request, explanation = self._point.explain_past(asked.of, caller_of(context).may_ask_about)
        else:
            request, explanation = asked.of, self._point.explain(asked.of, asked.as_of)
        return explanation_to_wire(shown_at(asked.level, explanation, request), request.operator)

    def _decided(self, batch: Batch) -> list[Checked]:
        outcomes = self._decide(batch, at_once=False)
        assert outcomes is not None  # noqa: S101  # what may wait is always answered
        return outcomes

    def _decide(self, batch: Batch, *, at_once: bool) -> list[Checked] | None:
        """Return what becomes of each item: one policy and one reading of the facts for all of an operator.

        None where they are to be answered *at_once* and that could wait for something.
        """
        outcomes: dict[int, Checked] = {}
        of_operator: dict[str, list[tuple[int, Request]]] = {}
        for at, item in enumerate(batch.items):
            if isinstance(item, RefusedItem):
                outcomes[at] = item.error
            else:
                of_operator.setdefault(item.operator, []).append((at, item))
        if at_once and len(of_operator) > 1 and not self._point.at_once:
            return None  # one of them might have to wait, when others have been decided and recorded
        for operator, placed in of_operator.items():
            places, requests = zip(*placed, strict=True)
            answers = self._decide_for(operator, requests, batch.consistency, at_once=at_once)
            if answers is None:
                return None
            outcomes.update(zip(places, answers, strict=True))
        return [outcomes[at] for at in range(len(batch.items))]

    def _decided_for(
        self, operator: str, requests: tuple[Request, ...], consistency: Consistency
    ) -> tuple[Checked, ...]:
        try:
            return self._point.check_batch(operator, requests, consistency)
        except NoPolicyError:
            return (no_policy(operator),) * len(requests)

    def _decide_for(
        self, operator: str, requests: tuple[Request, ...], consistency: Consistency, *, at_once: bool
    ) -> tuple[Checked, ...] | None:
        if not at_once or self._point.at_once:
            return self._decided_for(operator, requests, consistency)
        if not self._point.cache.keeps:
            return None
        try:
            return self._point.check_batch_at_once(operator, requests, consistency)
        except NoPolicyError:
            return (no_policy(operator),) * len(requests)


def _permitted(caller: Caller, message: decision_pb2.CheckBatchRequest, batch: Batch) -> Batch:
    """Return *batch* with what *caller* may not ask in the place of each item that asks it."""
    items = list(batch.items)
    for at, (item, asked) in enumerate(zip(batch.items, message.requests, strict=True)):
        try:
            _check_item(caller, asked)
            if isinstance(item, Request):
                _check_operator(caller, item)
        except InvalidRequestError as error:
            items[at] = RefusedItem(asked.request_id, error)
    return replace(batch, items=tuple(items))


def _check_item(caller: Caller, message: decision_pb2.CheckRequest) -> None:
    """Raise InvalidRequestError, which an item can carry, for what *caller* may not ask."""
    try:
        check_question(caller, message)
    except NotPermittedError as error:
        raise InvalidRequestError([error.error]) from None


def _check_operator(caller: Caller, request: Request) -> None:
    """Raise InvalidRequestError, as _check_item does, where the *request* that is decided is not what was looked at."""
    try:
        check_operator(caller, request.operator)
    except NotPermittedError as error:
        raise InvalidRequestError([error.error]) from None


def _request_id(body: bytes) -> str:
    """Return the id of the request in *body*, "" when it cannot be read."""
    try:
        return decision_pb2.CheckRequest.FromString(body).request_id
    except DecodeError:
        return ""
