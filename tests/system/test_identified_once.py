"""Who calls is found out once for a call of a method with a lane, however often its caller is needed."""

import io
from pathlib import Path

import pytest

from pdp.api.v1 import decision_pb2, facts_pb2
from pdp.callers import LiveCallers, Presented
from pdp.callers.book import Passport
from pdp.core.stores import FactStore
from pdp.wire.words import Words
from pdp.wiring.stores import fact_store
from tests.malformed_requests import a_request
from tests.system.guarded import House, with_key
from tests.system.running import CHECK, DECISIONS, StubPoint, a_decision, ask


def _question() -> bytes:
    request = a_request()
    request.ClearField("facts")
    request.context.ClearField("time")
    return decision_pb2.ExplainRequest(request=request).SerializeToString()


EXPLAIN = f"{DECISIONS}/Explain", _question(), "app"
WRITE = "/pdp.api.v1.FactService/WriteFacts", facts_pb2.WriteFactsRequest(operator="kidsonline"), "register"


@pytest.fixture
def facts() -> FactStore:
    """Return an empty store."""
    return fact_store("memory:")


def identified(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Words, facts: FactStore, method: str, body: bytes, who: str
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
        house.serving(StubPoint(a_decision), words, io.StringIO(), certificates=False, facts=facts) as server,
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
