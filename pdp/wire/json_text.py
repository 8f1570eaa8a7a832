"""JSON text to plain values and Structs, with every mistake at once.

The values remember what a parser would pass over: repeated keys, and numbers that are none.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import Struct
from google.protobuf.struct_pb2 import Value as WireValue

from pdp.core.errors import InvalidRequestError, RequestError
from pdp.core.text import Text
from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.mistakes import Mistakes, shown


class Members(dict[str, object]):
    """The members of a JSON object; *repeated* are the keys that stood in it more than once."""

    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoNumber:
    """NaN or an infinity, where JSON has none."""

    text: str


def parse_object(text: str | bytes) -> Members:
    """Return the JSON object that *text* is; raise InvalidRequestError when it is none."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise _unreadable(Code.NOT_JSON, "", phrases.NOT_UTF8) from None
    try:
        parsed = json.loads(text, object_pairs_hook=_members, parse_constant=NoNumber)
    except json.JSONDecodeError as error:
        place = text[error.pos : error.pos + 20]
        raise _unreadable(Code.NOT_JSON, place, phrases.not_json(error.lineno, error.colno)) from None
    except RecursionError:
        raise _unreadable(Code.TOO_DEEP, "", phrases.too_deep(limits.DEPTH)) from None
    except ValueError:  # a whole number of thousands of digits
        raise _unreadable(Code.OUT_OF_RANGE, "", phrases.OUT_OF_RANGE) from None
    if not isinstance(parsed, Members):
        raise _unreadable(Code.NOT_JSON, text.strip(), phrases.wrong_type(phrases.OBJECT))
    return parsed


def _members(pairs: list[tuple[str, object]]) -> Members:
    members = Members(pairs)
    if len(members) < len(pairs):
        times = Counter(key for key, _ in pairs)
        members.repeated = tuple(key for key in members if times[key] > 1)
    return members


def _unreadable(code: Code, value: str, message: Text) -> InvalidRequestError:
    return InvalidRequestError([RequestError(code.value, "", shown(value), "", message)])


def fill_struct_from_json(
    mistakes: Mistakes, struct: Struct, members: Mapping[Any, object], place: str, *, depth: int
) -> None:
    """Put *members* into *struct*, which lies *depth* levels deep."""
    refuse_repeated(mistakes, members, place)
    for key, value in members.items():
        if refuse_no_key(mistakes, key, place):
            continue
        path = f"{place}.{shown(key)}"
        if not refuse_non_json(mistakes, value, path):
            _fill_value(mistakes, struct.fields[key], value, path, depth + 1)


def refuse_non_json(mistakes: Mistakes, value: object, path: str) -> bool:
    """Report what no JSON value of ours may be: null, no number, half a character; say whether *value* was refused."""
    match value:
        case None:
            mistakes.refuse(Code.NULL, path, "null", phrases.NULL)
        case NoNumber():
            mistakes.refuse(Code.NOT_FINITE, path, value.text, phrases.NOT_FINITE)
        case float() if not math.isfinite(value):
            mistakes.refuse(Code.NOT_FINITE, path, repr(value), phrases.NOT_FINITE)
        case int() if abs(value) > limits.WHOLE_NUMBER:
            mistakes.refuse(Code.OUT_OF_RANGE, path, json_text(value), phrases.OUT_OF_RANGE)
        case str() if not _is_unicode(value):
            mistakes.refuse(Code.NOT_UNICODE, path, value, phrases.NOT_UNICODE)
        case _:
            return False
    return True


def refuse_no_key(mistakes: Mistakes, key: object, place: str) -> bool:
    """Report a key that is no text, or half a character; say whether it was refused."""
    text = key if isinstance(key, str) else json_text(key)
    path = f"{place}.{shown(text)}" if place else shown(text)
    if isinstance(key, str):
        return refuse_non_json(mistakes, key, path)
    mistakes.refuse(Code.WRONG_TYPE, path, text, phrases.wrong_type(phrases.KEY))
    return True


def refuse_repeated(mistakes: Mistakes, members: Mapping[Any, object], place: str) -> None:
    """Report the keys that stood in a JSON object more than once: which value counts would be anybody's guess."""
    for key in members.repeated if isinstance(members, Members) else ():
        path = f"{place}.{shown(key)}" if place else shown(key)
        mistakes.refuse(Code.DUPLICATE_KEY, path, key, phrases.duplicate_key(shown(key)))


def json_text(value: object) -> str:
    """Return how a JSON value is shown to people."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() if abs(value) > limits.LARGEST_SHOWN:
            return "…"
        case str() | int() | float():
            return str(value)
        case NoNumber():
            return value.text
        case list() | tuple():
            return "[…]"
        case _:
            return "{…}" if isinstance(value, Mapping) else type(value).__name__


def _fill_value(mistakes: Mistakes, target: WireValue, value: object, path: str, depth: int) -> None:
    match value:
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case str():
            target.string_value = value
        case list() | tuple() | Mapping() if depth > limits.DEPTH:
            mistakes.refuse(Code.TOO_DEEP, path, json_text(value), phrases.too_deep(limits.DEPTH))
        case Mapping():
            target.struct_value.SetInParent()
            fill_struct_from_json(mistakes, target.struct_value, value, path, depth=depth)
        case list() | tuple():
            target.list_value.SetInParent()
            for at, element in enumerate(value):
                inner = f"{path}[{at}]"
                if not refuse_non_json(mistakes, element, inner):
                    _fill_value(mistakes, target.list_value.values.add(), element, inner, depth + 1)
        case _:
            mistakes.refuse(Code.WRONG_TYPE, path, json_text(value), phrases.wrong_type(phrases.JSON_VALUE))


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
