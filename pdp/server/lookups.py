"""The look-ups of DecisionService."""

from collections.abc import Iterator, Mapping

import grpc

from pdp.api.v1 import decision_pb2
from pdp.decision_point import DecisionPoint
from pdp.server.methods import Serve
from pdp.wire.lookups import LookupReader, action_answer_to_wire, question_bytes
from pdp.wire.pages import page_of
from pdp.wire.words import Words

_SERVICE = decision_pb2.DESCRIPTOR.services_by_name["DecisionService"].full_name


class Lookups:
    """Serves who may, to what and how; each page is looked up whole before its first match is sent."""

    def __init__(self, point: DecisionPoint, words: Words) -> None:
        self._point = point
        declared = {operator: policy.declared for operator, policy in point.policies.items()}
        self._reader = LookupReader(words, declared)

    @property
    def served(self) -> Mapping[str, Serve]:
        """Return the methods by full name."""
        return {
            f"{_SERVICE}.LookupSubjects": self.subjects,
            f"{_SERVICE}.LookupResources": self.resources,
            f"{_SERVICE}.LookupActions": self.actions,
        }

    def subjects(
        self, message: decision_pb2.LookupSubjectsRequest, _context: grpc.ServicerContext
    ) -> Iterator[decision_pb2.LookupSubjectsResponse]:
        """Send everybody who may, and then the end."""
        asked = self._reader.subjects(message)
        found = self._point.lookup_subjects(asked.request, asked.as_of)
        for part in page_of(found, question_bytes(message), asked.page_size, asked.page_token):
            if isinstance(part, decision_pb2.End):
                yield decision_pb2.LookupSubjectsResponse(end=part)
            else:
                yield decision_pb2.LookupSubjectsResponse(match=part)

    def resources(
        self, message: decision_pb2.LookupResourcesRequest, _context: grpc.ServicerContext
    ) -> Iterator[decision_pb2.LookupResourcesResponse]:
        """Send all that the subject may do it to, and then the end."""
        asked = self._reader.resources(message)
        found = self._point.lookup_resources(asked.request, asked.candidates, asked.within, asked.as_of)
        for part in page_of(found, question_bytes(message), asked.page_size, asked.page_token):
            if isinstance(part, decision_pb2.End):
                yield decision_pb2.LookupResourcesResponse(end=part)
            else:
                yield decision_pb2.LookupResourcesResponse(match=part)

    def actions(
        self, message: decision_pb2.LookupActionsRequest, _context: grpc.ServicerContext
    ) -> decision_pb2.LookupActionsResponse:
        """Answer about every action that the policy speaks of."""
        asked = self._reader.actions(message)
        answers = self._point.lookup_actions(asked.request, asked.as_of)
        return decision_pb2.LookupActionsResponse(
            actions=[action_answer_to_wire(action, decision) for action, decision in answers]
        )
