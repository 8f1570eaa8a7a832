"""Request values and functions as JSON can hold them, so that every case of a comparison can be kept in a file."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from casbin.core_enforcer import EnforceContext
from casbin.util import builtin_operators


class Thing:
    """An object with attributes, as programs hand them to Casbin."""

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        for name, held in attributes.items():
            setattr(self, name, value(held))


def value(form: Any) -> Any:
    """Return the value that *form* stands for: `{"$object": {...}}` an object, `{"$set": [...]}` a set, and so on."""
    match form:
        case {"$object": dict(attributes)}:
            return Thing(attributes)
        case {"$enforce_context": list(keys)}:
            return EnforceContext(*keys)
        case {"$set": list(elements)}:
            return {value(element) for element in elements}
        case {"$tuple": list(elements)}:
            return tuple(value(element) for element in elements)
        case {"$module": str()}:
            return builtin_operators
        case dict():
            return {key: value(held) for key, held in form.items()}
        case list():
            return [value(held) for held in form]
        case _:
            return form


def _same(left: Any, right: Any) -> bool:
    return bool(left == right)


def _starts(text: Any, start: Any) -> bool:
    if not isinstance(text, str):
        raise TypeError("not a text")
    return text.startswith(str(start))


def _short(text: Any) -> bool:
    return len(text) < 3


def _raises(*_: Any) -> bool:
    raise LookupError("always")


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "same": _same,
    "starts": _starts,
    "short": _short,
    "raises": _raises,
    "keyMatchCustom": lambda left, right: bool(
        builtin_operators.key_match2(left, right) or builtin_operators.key_match(left, right)
    ),
}
"""Functions that a case may add, by name."""
