"""Requests that cannot be right, as data: each is a valid one with one thing changed, and what must be said of it.

Every message here can be sent over a connection, so that the same table serves against a running server.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import NullValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from pdp.api.v1 import decision_pb2
from pdp.wire.codes import Code

_FACTS: Final[list[dict[str, Any]]] = [
    {"role": {"subject": "user:lan", "role": "primary_guardian", "scope": "child:minh"}},
    {
        "ground": {
            "kind": "registration",
            "id": "registration:r-1",
            "beneficiary": "user:lan",
            "data_subject": "child:minh",
            "status": "active",
            "properties": {"registrar": "school:hoa-sen"},
        }
    },
    {
        "consent": {
            "data_subject": "child:minh",
            "given_by": "user:lan",
            "purposes": ["media"],
            "categories": ["child_photo"],
            "recipient": "org:toa-soan",
            "form": "written",
            "status": "given",
            "properties": {"explicit": True},
        },
        "valid_from": "2026-01-05T00:00:00Z",
        "valid_until": "2027-01-05T00:00:00Z",
    },
    {"containment": {"entity": "child:minh", "container": "class:a1"}},
]

_REQUEST: Final[dict[str, Any]] = {
    "request_id": "r-1",
    "operator": "kidsonline",
    "subject": {"type": "user", "id": "lan"},
    "action": {"name": "read"},
    "resource": {
        "type": "child_photo",
        "id": "anh-1",
        "data_subject": "child:minh",
        "scopes": ["class:a1", "school:hoa-sen"],
        "properties": {"pictured": ["child:minh", "child:an"], "encrypted": True},
    },
    "purpose": "family_follow_up",
    "context": {
        "time": "2026-11-17T09:00:00+07:00",
        "authenticated": True,
        "authentication_method": "password",
        "transport_encrypted": True,
        "channel": "mobile_app",
    },
    "facts": _FACTS,
}


def a_request() -> decision_pb2.CheckRequest:
    """Return a valid request that holds a fact of each kind."""
    return ParseDict(_REQUEST, decision_pb2.CheckRequest())


_MEETING: Final[dict[str, Any]] = {
    "operator": "onmeeting",
    "subject": {"type": "user", "id": "nam", "properties": {"plan": "free", "verified_channels": ["email"]}},
    "action": {"name": "host"},
    "resource": {"type": "meeting", "id": "hop-1", "properties": {"minutes": 30, "participants_after": 10}},
    "purpose": "online_meeting",
    "context": {"authenticated": True, "notice_to": ["authorities"]},
}


def a_meeting() -> decision_pb2.CheckRequest:
    """Return a valid request to another operator, whose keys hold numbers and lists of known values."""
    return ParseDict(_MEETING, decision_pb2.CheckRequest())


Change = Callable[[decision_pb2.CheckRequest], None]


@dataclass(frozen=True, slots=True)
class MalformedRequest:
    """One change that spoils a valid request, and the mistake that must be reported: only this one, exactly so.

    *suggestion* None stands for whatever is suggested.
    """

    name: str
    change: Change
    field: str
    code: Code
    suggestion: str | None = ""
    base: Callable[[], decision_pb2.CheckRequest] = a_request

    def message(self) -> decision_pb2.CheckRequest:
        """Return the spoilt request."""
        message = self.base()
        self.change(message)
        return message


def put(path: str, value: Any) -> Change:
    """Return the change that puts *value* at *path*: text, a number, a list, or the JSON of a message."""

    def change(message: decision_pb2.CheckRequest) -> None:
        owner, last = _owner(message, path)
        if isinstance(owner, Struct):
            _put_in_struct(owner, last, value)
            return
        target = getattr(owner, last)
        if isinstance(target, Timestamp):
            target.FromJsonString(value)
        elif isinstance(value, list):
            del target[:]
            for element in value:
                if isinstance(element, dict):
                    ParseDict(element, target.add())
                else:
                    target.append(element)
        elif isinstance(value, dict):
            target.Clear()
            ParseDict(value, target)
            target.SetInParent()
        else:
            setattr(owner, last, value)

    return change


def drop(path: str) -> Change:
    """Return the change that leaves out what stands at *path*."""

    def change(message: decision_pb2.CheckRequest) -> None:
        owner, last = _owner(message, path)
        if isinstance(owner, Struct):
            del owner.fields[last]
        else:
            owner.ClearField(last)

    return change


def both(*changes: Change) -> Change:
    """Return the change that makes all of *changes*."""

    def change(message: decision_pb2.CheckRequest) -> None:
        for each in changes:
            each(message)

    return change


def unknown_field(path: str) -> Change:
    """Return the change that gives the message at *path* a field 999 of which this version knows nothing."""

    def change(message: decision_pb2.CheckRequest) -> None:
        target: Any = message
        for part in filter(None, path.split(".")):
            target = _step(target, part)
        target.SetInParent()
        target.MergeFromString(b"\xba\x3e\x01x")

    return change


def _owner(message: Message, path: str) -> tuple[Any, str]:
    *way, last = path.split(".")
    target: Any = message
    for part in way:
        target = _step(target, part)
    return target, last


def _step(target: Any, part: str) -> Any:
    name, at = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", part).groups()  # type: ignore[union-attr]
    found: Any = target.fields[name] if isinstance(target, Struct) else getattr(target, name)
    if at is None:
        return found
    return found.list_value.values[int(at)] if isinstance(found, Value) else found[int(at)]


def _put_in_struct(struct: Struct, key: str, value: Any) -> None:
    if isinstance(value, Value):
        struct.fields[key].CopyFrom(value)
    else:
        struct[key] = value


_LONG: Final = "a" * 4097
_CUT: Final = f"{'a' * 99}…"
_NULL: Final = Value(null_value=NullValue.NULL_VALUE)
_NAN: Final = Value(number_value=math.nan)


def _nested(levels: int) -> Any:
    """Return lists nested *levels* deep, the innermost of them empty."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def _roles(count: int) -> list[dict[str, Any]]:
    return [
        {"role": {"subject": f"user:u-{at}", "role": "family_member", "scope": "child:minh"}} for at in range(count)
    ]


