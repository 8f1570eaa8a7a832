"""Two questions that differ anywhere differ in their keys."""

import dataclasses
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from pdp.core.content import LEFT_OUT, encoded, of_properties, of_request, of_survey, of_wanted
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.request import Request, Resource
from pdp.core.survey import GroundsSurveyed, Survey
from pdp.core.wanted import GroundsWanted, Wanted
from tests.builders import NOON

A, B = Entity("user", "a"), Entity("user", "b")
ROLE: Final = RoleAssignment(A, "teacher", B, None)
REQUEST: Final = Request("r", "o", A, "read", Resource("photo", "1", A, (B,), {"k": 1}), "care")

CHANGES: Final[dict[str, Any]] = {
    "operator": "p",
    "subject": B,
    "action": "write",
    "resource": replace(REQUEST.resource, id="2"),
    "purpose": "media",
    "subject_properties": {"k": True},
    "context": {"k": "x"},
    "extra": {"k": "x"},
    "facts": (Fact(ROLE),),
}


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Request)])
def test_every_field_of_a_request_is_in_its_key_or_left_out_for_a_reason(field: str) -> None:
    """A field that somebody adds has to be given a place."""
    if field in LEFT_OUT:
        assert LEFT_OUT[field]
        return
    changed = replace(REQUEST, **{field: CHANGES[field]})

    assert of_request(changed, "p") != of_request(REQUEST, "p")
    assert encoded(of_request(changed, "p")) != encoded(of_request(REQUEST, "p"))


RECORDS: Final[list[tuple[Any, dict[str, Any]]]] = [
    (
        REQUEST.resource,
        {"type": "x", "id": "x", "data_subject": None, "scopes": (A,), "properties": {"k": True}},
    ),
    (ROLE, {"subject": B, "role": "x", "scope": A, "granted_by": A}),
    (
        Consent(A, B, ("p",), ("c",), "given"),
        {
            "data_subject": B, "given_by": A, "purposes": ("q",), "categories": (), "status": "refused",
            "recipient": A, "form": "written", "properties": {"k": 1},
        },
    ),
    (
        Ground("ticket", A, "open"),
        {
            "kind": "order", "id": B, "status": "closed", "beneficiary": A, "data_subject": A,
            "properties": {"k": 1},
        },
    ),
    (Containment(A, B), {"entity": B, "container": A}),
    (
        Wanted(frozenset(), frozenset(), frozenset(), (), frozenset(), frozenset(), frozenset()),
        {
            "start": frozenset({A}), "holders": frozenset({A}), "people": frozenset({A}),
            "grounds": (GroundsWanted(frozenset({"x"})),), "naming": frozenset({"x"}), "ids": frozenset({"x"}),
            "subjects": frozenset({A}),
        },
    ),
    (
        GroundsWanted(frozenset({"x"})),
        {
            "kinds": frozenset({"y"}), "beneficiaries": frozenset({A}), "data_subjects": frozenset({None}),
            "concerns": frozenset[Any](), "within": True,
        },
    ),
    (
        Survey(),
        {
            "about": frozenset({A}), "people": frozenset({A}), "grounds": (GroundsSurveyed("x"),),
            "ids": frozenset({"x"}), "everything": True,
        },
    ),
    (GroundsSurveyed("x"), {"kind": "y", "data_subjects": frozenset({A})}),
    (Fact(ROLE), {"kind": replace(ROLE, subject=B), "valid_from": NOON, "valid_until": NOON, "stored": True}),
]  # fmt: skip

NOT_IN_KEYS: Final = {("Fact", "id"), ("Wanted", "questions")}
"""The id is made of what stands in the key, and only what one question wants is kept."""


def _content(record: Any) -> Any:
    match record:
        case Resource():
            return of_request(replace(REQUEST, resource=record), "p")
        case RoleAssignment() | Consent() | Ground() | Containment():
            return of_request(replace(REQUEST, facts=(Fact(record),)), "p")
        case Fact():
            return of_request(replace(REQUEST, facts=(record,)), "p")
        case Wanted():
            return of_wanted("o", record)
        case GroundsWanted():
            base = Wanted(frozenset(), frozenset(), frozenset(), (record,), frozenset(), frozenset(), frozenset())
            return of_wanted("o", base)
        case GroundsSurveyed():
            return of_survey("o", Survey(grounds=(record,)), 5)
        case _:
            return of_survey("o", record, 5)


