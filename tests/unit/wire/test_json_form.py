"""Requests as protobuf JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from pdp.api.v1 import decision_pb2
from pdp.core.errors import InvalidRequestError
from pdp.wire.codes import Code
from pdp.wire.json_form import check_request_from_dict, check_request_from_json, message_to_json
from tests.malformed_requests import a_request


@dataclass(frozen=True, slots=True)
class MalformedJson:
    """A text that is no request as JSON writes it, and the one mistake that must be reported."""

    name: str
    text: str | bytes
    field: str
    code: Code
    suggestion: str = ""


MALFORMED_JSON = (
    MalformedJson("nothing", "", "", Code.NOT_JSON),
    MalformedJson("half_an_object", '{"operator": "kidsonline"', "", Code.NOT_JSON),
    MalformedJson("two_objects", "{} {}", "", Code.NOT_JSON),
    MalformedJson("single_quotes", "{'operator': 'kidsonline'}", "", Code.NOT_JSON),
    MalformedJson("comment", "{} // said", "", Code.NOT_JSON),
    MalformedJson("list", "[]", "", Code.NOT_JSON),
    MalformedJson("text", '"kidsonline"', "", Code.NOT_JSON),
    MalformedJson("null", "null", "", Code.NOT_JSON),
    MalformedJson("not_utf8", b'{"operator": "\xff"}', "", Code.NOT_JSON),
    MalformedJson("byte_order_mark", b"\xef\xbb\xbf{}", "", Code.NOT_JSON),
    MalformedJson("control_character_in_text", '{"operator": "kids\nonline"}', "", Code.NOT_JSON),
    MalformedJson("key_twice", '{"operator": "a", "operator": "b"}', "operator", Code.DUPLICATE_KEY),
    MalformedJson("key_twice_below", '{"resource": {"id": "a", "id": "a"}}', "resource.id", Code.DUPLICATE_KEY),
    MalformedJson(
        "key_twice_in_properties",
        '{"resource": {"properties": {"x_a": {"b": 1, "b": 2}}}}',
        "resource.properties.x_a.b",
        Code.DUPLICATE_KEY,
    ),
    MalformedJson(
        "key_in_both_spellings",
        '{"resource": {"data_subject": "child:minh", "dataSubject": "child:an"}}',
        "resource.data_subject",
        Code.DUPLICATE_KEY,
    ),
    MalformedJson(
        "role_and_consent_in_one_fact",
        '{"facts": [{"role": {}, "consent": {}}]}',
        "facts[0].consent",
        Code.SEVERAL_FORMS,
    ),
    MalformedJson(
        "two_kinds_of_freshness",
        '{"consistency": {"minimize_latency": true, "fully_consistent": true}}',
        "consistency.fully_consistent",
        Code.SEVERAL_FORMS,
    ),
    MalformedJson("unknown_name", '{"operater": "kidsonline"}', "operater", Code.UNKNOWN_FIELD, "operator"),
    MalformedJson(
        "unknown_name_below",
        '{"resource": {"datasubject": "child:minh"}}',
        "resource.datasubject",
        Code.UNKNOWN_FIELD,
        "data_subject",
    ),
    MalformedJson(
        "unknown_name_in_a_fact",
        '{"facts": [{}, {"role": {"scop": "a:b"}}]}',
        "facts[1].role.scop",
        Code.UNKNOWN_FIELD,
        "scope",
    ),
    MalformedJson("extension_name", '{"[pdp.x]": 1}', "[pdp.x]", Code.UNKNOWN_FIELD),
    MalformedJson("null_field", '{"purpose": null}', "purpose", Code.NULL),
    MalformedJson("null_message", '{"context": null}', "context", Code.NULL),
    MalformedJson("null_in_a_list", '{"resource": {"scopes": [null]}}', "resource.scopes[0]", Code.NULL),
    MalformedJson("null_fact", '{"facts": [null]}', "facts[0]", Code.NULL),
    MalformedJson("null_property", '{"subject": {"properties": {"plan": null}}}', "subject.properties.plan", Code.NULL),
    MalformedJson("number_for_text", '{"operator": 7}', "operator", Code.WRONG_TYPE),
    MalformedJson(
        "text_for_a_bool", '{"context": {"authenticated": "true"}}', "context.authenticated", Code.WRONG_TYPE
    ),
    MalformedJson("number_for_a_bool", '{"context": {"authenticated": 1}}', "context.authenticated", Code.WRONG_TYPE),
    MalformedJson("text_for_a_list", '{"resource": {"scopes": "class:a1"}}', "resource.scopes", Code.WRONG_TYPE),
    MalformedJson("object_for_a_list", '{"facts": {}}', "facts", Code.WRONG_TYPE),
    MalformedJson("text_for_an_object", '{"subject": "user:lan"}', "subject", Code.WRONG_TYPE),
    MalformedJson("list_for_properties", '{"subject": {"properties": []}}', "subject.properties", Code.WRONG_TYPE),
    MalformedJson("number_for_an_instant", '{"context": {"time": 0}}', "context.time", Code.WRONG_TYPE),
    MalformedJson(
        "instant_without_offset",
        '{"context": {"time": "2026-11-17T09:00:00"}}',
        "context.time",
        Code.OFFSET_MISSING,
        "2026-11-17T09:00:00+07:00",
    ),
    MalformedJson(
        "instant_in_words", '{"facts": [{"valid_from": "today"}]}', "facts[0].valid_from", Code.MALFORMED_TIMESTAMP
    ),
    MalformedJson(
        "nan", '{"resource": {"properties": {"minutes": NaN}}}', "resource.properties.minutes", Code.NOT_FINITE
    ),
    MalformedJson(
        "number_that_overflows",
        '{"resource": {"properties": {"minutes": 1e999}}}',
        "resource.properties.minutes",
        Code.NOT_FINITE,
    ),
    MalformedJson("infinity_for_text", '{"operator": -Infinity}', "operator", Code.NOT_FINITE),
    MalformedJson(
        "number_that_loses_digits",
        '{"subject": {"properties": {"x_n": 9007199254740993}}}',
        "subject.properties.x_n",
        Code.OUT_OF_RANGE,
    ),
    MalformedJson("number_of_thousands_of_digits", f'{{"operator": {"9" * 5000}}}', "", Code.OUT_OF_RANGE),
    MalformedJson("half_a_surrogate_pair", '{"request_id": "\\ud800"}', "request_id", Code.NOT_UNICODE),
    MalformedJson(
        "half_a_surrogate_pair_in_a_key",
        '{"context": {"extra": {"x_\\udc00": 1}}}',
        "context.extra.x_\\udc00",
        Code.NOT_UNICODE,
    ),
    MalformedJson("brackets_without_end", "[" * 100_000, "", Code.TOO_DEEP),
    MalformedJson(
        "properties_too_deep",
        f'{{"context": {{"extra": {{"x_a": {"[" * 8}{"]" * 8}}}}}}}',
        f"context.extra.x_a{'[0]' * 7}",
        Code.TOO_DEEP,
    ),
)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in MALFORMED_JSON])
def test_a_text_that_is_no_request_is_refused_for_that_alone(row: MalformedJson) -> None:
    """What a lenient parser would pass over is an error with its place."""
    with pytest.raises(InvalidRequestError) as caught:
        check_request_from_json(row.text)

    assert [(error.field, error.code) for error in caught.value.errors] == [(row.field, row.code.value)]
    assert caught.value.errors[0].suggestion == row.suggestion


def test_all_mistakes_of_a_text_are_reported_together() -> None:
    """A caller learns everything that makes a text no request from one refusal."""
    text = '{"operater": "a", "subject": {"id": null, "typ": "user"}, "facts": [{"role": {"scope": 1}}], "purpose": []}'

    with pytest.raises(InvalidRequestError) as caught:
        check_request_from_json(text)

    assert [(error.field, error.code) for error in caught.value.errors] == [
        ("operater", "unknown-field"),
        ("subject.id", "null"),
        ("subject.typ", "unknown-field"),
        ("facts[0].role.scope", "wrong-type"),
        ("purpose", "wrong-type"),
    ]


def test_a_request_reads_back_from_its_own_json() -> None:
    """Writing a request as JSON with snake_case names and reading it gives the same message."""
    message = a_request()

    written = message_to_json(message)

    assert "data_subject" in written["resource"]
    assert check_request_from_dict(written) == message
    assert check_request_from_json(json.dumps(written)) == message


def test_camel_case_names_are_read_like_snake_case_names() -> None:
    """Both spellings that protobuf JSON knows mean the same field."""
    snake = {"resource": {"data_subject": "child:minh"}, "context": {"granted_role": "guardian"}}
    camel = {"resource": {"dataSubject": "child:minh"}, "context": {"grantedRole": "guardian"}}

    assert check_request_from_dict(camel) == check_request_from_dict(snake)


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"context": {}}, id="empty_message_is_present"),
        pytest.param({"context": {"extra": {}}}, id="empty_struct_is_present"),
        pytest.param({"consistency": {"minimize_latency": False}}, id="false_in_a_oneof"),
        pytest.param({"context": {"authenticated": False, "channel": ""}}, id="defaults_that_are_present"),
        pytest.param({"context": {"time": "2026-11-17T09:00:00.123456Z"}}, id="fraction"),
        pytest.param({"subject": {"properties": {"x_a": [1, 2.5, "b", True, {"c": []}]}}}, id="values_of_every_kind"),
        pytest.param({"facts": [{}, {"role": {}}]}, id="empty_facts"),
    ],
)
def test_json_means_what_it_means_to_protobuf(members: dict[str, Any]) -> None:
    """What is accepted is read as protobuf's own reader of JSON would read it."""
    assert check_request_from_dict(members) == ParseDict(members, decision_pb2.CheckRequest())


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: {1: "a"}, id="number_as_key"),
        pytest.param(lambda: {"subject": {"properties": {1: "a"}}}, id="number_as_property_key"),
        pytest.param(lambda: {"subject": {"properties": {"x_a": object()}}}, id="value_that_is_no_json"),
        pytest.param(lambda: {"purpose": b"media"}, id="bytes"),
    ],
)
def test_a_mapping_that_is_no_json_is_refused(make: Callable[[], dict[str, object]]) -> None:
    """A mapping made by a program is looked at as closely as a text."""
    with pytest.raises(InvalidRequestError):
        check_request_from_dict(make())


_names = st.sampled_from(
    (
        *("operator", "subject", "type", "id", "resource", "scopes", "properties", "context", "time", "extra", "facts"),
        *("role", "ground", "valid_from", "consistency", "minimize_latency", "minimizeLatency", "x_a", "notice_to"),
    )
)
_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
_json = st.recursive(_leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4))


@given(st.dictionaries(_names, _json, max_size=5))
def test_any_json_object_is_read_as_protobuf_reads_it_or_refused(members: dict[str, Any]) -> None:
    """What is accepted means what protobuf's own reader says; everything else is refused, and nothing fails."""
    try:
        message = check_request_from_json(json.dumps(members))
    except InvalidRequestError:
        return

    assert message == ParseDict(members, decision_pb2.CheckRequest())
