"""In a batch, what nobody can tell apart is decided once; whatever could matter is decided for itself."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmarks.served.situations import with_three_facts
from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.request import Consistency, Request
from pdp.deciding.sharing import SharedAnswer
from pdp.decision_point import DecisionPoint
from tests.builders import a_decision_point, read, the_cases, the_policy_set

ONMEETING = "onmeeting"


def named(request: Request, *ids: str) -> list[Request]:
    """Return *request* about resources of these *ids*, alike in everything else."""
    return [replace(request, resource=replace(request.resource, id=id_)) for id_ in ids]


def photos(count: int = 20) -> list[Request]:
    """Return what a mother asks for: photos of her child that differ in their names."""
    return named(read(with_three_facts()), *(f"ảnh-{number}" for number in range(count)))


def head_of_one_photo() -> list[Request]:
    """Return the same of somebody whose only role is held in one of the photos."""
    first, *_ = photos()
    scope = Entity(first.resource.type, "ảnh-3")
    head = Fact(RoleAssignment(first.subject, "primary_guardian", scope))
    facts = tuple(fact for fact in first.facts if not isinstance(fact.kind, RoleAssignment))
    return named(replace(first, facts=(head, *facts)), *(f"ảnh-{number}" for number in range(6)))


def answers(point: DecisionPoint, requests: Sequence[Request]) -> list[Decision]:
    """Return the answers to *requests* in one batch, without ids."""
    found = point.check_batch(requests[0].operator, requests, Consistency())
    return [replace(each, decision_id="", request_id="") for each in found if isinstance(each, Decision)]


def alone(point: DecisionPoint, requests: Sequence[Request]) -> list[Decision]:
    """Return the answers to *requests* one by one, without ids."""
    return [replace(point.check(each), decision_id="", request_id="") for each in requests]


def differs(point: DecisionPoint, requests: Sequence[Request]) -> bool:
    """Say whether *requests* are answered otherwise in a batch than alone."""
    return answers(point, requests) != alone(point, requests)


def of_meetings() -> list[list[Request]]:
    """Return the cases of an operator whose conditions look at the resource itself, each beside one of another name."""
    requests = [case.request for case in the_cases(ONMEETING) if "concerns" in str(case.question)]
    return [named(each, *ids) for each in requests for ids in ((each.resource.id, "x"), ("x", each.resource.id))]


def test_a_batch_answers_what_each_item_is_answered_alone() -> None:
    """Whether a fact names one of the resources, a condition looks at it, or nobody can tell them apart."""
    assert not differs(a_decision_point(), photos())
    assert not differs(a_decision_point(), head_of_one_photo())
    meetings = a_decision_point(the_policy_set(ONMEETING))
    assert not any(differs(meetings, requests) for requests in of_meetings())


def test_what_cannot_be_told_apart_is_decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty photos of one child for one mother are one decision, with an id for each."""
    decided: list[Request] = []
    made = SharedAnswer.__init__

    def counting(self: SharedAnswer, policy: object, request: Request, *rest: object) -> None:
        decided.append(request)
        made(self, policy, request, *rest)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(SharedAnswer, "__init__", counting)
    point = a_decision_point()
    found = point.check_batch("kidsonline", photos(), Consistency())

    assert len(decided) == 1
    assert len({each.decision_id for each in found if isinstance(each, Decision)}) == 20


def test_a_twin_that_looks_at_no_facts_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: it shares an answer whatever facts say of the resource."""
    monkeypatch.setattr("pdp.deciding.sharing._ids_named", lambda _facts: frozenset[str]())
    assert differs(a_decision_point(), head_of_one_photo())


def test_a_twin_that_looks_at_no_conditions_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: it shares an answer although a condition looks at the resource itself."""
    policy = the_policy_set(ONMEETING)
    monkeypatch.setattr(policy.residuals, "looks_at_id", lambda _asked: False)
    assert any(differs(a_decision_point(policy), requests) for requests in of_meetings())
