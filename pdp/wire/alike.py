"""Items of a batch that say the same as the one before them, but for their own ids and those of their resources."""

from typing import Final, Self

from pdp.api.v1 import decision_pb2, request_pb2
from pdp.core.entity import id_problem
from pdp.core.request import Request, Resource
from pdp.wire.outline import NotPlainError, place_of, tag_of

_REQUEST_ID: Final = tag_of(decision_pb2.CheckRequest, "request_id")
_RESOURCE: Final = tag_of(decision_pb2.CheckRequest, "resource")
_ID: Final = tag_of(request_pb2.Resource, "id")
LONGEST_ID: Final = 256
"""Characters of a request's own id."""


class Mould:
    """The bytes of a plain item around its two ids, and the request that they hold.

    An item with the same bytes around ids of the same length is that request with other ids: lengths stand among the
    bytes that are compared, so that every field begins and ends where it did.
    """

    __slots__ = ("_asked", "_before", "_behind", "_between", "_id", "_request", "_size")

    def __init__(self, content: bytes, request: Request, asked: slice, id_: slice) -> None:
        self._request = request
        self._size = len(content)
        self._asked = asked
        self._id = id_
        self._before = content[: asked.start]
        self._between = content[asked.stop : id_.start]
        self._behind = content[id_.stop :]

    @classmethod
    def of(cls, content: bytes, request: Request) -> Self | None:
        """Return the mould of a plain item, None when its fields stand in another order than their numbers'."""
        try:
            asked = place_of(_REQUEST_ID, content, slice(0, len(content)))
            id_ = place_of(_ID, content, place_of(_RESOURCE, content, slice(0, len(content))))
        except NotPlainError:
            return None
        return cls(content, request, asked, id_) if asked.stop <= id_.start else None

    def cast(self, content: bytes) -> Request | None:
        """Return the request in *content*, None when it differs in more than ids or has to be read precisely."""
        asked, id_ = self._asked, self._id
        if (
            len(content) != self._size
            or content[: asked.start] != self._before
            or content[asked.stop : id_.start] != self._between
            or content[id_.stop :] != self._behind
        ):
            return None
        try:
            request_id, name = content[asked].decode(), content[id_].decode()
        except UnicodeDecodeError:
            return None
        if len(request_id) > LONGEST_ID or id_problem(name) is not None:
            return None
        like = self._request
        resource = like.resource
        return Request(
            request_id,
            like.operator,
            like.subject,
            like.action,
            Resource(resource.type, name, resource.data_subject, resource.scopes, resource.properties),
            like.purpose,
            like.subject_properties,
            like.context,
            like.extra,
            like.time,
            like.facts,
            like.consistency,
            like.unread,
        )
