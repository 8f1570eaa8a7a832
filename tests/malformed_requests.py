"""Requests that cannot be right, as data: each is a valid one with one thing changed, and what must be said of it.

Every message here can be sent over a connection, so that the same table serves against a running server.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value

from pdp.api.v1 import decision_pb2
from pdp.wire.codes import Code

FACT_OF: Final = {"role": 0, "ground": 1, "consent": 2, "containment": 3}

_FACTS: Final[list[dict[str, Any]]] = [
    {"role": {"subject": "user:lan", "role": "primary_guardian", "scope": "child:minh"}},
    {
        "ground": {
            "kind": "registration",
            "id": "registration:r-1",
            "beneficiary": "user:lan",
            "data_subject": "child:minh",
            "status": "active",
            "properties": {"registrar": "school:hoa-sen"},
        }
    },
    {
        "consent": {
            "data_subject": "child:minh",
            "given_by": "user:lan",
            "purposes": ["media"],
            "categories": ["child_photo"],
            "recipient": "org:toa-soan",
            "form": "written",
            "status": "given",
            "properties": {"explicit": True},
        },
        "valid_from": "2026-01-05T00:00:00Z",
        "valid_until": "2027-01-05T00:00:00Z",
    },
    {"containment": {"entity": "child:minh", "container": "class:a1"}},
]

_REQUEST: Final[dict[str, Any]] = {
    "request_id": "r-1",
    "operator": "kidsonline",
    "subject": {"type": "user", "id": "lan"},
    "action": {"name": "read"},
    "resource": {
        "type": "child_photo",
        "id": "anh-1",
        "data_subject": "child:minh",
        "scopes": ["class:a1", "school:hoa-sen"],
        "properties": {"pictured": ["child:minh", "child:an"], "encrypted": True},
    },
    "purpose": "family_follow_up",
    "context": {
        "time": "2026-11-17T09:00:00+07:00",
        "authenticated": True,
        "authentication_method": "password",
        "transport_encrypted": True,
        "channel": "mobile_app",
    },
    "facts": _FACTS,
}


def a_request() -> decision_pb2.CheckRequest:
    """Return a valid request that holds a fact of each kind."""
    return ParseDict(_REQUEST, decision_pb2.CheckRequest())


Change = Callable[[decision_pb2.CheckRequest], None]


@dataclass(frozen=True, slots=True)
class MalformedRequest:
    """One change that spoils a valid request, and the mistake that must be reported: only this one, exactly so.

    *suggestion* None stands for whatever is suggested.
    """

    name: str
    change: Change
    field: str
    code: Code
    suggestion: str | None = ""

    def message(self) -> decision_pb2.CheckRequest:
        """Return the spoilt request."""
        message = a_request()
        self.change(message)
        return message


def put(path: str, value: Any) -> Change:
    """Return the change that puts *value* at *path*: text, a number, a list, or the JSON of a message."""

    def change(message: decision_pb2.CheckRequest) -> None:
        owner, last = _owner(message, path)
        if isinstance(owner, Struct):
            _put_in_struct(owner, last, value)
            return
        target = getattr(owner, last)
        if isinstance(value, list):
            del target[:]
            for element in value:
                target.append(element if isinstance(element, str) else ParseDict(element, target.add()) and target.pop())
        elif isinstance(value, dict):
            target.Clear()
            ParseDict(value, target)
            target.SetInParent()
        else:
            setattr(owner, last, value)

    return change


def drop(path: str) -> Change:
    """Return the change that leaves out what stands at *path*."""

    def change(message: decision_pb2.CheckRequest) -> None:
        owner, last = _owner(message, path)
        if isinstance(owner, Struct):
            del owner.fields[last]
        else:
            owner.ClearField(last)

    return change


def both(*changes: Change) -> Change:
    """Return the change that makes all of *changes*."""

    def change(message: decision_pb2.CheckRequest) -> None:
        for each in changes:
            each(message)

    return change


def unknown_field(path: str) -> Change:
    """Return the change that gives the message at *path* a field 999 of which this version knows nothing."""

    def change(message: decision_pb2.CheckRequest) -> None:
        target: Any = message
        for part in filter(None, path.split(".")):
            target = _step(target, part)
        target.SetInParent()
        target.MergeFromString(b"\xba\x3e\x01x")

    return change


def _owner(message: Message, path: str) -> tuple[Any, str]:
    *way, last = path.split(".")
    target: Any = message
    for part in way:
        target = _step(target, part)
    return target, last


def _step(target: Any, part: str) -> Any:
    name, at = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", part).groups()  # type: ignore[union-attr]
    found = target.fields[name] if isinstance(target, Struct) else getattr(target, name)
    return found if at is None else found[int(at)]


def _put_in_struct(struct: Struct, key: str, value: Any) -> None:
    if isinstance(value, Value):
        struct.fields[key].CopyFrom(value)
    else:
        struct[key] = value
