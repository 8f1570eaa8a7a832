"""What is borne: shares while pressed, rates, memory, and refusals that are held back for a moment."""

import threading
import time
from collections import deque
from pathlib import Path

import pytest

from pdp.core.caller import LOCAL, Caller
from pdp.core.errors import OverloadedError
from pdp.server.holding import HELD_SECONDS, LONGEST_SECONDS, TAKEN_MOST, Holding
from pdp.server.lanes import Lane, lanes
from pdp.server.load import BORNE, PRESSED_FROM, WINDOW_SECONDS, Load, Memory, Shares


class Clock:
    """A clock that goes on when it is told."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Crowd(Load):
    """A load whose clock is turned by hand."""

    def __init__(self) -> None:
        self.time = Clock()
        super().__init__(clock=self.time)


class Unshared(Crowd):
    """A twin that is never pressed: first come, first served."""

    @property
    def is_pressed(self) -> bool:
        """Say that there is always time."""
        return False


def simulated(load: Crowd) -> tuple[int, int, int]:
    """Let a flood of ten calls a millisecond, and a call of a quiet caller every fifth, meet one answer a millisecond.

    Returns how many calls of the quiet caller were refused, the longest that one waited, and how many calls of the
    flood were answered, in two seconds of which the first half only warms up.
    """
    flood, quiet = Caller("flood"), Caller("quiet")
    queue: deque[tuple[Caller, int]] = deque()
    refused = longest = flooded = 0
    for step in range(2000):
        load.time.now += 0.001
        for caller in (*[flood] * 10, *([quiet] if step % 5 == 0 else [])):
            load.waiting = len(queue)
            try:
                load.enter(caller)
            except OverloadedError:
                refused += caller is quiet and step >= 1000
            else:
                queue.append((caller, step))
        caller, since = queue.popleft()
        if step >= 1000:
            flooded += caller is flood
            longest = max(longest, step - since) if caller is quiet else longest
    return refused, longest, flooded


def test_a_flood_by_one_leaves_the_other_as_it_was() -> None:
    """None of its calls is refused, none waits for long, and what it leaves of the time is the flood's."""
    refused, longest, flooded = simulated(Crowd())
    assert refused == 0
    assert longest <= PRESSED_FROM + 5
    assert flooded >= 790


def test_without_shares_the_flood_takes_the_place_of_the_other() -> None:
    """The twin: its calls are refused, or wait behind all those of the flood."""
    refused, longest, _ = simulated(Unshared())
    assert refused >= 100 or longest >= BORNE


def test_who_is_alone_is_never_over_its_part() -> None:
    """There is nobody to be unfair to."""
    clock = Clock()
    shares = Shares("one", clock)
    for _ in range(1000):
        shares.take("one", is_pressed=True)


def test_weights_divide_what_there_is() -> None:
    """Three to one."""
    clock = Clock()
    shares = Shares("one", clock)
    got = {"a": 0, "b": 0}
    for number in range(12):
        if number == 2:  # by then it is known what can be answered
            got = {"a": 0, "b": 0}
        for key, weight in [("a", 3), ("b", 1)] * 200:
            try:
                shares.take(key, weight, is_pressed=True)
            except OverloadedError:
                continue
            got[key] += 1
        clock.now += WINDOW_SECONDS * 1.01  # not just short of a window
    assert got["a"] / got["b"] == pytest.approx(3, rel=0.1)


def test_a_process_that_is_not_pressed_refuses_nobody() -> None:
    """However much it is asked."""
    load = Load()
    for number in range(2000):
        load.enter(Caller(f"c-{number % 2}"))
        load.ask_about("homeid", LOCAL)


def test_what_could_not_be_answered_in_time_is_refused_before_it_waits() -> None:
    """Pressed, the one that asks too much; beyond all bounds, whoever comes."""
    clock = Clock()
    load = Load(clock=clock)
    load.waiting = PRESSED_FROM
    load.enter(Caller("quiet"))

    def flood() -> None:
        for _ in range(200):
            load.enter(Caller("flood"))

    with pytest.raises(OverloadedError):
        flood()
    load.waiting = BORNE - 1
    load.enter(Caller("quiet"))
    load.waiting = BORNE
    with pytest.raises(OverloadedError):
        load.enter(Caller("quiet"))


def test_the_calls_that_wait_for_a_thread_press_too() -> None:
    """Where answering may have to wait, the queue of the pool says so."""
    load = Load(in_queue=lambda: PRESSED_FROM)
    assert load.is_pressed
    assert not Load(in_queue=lambda: PRESSED_FROM - 1).is_pressed


def test_a_caller_with_a_rate_is_refused_beyond_it() -> None:
    """And told when to come again; another one is not."""
    clock = Clock()
    load = Load(clock=clock)
    slow = Caller("slow", calls_per_second=5)
    for _ in range(5):
        load.enter(slow)
    with pytest.raises(OverloadedError) as caught:
        load.enter(slow)
    assert 0 < caught.value.retry_seconds <= 1
    load.enter(Caller("other", calls_per_second=5))
    clock.now += caught.value.retry_seconds + 0.001
    load.enter(slow)