@pytest.mark.parametrize(("record", "changes"), RECORDS, ids=[type(record).__name__ for record, _ in RECORDS])
def test_every_field_of_what_a_request_holds_is_in_the_key(record: Any, changes: dict[str, Any]) -> None:
    """The same for resources, facts, and what is wanted of a store."""
    name = type(record).__name__
    fields = {field.name for field in dataclasses.fields(record)}
    assert fields == changes.keys() | {left for of, left in NOT_IN_KEYS if of == name}
    for field, value in changes.items():
        changed = replace(record, **{field: value})
        assert _content(changed) != _content(record), field
        assert encoded(_content(changed)) != encoded(_content(record)), field


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"k": 1}, {"k": True}),
        ({"k": 0}, {"k": False}),
        ({"k": "1"}, {"k": 1}),
        ({"k": "user:a"}, {"k": A}),
        ({"k": ("user:a",)}, {"k": (A,)}),
        ({"k": ()}, {}),
        ({"k": ("a", "b")}, {"k": ("a,b",)}),
        ({"k": 2**53}, {"k": 2**53 + 1}),
        ({"k": NOON}, {"k": NOON + timedelta(microseconds=1)}),
        ({"k": "\u00e9"}, {"k": "e\u0301"}),
    ],
)
def test_values_of_other_types_are_other_values(one: Any, other: Any) -> None:
    """Where Python would say that two values are one, keys do not."""
    assert of_properties(one) != of_properties(other)
    assert encoded(of_properties(one)) != encoded(of_properties(other))


def test_the_order_of_properties_does_not_matter() -> None:
    """Two maps that are equal have one key."""
    assert of_properties({"a": 1, "b": 2}) == of_properties({"b": 2, "a": 1})


def _anything(chosen: random.Random, depth: int = 0) -> Any:
    pieces = ("", "a", "b", "ab", "a:b", ":", "s", "\x00", "\x00\x00\x00\x01", "l", "e", "user", "1")
    match chosen.randrange(8 if depth < 3 else 5):
        case 0:
            return chosen.choice((None, True, False, 0, 1, -1, 10))
        case 1 | 2:
            return chosen.choice(pieces) + chosen.choice(pieces)
        case 3:
            return Entity(chosen.choice(("a", "ab", "b")), chosen.choice(pieces))
        case 4:
            return chosen.choice((str, int, bool, Entity))
        case 5:
            return frozenset(chosen.choice(pieces) for _ in range(chosen.randrange(3)))
        case _:
            return tuple(_anything(chosen, depth + 1) for _ in range(chosen.randrange(4)))


def _typed(value: Any) -> str:
    """Return a text that two values share only if they are one value of one type."""
    if isinstance(value, frozenset):
        return f"frozenset{sorted(map(_typed, value))}"
    if isinstance(value, tuple):
        return f"({','.join(map(_typed, value))},)"
    return f"{type(value).__name__} {value!r}"


def unequal_with_equal_bytes(encode: Any, pairs: int = 40_000) -> int:
    """Return how many different values have the bytes of another one."""
    chosen = random.Random(7)
    seen: dict[bytes, str] = {}
    wrong = 0
    for _ in range(pairs):
        value = _anything(chosen)
        wrong += seen.setdefault(encode(value), _typed(value)) != _typed(value)
    return wrong


def test_no_two_values_have_the_same_bytes() -> None:
    """Of tens of thousands of values made of the bytes that the form itself uses, no two fall together."""
    assert unequal_with_equal_bytes(encoded) == 0


@pytest.mark.parametrize(
    "twin",
    [
        lambda value: str(value).encode(),
        lambda value: encoded(value)[5:],
        lambda value: b":".join(map(encoded, value)) if isinstance(value, tuple) else encoded(value),
    ],
    ids=["as-text", "without-type", "joined"],
)
def test_shorter_forms_are_found_out(twin: Any) -> None:
    """The twins: values as text, without their type, or joined by a sign fall together."""
    assert unequal_with_equal_bytes(twin) > 0
