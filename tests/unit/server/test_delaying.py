"""Who is refused much is told later; who made a mistake is told at once."""

import threading
from collections.abc import Callable

import pytest

from pdp.callers.refusing import Reason
from pdp.core.errors import (
    InvalidRequestError,
    NotImplementedYetError,
    NotPermittedError,
    OverloadedError,
    RequestError,
    UnknownCallerError,
)
from pdp.core.text import Text
from pdp.server.delaying import AT_ONCE_PER_SECOND, HELD_OF_PEER, NOBODY, Delaying
from pdp.server.holding import BRIEF_SECONDS, Holding
from pdp.server.listening import STREAMS
from pdp.server.probing import PROBES_PER_SECOND, REMEMBERED, Probing
from tests.system.running import wait_until
from tests.unit.server.test_tending import no_thread

MISTAKE = RequestError("a-code", "", "", "", Text("sai", "wrong"))
FLOODING: dict[str, Callable[[], Exception]] = {
    "who is not known": lambda: UnknownCallerError(Reason.KEY_UNKNOWN.value),
    "who may not": lambda: NotPermittedError(MISTAKE),
    "what is not there": lambda: NotImplementedYetError("no such method"),
}


class Still:
    """What is held while its clock stands still."""

    def __init__(self) -> None:
        self.now = 100.0
        self.holding = Holding(clock=lambda: self.now)
        self.delaying = Delaying(self.holding)
        self.told = 0

    def refuse(self, error: Exception, count: int, peer: str = "") -> int:
        """Refuse so many calls of *peer*, and return how many were held back."""
        return sum(self.delaying.refuse(error, 60.0, self.tell, peer) for _ in range(count))

    def tell(self) -> None:
        """Count it."""
        self.told += 1


class TellsAtOnce(Delaying):
    """The twin: only who asks for more than is borne is held back."""

    def _is_held(self, error: BaseException) -> bool:
        return isinstance(error, OverloadedError)


@pytest.mark.parametrize("name", FLOODING)
def test_a_flood_of_those_who_are_refused_is_held_back(name: str) -> None:
    """Some are told at once, for a mistake is no flood; all are told in the end."""
    still = Still()
    held = still.refuse(FLOODING[name](), 10 * AT_ONCE_PER_SECOND)
    assert still.told + held == 10 * AT_ONCE_PER_SECOND
    assert AT_ONCE_PER_SECOND <= still.told <= 5 * AT_ONCE_PER_SECOND
    assert held == len(still.delaying)
    still.now += 10.0
    still.delaying.let_go()
    wait_until(lambda: still.told == 10 * AT_ONCE_PER_SECOND)


def test_the_twin_that_tells_them_at_once_is_found_out() -> None:
    """Each would come again at once."""
    still = Still()
    still.delaying = TellsAtOnce(still.holding)
    assert still.refuse(FLOODING["who is not known"](), 10 * AT_ONCE_PER_SECOND) == 0


def test_who_asks_for_too_much_is_held_back_and_who_made_a_mistake_is_not() -> None:
    """The first is held by its name."""
    still = Still()
    error = OverloadedError("too much", 0.1)
    error.caller = "flood"
    assert still.refuse(error, 3) == 3
    assert still.holding._of["flood"] == 3
    assert still.refuse(InvalidRequestError([MISTAKE]), 1000) == 0
    assert still.told == 1000
    assert still.holding._of[NOBODY] == 0
    still.now += 10.0
    wait_until(lambda: len(still.delaying) == 0)


def held_of_one_connection() -> int:
    """Return how many refusals of one connection are held for longer than briefly; another one's are, too."""
    still = Still()
    assert still.refuse(OverloadedError("too much", 0.1), 10 * STREAMS, "one") == 10 * STREAMS
    assert still.refuse(OverloadedError("too much", 0.1), 1, "other") == 1
    still.now += BRIEF_SECONDS
    for _ in range(10 * STREAMS):
        still.delaying.let_go()
    held = len(still.delaying) - 1
    still.now += 10.0
    wait_until(lambda: still.told == 10 * STREAMS + 1)
    assert not still.delaying._of, "what was told has made no room"
    return held


def test_what_is_held_leaves_room_on_a_connection() -> None:
    """Others may share it, as behind a proxy."""
    assert held_of_one_connection() == HELD_OF_PEER < STREAMS


def test_the_twin_that_fills_a_connection_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """All its places would be taken."""
    monkeypatch.setattr("pdp.server.delaying.HELD_OF_PEER", 1_000_000)
    assert held_of_one_connection() > STREAMS


def test_what_cannot_be_held_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be had that would tell it later."""
    still = Still()
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert still.refuse(OverloadedError("too much", 0.1), 5) == 0
    assert still.told == 5


def test_one_that_cannot_be_told_keeps_nothing_from_the_others() -> None:
    """Nor does it end the thread that answers."""
    still = Still()

    def fails() -> None:
        raise ValueError

    still.delaying.refuse(OverloadedError("too much", 0.1), 60.0, fails)
    assert still.refuse(OverloadedError("too much", 0.1), 3) == 3
    still.now += 10.0
    still.delaying.let_go()
    wait_until(lambda: still.told == 3)


def test_one_connection_does_not_take_the_probes_of_another() -> None:
    """Each has an allowance of its own, and only so many are told apart."""
    probing = Probing()

    def asks(peer: str, times: int) -> int:
        answered = 0
        for _ in range(times):
            try:
                probing.check(peer)
            except OverloadedError as error:
                told = error.caller
            else:
                told, answered = peer, answered + 1
            assert told == peer
        return answered

    assert PROBES_PER_SECOND <= asks("ipv4:192.0.2.1:1", 20 * PROBES_PER_SECOND) < 10 * PROBES_PER_SECOND
    assert asks("ipv4:192.0.2.1:2", 3) == 3
    for port in range(2 * REMEMBERED):
        assert asks(f"ipv4:192.0.2.2:{port}", 1) == 1
    assert len(probing._of) == REMEMBERED
