"""The fast reader reads what the precise one reads, and leaves to it whatever is out of the ordinary."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import DecodeError

from pdp.api.v1 import decision_pb2
from pdp.core.errors import InvalidRequestError
from pdp.core.facts import Fact
from pdp.core.request import Request
from pdp.wire.json_form import check_request_from_dict
from pdp.wire.outline import NotPlainError
from pdp.wire.plain_requests import LONGEST_REMEMBERED, PlainReader
from pdp.wire.request_reader import RequestReader
from pdp.wire.requests import request_from_wire
from tests.builders import the_words
from tests.malformed_requests import MALFORMED_REQUESTS, MalformedRequest, a_request

POLICIES = Path(__file__).parents[3] / "policies"


@cache
def messages() -> tuple[decision_pb2.CheckRequest, ...]:
    """Return the requests of all cases; read when a test asks, since collecting the tests needs none of them."""
    return tuple(
        check_request_from_dict(case["request"])
        for file in sorted(POLICIES.glob("*/cases*.json"))
        for case in json.loads(file.read_text("utf-8"))
    )


def plainly(message: decision_pb2.CheckRequest, reader: PlainReader | None = None) -> Request | None:
    """Return what the fast reader reads, None when it leaves *message* to the precise one."""
    try:
        return (reader or PlainReader(the_words(), {})).request(message.SerializeToString())
    except NotPlainError:
        return None


def test_every_request_of_the_cases_is_read_alike() -> None:
    """Twice, so that what is remembered is compared too; nearly all of them are plain."""
    reader = PlainReader(the_words(), {})
    left = 0
    for message in [*messages(), *messages()]:
        found = plainly(message, reader)
        left += found is None
        assert found is None or found == request_from_wire(message, the_words())
    assert left < len(messages()) // 50


@pytest.mark.parametrize("case", MALFORMED_REQUESTS, ids=lambda case: case.name)
def test_what_is_not_right_is_left_to_the_precise_reader(case: MalformedRequest) -> None:
    """It says what is wrong, as it does alone."""
    assert plainly(case.message()) is None
    with pytest.raises(InvalidRequestError) as alone:
        request_from_wire(case.message(), the_words())
    with pytest.raises(InvalidRequestError) as together:
        RequestReader(the_words()).request(case.message().SerializeToString())
    assert together.value.errors == alone.value.errors


def _unread(message: Any) -> None:
    message.context.extra["x_trace"] = "t-1"


def _long(message: Any) -> None:
    message.resource.properties["product"] = "kidsonline"
    for number in range(40):
        message.resource.scopes.append(f"class:{number}")


def _own_consistency(message: Any) -> None:
    message.consistency.fully_consistent = True


def _unknown_field(message: Any) -> None:
    message.MergeFromString(b"\xa0\x06\x01")


def _unknown_field_of_a_fact(message: Any) -> None:
    message.facts[0].MergeFromString(b"\xa0\x06\x01")


def _long_fact(message: Any) -> None:
    message.facts[0].role.granted_by = "user:" + "a" * LONGEST_REMEMBERED


@pytest.mark.parametrize(
    "change", [_unread, _long, _own_consistency, _unknown_field, _unknown_field_of_a_fact, _long_fact]
)
def test_what_is_out_of_the_ordinary_is_left_to_the_precise_reader(change: Callable[[Any], None]) -> None:
    """None of these is plain, and what becomes of it is what the precise reader makes of it."""
    message = a_request()
    change(message)
    assert plainly(message) is None
    assert outcome(lambda: RequestReader(the_words()).request(message.SerializeToString())) == outcome(
        lambda: request_from_wire(message, the_words())
    )


def test_an_action_with_a_field_of_the_number_0_is_left_to_the_precise_reader() -> None:
    """No message has one: the parser refuses the bytes, and so has to be asked."""
    plain, message = PlainReader(the_words(), {}), a_request()
    whole = message.SerializeToString()
    action = message.action.SerializeToString()
    odd = whole.replace(bytes([len(action)]) + action, bytes([len(action) + 2]) + action + b"\0\0")
    assert plain.request(whole) == request_from_wire(message, the_words())
    with pytest.raises(DecodeError):
        decision_pb2.CheckRequest.FromString(odd)
    with pytest.raises(NotPlainError):
        plain.request(odd)


def outcome(read: Callable[[], Request]) -> object:
    """Return what *read* gives, or what is wrong."""
    try:
        return read()
    except InvalidRequestError as error:
        return error.errors


def a_registered_family() -> decision_pb2.CheckRequest:
    """Return a plain request of the kindergarten with a kind of ground that other operators do not know."""
    found = decision_pb2.CheckRequest()
    found.CopyFrom(next(m for m in messages() if any(fact.ground.kind == "registration" for fact in m.facts)))
    return found


def test_facts_of_one_operator_are_not_those_of_another() -> None:
    """What is remembered is remembered for one operator: its kinds of fact are its own."""
    reader = PlainReader(the_words(), {})
    assert plainly(a_registered_family(), reader) is not None
    assert plainly(of_another(a_registered_family()), reader) is None


def of_another(message: decision_pb2.CheckRequest) -> decision_pb2.CheckRequest:
    """Return *message* as if it were asked of the meeting service, without circumstances."""
    message.operator = "onmeeting"
    message.ClearField("context")
    return message


class Mixed(PlainReader):
    """A twin that remembers facts by their bytes alone."""

    def _read_fact(self, _operator: str, content: bytes) -> Fact:
        return super()._read_fact("kidsonline", content)


def test_a_memory_without_the_operator_would_mix_them_up() -> None:
    """The twin: it takes a fact that this operator cannot have."""
    assert plainly(of_another(a_registered_family()), Mixed(the_words(), {})) is not None
