"""Conditions that are hard to gather for: negations, empty fields, things that the request does not name."""

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from pdp.core.entity import Entity
from pdp.core.facts import Fact, Ground
from pdp.core.request import Request
from pdp.core.wanted import Wanted
from pdp.decision_point import DecisionPoint
from pdp.gathering import Wanting
from pdp.policy_set import PolicySet
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from tests.builders import KIDSONLINE, MOTHER, AlwaysAt, Edit, a_condition, a_policy_set, a_request, a_row, edit_row
from tests.stores.gathering_laws import Everything, filled
from tests.stores.writing import entity, fact

CONDITIONS = (
    "some support_ticket where (its beneficiary is subject and its data_subject is resource.data_subject)",
    "no support_ticket where (its beneficiary is subject and its data_subject is resource.data_subject)",
    "no support_ticket where (its data_subject is person and its status is open)",
    "not some support_ticket where (its beneficiary is subject)",
    "some support_ticket where (its beneficiary is subject or its data_subject is resource.data_subject)",
    "no support_ticket where (its beneficiary is subject or subject has type service)",
    "no support_ticket where (its beneficiary is context.recipient)",
    "some support_ticket where (its beneficiary is one of [user:lan, user:hoa])",
    "no support_ticket where (its opened_by is subject)",
    "no support_ticket where (its opened_by holds primary_guardian and its data_subject is resource.data_subject)",
    "some support_ticket where (its id is in resource.scopes)",
    "no support_ticket where (not its beneficiary is stated or its beneficiary is subject)",
    "no support_ticket where (its beneficiary is in resource.pictured)",
    "each person (no support_ticket where (its data_subject is person))",
    "each person (some support_ticket where (its data_subject is person and its beneficiary is subject))",
    "some support_ticket",
    "no support_ticket",
)

PEOPLE = (None, "user:lan", "user:hoa", "user:an", "child:minh", "child:an")


def policy_with(condition: str, effect: str) -> PolicySet:
    """Return the policy with one more row that rests on *condition*; beside one that denies another always allows."""
    rows = [a_condition("probe", condition), a_row("probe-row", effect, "any, read, operator_material, any", "probe")]
    if effect == "allow":
        # Nothing else may allow, or the row under test would not be seen.
        return a_policy_set(*rows, _without_guide())
    return a_policy_set(*rows)


def _without_guide() -> Edit:
    return edit_row("p, read-the-guide, allow, any, read, operator_material, any, always, KIDS-3.1, nothing")


def tickets(chosen: random.Random) -> list[Fact]:
    """Return a few tickets whose fields hold this and that, or nothing."""
    found = []
    for number in range(chosen.randint(0, 4)):
        beneficiary, data_subject, opened_by = (chosen.choice(PEOPLE) for _ in range(3))
        properties = {} if opened_by is None else {"opened_by": entity(opened_by)}
        kind = Ground(
            "support_ticket",
            Entity("support_ticket", f"t-{number}"),
            chosen.choice(("open", "closed")),
            None if beneficiary is None else entity(beneficiary),
            None if data_subject is None else entity(data_subject),
            properties,
        )
        found.append(fact(kind))
    return found


def questions() -> list[Request]:
    """Return questions that name more or less."""
    found = []
    for about, recipient, pictured in itertools.product((None, "child:minh"), (None, "user:hoa"), (None, "child:an")):
        base = a_request(MOTHER, facts=[])
        context = {} if recipient is None else {"recipient": entity(recipient)}
        properties = {} if pictured is None else {"pictured": (entity(pictured),)}
        resource = replace(
            base.resource,
            type="operator_material",
            data_subject=None if about is None else entity(about),
            scopes=(),
            properties=properties,
        )
        found.append(replace(base, action="read", resource=resource, context=context))
    return found


def answers(policy: PolicySet, source: object, requests: list[Request]) -> list[tuple[object, ...]]:
    """Return whether each request is allowed."""
    point = DecisionPoint({KIDSONLINE: policy}, source, AlwaysAt(), NoDecisionLog())  # type: ignore[arg-type]
    return [(d.allowed, d.obligations) for d in map(point.check, requests)]


@pytest.mark.parametrize("effect", ["allow", "deny"])
@pytest.mark.parametrize("condition", CONDITIONS, ids=range(len(CONDITIONS)))
def test_a_condition_is_true_of_what_is_gathered_when_it_is_true_of_everything(condition: str, effect: str) -> None:
    """However a condition ties grounds to the request, the answer is that of looking at every fact."""
    policy = policy_with(condition, effect)
    chosen = random.Random(condition)
    for _ in range(25):
        facts = tickets(chosen)
        store = filled(MemoryFacts(), facts)
        assert answers(policy, store, questions()) == answers(policy, Everything(facts), questions())


def test_leaving_out_what_names_nobody_is_caught() -> None:
    """A gathering that forgets empty fields answers a `no ...` otherwise: the test above can fail."""

    class NoEmptyFields(MemoryFacts):
        def gather(self, operator: str, wanted: Wanted, consistency: Any) -> Any:
            groups = tuple(
                replace(
                    group,
                    beneficiaries=_without_none(group.beneficiaries),
                    data_subjects=_without_none(group.data_subjects),
                )
                for group in wanted.grounds
            )
            return super().gather(operator, replace(wanted, grounds=groups), consistency)

    condition = "no support_ticket where (its data_subject is person and its status is open)"
    policy = policy_with(condition, "allow")
    chosen = random.Random(1)
    worlds = [tickets(chosen) for _ in range(50)]
    alike = [
        answers(policy, filled(NoEmptyFields(), facts), questions()) == answers(policy, Everything(facts), questions())
        for facts in worlds
    ]

    assert not all(alike)


def _without_none(keys: Any) -> Any:
    return None if keys is None else keys - {None}


def test_what_no_rule_looks_at_is_not_gathered() -> None:
    """A question about public material wants no ground of whoever asks: the rules for it look at none."""
    wanted = Wanting({KIDSONLINE: a_policy_set()}).of(questions()[0])

    assert all(group.beneficiaries is not None or group.data_subjects is not None for group in wanted.grounds)
