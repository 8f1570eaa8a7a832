"""Property values: from Structs to typed values of the core by their specification, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from google.protobuf.struct_pb2 import Struct
from google.protobuf.struct_pb2 import Value as WireValue

from pdp.core.entity import Entity
from pdp.core.fact_schema import PropertySpec, ValueType
from pdp.core.facts import Properties, Value, no_properties
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.entities import free_text, member, named_entity, word
from pdp.wire.instants import read_instant, text_from_instant
from pdp.wire.mistakes import shown
from pdp.wire.plain_values import plain_value, struct_from_plain, value_text
from pdp.wire.reading import Reading
from pdp.wire.words import Keys

UNREAD_PREFIX: Final = "x_"
"""A key that begins so is carried into the decision record and seen by no rule."""

_WIRE_KIND: Final = {ValueType.BOOL: "bool_value", ValueType.INT: "number_value"}
_WORD_KIND: Final = {ValueType.CATEGORY: WordKind.CATEGORY, ValueType.ROLE: WordKind.ROLE}
_NO_EMPTY_LIST: Final = "fields"


def read_properties(reading: Reading, struct: Struct, keys: Keys, place: str) -> Properties:
    """Read a Struct whose keys are *keys*; those that no rule sees go to `reading.unread`."""
    reading.check_known_fields(struct, place)
    fields = struct.fields
    if not fields:
        return no_properties()
    if len(fields) > limits.KEYS:
        message = phrases.too_many(phrases.KEYS, len(fields), limits.KEYS)
        reading.refuse(Code.TOO_MANY, place, str(len(fields)), message)
        return no_properties()
    read: dict[str, Value] = {}
    for key in sorted(fields):
        spec = keys.usable.get(key)
        if key.startswith(UNREAD_PREFIX):
            _read_unread(reading, fields[key], key, place)
        elif spec is None:
            _refuse_key(reading, key, keys, place)
        else:
            value = read_value(reading, fields[key], spec, f"{place}.{key}")
            if value is not None:
                read[key] = value
    return read


def read_value(reading: Reading, value: WireValue, spec: PropertySpec, field: str) -> Value | None:
    """Read one value of a Struct."""
    if not spec.is_list:
        return _read_scalar(reading, value, spec, field)
    reading.check_known_fields(value, field)
    if value.WhichOneof("kind") != "list_value":
        refuse_type(reading, value, phrases.LIST, field)
        return None
    reading.check_known_fields(value.list_value, field)
    elements = value.list_value.values
    if len(elements) > limits.LIST:
        refuse_long_list(reading, len(elements), field)
        return None
    if not elements and spec.key == _NO_EMPTY_LIST:
        reading.refuse(Code.EMPTY, field, "[]", phrases.EMPTY)
    read = [_read_scalar(reading, element, spec, f"{field}[{at}]") for at, element in enumerate(elements)]
    return _as_tuple(read)


def read_text_list(reading: Reading, texts: list[str], spec: PropertySpec, field: str) -> Value | None:
    """Read a list that the message itself types as text."""
    if len(texts) > limits.LIST:
        refuse_long_list(reading, len(texts), field)
        return None
    return _as_tuple([read_text(reading, text, spec, f"{field}[{at}]") for at, text in enumerate(texts)])


def read_text(reading: Reading, text: str, spec: PropertySpec, field: str) -> str | datetime | Entity | None:
    """Read a value that is written as text."""
    if not text:
        reading.refuse(Code.EMPTY, field, text, phrases.EMPTY)
        return None
    match spec.type:
        case ValueType.ENUM if text in spec.values:
            return text
        case ValueType.ENUM:
            member(reading, text, spec.values, phrases.PROPERTY_VALUE, field)
            return text
        case ValueType.ENTITY:
            return named_entity(reading, text, field, "")
        case ValueType.TIMESTAMP:
            return read_instant(reading, text, field)
        case ValueType.CATEGORY | ValueType.ROLE:
            return word(reading, _WORD_KIND[spec.type], text, field)
        case _:
            return free_text(reading, text, field)


def refuse_type(reading: Reading, value: WireValue, expected: Text, field: str) -> None:
    """Report a value of another type than *expected*, or of none."""
    kind = value.WhichOneof("kind")
    if kind is None or kind == "null_value":
        reading.refuse(Code.NULL, field, "null", phrases.NULL)
        return
    suggestion = ""
    if kind == "string_value":
        written = value.string_value.strip().lower()
        is_bool = expected is phrases.TYPES[ValueType.BOOL] and written in {"true", "false"}
        is_number = expected is phrases.TYPES[ValueType.INT] and written.isascii() and written.isdigit()
        suggestion = written if (is_bool or is_number) and len(written) < limits.KEYS else ""
    reading.refuse(Code.WRONG_TYPE, field, value_text(value), phrases.wrong_type(expected), suggestion)


def refuse_long_list(reading: Reading, length: int, field: str) -> None:
    """Report a list of too many elements."""
    reading.refuse(Code.TOO_MANY, field, str(length), phrases.too_many(phrases.ELEMENTS, length, limits.LIST))


def _read_scalar(
    reading: Reading, value: WireValue, spec: PropertySpec, field: str
) -> bool | int | str | datetime | Entity | None:
    reading.check_known_fields(value, field)
    if value.WhichOneof("kind") != _WIRE_KIND.get(spec.type, "string_value"):
        refuse_type(reading, value, phrases.TYPES[spec.type], field)
        return None
    if spec.type is ValueType.BOOL:
        return value.bool_value
    if spec.type is ValueType.INT:
        return _read_whole_number(reading, value.number_value, field)
    return read_text(reading, value.string_value, spec, field)


def _read_whole_number(reading: Reading, number: float, field: str) -> int | None:
    if not number.is_integer():  # so are NaN and the infinities
        reading.refuse(Code.NOT_WHOLE, field, repr(number), phrases.wrong_type(phrases.TYPES[ValueType.INT]))
        return None
    if abs(number) > limits.WHOLE_NUMBER:
        reading.refuse(Code.OUT_OF_RANGE, field, repr(number), phrases.OUT_OF_RANGE)
        return None
    return int(number)


def _as_tuple(read: list[bool | int | str | datetime | Entity | None]) -> Value | None:
    """Return the elements, all of one type by their specification; None when one of them was refused."""
    if any(value is None for value in read):
        return None
    return tuple(read)  # type: ignore[return-value]


def _read_unread(reading: Reading, value: WireValue, key: str, place: str) -> None:
    if limits.is_too_long(key):
        reading.refuse_long(key, f"{place}.{shown(key)}")
        return
    path = f"{place}.{key}"
    reading.unread[path] = plain_value(reading, value, f"{place}.{shown(key)}", depth=2)


def _refuse_key(reading: Reading, key: str, keys: Keys, place: str) -> None:
    field = f"{place}.{shown(key)}"
    if limits.is_too_long(key):
        reading.refuse_long(key, field)
    elif key in keys.foreign:
        message = phrases.key_of_another_operator(shown(key), reading.operator.id)
        nearest = reading.suggest(key, keys.usable)
        reading.refuse(Code.NOT_FOR_THIS_OPERATOR, field, key, message, nearest)
    else:
        nearest = reading.suggest(key, keys.usable) or keys.elsewhere.get(key, "")
        reading.refuse(Code.UNKNOWN_KEY, field, key, phrases.unknown_key(shown(key)), nearest)


def struct_from_properties(properties: Mapping[str, object]) -> Struct:
    """Return typed *properties* as a Struct: instants as RFC 3339 text, entities as `type:id`."""
    return struct_from_plain({key: _as_plain(value) for key, value in properties.items()})


def _as_plain(value: object) -> object:
    match value:
        case datetime():
            return text_from_instant(value)
        case Entity():
            return str(value)
        case tuple() | list():
            return [_as_plain(element) for element in value]
        case Mapping():
            return {str(key): _as_plain(element) for key, element in value.items()}
        case _:
            return value
