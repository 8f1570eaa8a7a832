"""What each method asks of its caller: every method has an entry, and every entry asks what it must."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from pdp.api.v1 import decision_pb2, facts_pb2, policies_pb2, request_pb2
from pdp.callers import EVERY_METHOD
from pdp.core.caller import LOCAL, Caller, Claim
from pdp.core.errors import NotPermittedError
from pdp.server.access import NEEDS, Need, check_may_call, check_question, permits
from pdp.server.events import json_log
from pdp.server.gate import NOBODY, Gate
from pdp.server.methods import SERVICES, add_contract

OPERATORS = ("homeid", "kidsonline")
KINDS = ("role", "consent", "ground", "containment")
PERMITS = permits(OPERATORS)


def served_methods() -> set[str]:
    """Return the full names of all methods of a server as it is started, those of libraries among them."""
    server: Any = grpc.server(ThreadPoolExecutor(1))
    add_contract(server, {})
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    reflection.enable_server_reflection((reflection.SERVICE_NAME,), server)
    handlers = [*server._state.generic_handlers]
    paths = {path for handler in handlers for path in handler._method_handlers}
    registered = getattr(server._state, "registered_method_handlers", {})
    return {path.removeprefix("/").replace("/", ".") for path in (*paths, *registered)}


def test_every_method_that_is_served_has_an_entry() -> None:
    """A new method that nobody has thought about is found here, and refused until then."""
    served = served_methods()
    assert {method.full_name for service in SERVICES for method in service.methods} <= served
    assert len(served) >= 18
    assert served <= NEEDS.keys()
    assert {method.full_name for service in SERVICES for method in service.methods} == EVERY_METHOD == PERMITS.keys()
    assert {method for method, need in NEEDS.items() if need is Need.GRANTED} == EVERY_METHOD


def test_a_method_without_an_entry_is_refused_to_everybody() -> None:
    """To `local` too, so that it cannot be forgotten; and its messages are refused as well."""
    with pytest.raises(NotPermittedError):
        check_may_call(LOCAL, "pdp.api.v1.DecisionService.Forgotten")
    permit = Gate(None, OPERATORS, json_log(io.StringIO())).permit_of("pdp.api.v1.DecisionService.Forgotten")
    with pytest.raises(NotPermittedError):
        permit(LOCAL, decision_pb2.CheckRequest())


@pytest.mark.parametrize("method", sorted(EVERY_METHOD))
def test_a_method_is_open_to_those_to_whom_it_is_granted(method: str) -> None:
    """And to nobody else."""
    check_may_call(Caller("one", methods=frozenset({method})), method)
    check_may_call(LOCAL, method)
    for other in (Caller("other", methods=EVERY_METHOD - {method}), NOBODY):
        with pytest.raises(NotPermittedError):
            check_may_call(other, method)


def questions() -> Iterator[tuple[str, Any]]:
    """Yield every method that asks a question, and its empty message."""
    for name in ("Check", "LookupSubjects", "LookupResources", "LookupActions", "Explain"):
        request = getattr(decision_pb2, f"{name}Request")()
        yield f"pdp.api.v1.DecisionService.{name}", request


def is_refused(method: str, caller: Caller, message: Any) -> str | None:
    """Return the field for which *message* is refused, None when it is permitted."""
    try:
        PERMITS[method](caller, message)
    except NotPermittedError as error:
        return error.error.field
    return None


@pytest.mark.parametrize("method", [name for name, _ in questions()])
@pytest.mark.parametrize("brought", [*KINDS, "time"])
@pytest.mark.parametrize("allowed", [*Claim, None])
def test_who_may_not_assert_something_is_refused_when_it_brings_it(
    method: str, brought: str, allowed: Claim | None
) -> None:
    """Every kind of fact, and the time, in every method that asks a question: only what is granted is accepted."""
    caller = Caller("app", frozenset({"homeid"}), asserts=frozenset({allowed}) if allowed else frozenset())
    message = dict(questions())[method]
    asked = message.request if method.endswith("Explain") else message
    asked.operator = "homeid"
    if brought == "time":
        asked.context.time.GetCurrentTime()
    else:
        getattr(asked.facts.add(), brought).SetInParent()
    wanted = None if brought == allowed else ("context.time" if brought == "time" else "facts[0]")
    assert is_refused(method, caller, message) == wanted
    assert is_refused(method, LOCAL, message) is None


def test_what_is_refused_is_not_repeated_at_length() -> None:
    """A message of a megabyte would otherwise be answered by three."""
    long = "x\n" * 200_000
    caller = Caller("app", frozenset({"homeid"}), writes=frozenset({Claim.ROLE}), actors=frozenset({"user"}))
    actor = request_pb2.Subject(type=long, id=long)
    user = request_pb2.Subject(type="user", id="a")
    asked = [
        ("DecisionService.Check", decision_pb2.CheckRequest(operator=long)),
        ("DecisionService.Explain", decision_pb2.ExplainRequest(decision_id=long)),
        ("FactService.WriteFacts", facts_pb2.WriteFactsRequest(operator="homeid", actor=actor)),
        ("FactService.ReadFacts", facts_pb2.ReadFactsRequest(filter=facts_pb2.FactFilter(operator=long))),
        (
            "FactService.DeleteFacts",
            facts_pb2.DeleteFactsRequest(operator="homeid", actor=user, filter=facts_pb2.FactFilter(kind=long)),
        ),
    ]
    for name, message in asked:
        with pytest.raises(NotPermittedError) as caught:
            PERMITS[f"pdp.api.v1.{name}"](caller, message)
        error = caught.value.error
        assert all(
            len(text) < 300 and text.isprintable() for text in (error.value, error.message.vi, error.message.en)
        ), name


def test_each_fact_of_a_request_is_looked_at() -> None:
    """One that is accepted does not cover the next."""
    message = decision_pb2.CheckRequest(operator="homeid")
    message.facts.add().role.SetInParent()
    message.facts.add().consent.SetInParent()
    caller = Caller("app", frozenset({"homeid"}), asserts=frozenset({Claim.ROLE}))
    assert is_refused("pdp.api.v1.DecisionService.Check", caller, message) == "facts[1]"


def test_a_fact_of_no_kind_is_refused_to_who_may_assert_none() -> None:
    """Whatever a later version may make of it."""
    message = decision_pb2.CheckRequest(operator="homeid", facts=[facts_pb2.Fact()])
    with pytest.raises(NotPermittedError):
        check_question(Caller("app", frozenset({"homeid"})), message)


def a_write(**fields: Any) -> facts_pb2.WriteFactsRequest:
    """Return a write of a role for the user lan."""
    good = {"operator": "homeid", "actor": request_pb2.Subject(type="user", id="lan")}
    facts = [facts_pb2.Fact(role=facts_pb2.RoleAssignment())]
    return facts_pb2.WriteFactsRequest(**{**good, "facts": facts, **fields})


WRITER = Caller(
    "register",
    frozenset({"homeid"}),
    writes=frozenset({Claim.ROLE}),
    actors=frozenset({"user", "service:import"}),
)
WRITES_ALL = Caller("all", frozenset({"homeid"}), writes=frozenset(Claim) - {Claim.TIME}, actors=frozenset({"user"}))
WRITE, DELETE = "pdp.api.v1.FactService.WriteFacts", "pdp.api.v1.FactService.DeleteFacts"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        pytest.param(a_write(), None, id="a role for a user"),
        pytest.param(a_write(actor=request_pb2.Subject(type="service", id="import")), None, id="for the one service"),
        pytest.param(a_write(actor=request_pb2.Subject(type="service", id="x")), "actor", id="for another service"),
        pytest.param(a_write(actor=None), "actor", id="for nobody"),
        pytest.param(a_write(operator="kidsonline"), "operator", id="another operator"),
        pytest.param(a_write(facts=[facts_pb2.Fact(ground=facts_pb2.Ground())]), "facts[0]", id="another kind"),
        pytest.param(a_write(facts=[facts_pb2.Fact()]), "facts[0]", id="no kind"),
        pytest.param(a_write(delete_ids=["f-1"]), "delete_ids", id="and deletes something"),
    ],
)
def test_a_write_is_looked_at(message: facts_pb2.WriteFactsRequest, field: str | None) -> None:
    """Its operator, its actor, and the kind of everything that it writes or deletes."""
    assert is_refused(WRITE, WRITER, message) == field


@pytest.mark.parametrize(
    ("fields", "writer", "everything"),
    [
        pytest.param({"filter": facts_pb2.FactFilter(kind="role")}, None, None, id="of its kind"),
        pytest.param({"filter": facts_pb2.FactFilter(kind="ground")}, "filter.kind", None, id="of another kind"),
        pytest.param({"filter": facts_pb2.FactFilter()}, "filter.kind", None, id="of any kind"),
        pytest.param({"ids": ["f-1"]}, "ids", None, id="by id"),
        pytest.param({"ids": ["f"], "filter": facts_pb2.FactFilter(kind="role")}, "ids", None, id="by both"),
        pytest.param({}, "filter.kind", None, id="nothing in particular"),
        pytest.param(
            {"filter": facts_pb2.FactFilter(kind="role", operator="kidsonline")},
            "filter.operator",
            "filter.operator",
            id="of another operator",
        ),
    ],
)
def test_a_deletion_is_looked_at(fields: dict[str, Any], writer: str | None, everything: str | None) -> None:
    """Where the kind of what is deleted cannot be seen, it has to be permitted for all of them."""
    actor = request_pb2.Subject(type="user", id="lan")
    message = facts_pb2.DeleteFactsRequest(operator="homeid", actor=actor, **fields)
    assert is_refused(DELETE, WRITER, message) == writer
    assert is_refused(DELETE, WRITES_ALL, message) == everything


def test_explanations_at_level_admin_are_for_those_to_whom_they_are_granted() -> None:
    """And those of a decision by its id, at either level."""
    method = "pdp.api.v1.DecisionService.Explain"
    request = decision_pb2.CheckRequest(operator="homeid")
    admin = Caller("office", frozenset({"homeid"}), explains_as_admin=True)
    app = Caller("app", frozenset({"homeid"}))
    asked = decision_pb2.ExplainRequest(request=request, level="admin")
    assert (is_refused(method, app, asked), is_refused(method, admin, asked)) == ("level", None)
    by_id = decision_pb2.ExplainRequest(decision_id="d-1")
    assert [is_refused(method, who, by_id) for who in (app, admin, LOCAL)] == ["decision_id", None, None]


def test_what_is_in_force_for_all_is_shown_to_those_who_may_ask_about_all() -> None:
    """An empty operator stands for all of them, and for none of those that are granted."""
    method = "pdp.api.v1.PolicyService.GetPolicySet"
    every = policies_pb2.GetPolicySetRequest()
    assert is_refused(method, Caller("one", frozenset({"homeid"})), every) == "operator"
    assert is_refused(method, Caller("all", frozenset(OPERATORS)), every) is None
    assert is_refused(method, LOCAL, every) is None
