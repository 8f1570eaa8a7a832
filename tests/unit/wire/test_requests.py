"""What is accepted, and how it is read."""

from contextlib import suppress
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from pdp.api.v1 import decision_pb2
from pdp.core.entity import Entity, id_problem
from pdp.core.errors import InvalidRequestError
from pdp.core.request import Consistency, Freshness
from pdp.wire.entities import entity_id, named_entity
from pdp.wire.facts import fact_from_wire
from pdp.wire.instants import instant_from_text, instant_from_timestamp, timestamp_from_instant
from pdp.wire.reading import Reading
from pdp.wire.requests import request_from_wire
from tests.malformed_requests import Change, a_meeting, a_request, both, drop, put
from tests.unit.wire.strategies import DECLARED
from tests.unit.wire.words import the_words

LIMIT_TEXT = "ệ" * 1365 + "a"


def _deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(drop("request_id"), id="no_request_id"),
        pytest.param(drop("context"), id="no_context"),
        pytest.param(drop("facts"), id="no_facts"),
        pytest.param(drop("resource.data_subject"), id="about_nobody"),
        pytest.param(drop("resource.scopes"), id="in_nothing"),
        pytest.param(put("resource.id", "Ảnh của bé: số 1/2"), id="vietnamese_id_with_colon_and_spaces"),
        pytest.param(put("resource.data_subject", "child:a:b"), id="id_with_a_colon"),
        pytest.param(put("subject.id", "ễ" * 85 + "a"), id="id_of_256_bytes"),
        pytest.param(put("subject.type", "a" * 32), id="type_of_32_letters"),
        pytest.param(put("subject.type", "robot"), id="type_not_in_use_yet"),
        pytest.param(put("request_id", LIMIT_TEXT), id="text_of_4096_bytes"),
        pytest.param(put("resource.scopes", [f"class:a{at}" for at in range(16)]), id="sixteen_scopes"),
        pytest.param(put("resource.scopes", ["operator:kidsonline"]), id="in_the_operator"),
        pytest.param(put("resource.properties.pictured", ["child:minh"] * 256), id="list_of_256"),
        pytest.param(put("resource.properties.pictured", []), id="nobody_pictured"),
        pytest.param(put("resource.properties.fields", ["name", "name"]), id="field_named_twice"),
        pytest.param(both(*(put(f"subject.properties.x_{at}", at) for at in range(64))), id="sixty_four_keys"),
        pytest.param(put("context.extra.x_deep", _deep(7)), id="eight_levels"),
        pytest.param(put("action.properties.x_a", "b"), id="unread_key_of_the_action"),
        pytest.param(
            put("facts", [{"role": {"subject": "user:a", "role": "teacher", "scope": "class:a"}}] * 64), id="64"
        ),
        pytest.param(put("facts[0].operator", "kidsonline"), id="fact_that_names_its_operator"),
        pytest.param(put("facts[0].role.granted_by", "user:hoa"), id="granted_role"),
        pytest.param(
            both(put("facts[2].consent.status", "refused"), drop("facts[2].consent.purposes")),
            id="refusal_of_everything",
        ),
        pytest.param(
            both(put("facts[2].consent.status", "pending"), drop("facts[2].consent.categories")), id="pending_consent"
        ),
        pytest.param(drop("facts[2].consent.form"), id="consent_of_unknown_form"),
        pytest.param(drop("facts[2].consent.recipient"), id="consent_for_every_recipient"),
        pytest.param(drop("facts[2].valid_until"), id="term_without_end"),
        pytest.param(put("facts[2].valid_until", "2026-01-05T00:00:00.000001Z"), id="term_of_a_microsecond"),
        pytest.param(lambda message: message.facts.add().CopyFrom(message.facts[1]), id="ground_told_twice_alike"),
        pytest.param(lambda message: _ended_before(message), id="ground_told_of_two_terms"),
        pytest.param(lambda message: message.consistency.SetInParent(), id="empty_consistency"),
    ],
)
def test_a_request_that_can_be_right_is_accepted(change: Change) -> None:
    """What lies at a limit, or is left out where nothing requires it, is no mistake."""
    message = a_request()
    change(message)

    request_from_wire(message, the_words())


@given(st.data())
def test_whatever_arrives_is_read_or_refused(data: st.DataObject) -> None:
    """Damaged bytes that protobuf still accepts are a request or a refusal, and nothing else."""
    sent = bytearray(data.draw(st.sampled_from([a_request(), a_meeting()])).SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = decision_pb2.CheckRequest.FromString(bytes(sent))
    except DecodeError:
        return

    with suppress(InvalidRequestError):
        request_from_wire(message, the_words())


def _ended_before(message: Any) -> None:
    again = message.facts.add()
    again.CopyFrom(message.facts[1])
    again.ground.status = "ended"
    again.valid_until.FromJsonString("2026-01-01T00:00:00Z")
    message.facts[1].valid_from.FromJsonString("2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param({"minimize_latency": False}, Consistency(), id="no_need_of_speed"),
        pytest.param({"fully_consistent": False}, Consistency(), id="no_need_of_more"),
        pytest.param({"minimize_latency": True}, Consistency(Freshness.MINIMIZE_LATENCY), id="speed"),
        pytest.param({"fully_consistent": True}, Consistency(Freshness.FULLY_CONSISTENT), id="no_cache"),
        pytest.param({"at_least_as_fresh": "t-1"}, Consistency(Freshness.AT_LEAST_AS_FRESH, "t-1"), id="token"),
    ],
)
def test_freshness_is_read_from_what_is_asked_for(sent: dict[str, Any], read: Consistency) -> None:
    """A false flag asks for nothing."""
    message = a_request()
    put("consistency", sent)(message)

    assert request_from_wire(message, the_words()).consistency == read


