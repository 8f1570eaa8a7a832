"""What was made of an object is given again for that object, and for no other."""

from collections.abc import Callable

from pdp.core.by_identity import by_identity

MANY = 300


def says(value: list[int]) -> str:
    """Return something that tells values apart."""
    return str(value)


def mistaken(remember: Callable[[Callable[[list[int]], str]], Callable[[list[int]], str]]) -> int:
    """Return how often a memory gives what was made of another value; each value is gone before the next one comes."""
    made_of = remember(says)
    return sum(made_of([number]) != str([number]) for number in range(MANY))


def test_the_same_object_is_made_of_once() -> None:
    """However often it is asked about."""
    made: list[str] = []

    def make(value: str) -> str:
        made.append(value)
        return f"<{value}>"

    made_of, value = by_identity(make), "kidsonline"
    assert [made_of(value), made_of(value)] == ["<kidsonline>", "<kidsonline>"]
    assert made == ["kidsonline"]


def test_no_other_object_is_taken_for_one_that_is_gone() -> None:
    """Identities are given anew when an object is gone; those that are remembered are not."""
    assert mistaken(by_identity) == 0
    assert mistaken(lambda make: by_identity(make, 2)) == 0


def test_a_memory_that_keeps_nothing_alive_is_caught() -> None:
    """The twin: it remembers identities alone."""

    def forgetful(make: Callable[[list[int]], str]) -> Callable[[list[int]], str]:
        known: dict[int, str] = {}
        return lambda value: known.setdefault(id(value), make(value))

    assert mistaken(forgetful) > 0


def test_what_fails_is_tried_again() -> None:
    """An error is no answer to remember."""
    failing = [True]

    def make(value: str) -> str:
        if failing:
            failing.clear()
            raise ValueError(value)
        return value

    made_of, value = by_identity(make), "x"
    try:
        made_of(value)
    except ValueError:
        assert made_of(value) == "x"
    else:
        raise AssertionError("nothing was raised")
