"""What generated code calls for the operations in which Casbin's expressions differ from Python's."""

from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any, Final, NoReturn

from simpleeval import (
    DISALLOW_FUNCTIONS,
    AttributeDoesNotExist,
    FeatureNotAvailable,
    ModuleWrapper,
)

PRIMITIVES: Final = frozenset({int, float, str, bool, type(None), bytes, complex})
"""Types whose values can hold nothing forbidden."""

_MISSING: Final = object()
_CONTAINERS: Final = (list, tuple, set, frozenset)


def checked(value: Any) -> Any:
    """Return *value*; raises FeatureNotAvailable when it is, or holds, a module or a forbidden function."""
    if type(value) in PRIMITIVES or isinstance(value, ModuleWrapper):
        return value
    if isinstance(value, ModuleType):
        raise FeatureNotAvailable("modules are not allowed")
    if isinstance(value, _CONTAINERS):
        for element in value:
            checked(element)
    elif isinstance(value, dict):
        for element in value.values():
            checked(element)
    elif callable(value) and value in DISALLOW_FUNCTIONS:
        raise FeatureNotAvailable("this function is forbidden")
    return value


def attribute(value: Any, name: str) -> Any:
    """Return the attribute *name* of *value*, or else its item of that name, as Casbin's expressions look it up."""
    found = _MISSING
    try:
        found = getattr(value, name)
    except (AttributeError, TypeError):
        with suppress(KeyError, TypeError):
            found = value[name]
    if found is _MISSING:
        raise AttributeDoesNotExist(name, "")
    return checked(found)


def failing(error: Callable[[], Exception]) -> Callable[..., NoReturn]:
    """Return a function that raises what *error* makes: for a part that is refused only when it is reached."""

    def fail() -> NoReturn:
        raise error()

    return fail


def verdict(value: Any) -> bool:
    """Return whether a matcher that came to *value* matches.

    Raises RuntimeError for anything but a bool or a float: `and` and `or` hand on their operands as they are.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value != 0
    raise RuntimeError("matcher result should be bool, int or float")
