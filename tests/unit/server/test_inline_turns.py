"""In which order calls are answered on the thread that takes events, over a core that is turned by hand."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from google.rpc import code_pb2, status_pb2

from pdp.core.caller import Caller
from pdp.server.delaying import Delaying
from pdp.server.holding import LONGEST_SECONDS, Holding
from pdp.server.inline_call import Call
from pdp.server.inline_calls import FEW_STREAMS, InlineCalls
from pdp.server.tending import Tending
from pdp.server.turns import ABREAST, APART_OF_ONE, Turns
from pdp.server.unread import SILENT_MOST
from tests.system.running import wait_until
from tests.unit.server.test_tending import no_thread

REFUSED = status_pb2.Status(code=code_pb2.RESOURCE_EXHAUSTED, message="not now")


class _Core:
    """In place of gRPC's core: what is asked of it becomes an event behind those that are there."""

    def __init__(self) -> None:
        self.events: deque[Callable[[], Any]] = deque()
        self.refused: list[str] = []

    def register_method(self, path: str) -> None:
        """Do nothing."""

    def request_registered_call(self, *_: object) -> None:
        """Do nothing: calls come by `House.come`."""


class _OfCore:
    """In place of a call of gRPC's core."""

    start_server_batch: Callable[..., None]

    def __init__(self, who: str) -> None:
        self._who = who

    def peer(self) -> str:
        """Return who is at the other side."""
        return self._who


class House:
    """Calls come to *calls*, and each answer notes whose it was."""

    def __init__(self, patience: float = 1.0) -> None:
        self.core = _Core()
        self.answered: list[str] = []
        self.ended: list[str] = []
        state = SimpleNamespace(server=self.core, completion_queue=None, rpc_states=set(), lock=threading.Lock())
        self.calls = InlineCalls(
            SimpleNamespace(_state=state),  # type: ignore[arg-type]
            256,
            lambda _error, _path: REFUSED,
            lambda _path, metadata, _call: SimpleNamespace(
                caller=Caller(metadata), again=lambda: Caller(metadata), still=lambda: Caller(metadata)
            ),
            ThreadPoolExecutor(1),
            SimpleNamespace(waiting=0),
            patience,
        )
        self.calls.add("/a.Service/Method", self._answer)
        self.calls.add("/a.Service/Stream", self._answer, streams=True)
        self.calls.begin()

    def _answer(self, body: bytes, caller: Caller) -> bytes:
        self.answered.append(caller.name)
        return body

    def come(self, who: str, *, speaks: bool = True) -> None:
        """Let a call of *who* come, whose message is there unless it never *speaks*."""
        of_core: Any = _OfCore(who)
        body = SimpleNamespace(message=lambda: b"asked")
        message = SimpleNamespace(success=True, batch_operations=(body,))

        def start(operations: tuple[object, ...], tag: Callable[[Any], Any]) -> None:
            if len(operations) > 1:
                self.ended.append(who)
                self.core.events.append(lambda: tag(None))
            elif speaks:
                self.core.events.append(lambda: tag(message))

        of_core.start_server_batch = start
        self._arrive(self.calls._methods[0], of_core, who)

    def open(self, who: str) -> None:
        """Let a stream of *who* come, with one message and no more."""
        of_core: Any = _OfCore(who)
        body = SimpleNamespace(message=lambda: b"asked")
        messages = [SimpleNamespace(success=True, batch_operations=(body,))]

        def start(operations: tuple[object, ...], tag: Callable[[Any], Any]) -> None:
            if not operations:
                self.core.events.append(lambda: tag(None))
            elif messages:
                message = messages.pop()
                self.core.events.append(lambda: tag(message))

        of_core.start_server_batch = start
        self._arrive(self.calls._methods[1], of_core, who)

    def _arrive(self, method: Any, of_core: object, who: str) -> None:
        arrival = SimpleNamespace(
            success=True,
            call=of_core,
            call_details=SimpleNamespace(deadline=time.time() + 60),
            invocation_metadata=who,
        )
        self.core.events.append(lambda: method(arrival))

    def go_on(self) -> None:
        """Handle every event."""
        while self.core.events:
            self.core.events.popleft()()


class AnyOrder(Turns[Call]):
    """The twin: everything stands in one order, as it came."""

    def come(self, call: Call) -> bool:
        """Let everybody stand in it."""
        return True


def answered_before(monkeypatch: pytest.MonkeyPatch, turns: type[Turns[Call]]) -> int:
    """Let a flood come, then somebody else; return how many of the flood's were answered before that one's."""
    monkeypatch.setattr("pdp.server.inline_calls.Turns", turns)
    house = House()
    for _ in range(60):
        house.come("flood")
    house.come("quiet")
    house.go_on()
    assert sorted(house.answered) == ["flood"] * 60 + ["quiet"]
    return house.answered.index("quiet")


def test_nobody_waits_behind_all_calls_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes last, and has nothing else there, is answered after a few; and everybody is answered."""
    assert answered_before(monkeypatch, Turns) <= ABREAST


def test_the_twin_without_turns_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that came before is answered before."""
    assert answered_before(monkeypatch, AnyOrder) == 60


def answered_before_beside_streams(streams: int) -> int:
    """Let so many streams ask, then somebody else; return how many messages were answered before that one's."""
    house = House()
    for _ in range(streams):
        house.open("flood")
    house.come("quiet")
    house.go_on()
    assert sorted(house.answered) == ["flood"] * streams + ["quiet"]
    assert not house.calls._spoken._lines
    return house.answered.index("quiet")


