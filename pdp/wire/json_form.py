"""Protobuf JSON: requests from it, with every mistake at once, and messages to it."""

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from pdp.api.v1 import decision_pb2
from pdp.core.fact_schema import ValueType
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.instants import read_instant, timestamp_from_instant
from pdp.wire.json_text import (
    fill_struct_from_json,
    json_text,
    parse_object,
    refuse_no_key,
    refuse_non_json,
    refuse_repeated,
)
from pdp.wire.mistakes import Mistakes, shown

_SCALARS: Final = {
    FieldDescriptor.TYPE_STRING: (str, phrases.TYPES[ValueType.STRING]),
    FieldDescriptor.TYPE_BOOL: (bool, phrases.TYPES[ValueType.BOOL]),
}


def check_request_from_json(text: str | bytes) -> decision_pb2.CheckRequest:
    """Return the request that *text* writes as protobuf JSON, with snake_case or camelCase names.

    Raise InvalidRequestError with all that makes it no such text. Whether the request can be right is not looked at.
    """
    return check_request_from_dict(parse_object(text))


def check_request_from_dict(members: Mapping[str, object]) -> decision_pb2.CheckRequest:
    """Return the request that parsed JSON holds; raise InvalidRequestError as `check_request_from_json` does."""
    mistakes = Mistakes()
    message = decision_pb2.CheckRequest()
    _fill_message(mistakes, message, members, "")
    mistakes.finish()
    return message


def fill_from_json(message: Message, members: Mapping[str, object]) -> None:
    """Put what parsed JSON holds into *message*; raise InvalidRequestError as `check_request_from_json` does."""
    mistakes = Mistakes()
    _fill_message(mistakes, message, members, "")
    mistakes.finish()


def message_to_json(message: Message) -> dict[str, Any]:
    """Return *message* as protobuf JSON with snake_case names, without fields that are not set."""
    return MessageToDict(message, preserving_proto_field_name=True)


def _fill_message(mistakes: Mistakes, message: Message, members: Mapping[Any, object], place: str) -> None:
    descriptor = message.DESCRIPTOR
    names: Mapping[str, Any] = {name: field for field in descriptor.fields for name in (field.json_name, field.name)}
    refuse_repeated(mistakes, members, place)
    seen: set[str] = set()
    forms: dict[str, str] = {}
    for key, value in members.items():
        if refuse_no_key(mistakes, key, place):
            continue
        field = names.get(key)
        if field is None:
            nearest = mistakes.suggest(key, descriptor.fields_by_name)
            path = _joined(place, shown(key))
            mistakes.refuse(Code.UNKNOWN_FIELD, path, key, phrases.unknown_field(shown(key)), nearest)
            continue
        path = _joined(place, field.name)
        if field.name in seen:
            mistakes.refuse(Code.DUPLICATE_KEY, path, key, phrases.duplicate_key(key))
        elif field.containing_oneof and forms.setdefault(field.containing_oneof.name, field.name) != field.name:
            names_of_forms = [form.name for form in field.containing_oneof.fields]
            mistakes.refuse(Code.SEVERAL_FORMS, path, json_text(value), phrases.several_forms(names_of_forms))
        elif not refuse_non_json(mistakes, value, path):
            _fill_field(mistakes, message, field, value, path)
        seen.add(field.name)


def _fill_field(mistakes: Mistakes, message: Message, field: FieldDescriptor, value: object, path: str) -> None:
    if field.is_repeated:
        _fill_list(mistakes, message, field, value, path)
    elif field.message_type is not None:
        _fill_part(mistakes, getattr(message, field.name), value, path)
    elif _is_scalar(mistakes, field, value, path):
        setattr(message, field.name, value)


def _fill_list(mistakes: Mistakes, message: Message, field: FieldDescriptor, value: object, path: str) -> None:
    if not isinstance(value, list | tuple):
        mistakes.refuse(Code.WRONG_TYPE, path, json_text(value), phrases.wrong_type(phrases.LIST))
        return
    target = getattr(message, field.name)
    for at, element in enumerate(value):
        inner = f"{path}[{at}]"
        if refuse_non_json(mistakes, element, inner):
            continue
        if field.message_type is not None:
            _fill_part(mistakes, target.add(), element, inner)
        elif _is_scalar(mistakes, field, element, inner):
            target.append(element)


def _fill_part(mistakes: Mistakes, part: Message, value: object, path: str) -> None:
    """Fill the message *part*, which is present from now on even if *value* leaves it empty."""
    part.SetInParent()
    match part:
        case Timestamp():
            _fill_timestamp(mistakes, part, value, path)
        case _ if not isinstance(value, Mapping):
            mistakes.refuse(Code.WRONG_TYPE, path, json_text(value), phrases.wrong_type(phrases.OBJECT))
        case Struct():
            fill_struct_from_json(mistakes, part, value, path, depth=1)
        case _:
            _fill_message(mistakes, part, value, path)


def _fill_timestamp(mistakes: Mistakes, timestamp: Timestamp, value: object, path: str) -> None:
    if not isinstance(value, str):
        expected = phrases.wrong_type(phrases.TYPES[ValueType.TIMESTAMP])
        mistakes.refuse(Code.WRONG_TYPE, path, json_text(value), expected)
        return
    instant = read_instant(mistakes, value, path)
    if instant is not None:
        timestamp.CopyFrom(timestamp_from_instant(instant))


def _is_scalar(mistakes: Mistakes, field: FieldDescriptor, value: object, path: str) -> bool:
    type_, expected = _SCALARS[field.type]
    if isinstance(value, type_):
        return True
    mistakes.refuse(Code.WRONG_TYPE, path, json_text(value), phrases.wrong_type(expected))
    return False


def _joined(place: str, part: str) -> str:
    return f"{place}.{part}" if place else part