def _of_incident(occurred_at: Any) -> Change:
    incident = {"kind": "incident", "id": "incident:sc-1", "status": "open", "properties": {"occurred_at": occurred_at}}
    return put("facts", [{"ground": incident}])


def _put_into_another_class(message: decision_pb2.CheckRequest) -> None:
    again = message.facts.add()
    again.CopyFrom(message.facts[3])
    again.containment.container = f"{again.containment.container}-khac"


def _tell_again(message: decision_pb2.CheckRequest, status: str) -> None:
    again = message.facts.add()
    again.CopyFrom(message.facts[1])
    again.ground.status = status


def _bad(
    name: str,
    path: str,
    value: Any,
    code: Code,
    suggestion: str | None = "",
    *,
    field: str = "",
    base: Callable[[], decision_pb2.CheckRequest] = a_request,
) -> MalformedRequest:
    """Return the row of a bad *value* at *path*, reported there or at *field*."""
    return MalformedRequest(name, put(path, value), field or path, code, suggestion, base)


def _missing(name: str, path: str, code: Code = Code.REQUIRED, *, field: str = "") -> MalformedRequest:
    """Return the row of a missing value, reported at its *path* or at *field*."""
    return MalformedRequest(name, drop(path), field or path, code)


_REQUIRED: Final = (
    _missing("operator_missing", "operator"),
    _missing("subject_type_missing", "subject.type"),
    _missing("subject_id_missing", "subject.id"),
    _missing("action_missing", "action", field="action.name"),
    _missing("resource_type_missing", "resource.type"),
    _missing("resource_id_missing", "resource.id"),
    _missing("purpose_missing", "purpose"),
    _missing("fact_that_says_nothing", "facts[0].role", field="facts[0]"),
    _missing("role_without_subject", "facts[0].role.subject"),
    _missing("role_without_role", "facts[0].role.role"),
    _missing("role_without_scope", "facts[0].role.scope"),
    _missing("ground_without_kind", "facts[1].ground.kind"),
    _missing("ground_without_id", "facts[1].ground.id"),
    _missing("ground_without_status", "facts[1].ground.status"),
    _missing("ground_without_beneficiary", "facts[1].ground.beneficiary", Code.LACKS_REQUIRED),
    _missing("ground_without_data_subject", "facts[1].ground.data_subject", Code.LACKS_REQUIRED),
    _bad(
        "ground_without_required_property",
        "facts",
        [{"ground": {"kind": "complaint", "id": "complaint:kn-1", "status": "open"}}],
        Code.LACKS_REQUIRED,
        field="facts[0].ground.properties.opened_by",
        base=a_meeting,
    ),
    _missing("consent_without_data_subject", "facts[2].consent.data_subject"),
    _missing("consent_without_giver", "facts[2].consent.given_by"),
    _missing("consent_without_status", "facts[2].consent.status"),
    _missing("given_consent_to_no_purpose", "facts[2].consent.purposes", Code.LACKS_REQUIRED),
    _missing("given_consent_to_no_category", "facts[2].consent.categories", Code.LACKS_REQUIRED),
    _missing("containment_of_nothing", "facts[3].containment.entity"),
    _missing("containment_in_nothing", "facts[3].containment.container"),
)

