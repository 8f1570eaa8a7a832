"""Immutable values that cost no more than mutable ones."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[Class]) -> type[Class]:
    """Make *cls* a value: a dataclass with slots whose fields nobody may set again.

    A frozen dataclass sets each field through `object.__setattr__`, which makes its instances several times as dear,
    and a check makes a dozen of them. Here the type checker forbids the assignment and nothing is paid at run time:
    every module of this project is checked. `tests/unit/core/test_value.py` shows that it is forbidden.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
