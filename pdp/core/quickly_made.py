"""Frozen values that cost little to make.

A frozen dataclass writes each of its fields past its own refusal to be written, which takes several times as long as
writing them; from four fields on that is worth avoiding. Here a value is written while it is still of a twin class that
refuses nothing, and becomes one of its own class, frozen, before anybody can see it.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Final, TypeVar

_ABSENT: Final = object()
"""Stands for an argument that was not given and whose default is made anew each time."""

_Value = TypeVar("_Value")


def quickly_made(cls: type[_Value]) -> type[_Value]:
    """Give *cls*, a dataclass with `frozen=True, slots=True`, a quicker way to be made; nothing else of it changes.

    Subclasses are made as slowly as before. Raises TypeError for any other class.
    """
    slots = cls.__dict__.get("__slots__")
    parts = fields(cls)  # type: ignore[arg-type]  # raises TypeError when it is no dataclass
    if (
        slots != tuple(part.name for part in parts)
        or "__setattr__" not in cls.__dict__
        or hasattr(cls, "__post_init__")
    ):
        raise TypeError(f"`{cls.__name__}` is no frozen dataclass with slots of its own and without more to do")
    slowly: Callable[..., None] = cls.__init__
    given: dict[str, object] = {
        "Open": type(f"_Open{cls.__name__}", (), {"__slots__": slots}),
        "Made": cls,
        "slowly": slowly,
        "absent": _ABSENT,
        "open_up": object.__setattr__,
    }
    lines = [f"def __init__(self, {', '.join(_parameter(part, given) for part in parts)}):"]
    lines += [
        "    if self.__class__ is not Made:",
        f"        slowly(self, {', '.join(map(_argument, parts))})",
        "        return",
    ]
    lines += ["    open_up(self, '__class__', Open)"]
    lines += [f"    self.{part.name} = {_argument(part)}" for part in parts]
    lines += ["    self.__class__ = Made"]
    # The text is made of names of fields alone, which are Python's own.
    exec("\n".join(lines), given)  # noqa: S102
    quick = given["__init__"]
    quick.__qualname__, quick.__doc__ = slowly.__qualname__, slowly.__doc__  # type: ignore[attr-defined]
    quick.__annotations__ = slowly.__annotations__
    cls.__init__ = quick  # type: ignore[assignment, method-assign]
    return cls


def _parameter(part: "Field[object]", given: dict[str, object]) -> str:
    if part.default is not MISSING:
        given[f"default_{part.name}"] = part.default
        return f"{part.name}=default_{part.name}"
    if part.default_factory is not MISSING:
        given[f"make_{part.name}"] = part.default_factory
        return f"{part.name}=absent"
    return part.name


def _argument(part: "Field[object]") -> str:
    if part.default_factory is not MISSING:
        return f"make_{part.name}() if {part.name} is absent else {part.name}"
    return part.name
