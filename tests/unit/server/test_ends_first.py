"""The ends of calls are taken before everything else that is there, and nothing is lost or turned round by it."""

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from grpc._cython import cygrpc  # type: ignore[attr-defined]

from pdp.server.ends_first import CROWDED_FROM, EndsFirst, EndsFirstQueue, ends_first, give_ends_first
from pdp.server.inline_call import Call

OVER = SimpleNamespace(tag=None, completion_type=cygrpc.CompletionType.queue_timeout)


def _event(name: str) -> Any:
    return SimpleNamespace(tag=name, completion_type=cygrpc.CompletionType.operation_complete)


def _end(name: str) -> Any:
    call: Any = Call(None, None, name, 0.0)  # type: ignore[arg-type]
    return SimpleNamespace(tag=call.over, completion_type=cygrpc.CompletionType.operation_complete)


def _name(event: Any) -> str:
    return event.tag if isinstance(event.tag, str) else f"end of {event.tag.__self__.of_core}"


class _Core:
    """In place of the core's queue: it gives what is there, and notes how long it was to wait."""

    def __init__(self, *there: Any) -> None:
        self.there = deque(there)
        self.waited: list[float | None] = []

    def poll(self, deadline: float | None) -> Any:
        """Return the first that is there."""
        self.waited.append(deadline)
        return self.there.popleft() if self.there else OVER


def _taken(core: _Core, *, crowded: bool) -> list[str]:
    order = EndsFirst(core.poll, lambda: crowded)
    taken = []
    while (event := order.next(7.0)) is not OVER:
        taken.append(_name(event))
    return taken


def _there() -> list[Any]:
    return [_event("a"), _event("b"), _end("x"), _event("c"), _end("y"), _event("d")]


def test_ends_are_taken_first_and_the_rest_as_it_came() -> None:
    """Each event is taken once."""
    assert _taken(_Core(*_there()), crowded=True) == ["end of x", "end of y", "a", "b", "c", "d"]


def test_without_a_crowd_the_order_is_the_cores() -> None:
    """The twin of the test above: nothing is looked at before it is its turn."""
    assert _taken(_Core(*_there()), crowded=False) == ["a", "b", "end of x", "c", "end of y", "d"]


def test_what_was_taken_out_is_given_even_when_the_crowd_is_gone() -> None:
    """And it is given before what comes later."""
    core, crowd = _Core(_event("a"), _event("b"), _end("x")), [True]
    order = EndsFirst(core.poll, lambda: crowd[0])

    assert _name(order.next(7.0)) == "end of x"
    crowd[0] = False
    core.there.append(_event("c"))
    assert [_name(order.next(7.0)) for _ in range(3)] == ["a", "b", "c"]


def test_it_waits_only_where_nothing_is_there() -> None:
    """What is there is not kept waiting for more."""
    core = _Core(_event("a"))
    order = EndsFirst(core.poll, lambda: True)

    assert _name(order.next(7.0)) == "a"
    assert core.waited == [7.0, 0.0]
    assert order.next(7.0) is OVER


def test_a_server_that_is_made_so_has_such_a_queue() -> None:
    """Whoever makes another one has that of the core."""
    with ends_first():
        ours = grpc.server(ThreadPoolExecutor(1))
    other = grpc.server(ThreadPoolExecutor(1))

    assert give_ends_first(ours, lambda: CROWDED_FROM)
    assert not give_ends_first(other, lambda: CROWDED_FROM)
    assert not give_ends_first(object(), lambda: CROWDED_FROM)  # type: ignore[arg-type]
    assert cygrpc.CompletionQueue is not EndsFirstQueue


def test_two_servers_made_at_once_both_have_one() -> None:
    """Making one does not take it from the other."""
    made: list[grpc.Server] = []

    def make() -> None:
        with ends_first():
            made.append(grpc.server(ThreadPoolExecutor(1)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert all(give_ends_first(each, lambda: 0) for each in made)


def test_the_mark_of_an_end_is_the_one_that_calls_bear() -> None:
    """A call's other events are none."""
    call: Any = Call(None, None, "x", 0.0)  # type: ignore[arg-type]
    core = _Core(_event("a"), *(SimpleNamespace(tag=tag, completion_type=0) for tag in (call, call.turn)))

    order = EndsFirst(core.poll, lambda: True)
    assert [order.next(7.0).tag for _ in range(3)] == ["a", call, call.turn]


@pytest.mark.parametrize("under_way", [0, CROWDED_FROM - 1, CROWDED_FROM])
def test_a_crowd_is_a_number_of_calls(under_way: int) -> None:
    """Below it a server looks at one event at a time."""
    with ends_first():
        server: Any = grpc.server(ThreadPoolExecutor(1))
    give_ends_first(server, lambda: under_way)
    assert server._state.completion_queue._order._is_crowded() is (under_way >= CROWDED_FROM)
