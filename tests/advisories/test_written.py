"""A credential is never written in clear, wherever a server keeps or tells something; and a span tells of nobody."""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pdp.api.v1 import decision_pb2, facts_pb2
from pdp.core.caller import Caller
from pdp.core.decision import Decision
from pdp.decision_point import DecisionPoint
from pdp.metrics import Meters, SharedNumbers
from pdp.metrics.exposition import page_of
from pdp.metrics.series import Series
from pdp.server import Security, TlsFiles, start
from pdp.server import status as statuses
from pdp.server.events import json_log
from pdp.server.gate import Gate
from pdp.server.otlp import OtlpSpans
from pdp.server.tracing import TracedCalls, _Call
from pdp.settings import Settings
from pdp.wire.words import Words
from pdp.wiring.deciding import decision_point
from pdp.wiring.folders import load_policies
from pdp.wiring.stores import fact_store
from pdp_adapters.json_decision_log import JsonDecisionLog
from tests.builders import CHILD, MOTHER, a_role
from tests.credentials import a_token
from tests.faults.served import one_policy
from tests.malformed_requests import a_request
from tests.system.guarded import House, bearer, with_key
from tests.system.running import CHECK, SECONDS, ask

NOBODY_IS_TOLD = "ten-cua-nguoi-hoi"
WRITE = "/pdp.api.v1.FactService/WriteFacts"

