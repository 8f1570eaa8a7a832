"""The terms that OnMeeting promises are those that its answers carry: days, minutes and years, by kind of complaint."""

from typing import Any, Final

import pytest

from pdp.policy_set import PolicySet
from tests.builders import Edit, a_policy_set, answer, read, the_policy_set

OPERATOR: Final = "onmeeting"
CUSTOMER: Final = "user:le"
HANDLER: Final = "user:nhung"


def a_complaint(**properties: Any) -> dict[str, Any]:
    """Return the open complaint of the customer that is assigned to the handler."""
    ground = {
        "kind": "complaint",
        "id": "complaint:kn-1",
        "beneficiary": HANDLER,
        "data_subject": CUSTOMER,
        "status": "open",
        "properties": {"opened_by": CUSTOMER, **properties},
    }
    return {"ground": ground}


def terms(policy: PolicySet, action: str, category: str, fact: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Return the parameters of every obligation of the handler's *action*, by obligation."""
    role = {"role": {"subject": HANDLER, "role": "complaint_staff", "scope": "operator:onmeeting"}}
    question = {
        "operator": OPERATOR,
        "subject": {"type": "user", "id": HANDLER.removeprefix("user:")},
        "action": {"name": action},
        "resource": {"type": category, "id": "kn-1", "data_subject": CUSTOMER, "scopes": ["complaint:kn-1"]},
        "purpose": "complaint_resolution",
        "context": {"time": "2026-11-24T10:00:00+07:00", "authenticated": True, **context},
        "facts": [role, fact],
    }
    found = answer(policy, read(question))
    assert found.allowed, found.reasons
    return {obligation.id: dict(obligation.parameters) for obligation in found.obligations}


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        pytest.param({"type": "information"}, 1, id="information"),
        pytest.param({}, 1, id="not classified"),
        pytest.param({"type": "payment"}, 3, id="payment"),
        pytest.param({"type": "quality"}, 7, id="quality"),
        pytest.param({"type": "staff_attitude"}, 7, id="another"),
    ],
)
def test_a_complaint_is_resolved_within_the_days_of_its_kind(kind: dict[str, str], days: int) -> None:
    """One day where it affects the customer's information or is not classified, three for payment, else seven."""
    owed = terms(the_policy_set(OPERATOR), "read", "contact", a_complaint(**kind))

    assert owed["resolve_complaint_within"] == {"days": days}


def test_a_longer_term_for_a_leak_is_noticed() -> None:
    """The broken twin: a policy that gives a leak seven days owes another term."""
    term = "{when: complaint_may_be_about_information, is: %d}"
    broken = a_policy_set(Edit("obligations.yaml", term % 1, term % 7), operator=OPERATOR)

    owed = terms(broken, "read", "contact", a_complaint(type="information"))

    assert owed["resolve_complaint_within"] != {"days": 1}


def test_an_answer_is_owed_within_two_hours() -> None:
    """Once the units have replied the customer is answered within 120 minutes."""
    fact = a_complaint(type="quality", units_replied_at="2026-11-24T09:30:00+07:00")
    owed = terms(the_policy_set(OPERATOR), "respond", "complaint_record", fact, recipient=CUSTOMER)

    assert owed["answer_within"] == {"minutes": 120}