def test_nobody_waits_behind_the_messages_of_all_streams_of_another() -> None:
    """Those of many streams have their turns; those of few are answered as they come."""
    assert answered_before_beside_streams(60) <= ABREAST
    assert answered_before_beside_streams(FEW_STREAMS) == FEW_STREAMS


def test_the_twin_whose_streams_have_no_turns_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """All their messages are answered before."""
    monkeypatch.setattr("pdp.server.inline_calls.FEW_STREAMS", 1000)
    assert answered_before_beside_streams(60) == 60


def heard_beside_silent_calls(*, in_one_line: bool) -> int:
    """Let silent calls of a caller come, then messages of its streams; return how many of these are answered."""
    house = House()
    if in_one_line:
        house.calls._spoken = house.calls._turns
    for _ in range(ABREAST):
        house.come("app", speaks=False)
    for _ in range(FEW_STREAMS + 1):
        house.open("app")
    house.go_on()
    return len(house.answered)


def test_messages_of_streams_do_not_wait_behind_silent_calls() -> None:
    """They are there, and have turns of their own."""
    assert heard_beside_silent_calls(in_one_line=False) == FEW_STREAMS + 1


def test_the_twin_with_one_line_is_found_out() -> None:
    """Those of which there are many wait until the others are silent."""
    assert heard_beside_silent_calls(in_one_line=True) < FEW_STREAMS + 1


def test_a_silent_call_is_ended_though_nothing_else_comes() -> None:
    """Else it would be there until its deadline, which is its caller's to choose."""
    house = House(patience=0.05)
    house.come("slow", speaks=False)
    house.go_on()
    wait_until(lambda: house.ended == ["slow"])


def refused_without_threads(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a flood come while no thread can be had; return how many calls have ended."""
    house = House()
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    for _ in range(ABREAST + APART_OF_ONE + 20):
        house.come("flood")
    house.go_on()
    return len(house.ended)


def test_the_thread_that_answers_lives_on_where_no_other_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be held is refused at once."""
    assert refused_without_threads(monkeypatch) == ABREAST + APART_OF_ONE + 20


def test_the_twin_that_needs_a_thread_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes out where everybody's events are handled."""

    def ask(tending: Tending) -> bool:
        threading.Thread(target=tending._go_on).start()
        return True

    monkeypatch.setattr(Tending, "ask", ask)
    with pytest.raises(RuntimeError):
        refused_without_threads(monkeypatch)


def test_what_finds_no_room_is_held_and_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as no call under way meanwhile, and the quiet one is answered."""
    now = [100.0]
    holding = Holding(clock=lambda: now[0])
    monkeypatch.setattr("pdp.server.inline_calls.Delaying", lambda: Delaying(holding))
    house = House()
    room = ABREAST + APART_OF_ONE
    for _ in range(room + 20):
        house.come("flood")
    house.come("quiet")
    house.go_on()
    assert house.answered.count("flood") == room
    assert "quiet" in house.answered
    assert house.calls.under_way == 20 == len(holding)
    now[0] += LONGEST_SECONDS + 1.0
    wait_until(lambda: house.ended.count("flood") == room + 20)
    house.go_on()
    assert house.calls.under_way == 0


def heard_beside_silent_ones() -> House:
    """Let as many silent calls come as stand abreast, then one that speaks; no other event comes."""
    house = House()
    for _ in range(ABREAST):
        house.come("slow", speaks=False)
    house.come("slow")
    house.go_on()
    assert house.answered == []
    return house


def test_silent_calls_do_not_keep_the_next_one_waiting() -> None:
    """Once they are silent it takes their place, though nothing comes that would say so."""
    house = heard_beside_silent_ones()
    wait_until(lambda: bool(house.core.events))
    house.go_on()
    assert house.answered == ["slow"]


def test_the_twin_that_tends_nothing_keeps_it_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its turn would never come."""
    monkeypatch.setattr("pdp.server.tending.Tending.ask", lambda _self: None)
    house = heard_beside_silent_ones()
    time.sleep(0.3)  # longer than it takes to be silent
    assert not house.core.events


def silent_in_the_end(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let many calls come that bring no message, and return how many are silent once none waits for its turn."""
    monkeypatch.setattr("pdp.server.unread.SILENT_AFTER_SECONDS", 0.01)
    house = House(patience=60.0)
    for _ in range(3 * SILENT_MOST):
        house.come("slow", speaks=False)
    house.come("quiet")
    house.go_on()
    assert house.answered == ["quiet"]
    wait_until(lambda: house.calls._turns.apart == 0)
    wait_until(lambda: house.calls._unread.silent >= SILENT_MOST)
    return house.calls._unread.silent


def test_those_that_wait_do_not_fall_silent_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where so many of a caller are silent, the others are refused when their turn comes."""
    assert silent_in_the_end(monkeypatch) <= SILENT_MOST + ABREAST


def test_the_twin_that_looks_only_when_they_come_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is heard in its turn, and is silent."""
    monkeypatch.setattr("pdp.server.unread.Unread.check", lambda _self, _key: None)
    assert silent_in_the_end(monkeypatch) > SILENT_MOST + ABREAST


def test_a_call_that_is_too_late_when_its_turn_comes_is_not_answered() -> None:
    """And the next one has its place."""
    house = House()
    for _ in range(ABREAST + 2):
        house.come("slow")
    for _ in range(ABREAST + 2):
        house.core.events.popleft()()
    late, _ = house.calls._turns._lines["slow"].apart
    late.deadline = 0.0
    house.go_on()
    assert len(house.answered) == ABREAST + 1
    assert len(house.ended) == ABREAST + 2
