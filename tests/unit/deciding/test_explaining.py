"""An explanation shows how the answer came about, and never another answer."""

from dataclasses import replace

from pdp.conditions import ConditionTable
from pdp.conditions.truth import TRUE
from pdp.core.decision import Cause, Outcome
from pdp.core.explanation import Explanation
from pdp.policy_set import PolicySet
from pdp.wire.responses import explanation_to_wire
from tests.builders import (
    AUNT,
    CHILD,
    FATHER,
    FRIEND,
    HEAD,
    MOTHER,
    SCHOOL,
    TEACHER,
    a_consent,
    a_containment,
    a_family,
    a_publication,
    a_registration,
    a_request,
    a_role,
    a_ticket,
    check,
    explain,
    read,
    registered,
    the_policy_set,
)
from tests.properties.laws import with_broken_condition


def _why_not(explained: Explanation) -> list[str]:
    """Return why each fact did not count, "" for one that did, in the order of the request."""
    return [use.why_not.en if use.why_not else "" for use in explained.facts]


def test_the_rules_that_matched_are_shown_with_their_conditions() -> None:
    """Each rule that speaks of the request is shown with its place and how each condition came out."""
    (trace,) = explain(a_request()).matched

    assert (trace.rule, trace.clause, trace.lacks) == ("guardian-reads", "KIDS-1.7", 0)
    assert trace.file.endswith("policy.csv")
    assert the_policy_set().rules["guardian-reads"].line == trace.line
    assert {condition.outcome for condition in trace.conditions} == {Outcome.TRUE}


def test_a_missing_property_is_named() -> None:
    """A condition that is unknown names the property whose absence made it so."""
    (trace,) = explain(a_request(context={"transport_encrypted": None})).matched
    (unknown,) = (condition for condition in trace.conditions if condition.outcome is not Outcome.TRUE)

    assert (unknown.name, unknown.outcome) == ("over_tls", Outcome.UNKNOWN)
    assert unknown.missing == ("context.transport_encrypted",)
    assert "`context.transport_encrypted` is missing" in unknown.message.en


def test_nearest_rules_are_shown_for_a_denial_alone() -> None:
    """An allow has no nearest rules; a denial shows what each of the nearest lacks, its role among it."""
    explained = explain(a_request(AUNT, [a_role(AUNT, "family_member", CHILD, TEACHER), *registered(AUNT)]))
    (nearest,) = explained.nearest

    assert explain(a_request()).nearest == ()
    assert nearest.rule == "family-member-reads"
    assert [condition.name for condition in nearest.conditions if condition.outcome is not Outcome.TRUE] == ["role"]


def test_every_fact_is_shown_once_in_order() -> None:
    """Every fact of the request is shown, in its order, with whether it counted."""
    request = a_request()
    explained = explain(request)

    assert tuple(use.fact for use in explained.facts) == request.facts
    assert [use.counted for use in explained.facts] == [use.why_not is None for use in explained.facts]


def test_a_role_that_does_not_count_says_why() -> None:
    """A role out of its term, in another scope, or granted by nobody entitled says so."""
    facts = [
        a_role(MOTHER, "primary_guardian", CHILD),
        a_role(MOTHER, "teacher", "class:khác"),
        a_role(MOTHER, "school_admin", SCHOOL, valid_until="2026-01-01T00:00:00Z"),
        a_role(MOTHER, "caregiver", CHILD),
        a_role(MOTHER, "guardian", CHILD, TEACHER),
    ]

    counted, scope, term, nobody, granter = _why_not(explain(a_request(facts=facts)))

    assert counted == ""
    assert "is no scope of this request" in scope
    assert term.startswith("ended at")
    assert "nobody is recorded as granter" in nobody
    assert f"the granter `{TEACHER}` does not hold" in granter


def test_a_ground_that_does_not_count_says_what_it_lacks() -> None:
    """A registration of somebody else, or one that ended, says which part of the nearest condition it fails."""
    facts = [
        a_role(MOTHER, "primary_guardian", CHILD),
        *registered(MOTHER),
        a_registration(FATHER, SCHOOL),
        a_registration(MOTHER, "school:khác", status="ended"),
        a_ticket(),
    ]

    _, school, operator, of_the_father, ended, ticket = _why_not(explain(a_request(facts=facts)))

    assert (school, operator) == ("", "")
    assert of_the_father
    assert "active" in ended
    assert ticket