_WORDS: Final = (
    _bad("operator_mistyped", "operator", "kidonline", Code.UNKNOWN_WORD, "kidsonline"),
    _bad("operator_in_capitals", "operator", "KidsOnline", Code.UNKNOWN_WORD, "kidsonline"),
    _bad("action_mistyped", "action.name", "reed", Code.UNKNOWN_WORD, "read"),
    _bad("action_unlike_any", "action.name", "qqqqq", Code.UNKNOWN_WORD),
    _bad("category_mistyped", "resource.type", "child_foto", Code.UNKNOWN_WORD, "child_photo"),
    _bad("category_with_hyphen", "resource.type", "child-photo", Code.UNKNOWN_WORD, "child_photo"),
    _bad("purpose_mistyped", "purpose", "famly_follow_up", Code.UNKNOWN_WORD, "family_follow_up"),
    _bad("purpose_with_space_behind", "purpose", "media ", Code.UNKNOWN_WORD, "media"),
    _bad("role_mistyped", "facts[0].role.role", "primary_gardian", Code.UNKNOWN_WORD, "primary_guardian"),
    _bad("ground_kind_mistyped", "facts[1].ground.kind", "registraton", Code.UNKNOWN_WORD, "registration"),
    _bad("ground_status_of_another_kind", "facts[1].ground.status", "open", Code.UNKNOWN_WORD),
    _bad("ground_status_mistyped", "facts[1].ground.status", "activ", Code.UNKNOWN_WORD, "active"),
    _bad("consent_status_mistyped", "facts[2].consent.status", "gven", Code.UNKNOWN_WORD, "given"),
    _bad("consent_form_mistyped", "facts[2].consent.form", "writen", Code.UNKNOWN_WORD, "written"),
    _bad(
        "consent_purpose_mistyped",
        "facts[2].consent.purposes",
        ["media", "marketting"],
        Code.UNKNOWN_WORD,
        "marketing",
        field="facts[2].consent.purposes[1]",
    ),
    _bad(
        "consent_category_mistyped",
        "facts[2].consent.categories",
        ["child_vidio"],
        Code.UNKNOWN_WORD,
        "child_video",
        field="facts[2].consent.categories[0]",
    ),
    _bad(
        "consent_purpose_empty", "facts[2].consent.purposes", [""], Code.REQUIRED, field="facts[2].consent.purposes[0]"
    ),
    _bad("context_value_mistyped", "context.channel", "mobil_app", Code.UNKNOWN_WORD, "mobile_app"),
    _bad("context_role_mistyped", "context.granted_role", "famly_member", Code.UNKNOWN_WORD, "family_member"),
    _bad(
        "context_list_element_mistyped",
        "context.notice_to",
        ["data_subjects", "authorites"],
        Code.UNKNOWN_WORD,
        "authorities",
        field="context.notice_to[1]",
        base=a_meeting,
    ),
    _bad("property_value_mistyped", "resource.properties.product", "kidonline", Code.UNKNOWN_WORD, "kidsonline"),
    _bad(
        "property_list_element_mistyped",
        "subject.properties.verified_channels",
        ["phone", "emial"],
        Code.UNKNOWN_WORD,
        "email",
        field="subject.properties.verified_channels[1]",
        base=a_meeting,
    ),
    _bad(
        "unknown_field_of_the_resource",
        "resource.properties.fields",
        ["name", "adress"],
        Code.UNKNOWN_WORD,
        "address",
        field="resource.properties.fields[1]",
    ),
    _bad(
        "category_in_property_mistyped",
        "facts",
        [
            {
                "ground": {
                    "kind": "authorisation",
                    "id": "authorisation:uq-1",
                    "beneficiary": "user:nam",
                    "data_subject": "user:hoa",
                    "status": "valid",
                    "properties": {"categories": ["contact", "profil"]},
                }
            }
        ],
        Code.UNKNOWN_WORD,
        "profile",
        field="facts[0].ground.properties.categories[1]",
        base=a_meeting,
    ),
)

