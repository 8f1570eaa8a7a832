"""The record of a decision: one line that holds what was seen and answered."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.errors import UnavailableError
from pdp.core.facts import Fact, Ground, Properties
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.wire.json_form import check_request_from_json
from pdp.wire.requests import request_from_wire
from pdp.wire.responses import decision_to_wire
from pdp.wiring.words import load_words
from pdp_adapters.json_decision_log import JsonDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts
from pdp_adapters.system_clock import SystemClock
from tests.builders import the_policy_set
from tests.docs.executed_examples import ROOT


class FullDisk(io.BytesIO):
    """A file that cannot be written."""

    def write(self, content: Any) -> int:
        """Fail as a full disk does."""
        raise OSError(28, "No space left on device")


class AlmostFullDisk(io.BytesIO):
    """A file of which a part of the first record alone fits onto the disk, until somebody makes room."""

    def write(self, content: Any) -> int:
        """Write ten bytes, the first time."""
        return super().write(bytes(content)[:10] if not self.getvalue() else content)


def a_request(name: str = "school-posts-photo") -> Request:
    """Return the request of an example."""
    text = (ROOT / f"examples/{name}.json").read_text("utf-8")
    return request_from_wire(check_request_from_json(text), load_words())


def a_point(stream: io.BytesIO) -> DecisionPoint:
    """Return a decision point that keeps its records in *stream*."""
    policies = {"kidsonline": the_policy_set("kidsonline")}
    return DecisionPoint(policies, NoStoredFacts(), SystemClock(), JsonDecisionLog(stream))


def the_record(request: Request) -> tuple[dict[str, Any], Decision]:
    """Return the one record of *request*, and its answer."""
    stream = io.BytesIO()
    decision = a_point(stream).check(request)
    (line,) = stream.getvalue().splitlines()
    return json.loads(line), decision


def test_a_record_says_what_was_answered_and_by_what() -> None:
    """The record has the ids, the answer, its rules, the revision and the token of the answer that was given."""
    record, decision = the_record(a_request())

    assert record["event"] == "decision"
    assert (record["decision_id"], record["request_id"]) == (decision.decision_id, decision.request_id)
    assert (record["decision"], record["cause"]) == ("deny", "rule")
    assert [reason["rule"] for reason in record["reasons"]] == [reason.rule for reason in decision.reasons]
    assert (record["revision"], record["checked_at"]) == (decision.revision, decision.checked_at)
    assert record["failures"] == []


def test_a_record_holds_what_the_decision_saw() -> None:
    """Subject, data, purpose, circumstances, the time and every fact with its term are in the record."""
    record, _ = the_record(a_request())

    assert record["subject"]["entity"] == "user:co-huong"
    assert record["resource"]["data_subject"] == "child:minh"
    assert record["at"] == "2026-11-24T03:00:00+00:00"
    assert record["context"]["special_case"] == "lễ khai giảng"
    consent = next(fact for fact in record["facts"] if "consent" in fact)
    assert consent["consent"]["form"] == "verbal"
    assert consent["valid_from"] == "2026-11-20T01:00:00+00:00"


def test_keys_that_no_rule_sees_are_in_the_record() -> None:
    """What the caller sent under an `x_` key is carried into the record."""
    record, _ = the_record(replace(a_request(), unread={"resource.properties.x_trace": "t-1"}))

    assert record["unread"] == {"resource.properties.x_trace": "t-1"}


def test_what_failed_is_in_the_record_and_not_in_the_answer() -> None:
    """Containments that go round in a circle are named in the record; the message that leaves has nothing of it."""
    text = json.loads((ROOT / "examples/aunt-reads-photo.json").read_text("utf-8"))
    text["facts"] += [
        {"containment": {"entity": "class:la-1", "container": "school:hoa-sen"}},
        {"containment": {"entity": "school:hoa-sen", "container": "class:la-1"}},
    ]
    request = request_from_wire(check_request_from_json(json.dumps(text)), load_words())

    record, decision = the_record(request)

    assert (record["decision"], record["cause"]) == ("deny", "error")
    assert "goes round in a circle" in record["failures"][0]["error"]
    assert "BoundExceededError" not in str(decision_to_wire(decision))
    assert "goes round" not in str(decision_to_wire(decision))


def test_an_answer_whose_record_cannot_be_written_is_not_given() -> None:
    """A full disk withholds the answer, an allow as well as a deny."""
    with pytest.raises(UnavailableError):
        a_point(FullDisk()).check(a_request("aunt-reads-photo"))


def test_a_closed_file_withholds_the_answer() -> None:
    """A stream that was closed under the log is no place for a record."""
    stream = io.BytesIO()
    stream.close()

    with pytest.raises(UnavailableError):
        a_point(stream).check(a_request("aunt-reads-photo"))


def test_a_record_that_is_cut_off_withholds_its_answer_and_no_other() -> None:
    """What was written of a record on a full disk is a line of its own; the next record is whole."""
    stream = AlmostFullDisk()
    point = a_point(stream)

    with pytest.raises(UnavailableError):
        point.check(a_request("aunt-reads-photo"))
    decision = point.check(a_request("aunt-reads-photo"))

    torn, whole = stream.getvalue().splitlines()
    assert len(torn) == 10
    assert json.loads(whole)["decision_id"] == decision.decision_id


def test_a_record_is_one_write_to_its_file(tmp_path: Path) -> None:
    """Whoever reads the file sees whole lines: each record reaches the operating system before its answer is given."""
    file = tmp_path / "records"
    with file.open("ab", buffering=0) as stream:
        policies = {"kidsonline": the_policy_set()}
        point = DecisionPoint(policies, NoStoredFacts(), SystemClock(), JsonDecisionLog(stream))
        for count in range(1, 4):
            point.check(a_request())
            lines = file.read_bytes().splitlines(keepends=True)
            assert len(lines) == count
            assert all(json.loads(line)["event"] == "decision" and line.endswith(b"\n") for line in lines)


def test_what_json_cannot_hold_withholds_the_answer() -> None:
    """A value that has no place in a record is not left out of it: the answer is withheld."""
    request = a_request("aunt-reads-photo")

    for odd in (1 << 70, object(), "\ud800"):
        with pytest.raises(UnavailableError):
            a_point(io.BytesIO()).check(replace(request, unread={"context.x_odd": odd}))


def test_every_kind_of_value_has_its_form() -> None:
    """Entities are `type:id`, instants have their offset, lists stay lists, and Vietnamese is written as it is read."""
    who, when = Entity("user", "chị-hoa"), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    properties: Properties = MappingProxyType(
        {"people": (who,), "since": when, "fields": ("name",), "yes": True, "count": 3}
    )
    stated = Ground("ticket", Entity("ticket", "1"), "open", who, None, properties)
    request = replace(a_request(), facts=(Fact(stated, when, None),))

    stream = io.BytesIO()
    a_point(stream).check(request)
    (fact,) = json.loads(stream.getvalue())["facts"]

    assert fact["ground"]["properties"] == {
        "people": ["user:chị-hoa"],
        "since": "2026-01-02T03:04:05.000006+00:00",
        "fields": ["name"],
        "yes": True,
        "count": 3,
    }
    assert fact["ground"]["data_subject"] is None
    assert (fact["valid_from"], fact["valid_until"]) == ("2026-01-02T03:04:05.000006+00:00", None)
    assert "chị-hoa".encode() in stream.getvalue()


@pytest.mark.parametrize("number", [2.0**53, -(2.0**63), 2.0**64, 1e300, -1.5e308, 5e-324, 0.1])
def test_any_number_of_an_unknown_key_is_recorded_exactly(number: float) -> None:
    """It is valid, so it must not keep a batch without an answer; what is read back is the very same double."""
    message = check_request_from_json((ROOT / "examples/school-posts-photo.json").read_text("utf-8"))
    message.subject.properties.update({"x_n": number, "x_in": [{"n": number}]})
    request = request_from_wire(message, load_words())
    stream = io.BytesIO()
    a_point(stream).check_batch("kidsonline", [request, request], request.consistency)
    said = [json.loads(line, parse_int=float) for line in stream.getvalue().splitlines()]
    assert [each["unread"] for each in said] == [
        {"subject.properties.x_n": number, "subject.properties.x_in": [{"n": number}]}
    ] * 2
