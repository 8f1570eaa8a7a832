"""What a caller owes for an answer."""

import pytest

from pdp.deciding.obligations import leave_out, plain, property_at
from tests.builders import (
    CHILD,
    NOON,
    OPERATOR,
    Edit,
    Json,
    a_policy_set,
    a_publication,
    a_question,
    a_request,
    a_role,
    a_row,
    answer,
    policy_lines,
    read,
    the_policy_set,
)


def _routed(product: str | None = "schoolonline", mailbox: str = "schoolonline") -> Json:
    """Return the request to pass a support request to a mailbox."""
    question = a_question(OPERATOR, [a_role(OPERATOR, "operator", OPERATOR)], action="send", purpose="customer_support")
    properties = {} if product is None else {"product": product}
    question["resource"] = {"type": "support_request", "id": "yc-1", "properties": properties}
    question["context"] = {"recipient": f"mailbox:{mailbox}"}
    return question


def _owing(id_: str, owes: str) -> Edit:
    """Return the edit that makes a rule impose an obligation."""
    row = next(line for line in policy_lines() if line.startswith(f"p, {id_},"))
    return Edit("policy.csv", row, row.rpartition(",")[0] + f", {owes}")


def test_an_allow_carries_what_its_rules_impose() -> None:
    """An obligation comes with its clause, its parameters, whether it is due before acting, and in both languages."""
    (owed,) = answer(the_policy_set(), read(_routed())).obligations

    assert (owed.id, owed.clause, owed.before) == ("route_to_product_mailbox", "KIDS-4.2", False)
    assert owed.parameters == {"product": "schoolonline"}
    assert owed.message.vi
    assert owed.message.en


def test_a_deny_carries_what_the_rules_that_deny_impose() -> None:
    """A denial may ask for something too: the demand of a court goes to the legal department first."""
    court = "authority:tòa-án"
    question = a_question(court, [a_role(court, "authority", OPERATOR)], action="disclose", purpose="legal_compliance")

    (owed,) = answer(the_policy_set(), read(question)).obligations

    assert (owed.id, owed.before) == ("escalate_to_legal_review", True)


def test_an_obligation_of_two_rules_is_owed_once_a_clause() -> None:
    """Two rules that impose the same under the same clause ask for it once."""
    more = a_row("again", "allow", "school_admin, publish, child_photo, media", clause="KIDS-1.14")
    again = Edit("policy.csv", "KIDS-1.14, nothing", "KIDS-1.14, keep_evidence_of_consent")

    found = answer(a_policy_set(more, again), read(a_publication()))

    assert [reason.rule for reason in found.reasons] == ["again", "school-with-consent"]
    assert [owed.id for owed in found.obligations] == ["keep_evidence_of_consent"]


def test_a_denial_without_a_deciding_rule_owes_nothing() -> None:
    """What no rule decided imposes nothing."""
    for question in (_routed(mailbox="kidsonline"), a_question(action="delete")):
        found = answer(the_policy_set(), read(question))
        assert not found.allowed
        assert found.obligations == ()


def test_what_a_rule_that_did_not_allow_imposes_is_not_owed() -> None:
    """A rule that speaks of an allowed request without allowing it imposes nothing."""
    policy = a_policy_set(_owing("family-member-reads", "record_grant"))

    assert answer(policy, a_request()).obligations == ()


@pytest.mark.parametrize(
    ("mailbox", "product", "expected"),
    [
        pytest.param("schoolonline", "schoolonline", "kept", id="false"),
        pytest.param("kidsonline", "kidsonline", "chosen", id="true"),
    ],
)
def test_a_parameter_is_chosen_by_what_is_so(mailbox: str, product: str, expected: str) -> None:
    """A parameter with cases has the value of the first whose condition is not false."""
    cases = "product:\n      - {when: to_the_kidsonline_mailbox, is: chosen}\n      - {is: kept}"
    policy = a_policy_set(Edit("obligations.yaml", "product: resource.product", cases))

    (owed,) = answer(policy, read(_routed(product, mailbox))).obligations

    assert owed.parameters == {"product": expected}


def test_a_parameter_chosen_by_something_unknown_is_the_first() -> None:
    """Where it is unknown whether a case holds, its value is taken: the case that stands first is the careful one."""
    cases = "product:\n      - {when: stored_unreadably, is: careful}\n      - {is: easy}"
    policy = a_policy_set(Edit("obligations.yaml", "product: resource.product", cases))
    unknown, known = _routed(), _routed()
    known["resource"]["properties"]["encrypted"] = False

    assert answer(policy, read(unknown)).obligations[0].parameters == {"product": "careful"}
    assert answer(policy, read(known)).obligations[0].parameters == {"product": "easy"}


def test_a_parameter_that_the_request_does_not_carry_is_left_out() -> None:
    """A parameter taken from a property that was not sent is absent, not empty."""
    edit = Edit("obligations.yaml", "product: resource.product", "product: resource.request_type")

    (owed,) = answer(a_policy_set(edit), read(_routed())).obligations

    assert owed.parameters == {}


def test_what_is_left_out_is_listed_in_order() -> None:
    """The obligation to leave out lists its categories sorted, once for the clause, and comes before acting."""
    owed = leave_out(("child_video", "child_photo"), "KIDS-2.2")

    assert owed.parameters == {"categories": ["child_photo", "child_video"]}
    assert owed.before
    assert "child_photo, child_video" in owed.message.vi


def test_a_property_is_found_at_its_path() -> None:
    """A path leads to the property of its part; anything else to nothing."""
    request = a_request(
        resource={"properties": {"pictured": [CHILD], "encrypted": True}}, context={"special_case": "x"}
    )

    assert property_at(request, "resource.encrypted") is True
    assert property_at(request, "context.special_case") == "x"
    assert property_at(request, "subject.product") is None
    assert property_at(request, "elsewhere.product") is None
    pictured = property_at(request, "resource.pictured")
    assert pictured is not None
    assert plain(pictured) == [CHILD]
    assert plain(NOON) == "2026-10-06T05:00:00+00:00"
    assert plain(True) is True