_KEYS: Final = (
    _bad("subject_property_unknown", "subject.properties.prodct", "kidsonline", Code.UNKNOWN_KEY, "product"),
    _bad("resource_property_unknown", "resource.properties.encryptd", True, Code.UNKNOWN_KEY, "encrypted"),
    _bad(
        "ground_property_unknown",
        "facts[1].ground.properties.registrer",
        "school:hoa-sen",
        Code.UNKNOWN_KEY,
        "registrar",
    ),
    _bad("consent_property_unknown", "facts[2].consent.properties.explict", True, Code.UNKNOWN_KEY, "explicit"),
    _bad("extra_key_undeclared", "context.extra.shift", "night", Code.UNKNOWN_KEY),
    _bad(
        "extra_key_that_is_a_field_of_context", "context.extra.necessary", True, Code.UNKNOWN_KEY, "context.necessary"
    ),
    _bad("action_property", "action.properties.bulk", True, Code.UNKNOWN_KEY),
    _bad("key_in_capitals", "resource.properties.X_note", "a", Code.UNKNOWN_KEY, None),
    _bad("subject_property_of_another_operator", "subject.properties.plan", "free", Code.NOT_FOR_THIS_OPERATOR, None),
    _bad("resource_property_of_another_operator", "resource.properties.minutes", 30, Code.NOT_FOR_THIS_OPERATOR, None),
    _bad("context_property_of_another_operator", "context.step_up", "passed", Code.NOT_FOR_THIS_OPERATOR, None),
    _bad("context_list_of_another_operator", "context.notice_to", ["authorities"], Code.NOT_FOR_THIS_OPERATOR, None),
    _bad("ground_kind_of_another_operator", "facts[1].ground.kind", "payment", Code.NOT_FOR_THIS_OPERATOR, None),
    _bad(
        "ground_property_of_another_operator",
        "facts[1].ground.properties.concerns",
        "school:hoa-sen",
        Code.NOT_FOR_THIS_OPERATOR,
        None,
    ),
)

