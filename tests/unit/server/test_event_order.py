"""Events are taken by rank, each once, and none waits for ever."""

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from grpc._cython import cygrpc  # type: ignore[attr-defined]

from pdp.server import event_order
from pdp.server.event_order import CROWDED_FROM, PASSED_MOST, Ordered, OrderedQueue, Rank, order_events, ordered_queues
from pdp.server.inline_call import Call, Method
from pdp.server.pacing import Pace
from pdp.server.ranking import Ranks
from pdp.server.turns import ABREAST, Turns
from tests.unit.server.test_inline_turns import House

OVER = SimpleNamespace(tag=None, completion_type=cygrpc.CompletionType.queue_timeout)
RANKS = {"e": Rank.END, "p": Rank.PUBLIC, "a": Rank.ALONE, "u": Rank.ARRIVAL, "o": Rank.ANOTHER, "c": Rank.CROWD}


def _event(name: str) -> Any:
    return SimpleNamespace(tag=name, completion_type=cygrpc.CompletionType.operation_complete)


def _rank(event: Any) -> Rank:
    return RANKS[str(event.tag)[0]]


class _Rests:
    """In place of a pace: each rest is as long as it is told, and is noted when it is over."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self.over = 0

    def rest(self) -> float:
        """Return how long each is."""
        return self._seconds

    def rested(self) -> None:
        """Note that one is over."""
        self.over += 1


class _Core:
    """In place of the core's queue: it gives what is there, and notes how long it was to wait."""

    def __init__(self, names: str) -> None:
        self.there = deque(_event(name) for name in names.split())
        self.waited: list[float | None] = []

    def poll(self, deadline: float | None) -> Any:
        """Return the first that is there."""
        self.waited.append(deadline)
        return self.there.popleft() if self.there else OVER


def _taken(names: str, *, crowded: bool = True) -> str:
    order = Ordered(_Core(names).poll, _rank, lambda: crowded, _Rests())
    taken = []
    while (event := order.next(7.0)) is not OVER:
        taken.append(event.tag)
    return " ".join(taken)


def test_ends_are_taken_first_then_whoever_is_alone_and_crowds_last() -> None:
    """Each event is taken once, and those of a rank as they came."""
    assert _taken("c1 o1 u1 e1 a1 p1 e2") == "e1 e2 p1 u1 a1 o1 c1"
    assert _taken("c1 c2 a1 a2 e1") == "e1 a1 a2 c1 c2"


def test_without_a_crowd_the_order_is_the_cores() -> None:
    """The twin of the test above: nothing is looked at before it is its turn."""
    assert _taken("c1 u1 e1 c2 a1", crowded=False) == "c1 u1 e1 c2 a1"


def _waits(rank: str, others: str) -> int:
    """Return how many events are taken before one of a *rank*, while there always is one of each of the *others*."""
    core = _Core(" ".join([*others, rank]))
    order = Ordered(core.poll, _rank, lambda: True, _Rests())
    for taken in range(200):
        tag = order.next(7.0).tag
        if tag == rank:
            return taken
        core.there.append(_event(tag))
    return 200


