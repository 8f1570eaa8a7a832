"""Values: made cheaply, compared and hashed by their fields, and never set again."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from pdp.core.entity import Entity
from pdp.core.facts import Containment, Fact
from pdp.core.request import Consistency, Freshness
from pdp.core.value import value


@value
class Point:
    """A value of this test."""

    x: int
    y: int = 0


@dataclass(slots=True)
class Twin:
    """The same without the promise that its fields are not set again."""

    x: int


if TYPE_CHECKING:
    # The type checker reports an ignored error that is none: if a value could be set, these lines would fail the check,
    # as the last one would if the promise were asked of the twin too.
    Point(1).x = 2  # type: ignore[misc]
    Consistency().token = "t"  # type: ignore[misc]
    Fact(Containment(Entity("a", "b"), Entity("c", "d"))).id = "i"  # type: ignore[misc]
    Twin(1).x = 2


def test_values_are_equal_by_their_fields() -> None:
    """And may be keys."""
    assert Point(1, 2) == Point(1, y=2)
    assert Point(1) != Point(2)
    assert {Point(1): "a"}[Point(1)] == "a"


def test_a_changed_value_is_another_one() -> None:
    """What was there stays as it was."""
    before = Consistency(Freshness.UNSET)
    after = replace(before, token="t")
    assert (before.token, after.token) == ("", "t")


def test_a_value_has_no_other_fields() -> None:
    """A mistyped name is not another field."""
    with pytest.raises(AttributeError):
        Point(1).z = 1  # type: ignore[attr-defined]
    assert not hasattr(Point(1), "__dict__")