_ENTITIES: Final = (
    _bad("subject_type_in_capitals", "subject.type", "User", Code.MALFORMED_ENTITY, "user"),
    _bad("subject_type_too_long", "subject.type", "a" * 33, Code.MALFORMED_ENTITY),
    _bad("subject_id_decomposed", "subject.id", "nguye\u0302\u0303n", Code.MALFORMED_ENTITY, "nguy\u1ec5n"),
    _bad("subject_id_with_space", "subject.id", " lan", Code.MALFORMED_ENTITY, "lan"),
    _bad("subject_id_with_zero_width_space", "subject.id", "la\u200bn", Code.MALFORMED_ENTITY, "lan"),
    _bad("subject_id_with_newline", "subject.id", "lan\n", Code.MALFORMED_ENTITY, "lan"),
    _bad("subject_id_with_nul", "subject.id", "la\0n", Code.MALFORMED_ENTITY, "lan"),
    _bad("subject_id_unassigned", "subject.id", "a\u0378", Code.MALFORMED_ENTITY, "a"),
    _bad("subject_id_of_spaces", "subject.id", "  ", Code.MALFORMED_ENTITY),
    _bad("subject_id_over_256_bytes", "subject.id", "ễ" * 86, Code.MALFORMED_ENTITY),
    _bad("resource_id_with_space", "resource.id", "anh-1 ", Code.MALFORMED_ENTITY, "anh-1"),
    _bad("data_subject_without_type", "resource.data_subject", "minh", Code.MALFORMED_ENTITY, "type:id"),
    _bad(
        "data_subject_with_type_in_capitals", "resource.data_subject", "Child:minh", Code.MALFORMED_ENTITY, "child:minh"
    ),
    _bad("data_subject_without_id", "resource.data_subject", "child:", Code.MALFORMED_ENTITY, "type:id"),
    _bad(
        "data_subject_with_space_behind_the_colon",
        "resource.data_subject",
        "child: minh",
        Code.MALFORMED_ENTITY,
        "child:minh",
    ),
    _bad(
        "scope_malformed",
        "resource.scopes",
        ["class:a1", "hoa-sen"],
        Code.MALFORMED_ENTITY,
        "type:id",
        field="resource.scopes[1]",
    ),
    _bad("scope_empty", "resource.scopes", ["class:a1", ""], Code.EMPTY, field="resource.scopes[1]"),
    _bad(
        "pictured_person_malformed",
        "resource.properties.pictured",
        ["child:minh", "an"],
        Code.MALFORMED_ENTITY,
        "type:id",
        field="resource.properties.pictured[1]",
    ),
    _bad("recipient_malformed", "context.recipient", "org", Code.MALFORMED_ENTITY, "type:id"),
    _bad("role_scope_malformed", "facts[0].role.scope", "child minh", Code.MALFORMED_ENTITY, "type:id"),
    _bad("granter_malformed", "facts[0].role.granted_by", "hoa", Code.MALFORMED_ENTITY, "type:id"),
    _bad("beneficiary_malformed", "facts[1].ground.beneficiary", "user:lan\t", Code.MALFORMED_ENTITY, "user:lan"),
    _bad("registrar_malformed", "facts[1].ground.properties.registrar", "hoa-sen", Code.MALFORMED_ENTITY, "type:id"),
    _bad("consent_recipient_malformed", "facts[2].consent.recipient", ":x", Code.MALFORMED_ENTITY, "type:id"),
    _bad("container_malformed", "facts[3].containment.container", "1class:a1", Code.MALFORMED_ENTITY, "type:id"),
)