def test_one_operator_does_not_take_the_place_of_another() -> None:
    """Many questions in one call count as many."""
    clock = Clock()
    load = Load(clock=clock)
    load.waiting = PRESSED_FROM
    load.enter(LOCAL)
    load.ask_about("homeid", LOCAL)

    def flood() -> None:
        for _ in range(5):
            load.ask_about("kiotviet", LOCAL, 50)

    with pytest.raises(OverloadedError):
        flood()
    load.ask_about("homeid", LOCAL)


def test_who_asks_little_is_not_refused_for_what_others_ask_about_the_same_operator() -> None:
    """The operator is asked about by everybody; the one who asks too much is refused."""
    load = Load(clock=Clock())
    flood, quiet = Caller("flood"), Caller("quiet")
    for _ in range(100):
        load.enter(flood)
        load.ask_about("kiotviet", flood)
    load.enter(quiet)
    load.ask_about("homeid", quiet)
    load.waiting = PRESSED_FROM
    load.enter(quiet)
    load.ask_about("kiotviet", quiet)
    with pytest.raises(OverloadedError):
        load.ask_about("kiotviet", flood)


def test_beyond_its_memory_a_process_takes_nothing_more(tmp_path: Path) -> None:
    """Until it has shrunk."""
    clock, statm = Clock(), tmp_path / "statm"
    memory = Memory(100, clock, statm)
    for pages, is_over in ((10, False), (100_000, True), (10, False)):
        statm.write_text(f"999999 {pages} 0 0 0 0 0\n", "ascii")
        clock.now += 1
        if is_over:
            with pytest.raises(OverloadedError):
                memory.check()
        else:
            memory.check()
    Memory(0, clock, tmp_path / "none").check()


def test_a_refusal_is_held_back_for_a_moment_and_not_forgotten() -> None:
    """All of them come, what is due first is first; beyond so many they come at once."""
    clock, heard = Clock(), list[int]()
    chances = [each / 10 for each in range(10, 0, -1)]
    holding = Holding(0.5, most=10, chance=lambda: chances.pop() if chances else 0.0, clock=clock)
    for number in range(10):
        holding.hold(f"caller {number}", 9.0, lambda number=number: heard.append(number))  # type: ignore[misc]
    assert heard == []
    holding.hold("one more", 9.0, lambda: heard.append(-1))
    assert heard == [-1]
    assert holding.taken() == []
    clock.now += 0.5
    while taken := holding.taken():
        assert len(taken) <= TAKEN_MOST
        for then in taken:
            then()
    assert heard == [-1, *range(10)]
    assert len(holding) == 0


def test_what_is_due_sooner_does_not_wait_for_what_came_before() -> None:
    """A short deadline is heard before a long moment is over, and by whoever looks late only what is late."""
    clock = Clock()
    holding = Holding(5.0, clock=clock)
    holding.hold("patient", 9.0, lambda: None)
    holding.hold("short", 0.1, lambda: None)
    clock.now += 0.1
    assert holding.taken(overdue=0.1) == []
    assert len(holding.taken()) == 1
    assert len(holding) == 1


def test_who_floods_is_held_longer_and_always_within_its_deadline() -> None:
    """Half of a moment is chance; what is told after the deadline is heard by nobody."""
    always, never = Holding(chance=lambda: 1.0), Holding(chance=lambda: 0.0)
    assert always.seconds_for(0, 9.0) == HELD_SECONDS
    assert never.seconds_for(0, 9.0) == HELD_SECONDS / 2
    assert HELD_SECONDS < always.seconds_for(20, 9.0) < always.seconds_for(1000, 9.0) == LONGEST_SECONDS
    assert always.seconds_for(1000, 0.25) < 0.25
    assert always.seconds_for(0, -1.0) == 0.0


def test_a_full_lane_fills_no_other() -> None:
    """Health and what revokes have lanes of their own."""
    apart = lanes(2, 8, "a.Service/Watch", 3)
    held = threading.Event()
    try:
        for _ in range(8):
            apart.usual.submit(held.wait, 10)
        deadline = time.monotonic() + 10
        while apart.usual.waiting != 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert apart.usual.is_full
        beside = set(apart.beside.values())
        assert not any(lane.is_full for lane in beside)
        health = apart.beside["grpc.health.v1.Health"]
        writes = apart.beside["pdp.api.v1.FactService/WriteFacts"]
        deletions = apart.beside["pdp.api.v1.FactService/DeleteFacts"]
        assert len({health, writes, deletions, apart.beside["pdp.api.v1.FactService"], apart.usual}) == 5
        for _ in range(writes.threads):
            writes.submit(held.wait, 10)  # as many grants as there are threads for them
        assert health.submit(lambda: 7).result(5) == deletions.submit(lambda: 7).result(5) == 7
        assert apart.most >= 8 + sum(lane.most for lane in beside)
    finally:
        held.set()
        for lane in apart.all:
            lane.shutdown()
    assert isinstance(apart.usual, Lane)