def test_declared_keys_are_read_by_their_type_and_belong_to_their_operator() -> None:
    """A key that an operator's folder declares is typed like any other, and is no key of another operator's."""
    message, other = a_request(), a_meeting()
    put("context.extra.declared_entity", "user:lan")(message)
    put("context.extra.declared_entity", "user:lan")(other)
    declared = {"kidsonline": DECLARED["kidsonline"]}

    assert request_from_wire(message, the_words(), declared=declared).extra == {
        "declared_entity": Entity("user", "lan")
    }
    with pytest.raises(InvalidRequestError) as caught:
        request_from_wire(other, the_words(), declared=declared)
    assert [error.code for error in caught.value.errors] == ["not-for-this-operator"]


def test_unread_keys_are_carried_by_path_and_seen_by_no_rule() -> None:
    """A key beginning with x_ reaches the record alone."""
    message = a_request()
    put("subject.properties.x_team", "a")(message)
    put("context.extra.x_trace", {"id": 5, "tags": ["b"]})(message)
    put("facts[1].ground.properties.x_note", True)(message)

    request = request_from_wire(message, the_words())

    assert request.unread == {
        "subject.properties.x_team": "a",
        "context.extra.x_trace": {"id": 5, "tags": ("b",)},
        "facts[1].ground.properties.x_note": True,
    }
    assert not request.subject_properties
    assert not request.extra


def test_absent_properties_are_not_filled_in() -> None:
    """What a missing key stands for is for the evaluation to say."""
    request = request_from_wire(a_meeting(), the_words())

    assert "account_state" not in request.resource.properties


def test_a_stored_fact_keeps_its_id() -> None:
    """The id that the server gave is refused in a request alone."""
    message = a_request().facts[0]
    message.id = "f-1"

    fact = fact_from_wire(message, the_words(), operator="kidsonline", stored=True)

    assert (fact.id, fact.stored) == ("f-1", True)


@given(st.text(st.sampled_from("ab:_ 9.~\x7f\t\néễ\u200b\u0301A"), max_size=12))
def test_the_short_way_of_reading_names_accepts_what_the_core_accepts(name: str) -> None:
    """Reading a plain name fast never lets through, nor refuses, what the core would not."""
    reading = Reading(the_words(), the_words().of("kidsonline"))
    try:
        expected: Entity | None = Entity.parse(name)
    except ValueError:
        expected = None

    assert (named_entity(reading, name, "place", "part") if name else None) == expected
    alone = Reading(the_words(), the_words().of("kidsonline"))
    entity_id(alone, name, "place", "part")
    assert bool(alone.errors) == (id_problem(name) is not None)


@pytest.mark.parametrize("length", [255, 256, 257])
def test_the_short_way_keeps_the_limit_of_an_id(length: int) -> None:
    """An id of 256 plain letters is the longest."""
    reading = Reading(the_words(), the_words().of("kidsonline"))

    named_entity(reading, f"user:{'a' * length}", "place", "part")

    assert bool(reading.errors) == (length > 256)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-11-17T09:00:00+07:00", "2026-11-17T02:00:00+00:00", id="offset"),
        pytest.param("2026-11-17t02:00:00z", "2026-11-17T02:00:00+00:00", id="small_letters"),
        pytest.param("2026-11-17T02:00:00.1234569Z", "2026-11-17T02:00:00.123456+00:00", id="floored"),
        pytest.param("2026-11-17T02:00:00.123456789123Z", "2026-11-17T02:00:00.123456+00:00", id="many_digits"),
        pytest.param("2026-11-16T20:30:00.5-05:30", "2026-11-17T02:00:00.500000+00:00", id="to_the_west"),
    ],
)
def test_an_instant_is_read_in_utc_and_floored_to_the_microsecond(text: str, expected: str) -> None:
    """However it is written, one instant is one value."""
    assert instant_from_text(text).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-17T24:00:00Z",
        "2026-11-17T09:60:00Z",
        "2026-11-17T09:00:60Z",
        "2026-11-17T09:00:00+24:00",
        "2026-11-17T09:00:00+07",
        "2026-11-17T09:00:00.Z",
        "2026-11-17T09:00Z",
        "20261117T090000Z",
        "2026-W47-2T09:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-00:01",
        "٢٠٢٦-11-17T09:00:00Z",
        "2026-11-17T09:00:00Z\n",
        "",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    """Only RFC 3339 is read: whoever guesses reads another instant than was meant."""
    with pytest.raises(ValueError):  # noqa: PT011
        instant_from_text(text)


@given(st.integers(-62_135_596_800, 253_402_300_799), st.integers(0, 999_999_999))
def test_a_timestamp_is_floored_to_the_microsecond(seconds: int, nanos: int) -> None:
    """Before 1970 too, the fraction counts forward from its second."""
    instant = instant_from_timestamp(Timestamp(seconds=seconds, nanos=nanos))

    assert timestamp_from_instant(instant) == Timestamp(seconds=seconds, nanos=nanos // 1000 * 1000)