_TYPES: Final = (
    _bad("text_for_a_bool", "resource.properties.encrypted", "true", Code.WRONG_TYPE, "true"),
    _bad("number_for_a_bool", "resource.properties.encrypted", 1, Code.WRONG_TYPE),
    _bad("bool_for_a_number", "resource.properties.minutes", True, Code.WRONG_TYPE, base=a_meeting),
    _bad("text_for_a_number", "resource.properties.minutes", "30", Code.WRONG_TYPE, "30", base=a_meeting),
    _bad("half_a_minute", "resource.properties.minutes", 30.5, Code.NOT_WHOLE, base=a_meeting),
    _bad("not_a_number", "resource.properties.minutes", _NAN, Code.NOT_WHOLE, base=a_meeting),
    _bad("infinite_number", "resource.properties.minutes", math.inf, Code.NOT_WHOLE, base=a_meeting),
    _bad(
        "number_beyond_what_a_double_holds", "resource.properties.minutes", 2.0**60, Code.OUT_OF_RANGE, base=a_meeting
    ),
    _bad("text_for_a_list", "resource.properties.pictured", "child:minh", Code.WRONG_TYPE),
    _bad("list_for_text", "resource.properties.product", ["kidsonline"], Code.WRONG_TYPE),
    _bad(
        "object_for_an_entity",
        "facts[1].ground.properties.registrar",
        {"type": "school", "id": "hoa-sen"},
        Code.WRONG_TYPE,
    ),
    _bad(
        "number_in_a_list_of_entities",
        "resource.properties.pictured",
        ["child:minh", 7],
        Code.WRONG_TYPE,
        field="resource.properties.pictured[1]",
    ),
    _bad("null_property", "resource.properties.encrypted", _NULL, Code.NULL),
    _bad("value_of_no_kind", "resource.properties.encrypted", Value(), Code.NULL),
    _bad(
        "null_in_a_list",
        "resource.properties.pictured",
        ["child:minh", None],
        Code.NULL,
        field="resource.properties.pictured[1]",
    ),
    _bad("null_under_an_unread_key", "context.extra.x_trace", _NULL, Code.NULL),
    _bad("nan_under_an_unread_key", "context.extra.x_trace", _NAN, Code.NOT_FINITE),
    _bad("empty_channel", "context.channel", "", Code.EMPTY),
    _bad("empty_recipient", "context.recipient", "", Code.EMPTY),
    _bad("empty_granted_role", "context.granted_role", "", Code.EMPTY),
    _bad("empty_special_case", "context.special_case", "", Code.EMPTY),
    _bad("empty_property", "resource.properties.product", "", Code.EMPTY),
    _bad("no_field_asked_for", "resource.properties.fields", [], Code.EMPTY),
    _bad("empty_token", "consistency", {"at_least_as_fresh": ""}, Code.EMPTY, field="consistency.at_least_as_fresh"),
)

_INSTANTS: Final = (
    _bad("time_out_of_range", "context.time.seconds", 253_402_300_800, Code.OUT_OF_RANGE, field="context.time"),
    _bad("time_before_year_one", "context.time.seconds", -(1 << 60), Code.OUT_OF_RANGE, field="context.time"),
    _bad("nanos_negative", "context.time.nanos", -1, Code.OUT_OF_RANGE, field="context.time"),
    _bad("nanos_of_a_second", "context.time.nanos", 1_000_000_000, Code.OUT_OF_RANGE, field="context.time"),
    _bad(
        "session_start_out_of_range",
        "context.session_started_at.seconds",
        1 << 60,
        Code.OUT_OF_RANGE,
        field="context.session_started_at",
    ),
    _bad(
        "term_start_out_of_range",
        "facts[0].valid_from.seconds",
        1 << 60,
        Code.OUT_OF_RANGE,
        field="facts[0].valid_from",
    ),
    _bad("term_that_ends_when_it_begins", "facts[2].valid_until", "2026-01-05T00:00:00Z", Code.EMPTY_TERM),
    _bad("term_that_ends_before_it_begins", "facts[2].valid_until", "2025-01-05T00:00:00Z", Code.EMPTY_TERM),
    _bad("term_of_less_than_a_microsecond", "facts[2].valid_until", "2026-01-05T00:00:00.000000999Z", Code.EMPTY_TERM),
    MalformedRequest(
        "instant_without_offset",
        _of_incident("2026-11-17T09:00:00"),
        "facts[0].ground.properties.occurred_at",
        Code.OFFSET_MISSING,
        "2026-11-17T09:00:00+07:00",
        base=a_meeting,
    ),
    MalformedRequest(
        "instant_that_is_a_date",
        _of_incident("2026-11-17"),
        "facts[0].ground.properties.occurred_at",
        Code.MALFORMED_TIMESTAMP,
        base=a_meeting,
    ),
    MalformedRequest(
        "instant_of_no_calendar",
        _of_incident("2026-02-30T09:00:00Z"),
        "facts[0].ground.properties.occurred_at",
        Code.MALFORMED_TIMESTAMP,
        base=a_meeting,
    ),
    MalformedRequest(
        "instant_with_a_space",
        _of_incident("2026-11-17 09:00:00Z"),
        "facts[0].ground.properties.occurred_at",
        Code.MALFORMED_TIMESTAMP,
        base=a_meeting,
    ),
    MalformedRequest(
        "instant_before_year_one_in_utc",
        _of_incident("0001-01-01T00:00:00+07:00"),
        "facts[0].ground.properties.occurred_at",
        Code.MALFORMED_TIMESTAMP,
        base=a_meeting,
    ),
    MalformedRequest(
        "instant_as_seconds",
        _of_incident(1_795_000_000),
        "facts[0].ground.properties.occurred_at",
        Code.WRONG_TYPE,
        base=a_meeting,
    ),
)

