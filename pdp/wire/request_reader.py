"""Requests from messages: plainly where nothing is out of the ordinary, precisely otherwise."""

from pdp.api.v1 import decision_pb2
from pdp.core.request import Consistency, Request
from pdp.wire.context import NOTHING_DECLARED, Declared
from pdp.wire.plain_requests import NotPlainError, PlainReader
from pdp.wire.requests import Batch, batch_from_wire, request_from_wire
from pdp.wire.words import Words


class RequestReader:
    """Reads requests by *words* and the keys that operators' folders declare; safe for many threads."""

    def __init__(self, words: Words, declared: Declared = NOTHING_DECLARED) -> None:
        self._words = words
        self._declared = declared
        self._plain = PlainReader(words, declared)

    def request(self, message: decision_pb2.CheckRequest) -> Request:
        """Return the request that *message* holds; raise InvalidRequestError with all that is wrong with it."""
        try:
            return self._plain.request(message)
        except NotPlainError:
            return request_from_wire(message, self._words, declared=self._declared)

    def batch(self, message: decision_pb2.CheckBatchRequest) -> Batch:
        """Return the requests of a batch, each with its consistency, in their order.

        Raises InvalidRequestError for a mistake of the batch itself; a mistake of an item stands in its place.
        """
        return batch_from_wire(message, self._words, declared=self._declared, read_plainly=self._read_plainly)

    def _read_plainly(self, message: decision_pb2.CheckRequest, consistency: Consistency) -> Request | None:
        try:
            return self._plain.request(message, consistency)
        except NotPlainError:
            return None
