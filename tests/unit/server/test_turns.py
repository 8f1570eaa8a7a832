"""Few calls of a caller stand in the order of all; the others wait for their turn, and each gets it."""

from dataclasses import dataclass

import pytest

from pdp.core.errors import OverloadedError
from pdp.server.turns import ABREAST, ABREAST_MOST, APART_OF_ALL, APART_OF_ONE, Turns


@dataclass(eq=False)
class Call:
    """A call of a caller."""

    key: str = "flood"
    is_abreast: bool = False
    weight: int = 1
    connection: str = "one"


def test_the_others_wait_and_each_gets_its_turn() -> None:
    """In the order in which they came, and nobody else waits for them."""
    turns, calls = Turns[Call](), [Call() for _ in range(ABREAST + 3)]
    assert [turns.come(call) for call in calls] == [True] * ABREAST + [False] * 3
    assert turns.apart == 3
    assert turns.come(Call("quiet"))
    followed = [turns.leave(call) for call in calls]
    assert followed == [*calls[ABREAST:], *[None] * ABREAST]
    assert turns.apart == 0


def test_a_call_leaves_once() -> None:
    """One that fell silent has left before its message comes: no second one takes its place."""
    turns, calls = Turns[Call](), [Call() for _ in range(ABREAST + 2)]
    for call in calls:
        turns.come(call)
    assert turns.leave(calls[0]) is calls[ABREAST]
    assert turns.leave(calls[0]) is None
    assert turns.apart == 1


def test_it_is_known_by_which_connections_calls_wait() -> None:
    """From the first that waits until the last has its turn."""
    turns, calls = Turns[Call](), [Call(connection=name) for name in [*["one"] * ABREAST, "other", "other"]]
    found = []
    for call in calls:
        turns.come(call)
        found.append([turns.has_apart_from(name) for name in ("one", "other")])
    for call in calls:
        turns.leave(call)
        found.append([turns.has_apart_from(name) for name in ("one", "other")])
    waiting, none = [False, True], [False, False]
    assert found == [*[none] * ABREAST, waiting, waiting, waiting, none, none, none]


def test_only_so_many_wait_apart() -> None:
    """The more callers have some waiting the fewer of each, and whoever has none waiting is never refused."""
    turns = Turns[Call]()

    def fill(key: str) -> int:
        before = turns.apart
        calls = [Call(key) for _ in range(2 * APART_OF_ONE)]
        with pytest.raises(OverloadedError) as caught:
            list(map(turns.come, calls))
        assert caught.value.caller == key
        return ABREAST + turns.apart - before

    assert fill("one") == ABREAST + APART_OF_ONE
    callers = 60
    found = [fill(f"caller {number}") for number in range(callers)]
    assert found[0] == ABREAST + APART_OF_ONE
    assert ABREAST <= found[-1] < found[0]
    assert turns.apart <= APART_OF_ALL
    assert turns.come(Call("quiet"))


def test_who_is_alone_has_the_whole_order() -> None:
    """And nothing is kept of who has gone."""
    turns, call = Turns[Call](), Call()
    for _ in range(1000):
        assert turns.come(call)
        assert turns.leave(call) is None
    assert not turns._lines


def test_weights_divide_the_order() -> None:
    """Three to one, and who weighs very much still leaves the others a place."""
    turns = Turns[Call]()
    standing = {
        weight: sum(turns.come(Call(f"of weight {weight}", weight=weight)) for _ in range(40)) for weight in (1, 3, 100)
    }
    assert standing == {1: ABREAST, 3: 3 * ABREAST, 100: ABREAST_MOST}