_SIZES: Final = (
    _bad("facts_too_many", "facts", _roles(65), Code.TOO_MANY),
    _bad("scopes_too_many", "resource.scopes", [f"class:a{at}" for at in range(17)], Code.TOO_MANY),
    MalformedRequest(
        "keys_too_many",
        both(*(put(f"subject.properties.x_{at}", at) for at in range(65))),
        "subject.properties",
        Code.TOO_MANY,
    ),
    _bad(
        "keys_too_many_below_an_unread_key",
        "subject.properties.x_map",
        {f"k{at}": at for at in range(65)},
        Code.TOO_MANY,
    ),
    _bad("list_too_long", "resource.properties.pictured", ["child:minh"] * 257, Code.TOO_MANY),
    _bad("list_too_long_below_an_unread_key", "context.extra.x_list", [1] * 257, Code.TOO_MANY),
    _bad("consent_purposes_too_many", "facts[2].consent.purposes", ["media"] * 257, Code.TOO_MANY),
    _bad("notice_to_too_many", "context.notice_to", ["authorities"] * 257, Code.TOO_MANY, base=a_meeting),
    _bad("request_id_too_long", "request_id", _LONG, Code.TOO_LONG),
    _bad("text_too_long_in_bytes", "context.special_case", "ễ" * 1366, Code.TOO_LONG),
    _bad("word_too_long", "purpose", _LONG, Code.TOO_LONG),
    _bad("entity_too_long", "facts[0].role.scope", f"child:{_LONG}", Code.TOO_LONG),
    _bad("subject_type_too_long_to_be_a_text", "subject.type", _LONG, Code.TOO_LONG),
    _bad("known_value_too_long", "context.channel", _LONG, Code.TOO_LONG),
    _bad("ground_kind_too_long", "facts[1].ground.kind", _LONG, Code.TOO_LONG),
    _bad(
        "property_key_too_long", f"resource.properties.{_LONG}", 1, Code.TOO_LONG, field=f"resource.properties.{_CUT}"
    ),
    MalformedRequest(
        "instant_too_long", _of_incident(_LONG), "facts[0].ground.properties.occurred_at", Code.TOO_LONG, "", a_meeting
    ),
    _bad(
        "key_too_long_below_an_unread_key",
        "context.extra.x_map",
        {_LONG: 1},
        Code.TOO_LONG,
        field=f"context.extra.x_map.{_CUT}",
    ),
    _bad("subject_id_too_long", "subject.id", _LONG, Code.TOO_LONG),
    _bad("unread_text_too_long", "context.extra.x_note", _LONG, Code.TOO_LONG),
    _bad("unread_key_too_long", f"context.extra.x_{_LONG}", 1, Code.TOO_LONG, field=f"context.extra.x_{'a' * 97}…"),
    _bad(
        "unread_value_too_deep",
        "context.extra.x_deep",
        _nested(8),
        Code.TOO_DEEP,
        field=f"context.extra.x_deep{'[0]' * 7}",
    ),
    _bad(
        "unread_value_far_too_deep",
        "action.properties.x_deep",
        _nested(25),
        Code.TOO_DEEP,
        field=f"action.properties.x_deep{'[0]' * 7}",
    ),
)

