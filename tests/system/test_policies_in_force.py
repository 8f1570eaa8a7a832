"""PolicyService says what is in force, as answers do."""

import hashlib
from collections.abc import Callable

import grpc
import pytest

from pdp.api.v1 import decision_pb2, policies_pb2
from pdp.decision_point import DecisionPoint
from tests.malformed_requests import a_request
from tests.system.conftest import POLICIES
from tests.system.running import CHECK, Answer, ask

GET = "/pdp.api.v1.PolicyService/GetPolicySet"


@pytest.fixture
def get(channel: grpc.Channel) -> Callable[[str], Answer]:
    """Return what asks for the policy set of an operator."""
    return lambda operator: ask(channel, GET, policies_pb2.GetPolicySetRequest(operator=operator).SerializeToString())


def in_force(answer: Answer) -> list[policies_pb2.OperatorPolicy]:
    """Return the policy sets that *answer* names."""
    return list(policies_pb2.GetPolicySetResponse.FromString(answer.body).policies)


def test_what_is_in_force_is_what_answers(get: Callable[[str], Answer], channel: grpc.Channel) -> None:
    """The revision is that of the answers, the digests are those of the files, and the set is indexed."""
    (policy,) = in_force(get("kidsonline"))
    response = decision_pb2.CheckResponse.FromString(ask(channel, CHECK, a_request().SerializeToString()).body)
    assert policy.revision == response.revision
    assert policy.tier == "indexed"
    assert policy.rules > policy.clauses > 0
    assert policy.activated_by == "server"
    assert policy.activated_at.seconds > 0
    assert policy.engine_version
    assert policy.files
    for file in policy.files:
        assert file.digest == hashlib.sha256((POLICIES / file.path).read_bytes()).hexdigest()


def test_all_operators_that_are_served(get: Callable[[str], Answer], point: DecisionPoint) -> None:
    """No operator named: all of them, in order."""
    assert [policy.operator for policy in in_force(get(""))] == sorted(point.policies)


def test_an_unknown_operator_is_the_callers_mistake(get: Callable[[str], Answer]) -> None:
    """The nearest known one is suggested."""
    answer = get("kidsonlin")
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [(error.field, error.suggestion) for error in answer.errors] == [("operator", "kidsonline")]
