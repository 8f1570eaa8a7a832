"""What is borne: shares while pressed, rates, memory, and refusals that are held back for a moment."""

import threading
import time
from pathlib import Path

import pytest

from pdp.core.caller import LOCAL, Caller
from pdp.core.errors import OverloadedError
from pdp.server.holding import Holding
from pdp.server.lanes import Lane, lanes
from pdp.server.load import BORNE, PRESSED_FROM, WINDOW_SECONDS, Load, Memory, Shares


class Clock:
    """A clock that goes on when it is told."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def taken(shares: Shares, clock: Clock, asking: dict[str, int], windows: int, capacity: int) -> dict[str, int]:
    """Let each key ask so often in each of *windows*, of which *capacity* can be answered; return what each got."""
    got = dict.fromkeys(asking, 0)
    for _ in range(windows):
        left = capacity
        turns = [key for number in range(max(asking.values())) for key in asking if number < asking[key]]
        for key in turns:
            if left == 0:
                break
            try:
                shares.take(key, is_pressed=True)
            except OverloadedError:
                continue
            got[key] += 1
            left -= 1
        clock.now += WINDOW_SECONDS * 1.01  # not just short of a window
    return got


def test_who_asks_for_less_than_its_part_gets_all_of_it_whatever_the_others_ask() -> None:
    """A flood by one leaves the other as it was."""
    clock = Clock()
    shares = Shares("one", clock)
    taken(shares, clock, {"flood": 1000, "quiet": 20}, 20, 100)
    got = taken(shares, clock, {"flood": 1000, "quiet": 20}, 20, 100)
    assert got["quiet"] == 20 * 20
    assert got["flood"] <= 20 * 80


def test_without_shares_the_flood_would_take_the_place_of_the_quiet() -> None:
    """The twin: first come, first served."""

    class Unshared(Shares):
        """Gives everybody everything."""

        def _part(self, key: str, weight: int) -> float:
            return float("inf")

    def quiet_gets(shares: Shares, clock: Clock) -> int:
        got = 0
        for _ in range(20):
            left = 100
            for key in ["flood"] * 1000 + ["quiet"] * 20:
                if left == 0:
                    break
                try:
                    shares.take(key, is_pressed=True)
                except OverloadedError:
                    continue
                left -= 1
                got += key == "quiet"
            clock.now += WINDOW_SECONDS * 1.01  # not just short of a window
        return got

    clock, other = Clock(), Clock()
    warm = Shares("one", clock)
    taken(warm, clock, {"flood": 60, "quiet": 40}, 5, 100)
    assert quiet_gets(warm, clock) >= 19 * 20
    assert quiet_gets(Unshared("one", other), other) == 0


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
    load.ask_about("homeid", LOCAL)

    def flood() -> None:
        for _ in range(5):
            load.ask_about("kiotviet", LOCAL, 50)

    with pytest.raises(OverloadedError):
        flood()
    load.ask_about("homeid", LOCAL)


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
    """All of them come, in order; beyond so many they come at once."""
    heard: list[int] = []
    done = threading.Event()
    holding = Holding(0.05, most=10)
    begun = time.monotonic()
    for number in range(10):
        holding.hold(lambda number=number: heard.append(number))  # type: ignore[misc]
    assert heard == []
    holding.hold(lambda: heard.append(-1))
    assert heard[0] == -1
    while len(heard) < 11 and time.monotonic() - begun < 10:
        time.sleep(0.01)
    assert heard == [-1, *range(10)]
    assert time.monotonic() - begun >= 0.05
    holding.hold(done.set)
    assert done.wait(10)


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
        assert writes is apart.beside["pdp.api.v1.FactService/DeleteFacts"]
        assert len({health, writes, apart.beside["pdp.api.v1.FactService"], apart.usual}) == 4
        assert health.submit(lambda: 7).result(10) == writes.submit(lambda: 7).result(10) == 7
        assert apart.most >= 8 + sum(lane.most for lane in beside)
    finally:
        held.set()
        for lane in apart.all:
            lane.shutdown()
    assert isinstance(apart.usual, Lane)