def test_a_consent_that_does_not_count_says_why() -> None:
    """A refusal, a consent about somebody else and one that a refusal stopped are shown as not counted."""
    people = [a_role(HEAD, "school_admin", SCHOOL), a_role(MOTHER, "primary_guardian", CHILD)]
    father = a_role(FATHER, "primary_guardian", CHILD)
    said = [a_consent(MOTHER), a_consent(FATHER, status="refused"), a_consent(MOTHER, FRIEND)]

    *_, given, refused, other = _why_not(explain(read(a_publication([*people, father, *said]))))

    assert "a refusal wins" in given
    assert "refused" in refused
    assert "somebody else" in other
    assert _why_not(explain(read(a_publication([*people, a_consent(MOTHER)]))))[-1] == ""


def test_a_rule_that_failed_is_shown_as_such() -> None:
    """A condition whose evaluation failed is shown as unknown; what was raised is for the record alone."""
    explained = explain(a_request(), with_broken_condition(the_policy_set(), "over_tls"))
    failed = [c for trace in explained.matched for c in trace.conditions if c.error]

    assert explained.decision.cause is Cause.ERROR
    assert [(condition.name, condition.outcome) for condition in failed] == [("over_tls", Outcome.UNKNOWN)]
    assert "no_such_condition" in explained.decision.failures[0].error
    assert "no_such_condition" not in str(explanation_to_wire(explained, "kidsonline"))


def test_what_cannot_be_said_of_one_fact_takes_nothing_else_away() -> None:
    """A fact of which it cannot be said why it did not count is shown so, and the rest of the explanation stands."""
    circle = [a_containment(FRIEND, "class:x"), a_containment("class:x", FRIEND)]
    their_aunt = a_role("user:khách", "family_member", FRIEND, granted_by="user:ai-đó")
    request = a_request(facts=[*a_family(), *circle, their_aunt], resource={"properties": {"pictured": [FRIEND]}})

    explained = explain(request)

    assert explained.decision.allowed
    assert _why_not(explained)[-1] == "could not be evaluated"
    assert len(_why_not(explained)) == len(request.facts)


def test_circumstances_beyond_their_bounds_have_nothing_to_show() -> None:
    """Where the circumstances could not be gathered, the explanation is the decision alone."""
    explained = explain(
        a_request(facts=[*a_family(), a_containment(CHILD, "class:x"), a_containment("class:x", CHILD)])
    )

    assert explained.decision.cause is Cause.ERROR
    assert (explained.matched, explained.nearest, explained.facts) == ((), (), ())


# --- Two evaluations --------------------------------------------------------------------------------------------------


def _takes_everything_for_true() -> PolicySet:
    """Return a policy set whose compiled conditions are broken: every one of them holds."""
    policy = replace(the_policy_set())
    table = ConditionTable(policy.compiled.numbers, [lambda evaluation, person: TRUE] * len(policy.conditions))
    object.__setattr__(policy, "compiled", table)
    return policy


def test_an_explanation_of_which_nobody_knows_whether_it_is_true_is_a_deny() -> None:
    """Where compiled conditions come to another answer than interpreted ones, the explanation is a deny."""
    broken, request = _takes_everything_for_true(), a_request(context={"transport_encrypted": None})

    explained = explain(request, broken)

    assert check(request, broken).allowed
    assert not explain(request).decision.allowed
    assert (explained.decision.allowed, explained.decision.cause) == (False, Cause.ERROR)
    assert "differ" in explained.decision.failures[0].error
    assert "differ" not in str(explanation_to_wire(explained, "kidsonline"))
    assert (explained.matched, explained.nearest, explained.facts) == ((), (), ())


def test_a_difference_in_the_reasons_alone_is_noticed() -> None:
    """Two denials for different reasons are two answers too."""
    broken, request = _takes_everything_for_true(), a_request("user:khách", [])

    assert not check(request, broken).allowed
    assert check(request, broken).cause is check(request).cause
    assert check(request, broken).reasons != check(request).reasons
    assert explain(request, broken).decision.cause is Cause.ERROR
