"""What lies in what, and how far that is followed."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import pytest

from pdp.core.containment import MAXIMUM_ENTITIES, MAXIMUM_STEPS, BoundExceededError, Containers
from pdp.core.entity import Entity
from pdp.core.facts import Containment, Fact
from tests.unit.conditions.situations import NOW, circumstances, inside


def _box(at: int, name: str = "box") -> Entity:
    return Entity(name, str(at))


def _chain(steps: int) -> tuple[Fact, ...]:
    return tuple(inside(_box(at), _box(at + 1)) for at in range(steps))


def _closure(facts: Iterable[Fact], *start: Entity) -> frozenset[Entity]:
    return Containers(facts, NOW).closure(start or (_box(0),))


def test_containment_is_followed_upward_and_not_downward() -> None:
    """A child lies in a class and a school; a school lies in neither."""
    child, class_, school = Entity("child", "c"), Entity("class", "k"), Entity("school", "s")
    facts = (inside(child, class_), inside(class_, school))

    assert _closure(facts, child) == {child, class_, school}
    assert _closure(facts, class_) == {class_, school}
    assert _closure(facts, school) == {school}
    assert _closure((), child) == {child}


def test_thirty_two_steps_are_followed_and_no_more() -> None:
    """One step more than the limit is an error and not a shorter answer."""
    assert len(_closure(_chain(MAXIMUM_STEPS))) == MAXIMUM_STEPS + 1
    with pytest.raises(BoundExceededError):
        _closure(_chain(MAXIMUM_STEPS + 1))


def test_the_limit_of_steps_holds_whatever_is_asked_first() -> None:
    """A long way is found too long even when a part of it was followed before."""
    middle = (_box(20), _box(10), _box(0))

    assert len(_closure(_chain(MAXIMUM_STEPS), *middle)) == MAXIMUM_STEPS + 1
    with pytest.raises(BoundExceededError):
        _closure(_chain(MAXIMUM_STEPS + 1), *middle)
    with pytest.raises(BoundExceededError):
        _closure(_chain(MAXIMUM_STEPS + 1), *reversed(middle))


def test_two_hundred_and_fifty_six_entities_are_followed_and_no_more() -> None:
    """One entity more than the limit is an error."""
    wide = [inside(_box(0), _box(at)) for at in range(1, MAXIMUM_ENTITIES + 1)]

    assert len(_closure(wide[:-1])) == MAXIMUM_ENTITIES
    with pytest.raises(BoundExceededError):
        _closure(wide)


@pytest.mark.parametrize("length", [1, 2, 3, 20])
def test_a_cycle_is_an_error(length: int) -> None:
    """Whoever lies in itself, directly or by others, makes the answer an error."""
    cycle = [inside(_box(at), _box((at + 1) % length)) for at in range(length)]

    with pytest.raises(BoundExceededError):
        _closure(cycle)
    with pytest.raises(BoundExceededError):
        _closure([*cycle, inside(Entity("child", "c"), _box(0))], Entity("child", "c"))


def test_a_cycle_that_is_not_reached_does_not_matter() -> None:
    """What contains nothing of the request is not followed."""
    far = Entity("far", "1")

    assert _closure([inside(far, far)]) == {_box(0)}


def test_diamonds_are_no_cycles() -> None:
    """Two ways to the same container, forty times in a row, are followed at once and meet no limit of effort."""
    layers = [(_box(at, "left"), _box(at, "right")) for at in range(16)]
    facts = [inside(below, above) for one, other in pairwise(layers) for below in one for above in other]

    assert len(_closure(facts, *layers[0])) == 32


def test_a_containment_counts_within_its_term() -> None:
    """A child that left the class lies in it no longer."""
    left = Fact(Containment(_box(0), _box(1)), None, NOW)
    still = Fact(Containment(_box(0), _box(1)), None, NOW + timedelta(microseconds=1))

    assert _closure([left]) == {_box(0)}
    assert _closure([still]) == {_box(0), _box(1)}


def test_circumstances_with_a_cycle_cannot_be_gathered() -> None:
    """The error reaches whoever decides, who answers with a deny."""
    child = Entity("child", "minh")

    with pytest.raises(BoundExceededError):
        circumstances(inside(child, _box(0)), inside(_box(0), child))