@pytest.mark.parametrize("rank", ["a", "u", "o", "c"])
def test_no_rank_waits_for_ever(rank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many others there are, and however long; the twin that knows no bound keeps those of later ranks."""
    others = "pauoc".replace(rank, "")
    assert _waits(rank, others) <= len(RANKS) * (PASSED_MOST + 1)
    monkeypatch.setattr(event_order, "PASSED_MOST", 1_000_000)
    monkeypatch.setattr(event_order, "ALONE_PASSED_MOST", 1_000_000)
    assert _waits(rank, others) == 200


def test_what_was_taken_out_is_given_even_when_the_crowd_is_gone() -> None:
    """And it is given before what comes later."""
    core, crowd = _Core("u1 u2 e1"), [True]
    order = Ordered(core.poll, _rank, lambda: crowd[0], _Rests())

    assert order.next(7.0).tag == "e1"
    crowd[0] = False
    core.there.append(_event("u3"))
    assert [order.next(7.0).tag for _ in range(3)] == ["u1", "u2", "u3"]


def test_it_waits_only_where_nothing_is_there() -> None:
    """What is there is not kept waiting for more."""
    core = _Core("u1")
    order = Ordered(core.poll, _rank, lambda: True, _Rests())

    assert order.next(7.0).tag == "u1"
    assert core.waited == [7.0, 0.0]
    assert order.next(7.0) is OVER


REST_SECONDS = 0.002


class _Clocked(_Core):
    """A core with a clock; whoever waits there waits for what comes *every* so many seconds."""

    def __init__(self, names: str, every: float) -> None:
        super().__init__(names)
        self.now = 0.0
        self._every = every

    def poll(self, deadline: float | None) -> Any:
        """Return what is there, or what has come meanwhile."""
        event = super().poll(deadline)
        if event is not OVER or not deadline:
            return event
        comes = self.now + self._every
        self.now = min(comes, deadline)
        return _event("a") if comes < deadline else OVER


def _before_crowd(
    order: type[Ordered], core: _Clocked, monkeypatch: pytest.MonkeyPatch, seconds: float = REST_SECONDS
) -> tuple[str, float]:
    """Return what is taken before an event of a crowd, and how many seconds that takes."""
    rests = _Rests(seconds)
    monkeypatch.setattr(event_order, "time", SimpleNamespace(time=lambda: core.now, monotonic=lambda: core.now))
    ordered, taken = order(core.poll, _rank, lambda: True, rests), ""
    while (tag := ordered.next(7.0).tag) != "c":
        assert not rests.over
        taken += tag[0]
    assert rests.over == (order is Ordered)
    return taken, core.now


class _BegunAnew(Ordered):
    """Begins its rest anew whenever it was broken off."""

    def _left_to_rest(self) -> float:
        self._rests_until = None
        return super()._left_to_rest()


def test_it_rests_before_a_crowd_and_for_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes meanwhile is taken at once, and does not make the crowd wait for longer, as the twin's does."""
    assert _before_crowd(Ordered, _Clocked("a u o c", 1.0), monkeypatch) == ("uao", REST_SECONDS)
    assert _before_crowd(Ordered, _Clocked("a u o c", 1.0), monkeypatch, 0.0) == ("uao", 0.0)

    taken, seconds = _before_crowd(Ordered, _Clocked("c", REST_SECONDS / 3), monkeypatch)
    assert taken == "aa"
    assert seconds == pytest.approx(REST_SECONDS)
    taken, seconds = _before_crowd(_BegunAnew, _Clocked("c", REST_SECONDS / 3), monkeypatch)
    assert len(taken) == PASSED_MOST
    assert seconds > 2 * REST_SECONDS


def test_a_server_that_is_made_so_has_such_a_queue() -> None:
    """Whoever makes another one has that of the core."""
    with ordered_queues():
        ours = grpc.server(ThreadPoolExecutor(1))
    other = grpc.server(ThreadPoolExecutor(1))

    assert order_events(ours, _rank, lambda: 0, _Rests())
    assert not order_events(other, _rank, lambda: 0, _Rests())
    assert not order_events(object(), _rank, lambda: 0, _Rests())  # type: ignore[arg-type]
    assert cygrpc.CompletionQueue is not OrderedQueue


def test_two_servers_made_at_once_both_have_one() -> None:
    """Making one does not take it from the other."""
    made: list[grpc.Server] = []

    def make() -> None:
        with ordered_queues():
            made.append(grpc.server(ThreadPoolExecutor(1)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert all(order_events(each, _rank, lambda: 0, _Rests()) for each in made)


@pytest.mark.parametrize("under_way", [0, CROWDED_FROM - 1, CROWDED_FROM])
def test_a_crowd_is_a_number_of_calls(under_way: int) -> None:
    """Below it a server looks at one event at a time."""
    with ordered_queues():
        server: Any = grpc.server(ThreadPoolExecutor(1))
    order_events(server, _rank, lambda: under_way, _Rests())
    assert server._state.completion_queue._order._is_crowded() is (under_way >= CROWDED_FROM)


def test_calls_have_the_rank_of_what_waits_apart_of_their_caller() -> None:
    """A message of a caller of whom nothing waits apart goes before one of a caller of whom something does."""
    house = House()
    for who, count in (("flood", ABREAST + 1), ("quiet", ABREAST)):
        for _ in range(count):
            house.come(who)
    arrivals = len(house.core.events)
    for _ in range(arrivals):
        house.core.events.popleft()()
    method = house.calls._methods[0]

    def rank(tag: object, who: str = "") -> Rank:
        call = SimpleNamespace(peer=lambda: who)
        return house.calls.ranks.of(SimpleNamespace(tag=tag, success=True, call=call))

    heard = [(call.key, rank(call), rank(call.over), rank(call.turn)) for call in house.calls._unread._fresh]
    assert heard == [
        *[("flood", Rank.CROWD, Rank.END, Rank.CROWD)] * ABREAST,
        *[("quiet", Rank.ALONE, Rank.END, Rank.CROWD)] * ABREAST,
    ]
    assert rank(method, "flood") is Rank.ANOTHER
    assert rank(method, "quiet") is Rank.ARRIVAL
    assert rank("whatever the public server waits for") is Rank.PUBLIC


def _pace_of(ranks: type[Ranks], *callers: str) -> Pace:
    """Return the pace once the messages of calls that came by *callers* are ranked, of those whose turn it is."""
    turns: Turns[Call] = Turns()
    pace = Pace(lambda: 0.0, lambda: 0.0)
    calls = []
    for who in callers:
        calls.append(Call(None, None, SimpleNamespace(peer=lambda: "where they call from"), 0.0))  # type: ignore[arg-type]
        calls[-1].key = who
    for call in [each for each in calls if turns.come(each)]:
        ranks(pace, turns).of(SimpleNamespace(tag=call))
    return pace


class _TellsNobody(Ranks):
    """Ranks, and lets the pace know nothing of it."""

    def _told(self, rank: Rank, call: Call) -> Rank:
        return rank


def test_the_pace_knows_who_asks_beside_a_crowd() -> None:
    """And that the crowd itself is nobody else, nor one that is known for a crowd only when it is its turn."""
    crowd = ("flood",) * (ABREAST + 1)
    assert _pace_of(Ranks, *crowd, "quiet")._beside.keys() == {"quiet"}
    assert not _pace_of(_TellsNobody, *crowd, "quiet")._beside
    assert not _pace_of(Ranks, *crowd)._beside

    pace = _pace_of(Ranks, "streaming")
    call = Call(None, None, None, 0.0)  # type: ignore[arg-type]
    call.key = "streaming"
    Ranks(pace).of(SimpleNamespace(tag=call.turn))
    assert not pace._beside


class _Flooded:
    """A server whose flood opens a stream for each that ends, and a quiet caller who asks now and then."""

    def __init__(self, streams: int, rank: event_order.Ranking) -> None:
        self.turns: Turns[Call] = Turns()
        self.there: deque[Any] = deque()
        self._method: Any = object.__new__(Method)
        self._order = Ordered(lambda _: self.there.popleft() if self.there else OVER, rank, lambda: True, _Rests())
        for _ in range(streams):
            self._open("flood")

    def _open(self, who: str) -> None:
        self.there.append(self._event(self._method, who))

    def _event(self, tag: object, who: str) -> Any:
        call = SimpleNamespace(peer=lambda: who)
        kind = cygrpc.CompletionType.operation_complete
        return SimpleNamespace(tag=tag, success=True, call=call, completion_type=kind)

    def _take(self) -> str:
        event = self._order.next(7.0)
        who: str = event.call.peer()
        if isinstance(event.tag, Call):
            following = self.turns.leave(event.tag)
            if following is not None:
                self.there.append(self._event(following, following.key))
            self._open(who) if who == "flood" else None
            return who
        call = Call(None, event.tag, event.call, 0.0)  # type: ignore[arg-type]
        call.key = who
        if self.turns.come(call):
            self.there.append(self._event(call, who))
        return ""

    def longest(self) -> int:
        """Return how many events a quiet call waits for its answer at most, once the flood has gone on for a while."""
        found = []
        for _ in range(30):
            for _ in range(20):
                self._take()
            self._open("quiet")
            found.append(next(taken for taken in range(1000) if self._take() == "quiet"))
        return max(found[10:])


def test_a_flood_never_stands_in_front_of_everybody_as_calls_that_come() -> None:
    """However many come at once, they are soon known for what they are.

    The twin takes each message before what comes: whose call was taken is answered at once, and has nothing apart.
    """

    def messages_first(event: Any) -> Rank:
        return Rank.PUBLIC if isinstance(event.tag, Call) else Rank.ARRIVAL

    ours = _Flooded(80, lambda event: Ranks(Pace(), ours.turns).of(event))
    assert ours.longest() <= PASSED_MOST
    assert _Flooded(80, messages_first).longest() > 60