Change = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def policies(words: Words, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the policy of one operator."""
    return load_policies(one_policy(tmp_path_factory.mktemp("policies")), words)


def written(house: House, words: Words, policies: Any, folder: Path) -> Mapping[str, bytes]:
    """Let two callers be served, one that is refused among them, and return all that is left of it, by place."""
    store = fact_store(f"sqlite:///{folder}/facts.db")
    settings = Settings(listen="127.0.0.1:0", store=f"sqlite:///{folder}/facts.db", decision_log="none")
    records = io.BytesIO()
    point = decision_point(settings, policies, store)
    point.log = JsonDecisionLog(records)
    series = Series(("kidsonline",), (CHECK.strip("/").replace("/", "."),), statuses.REASONS)
    meters = Meters(series, SharedNumbers(1, series.width))
    meters.take(0)
    kept, log = InMemorySpanExporter(), io.StringIO()
    spans = OtlpSpans(kept, 100.0)
    security = Security(
        house.live(words, certificates=False), TlsFiles(house.folder / "server.pem", house.folder / "server.key", None)
    )
    server = start(
        point,
        words,
        settings,
        json_log(log),
        facts=store,
        security=security,
        metering=meters,
        tracing=TracedCalls(spans),
    )
    try:
        with house.connected(server.address) as channel:
            _ask(channel, house)
    finally:
        assert server.drain(1.0).wait(SECONDS)
        assert server.has_finished()
        point.log.end()
        store.close()
    meters.sampled([])
    shown: Any = page_of(meters, dict)({"PATH_INFO": "/metrics", "REQUEST_METHOD": "GET"}, lambda *_: None)
    return {
        "the log of events": log.getvalue().encode(),
        "the decision log": records.getvalue(),
        "the store": b"".join(_contents(folder, "facts.db*")),
        "the metrics": b"".join(shown),
        "the spans": "".join(span.to_json(indent=None) for span in kept.get_finished_spans()).encode(),
    }


def _ask(channel: grpc.Channel, house: House) -> None:
    question = a_request()
    question.ClearField("facts")
    question.context.ClearField("time")
    question.subject.id = NOBODY_IS_TOLD
    change = ParseDict(
        {
            "operator": "kidsonline",
            "actor": {"type": "service", "id": "import"},
            "facts": [a_role(MOTHER, "primary_guardian", CHILD)],
        },
        facts_pb2.WriteFactsRequest(),
    )
    body = question.SerializeToString()
    app, register = with_key(house.api_keys["app"]), with_key(house.api_keys["register"])
    assert ask(channel, CHECK, body, metadata=app).code is grpc.StatusCode.OK
    assert ask(channel, CHECK, body, metadata=bearer(a_token(house.key))).code is grpc.StatusCode.OK
    assert ask(channel, CHECK, body, metadata=bearer(_WRONG)).code is grpc.StatusCode.UNAUTHENTICATED
    answer = ask(channel, WRITE, change.SerializeToString(), metadata=register)
    assert answer.code is grpc.StatusCode.OK, answer.everything
    assert decision_pb2.CheckResponse.FromString(ask(channel, CHECK, body, metadata=app).body).decision_id


_WRONG = "eyJhbGciOiJFUzI1NiJ9.wrong-token-canary.wrong-signature-canary"


def _contents(folder: Path, pattern: str) -> Iterator[bytes]:
    return (file.read_bytes() for file in sorted(folder.rglob(pattern)) if file.is_file())


def credentials(house: House) -> tuple[bytes, ...]:
    """Return the part of each that is secret."""
    keys = [house.api_keys[name][-43:] for name in ("app", "register")]
    return tuple(each.encode() for each in (*keys, "wrong-signature-canary"))


def assert_nothing_is_in_clear(house: House, found: Mapping[str, bytes]) -> None:
    """Each place holds something, and no credential."""
    for place, content in found.items():
        assert content, place
        assert not any(secret in content for secret in credentials(house)), place


def assert_spans_tell_of_nobody(found: Mapping[str, bytes]) -> None:
    """They tell what was decided; who asked stands in the records alone."""
    assert b"pdp.decision" in found["the spans"]
    assert NOBODY_IS_TOLD.encode() in found["the decision log"]
    assert NOBODY_IS_TOLD.encode() not in found["the spans"]


def test_no_credential_is_written_anywhere(house: House, words: Words, policies: Any, tmp_path: Path) -> None:
    """Events, records, stored facts, metrics and spans of callers with keys, a token and one that is not good."""
    found = written(house, words, policies, tmp_path)

    assert_nothing_is_in_clear(house, found)
    assert b"caller-refused" in found["the log of events"]
    assert b"register" in found["the store"], "who wrote is stored, by name"
    assert_spans_tell_of_nobody(found)


def _named_by_what_it_shows(patch: pytest.MonkeyPatch) -> None:
    real = Gate.admit

    def admit(self: Gate, method: str, presented: Any) -> Caller:
        return replace(real(self, method, presented), name=" ".join(presented.authorizations))

    patch.setattr(Gate, "admit", admit)


def _event_of_what_is_shown(patch: pytest.MonkeyPatch) -> None:
    real = Gate.admit

    def admit(self: Gate, method: str, presented: Any) -> Caller:
        self._log.info("call", presented=repr(presented))
        return real(self, method, presented)

    patch.setattr(Gate, "admit", admit)


def _remembering(patch: pytest.MonkeyPatch) -> None:
    """The last credential that was shown is kept for whoever tells something next."""
    real = Gate.admit

    def admit(self: Gate, method: str, presented: Any) -> Caller:
        _LAST[:] = presented.authorizations
        return real(self, method, presented)

    patch.setattr(Gate, "admit", admit)


_LAST: list[str] = []


def _span_with_it(patch: pytest.MonkeyPatch) -> None:
    _remembering(patch)
    real = _Call.end

    def end(self: _Call, error: BaseException | None = None) -> None:
        self._span._span.set_attribute("rpc.authorization", " ".join(_LAST))  # type: ignore[attr-defined]
        real(self, error)

    patch.setattr(_Call, "end", end)


def _series_with_it(patch: pytest.MonkeyPatch) -> None:
    _remembering(patch)
    real = Series.__init__

    def begin(self: Series, operators: Any, methods: Any, reasons: Any) -> None:
        real(self, (*operators, *_KNOWN), methods, reasons)

    patch.setattr(Series, "__init__", begin)


_KNOWN: list[str] = []


def _record_with_it(patch: pytest.MonkeyPatch) -> None:
    _remembering(patch)
    real = DecisionPoint.check

    def check(self: DecisionPoint, request: Any, *more: Any) -> Decision:
        return real(self, replace(request, request_id=" ".join(_LAST)), *more)

    patch.setattr(DecisionPoint, "check", check)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        pytest.param("the store", _named_by_what_it_shows, id="who wrote is named by its key"),
        pytest.param("the log of events", _event_of_what_is_shown, id="an event tells what was shown"),
        pytest.param("the spans", _span_with_it, id="a span carries it"),
        pytest.param("the metrics", _series_with_it, id="a series is made of it"),
        pytest.param("the decision log", _record_with_it, id="a record carries it"),
    ],
)
def test_a_twin_that_writes_it_is_found_out(
    house: House,
    words: Words,
    policies: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    change: Change,
) -> None:
    """In the place where it does so."""
    _KNOWN[:] = [house.api_keys["app"]]
    change(monkeypatch)
    found = written(house, words, policies, tmp_path)

    with pytest.raises(AssertionError, match=place):
        assert_nothing_is_in_clear(house, {place: found[place]})


def test_a_twin_whose_span_tells_of_somebody_is_found_out(
    house: House, words: Words, policies: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells who asked, beside what was decided."""
    asked: list[str] = []
    real_check, real_end = DecisionPoint.check, _Call.end

    def check(self: DecisionPoint, request: Any, *more: Any) -> Decision:
        asked[:] = [str(request.subject)]
        return real_check(self, request, *more)

    def end(self: _Call, error: BaseException | None = None) -> None:
        self._span._span.set_attribute("pdp.subject", " ".join(asked))  # type: ignore[attr-defined]
        real_end(self, error)

    monkeypatch.setattr(DecisionPoint, "check", check)
    monkeypatch.setattr(_Call, "end", end)
    found = written(house, words, policies, tmp_path)

    with pytest.raises(AssertionError):
        assert_spans_tell_of_nobody(found)
