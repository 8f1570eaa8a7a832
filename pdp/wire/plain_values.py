"""Values that have no specification: what an `x_` key or a parameter of an obligation holds, checked for size alone."""

from collections.abc import Mapping
from typing import Final

from google.protobuf.struct_pb2 import ListValue, Struct
from google.protobuf.struct_pb2 import Value as WireValue

from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.mistakes import shown
from pdp.wire.reading import Reading

_UNNAMED: Final = {"struct_value": "{…}", "list_value": "[…]", "null_value": "null"}


def plain_value(reading: Reading, value: WireValue, field: str, depth: int) -> object:
    """Read any value as JSON knows it; *depth* is that of a list or object which *value* may be."""
    reading.check_known_fields(value, field)
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            return _plain_number(reading, value.number_value, field)
        case "string_value":
            if limits.is_too_long(value.string_value):
                reading.refuse_long(value.string_value, field)
            return value.string_value
        case "struct_value" | "list_value" if depth > limits.DEPTH:
            reading.refuse(Code.TOO_DEEP, field, value_text(value), phrases.too_deep(limits.DEPTH))
        case "struct_value":
            return _plain_struct(reading, value.struct_value, field, depth)
        case "list_value":
            return _plain_list(reading, value.list_value, field, depth)
        case _:
            reading.refuse(Code.NULL, field, "null", phrases.NULL)
    return None


def _plain_number(reading: Reading, number: float, field: str) -> float | int:
    if number - number != 0:  # NaN and the infinities
        reading.refuse(Code.NOT_FINITE, field, repr(number), phrases.NOT_FINITE)
    return _as_json(number)


def _as_json(number: float) -> float | int:
    """Return *number* as JSON keeps it exactly: a whole one as int up to 2**53, any other as the double it is.

    What writes records knows no int beyond 64 bits; beyond 53 a double names no single whole number anyway.
    """
    return int(number) if number.is_integer() and abs(number) <= limits.WHOLE_NUMBER else number


def _plain_struct(reading: Reading, struct: Struct, field: str, depth: int) -> Mapping[str, object] | None:
    reading.check_known_fields(struct, field)
    fields = struct.fields
    if len(fields) > limits.KEYS:
        message = phrases.too_many(phrases.KEYS, len(fields), limits.KEYS)
        reading.refuse(Code.TOO_MANY, field, str(len(fields)), message)
        return None
    read: dict[str, object] = {}
    for key in sorted(fields):
        inner = f"{field}.{shown(key)}"
        if limits.is_too_long(key):
            reading.refuse_long(key, inner)
        read[key] = plain_value(reading, fields[key], inner, depth + 1)
    return read


def _plain_list(reading: Reading, elements: ListValue, field: str, depth: int) -> tuple[object, ...] | None:
    reading.check_known_fields(elements, field)
    if len(elements.values) > limits.LIST:
        count = len(elements.values)
        message = phrases.too_many(phrases.ELEMENTS, count, limits.LIST)
        reading.refuse(Code.TOO_MANY, field, str(count), message)
        return None
    return tuple(
        plain_value(reading, element, f"{field}[{at}]", depth + 1) for at, element in enumerate(elements.values)
    )


def value_text(value: WireValue) -> str:
    """Return how *value* is shown to people."""
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "number_value":
            number = value.number_value
            return str(_as_json(number))
        case kind:
            return _UNNAMED.get(kind or "null_value", "")


def plain_struct(struct: Struct) -> Mapping[str, object]:
    """Return a Struct of our own side as plain values, whole numbers as int."""
    return {key: _trusted(value) for key, value in struct.fields.items()}


def _trusted(value: WireValue) -> object:
    match value.WhichOneof("kind"):
        case "struct_value":
            return plain_struct(value.struct_value)
        case "list_value":
            return tuple(_trusted(element) for element in value.list_value.values)
        case "number_value":
            return _as_json(value.number_value)
        case "bool_value":
            return value.bool_value
        case "string_value":
            return value.string_value
        case _:
            return None


def struct_from_plain(values: Mapping[str, object]) -> Struct:
    """Return plain *values* as a Struct."""
    struct = Struct()
    fill_struct(struct, values)
    return struct


def fill_struct(struct: Struct, values: Mapping[str, object]) -> None:
    """Add plain *values* to *struct*."""
    for key, value in values.items():
        _put(struct.fields[key], value)


def _put(target: WireValue, value: object) -> None:
    match value:
        case None:
            target.null_value = 0  # type: ignore[assignment]
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case str():
            target.string_value = value
        case Mapping():
            target.struct_value.SetInParent()
            fill_struct(target.struct_value, value)
        case list() | tuple():
            target.list_value.SetInParent()
            for inner in value:
                _put(target.list_value.values.add(), inner)
        case _:
            raise TypeError(f"{type(value).__name__} is no plain value")
