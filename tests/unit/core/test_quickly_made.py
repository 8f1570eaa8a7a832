"""A value that is made quickly is in all else what its dataclass says."""

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field

import pytest

from pdp.core.entity import Entity
from pdp.core.facts import NO_PROPERTIES, Fact, Ground
from pdp.core.quickly_made import quickly_made


@dataclass(frozen=True, slots=True)
class Slow:
    """A value as the standard library makes it."""

    one: str
    two: int = 2
    three: list[int] = field(default_factory=list)
    four: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    """The same value, made quickly."""

    one: str
    two: int = 2
    three: list[int] = field(default_factory=list)
    four: str | None = None


@dataclass(frozen=True)
class Widened(Quick):
    """A subclass with a field of its own."""

    five: int = 5


class Plain(Quick):
    """A subclass that adds nothing."""


def test_it_has_the_fields_that_it_was_given() -> None:
    """Arguments by place and by name, defaults and defaults made anew end where the dataclass puts them."""
    for arguments, names in ((("a",), {}), (("a", 3, [1], "d"), {}), ((), {"one": "a", "four": "d"})):
        quick, slow = Quick(*arguments, **names), Slow(*arguments, **names)  # type: ignore[arg-type]

        assert dataclasses.asdict(quick) == dataclasses.asdict(slow)
    assert Quick("a").three is not Quick("a").three
    assert list(inspect.signature(Quick).parameters) == list(inspect.signature(Slow).parameters)


@pytest.mark.parametrize(("arguments", "names"), [((), {}), (("a", 1, [], "d", "e"), {}), (("a",), {"six": 6})])
def test_wrong_arguments_are_refused(arguments: tuple[object, ...], names: dict[str, object]) -> None:
    """What the dataclass would not take is not taken."""
    for made in (Quick, Slow):
        with pytest.raises(TypeError):
            made(*arguments, **names)  # type: ignore[arg-type]


def test_nothing_of_it_can_be_changed() -> None:
    """A field is neither written nor deleted, and no other attribute appears."""
    quick = Quick("a")

    with pytest.raises(FrozenInstanceError):
        quick.two = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del quick.two
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        quick.five = 5  # type: ignore[attr-defined]
    assert type(quick) is Quick


def test_it_is_compared_copied_and_shown_as_before() -> None:
    """Equality, hash, text, copies, replacement and pickling are those of the dataclass."""
    ground = Ground("ticket", Entity("ticket", "1"), "open")
    fact = Fact(ground, id="x")

    assert ground.properties is NO_PROPERTIES
    assert fact == Fact(Ground("ticket", Entity("ticket", "1"), "open"), id="x")
    assert fact != Fact(ground, id="y")
    assert hash(Quick("a", 1, (), None)) == hash(Slow("a", 1, (), None))  # type: ignore[arg-type]
    assert repr(Quick("a")) == repr(Slow("a")).replace("Slow", "Quick")
    assert dataclasses.replace(fact, id="y") == Fact(ground, id="y")
    assert copy.deepcopy(Quick("a", three=[1])) == Quick("a", three=[1])
    assert pickle.loads(pickle.dumps(Quick("a", three=[1]))) == Quick("a", three=[1])  # noqa: S301


def test_subclasses_are_made_too() -> None:
    """A subclass, with fields of its own or without, is of its own class and frozen like the rest."""
    for made in (Widened("a", 1, five=6), Plain("a", 1)):
        assert (made.one, made.two, made.three) == ("a", 1, [])
        assert type(made) in {Widened, Plain}
        with pytest.raises(FrozenInstanceError):
            made.two = 3  # type: ignore[misc]
    assert Widened("a").five == 5


def test_other_classes_are_refused() -> None:
    """A class that is not frozen, has no slots of its own or has more to do when it is made stays as it is."""

    @dataclass(slots=True)
    class Open:
        one: int

    @dataclass(frozen=True)
    class Loose:
        one: int

    @dataclass(frozen=True, slots=True)
    class Busy:
        one: int

        def __post_init__(self) -> None:
            """Do more."""

    for other in (Open, Loose, Busy, int):
        with pytest.raises(TypeError):
            quickly_made(other)
