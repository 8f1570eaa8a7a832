"""The circumstances of a request: from the typed message and its extra keys to typed values."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from pdp.api.v1 import request_pb2
from pdp.core.fact_schema import PropertySpec
from pdp.core.facts import Properties, Value, no_properties
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.instants import read_timestamp
from pdp.wire.properties import read_properties, read_text, read_text_list
from pdp.wire.reading import Reading
from pdp.wire.words import Keys

Declared = Mapping[str, Mapping[str, PropertySpec]]
"""Keys of `context.extra` that an operator's policy folder declares: operator -> key -> what it holds."""

NOTHING_DECLARED: Final[Declared] = MappingProxyType({})

_TIME: Final = "time"
_EXTRA: Final = "extra"


def read_context(
    reading: Reading, message: request_pb2.Context, declared: Declared
) -> tuple[datetime | None, Properties, Properties]:
    """Return the time of the decision, the known circumstances and the declared ones."""
    reading.check_known_fields(message, "context")
    usable = reading.operator.context.usable
    context: dict[str, Value] = {}
    extra = no_properties()
    time: datetime | None = None
    for descriptor, value in message.ListFields():
        name = descriptor.name
        field = f"context.{name}"
        if name == _TIME:
            time = read_timestamp(reading, value, field)
        elif name == _EXTRA:
            extra = read_properties(reading, value, _extra_keys(reading, declared), field)
        elif name not in usable:
            message_text = phrases.key_of_another_operator(name, reading.operator.id)
            nearest = reading.suggest(name, usable)
            reading.refuse(Code.NOT_FOR_THIS_OPERATOR, field, _as_text(value), message_text, nearest)
        else:
            read = _read_value(reading, value, usable[name], field)
            if read is not None:
                context[name] = read
    return time, context or no_properties(), extra


def _read_value(reading: Reading, value: object, spec: PropertySpec, field: str) -> Value | None:
    match value:
        case bool():
            return value
        case str():
            return read_text(reading, value, spec, field)
        case Timestamp():
            return read_timestamp(reading, value, field)
        case _:
            return read_text_list(reading, list(value), spec, field)  # type: ignore[call-overload]


def _extra_keys(reading: Reading, declared: Declared) -> Keys:
    own = declared.get(reading.operator.id, {})
    if not reading.operator.id:
        own = {key: spec for keys in declared.values() for key, spec in keys.items()}
    return Keys(own, frozenset(chain.from_iterable(declared.values())) - own.keys(), reading.operator.context.elsewhere)


def _as_text(value: object) -> str:
    if isinstance(value, Timestamp):
        return f"{value.seconds} s"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ", ".join(map(str, value))  # type: ignore[call-overload]
