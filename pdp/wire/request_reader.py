"""Requests from bytes: plainly where nothing is out of the ordinary, precisely otherwise."""

from collections.abc import Iterator, Sequence
from typing import Final

from pdp.api.v1 import decision_pb2
from pdp.core.errors import InvalidRequestError
from pdp.core.request import Consistency, Request
from pdp.wire import limits
from pdp.wire.alike import Mould
from pdp.wire.context import NOTHING_DECLARED, Declared
from pdp.wire.outline import NotPlainError, outline, tag_of
from pdp.wire.plain_requests import PlainReader
from pdp.wire.requests import Batch, RefusedItem, consistency_of_batch, request_from_wire
from pdp.wire.words import Words

_REQUESTS: Final = tag_of(decision_pb2.CheckBatchRequest, "requests")
_UNSET: Final = Consistency()


class RequestReader:
    """Reads requests by *words* and the keys that operators' folders declare; safe for many threads.

    Every method raises DecodeError for bytes that are no message.
    """

    def __init__(self, words: Words, declared: Declared = NOTHING_DECLARED) -> None:
        self._words = words
        self._declared = declared
        self._plain = PlainReader(words, declared)

    def request(self, content: bytes) -> Request:
        """Return the CheckRequest in *content*; raise InvalidRequestError with all that is wrong with it."""
        try:
            return self._plain.request(content)
        except NotPlainError:
            message = decision_pb2.CheckRequest.FromString(content)
            return request_from_wire(message, self._words, declared=self._declared)

    def batch(self, content: bytes) -> Batch:
        """Return the items of the CheckBatchRequest in *content*, in their order.

        Raises InvalidRequestError for a mistake of the batch itself; a mistake of an item stands in its place.
        """
        try:
            fields, contents = outline(content, _REQUESTS)
            is_plain = not fields and 0 < len(contents) <= limits.BATCH
        except NotPlainError:
            is_plain = False
        consistency = _UNSET
        if not is_plain:
            message = decision_pb2.CheckBatchRequest.FromString(content)
            consistency = consistency_of_batch(message, self._words)
            contents = [each.SerializeToString() for each in message.requests]
        return Batch(tuple(self._items(contents, consistency)), consistency)

    def _items(self, contents: Sequence[bytes], consistency: Consistency) -> Iterator[Request | RefusedItem]:
        mould: Mould | None = None
        for content in contents:
            item: Request | RefusedItem | None = None if mould is None else mould.cast(content)
            if item is None:
                try:
                    item = self._plain.request(content, consistency)
                    mould = Mould.of(content, item)
                except NotPlainError:
                    item = self._precisely(content, consistency)
            yield item

    def _precisely(self, content: bytes, consistency: Consistency) -> Request | RefusedItem:
        message = decision_pb2.CheckRequest.FromString(content)
        try:
            return request_from_wire(message, self._words, declared=self._declared, of_batch=consistency)
        except InvalidRequestError as error:
            return RefusedItem(message.request_id, error)
