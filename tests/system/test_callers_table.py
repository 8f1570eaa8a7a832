"""Who may call what about whom: every caller, every method and every operator, over real connections."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from pdp.api.v1 import decision_pb2, facts_pb2, policies_pb2, request_pb2
from pdp.decision_point import DecisionPoint
from pdp.server.access import NOT_PERMITTED
from pdp.server.methods import SERVICES
from pdp.wire.words import Words
from tests.credentials import a_token
from tests.system.guarded import SPIFFE_GATE, House, bearer, with_key
from tests.system.running import refusal

OPERATORS = ("homeid", "kidsonline", "kiotviet", "onmeeting", "welearning")
METHODS = tuple(method.full_name.removeprefix("pdp.api.v1.") for service in SERVICES for method in service.methods)
QUESTIONS = ("Check", "CheckBatch", "CheckStream", "Explain", "LookupSubjects", "LookupResources", "LookupActions")

GRANTED: dict[str, tuple[set[str], set[str]]] = {
    "app": ({"kidsonline", "homeid"}, {f"DecisionService.{name}" for name in QUESTIONS}),
    "register": (
        {"kidsonline"},
        {f"FactService.{name}" for name in ("WriteFacts", "DeleteFacts", "ReadFacts", "WatchFacts")}
        | {"DecisionService.Check"},
    ),
    "gate": ({"onmeeting"}, {"DecisionService.Check", "DecisionService.CheckStream"}),
    "office": (
        set(OPERATORS),
        {f"PolicyService.{name}" for name in ("GetPolicySet", "Validate", "Diff", "Reload")}
        | {"DecisionService.Explain", "FactService.ReadFacts"},
    ),
}
"""Written out here once more, and not taken from the code: caller -> operators, methods."""

ACTOR = request_pb2.Subject(type="user", id="lan")


def message(method: str, operator: str) -> bytes:
    """Return a message to *method* about *operator* that is permitted wherever the method and the operator are."""
    question = decision_pb2.CheckRequest(operator=operator)
    role = facts_pb2.RoleAssignment()
    messages = {
        "CheckBatch": decision_pb2.CheckBatchRequest(requests=[question]),
        "Explain": decision_pb2.ExplainRequest(request=question),
        "LookupSubjects": decision_pb2.LookupSubjectsRequest(operator=operator),
        "LookupResources": decision_pb2.LookupResourcesRequest(operator=operator),
        "LookupActions": decision_pb2.LookupActionsRequest(operator=operator),
        "WriteFacts": facts_pb2.WriteFactsRequest(operator=operator, actor=ACTOR, facts=[facts_pb2.Fact(role=role)]),
        "DeleteFacts": facts_pb2.DeleteFactsRequest(
            operator=operator, actor=ACTOR, filter=facts_pb2.FactFilter(kind="role")
        ),
        "ReadFacts": facts_pb2.ReadFactsRequest(filter=facts_pb2.FactFilter(operator=operator)),
        "WatchFacts": facts_pb2.WatchFactsRequest(operator=operator, from_token="of another store"),
        "GetPolicySet": policies_pb2.GetPolicySetRequest(operator=operator),
        "Validate": policies_pb2.ValidateRequest(),
        "Diff": policies_pb2.DiffRequest(operator=operator),
        "Reload": policies_pb2.ReloadRequest(operator=operator),
    }
    return messages.get(method.partition(".")[2], question).SerializeToString()


def is_refused(channel: Any, method: str, body: bytes, metadata: Sequence[tuple[str, str]]) -> bool:
    """Send *body* and say whether the caller was told that it may not; fail when it is told that it is unknown."""
    service, name = method.split(".")
    path = f"/pdp.api.v1.{method.replace('.', '/')}"
    kind = next(
        (known.client_streaming, known.server_streaming)
        for each in SERVICES
        if each.name == service
        for known in each.methods
        if known.name == name
    )
    try:
        if kind == (True, True):
            answers = list(channel.stream_stream(path)(iter([body]), timeout=10, metadata=metadata))
            return bool(decision_pb2.CheckResult.FromString(answers[0]).error.code == NOT_PERMITTED)
        if kind == (False, True):
            for _ in channel.unary_stream(path)(body, timeout=2, metadata=metadata):
                return False
            return False
        answer = channel.unary_unary(path)(body, timeout=10, metadata=metadata)
    except grpc.RpcError as error:
        told = refusal(error)
        assert told.code is not grpc.StatusCode.UNAUTHENTICATED
        if told.code is grpc.StatusCode.PERMISSION_DENIED:
            assert [each.code for each in told.errors] == [NOT_PERMITTED]
            return True
        return False
    if name == "CheckBatch":
        (result,) = decision_pb2.CheckBatchResponse.FromString(answer).results
        return bool(result.error.code == NOT_PERMITTED)
    return False


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house with all its files."""
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def addresses(house: House, point: DecisionPoint, words: Words) -> Iterator[dict[bool, str]]:
    """Serve twice: to callers with certificates (True) and to those with tokens and keys."""
    with (
        house.serving(point, words, io.StringIO(), certificates=True) as mutual,
        house.serving(point, words, io.StringIO(), certificates=False) as plain,
    ):
        yield {True: mutual.address, False: plain.address}


SHOWN = ["app by token", "app by key", "register by key", "gate by certificate", "office by token"]


@pytest.mark.parametrize("shown", SHOWN)
def test_every_method_about_every_operator_is_open_to_those_alone_to_whom_it_is_granted(
    house: House, addresses: dict[bool, str], shown: str
) -> None:
    """The table: each method of each service about each operator, and nothing else than what it grants."""
    caller, _, kind = shown.partition(" by ")
    metadata: list[tuple[str, str]] = []
    if kind != "certificate":
        metadata = bearer(a_token(house.key, sub=caller)) if kind == "token" else with_key(house.api_keys[caller])
    certified = house.authority.client(SPIFFE_GATE) if kind == "certificate" else None
    operators, methods = GRANTED[caller]
    with house.connected(addresses[certified is not None], certified) as channel:
        found = {
            (method, operator): is_refused(channel, method, message(method, operator), metadata)
            for method in METHODS
            for operator in OPERATORS
        }
    wanted = {
        (method, operator): method not in methods or (operator not in operators and method != "PolicyService.Validate")
        for method in METHODS
        for operator in OPERATORS
    }
    assert len(found) == len(METHODS) * len(OPERATORS) >= 75
    assert found == wanted


def test_the_table_has_every_method(tmp_path: Path) -> None:
    """Each method of the contract is granted to somebody and refused to somebody: no row is empty."""
    for method in METHODS:
        granted = [method in methods for _, methods in GRANTED.values()]
        assert any(granted), method
        assert not all(granted), method
