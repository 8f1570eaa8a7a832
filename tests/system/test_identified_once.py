"""Who calls is found out once for a call of a method with a lane, however often its caller is needed."""

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from pdp.api.v1 import decision_pb2, facts_pb2
from pdp.callers import LiveCallers, Presented
from pdp.callers.book import Passport
from pdp.core.stores import FactStore
from pdp.wire.words import Words
from pdp.wiring.stores import fact_store
from tests.malformed_requests import a_request
from tests.system.guarded import House, with_key
from tests.system.running import CHECK, DECISIONS, StubPoint, a_decision, ask, wait_until


def _question() -> bytes:
    request = a_request()
    request.ClearField("facts")
    request.context.ClearField("time")
    return decision_pb2.ExplainRequest(request=request).SerializeToString()


def _check() -> bytes:
    request = a_request()
    request.ClearField("facts")
    request.context.ClearField("time")
    return request.SerializeToString()


CHECKED = _check()
EXPLAIN = f"{DECISIONS}/Explain", _question(), "app"
WRITE = "/pdp.api.v1.FactService/WriteFacts", facts_pb2.WriteFactsRequest(operator="kidsonline"), "register"


@pytest.fixture
def facts() -> FactStore:
    """Return an empty store."""
    return fact_store("memory:")


def identified(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: Words,
    facts: FactStore,
    method: str,
    body: bytes,
    who: str,
    *,
    at_once: bool = False,
) -> int:
    """Call *method* once, and return how often it was asked who calls."""
    asked: list[Presented] = []
    real = LiveCallers.identify

    def identify(self: LiveCallers, presented: Presented) -> Passport:
        asked.append(presented)
        return real(self, presented)

    monkeypatch.setattr(LiveCallers, "identify", identify)
    house = House(tmp_path)
    with (
        house.serving(
            StubPoint(a_decision, at_once=at_once), words, io.StringIO(), certificates=False, facts=facts
        ) as server,
        house.connected(server.address) as channel,
    ):
        ask(channel, method, body, metadata=with_key(house.api_keys[who]))
    return len(asked)


@pytest.mark.parametrize(
    ("method", "body", "who"),
    [
        pytest.param(*EXPLAIN, id="an explanation"),
        pytest.param(WRITE[0], WRITE[1].SerializeToString(), WRITE[2], id="a write"),
        pytest.param(CHECK, a_request().SerializeToString(), "app", id="a check from a pool"),
    ],
)
def test_who_calls_is_found_out_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Words, facts: FactStore, method: str, body: bytes, who: str
) -> None:
    """At the entrance, which hands it on."""
    assert identified(monkeypatch, tmp_path, words, facts, method, body, who) == 1


def test_the_twin_that_hands_nothing_on_asks_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Words, facts: FactStore
) -> None:
    """The count sees it."""
    monkeypatch.setattr("pdp.server.entrances.hand_on", lambda _context, _admitted: None)
    assert identified(monkeypatch, tmp_path, words, facts, *EXPLAIN) == 2


def test_after_a_while_it_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Words, facts: FactStore
) -> None:
    """What was shown may have been taken back while the call waited for a thread."""
    monkeypatch.setattr("pdp.server.gate.ADMITTED_SECONDS", -1.0)
    assert identified(monkeypatch, tmp_path, words, facts, *EXPLAIN) == 2


# --- A check that is answered on the thread that takes events ---


def code_of_a_check_that_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Words) -> grpc.StatusCode:
    """Open a check, take its key back, send its message, and return how it ends."""
    monkeypatch.setattr("pdp.server.gate.ADMITTED_SECONDS", 0.0)
    monkeypatch.setattr("pdp.callers.live.LOOK_SECONDS", 0.01)
    house, send = House(tmp_path), threading.Event()
    key = with_key(house.api_keys["app"])

    def later() -> Iterator[bytes]:
        send.wait(20)
        yield CHECKED

    with (
        house.serving(
            StubPoint(a_decision, at_once=True), words, io.StringIO(), certificates=False, default_deadline_ms=20_000
        ) as server,
        house.connected(server.address) as channel,
    ):
        assert ask(channel, CHECK, CHECKED, metadata=key).code is grpc.StatusCode.OK
        open_: Any = channel.stream_unary(CHECK)
        call = open_.future(later(), timeout=20, metadata=key)
        # Calls of one connection come in their order: once this one is answered the open one has come.
        assert ask(channel, CHECK, CHECKED, metadata=key).code is grpc.StatusCode.OK
        house.store.revoke_of("app", datetime.now(UTC))
        wait_until(lambda: ask(channel, CHECK, CHECKED, metadata=key).code is grpc.StatusCode.UNAUTHENTICATED)
        send.set()
        found: grpc.StatusCode = call.code()
        return found


def test_a_check_that_waits_for_its_message_is_not_answered_with_a_key_that_was_taken_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Words
) -> None:
    """Who opens calls beforehand keeps no right by it."""
    assert code_of_a_check_that_waits(monkeypatch, tmp_path, words) is grpc.StatusCode.UNAUTHENTICATED


def test_the_twin_that_remembers_who_came_is_found_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Words
) -> None:
    """It answers."""
    monkeypatch.setattr("pdp.server.gate.Visit.still", lambda visit: visit.caller)
    assert code_of_a_check_that_waits(monkeypatch, tmp_path, words) is grpc.StatusCode.OK


@pytest.mark.parametrize(("seconds", "times"), [(60.0, 1), (-1.0, 2)], ids=["at once", "after a while"])
def test_a_check_that_is_answered_at_once_is_identified_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Words, facts: FactStore, seconds: float, times: int
) -> None:
    """And again when it has waited."""
    monkeypatch.setattr("pdp.server.gate.ADMITTED_SECONDS", seconds)
    assert identified(monkeypatch, tmp_path, words, facts, CHECK, CHECKED, "app", at_once=True) == times