_RELATIONS: Final = (
    _bad("guardian_of_a_class", "facts[0].role.scope", "class:a1", Code.NOT_HELD_IN, "child"),
    _bad(
        "teacher_of_the_operator",
        "facts[0].role",
        {"subject": "user:lan", "role": "teacher", "scope": "operator:kidsonline"},
        Code.NOT_HELD_IN,
        "class, school",
        field="facts[0].role.scope",
    ),
    _bad("data_subject_assigned", "facts[0].role.role", "data_subject", Code.NEVER_ASSIGNED),
    _bad(
        "role_with_another_operator",
        "facts[0].role",
        {"subject": "user:lan", "role": "support_staff", "scope": "operator:homeid"},
        Code.FOREIGN_OPERATOR,
        "operator:kidsonline",
        field="facts[0].role.scope",
    ),
    _bad(
        "resource_of_another_operator",
        "resource.scopes",
        ["operator:homeid"],
        Code.FOREIGN_OPERATOR,
        "operator:kidsonline",
        field="resource.scopes[0]",
    ),
    _bad(
        "container_that_is_another_operator",
        "facts[3].containment.container",
        "operator:homeid",
        Code.FOREIGN_OPERATOR,
        "operator:kidsonline",
    ),
    _bad("fact_of_another_operator", "facts[0].operator", "homeid", Code.FOREIGN_OPERATOR, "kidsonline"),
    _bad("fact_with_an_id", "facts[0].id", "f-1", Code.GIVEN_BY_SERVER),
    _bad("child_inside_itself", "facts[3].containment.container", "child:minh", Code.CONTAINS_ITSELF),
    MalformedRequest(
        "ground_told_in_two_ways",
        lambda message: _tell_again(message, status="ended"),
        "facts[4].ground",
        Code.TWO_TRUTHS,
    ),
    MalformedRequest(
        "child_in_two_classes_at_once",
        _put_into_another_class,
        "facts[4].containment",
        Code.TWO_TRUTHS,
    ),
)

_UNKNOWN_FIELDS: Final = tuple(
    MalformedRequest(
        f"unknown_field_in_{re.sub(r'[^a-z0-9]+', '_', path or 'request').strip('_')}",
        unknown_field(path),
        f"{path}.999" if path else "999",
        Code.UNKNOWN_FIELD,
    )
    for path in (
        "",
        "subject",
        "action",
        "resource",
        "resource.properties",
        "context",
        "context.time",
        "context.extra",
        "facts[0]",
        "facts[0].role",
        "facts[1].ground",
        "facts[1].ground.properties",
        "facts[2].valid_until",
        "facts[2].consent",
        "facts[3].containment",
        "consistency",
        "resource.properties.encrypted",
        "resource.properties.pictured",
        "resource.properties.pictured[1]",
    )
)

_UNKNOWN_FIELDS_UNREAD: Final = tuple(
    MalformedRequest(
        f"unknown_field_in_an_unread_{name}",
        both(put("context.extra.x_a", value), unknown_field(f"context.extra.x_a{part}")),
        "context.extra.x_a.999",
        Code.UNKNOWN_FIELD,
    )
    for name, value, part in (
        ("value", 1, ""),
        ("object", {"b": 1}, ".struct_value"),
        ("list", [1], ".list_value"),
    )
)

_UNKNOWN_FIELD_IN_A_LIST: Final = MalformedRequest(
    "unknown_field_in_the_list_of_a_property",
    unknown_field("resource.properties.pictured.list_value"),
    "resource.properties.pictured.999",
    Code.UNKNOWN_FIELD,
)

MALFORMED_REQUESTS: Final = (
    *_REQUIRED,
    *_WORDS,
    *_KEYS,
    *_ENTITIES,
    *_TYPES,
    *_INSTANTS,
    *_SIZES,
    *_RELATIONS,
    *_UNKNOWN_FIELDS,
    *_UNKNOWN_FIELDS_UNREAD,
    _UNKNOWN_FIELD_IN_A_LIST,
)
