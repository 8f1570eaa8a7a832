"""A request that cannot be right is refused over the connection, and everything that is wrong is told."""

import grpc
import pytest

from tests.malformed_requests import MALFORMED_REQUESTS, MalformedRequest, a_request
from tests.system.running import CHECK, ask


@pytest.mark.parametrize("case", MALFORMED_REQUESTS, ids=lambda case: case.name)
def test_a_malformed_request_is_refused_with_the_field_named(channel: grpc.Channel, case: MalformedRequest) -> None:
    """The status says INVALID_ARGUMENT, and both kinds of details name the field."""
    answer = ask(channel, CHECK, case.message().SerializeToString())

    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [(error.code, error.field) for error in answer.errors] == [(case.code.value, case.field)]
    assert [violation.field for violation in answer.violations] == [case.field]
    assert all(error.message["vi"] and error.message["en"] for error in answer.errors)


def test_the_request_that_is_spoilt_is_right(channel: grpc.Channel) -> None:
    """Without its mistake it is decided: otherwise the table would show nothing."""
    assert ask(channel, CHECK, a_request().SerializeToString()).code is grpc.StatusCode.OK


def test_all_mistakes_of_a_request_are_told_at_once(channel: grpc.Channel) -> None:
    """The caller does not have to find them one by one."""
    request = a_request()
    request.purpose, request.action.name, request.resource.type = "a", "b", "c"
    answer = ask(channel, CHECK, request.SerializeToString())
    assert {error.field for error in answer.errors} == {"purpose", "action.name", "resource.type"}
    assert {violation.field for violation in answer.violations} == {error.field for error in answer.errors}


def test_a_request_full_of_mistakes_still_gets_its_status(channel: grpc.Channel) -> None:
    """The details keep within what gRPC carries, and say that there is more."""
    request = a_request()
    for number in range(60):
        request.facts.add().role.subject = f"không đúng {number} " + "ệ" * 90
    answer = ask(channel, CHECK, request.SerializeToString())
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.errors[-1].code == "more-errors"
    assert len(answer.violations) == len(answer.errors)
