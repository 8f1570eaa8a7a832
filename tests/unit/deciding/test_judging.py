"""Why the answer is what it is: the four causes, and that deciding never raises."""

from dataclasses import replace

import pytest

from pdp.core.decision import Cause, Effect
from pdp.deciding import decide
from pdp.deciding.answer import Answer
from pdp.engine import Matches, Question
from pdp.policy_set import PolicySet
from tests.builders import (
    CHILD,
    HEAD,
    MOTHER,
    NOON,
    OPERATOR,
    SCHOOL,
    Edit,
    Json,
    a_condition,
    a_containment,
    a_family,
    a_policy_set,
    a_publication,
    a_question,
    a_request,
    a_role,
    a_row,
    answer,
    read,
    rules_of,
    the_policy_set,
)
from tests.properties.laws import with_broken_condition

COURT = "authority:tòa-án"


def _asked_by_a_court() -> Json:
    role = a_role(COURT, "judicial_authority", OPERATOR)
    return a_question(COURT, [role], action="disclose", purpose="authority_request")


def _causes(found: Answer) -> tuple[bool, Cause]:
    return found.allowed, found.cause


# --- RULE -------------------------------------------------------------------------------------------------------------


def test_an_allow_names_every_rule_that_allows() -> None:
    """The reasons of an allow are all rules that allow it, by rule id."""
    more = a_row("a-further-row", "allow", "guardian, read, child_photo, any", clause="KIDS-1.1")

    found = answer(a_policy_set(more), a_request())

    assert _causes(found) == (True, Cause.RULE)
    assert rules_of(found) == ["a-further-row", "guardian-reads"]
    assert {reason.effect for reason in found.reasons} == {Effect.ALLOW}


def test_a_deny_names_every_rule_that_denies_and_no_other() -> None:
    """The reasons of a deny by a rule are all rules that deny, by rule id, without what would have allowed."""
    found = answer(the_policy_set(), read(_asked_by_a_court()))

    assert _causes(found) == (False, Cause.RULE)
    assert rules_of(found) == ["no-authority-exception", "no-disclosure-under-law"]


def test_a_reason_says_the_sentence_word_for_word() -> None:
    """A reason carries its clause, quoted in Vietnamese and in substance in English."""
    (reason,) = answer(the_policy_set(), a_request()).reasons
    clause = the_policy_set().clauses["KIDS-1.7"]

    assert (reason.clause, reason.rule) == ("KIDS-1.7", "guardian-reads")
    assert (reason.message.vi, reason.message.en) == (clause.quote, clause.summary)


def test_a_deny_wins_over_an_error() -> None:
    """When one deny row applies and another row fails, the deny row is the reason."""
    policy = with_broken_condition(
        a_policy_set(
            a_condition("in_the_clear", "resource.encrypted is no"),
            a_row("clear", "deny", "guardian, read, any, any", "in_the_clear"),
        ),
        "over_tls",
    )

    found = answer(policy, a_request(resource={"properties": {"encrypted": False}}))

    assert _causes(found) == (False, Cause.RULE)
    assert rules_of(found) == ["clear"]


# --- UNMET and SILENT -------------------------------------------------------------------------------------------------


def test_what_an_allow_row_speaks_of_and_lacks_is_unmet() -> None:
    """Where allow rows speak of the request and each lacks something, the cause is UNMET, whoever asks."""
    for request in (a_request(context={"transport_encrypted": False}), a_request("user:khách", [])):
        assert _causes(answer(the_policy_set(), request)) == (False, Cause.UNMET)


def test_what_no_allow_row_speaks_of_is_silent() -> None:
    """Where no allow row speaks of the action, category and purpose, the cause is SILENT, with one reason."""
    found = answer(the_policy_set(), a_request(action="delete"))

    assert _causes(found) == (False, Cause.SILENT)
    (reason,) = found.reasons
    assert "what is not promised is not allowed" in reason.message.en
    assert "những gì không hứa thì không được phép" in reason.message.vi


def test_a_deny_row_that_does_not_apply_leaves_silence() -> None:
    """A deny row speaks for nobody: when it does not apply and no allow row speaks, the answer is SILENT."""
    consent = read(a_publication(action="delete"))

    assert _causes(answer(the_policy_set(), consent)) == (False, Cause.SILENT)


# --- ERROR ------------------------------------------------------------------------------------------------------------


def test_an_error_beside_an_allow_denies() -> None:
    """An allow beside a rule that failed would rest on half of the policy: the cause is ERROR, the reason that rule."""
    more = a_row("a-further-row", "allow", "guardian, read, child_photo, any", clause="KIDS-1.1")

    found = answer(with_broken_condition(a_policy_set(more), "over_tls"), a_request())

    assert _causes(found) == (False, Cause.ERROR)
    assert rules_of(found) == ["guardian-reads"]
    assert found.obligations == ()


def test_a_deny_row_that_fails_denies_for_the_error() -> None:
    """A deny row whose condition raises still denies; the cause is the error, since nobody knows that it applies."""
    policy = with_broken_condition(the_policy_set(), "without_written_consent")

    found = answer(policy, read(a_publication()))

    assert answer(the_policy_set(), read(a_publication())).allowed
    assert _causes(found) == (False, Cause.ERROR)
    assert rules_of(found) == ["no-other-use-without-consent"]


def test_an_error_says_nothing_of_what_was_raised() -> None:
    """The text of an exception reaches no caller."""
    found = answer(with_broken_condition(the_policy_set(), "over_tls"), a_request())

    for reason in found.reasons:
        assert "no_such_condition" not in f"{reason.message.vi} {reason.message.en}"


def test_a_condition_that_is_false_keeps_a_later_error_away() -> None:
    """What is false before a condition makes a row idle: its later conditions are not evaluated."""
    policy = with_broken_condition(the_policy_set(), "over_tls")

    assert _causes(answer(policy, a_request("user:khách", []))) == (False, Cause.UNMET)
    assert _causes(answer(policy, a_request(context={"authenticated": False}))) == (False, Cause.UNMET)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([a_containment(CHILD, "class:a"), a_containment("class:a", CHILD)], id="circle"),
        pytest.param([a_containment(SCHOOL, "school:b"), a_containment("school:b", SCHOOL)], id="circle of scopes"),
    ],
)
def test_circumstances_beyond_their_bounds_are_an_error(facts: list[Json]) -> None:
    """Containments that go round are an error of the decision and not of the request, with a reason of no rule."""
    found = answer(the_policy_set(), a_request(facts=[*a_family(), *facts]))

    assert _causes(found) == (False, Cause.ERROR)
    assert [(reason.clause, reason.rule) for reason in found.reasons] == [("", "")]


class _FailingEngine:
    """An engine that fails as a whole."""

    def matches(self, question: Question) -> Matches:
        """Fail."""
        raise RuntimeError("out of order")


def _with_failing_engine() -> PolicySet:
    return replace(the_policy_set(), engine=_FailingEngine())


def _with_failing_parameter() -> PolicySet:
    chosen = "product:\n      - {when: to_the_kidsonline_mailbox, is: kidsonline}\n      - {is: schoolonline}"
    policy = a_policy_set(Edit("obligations.yaml", "product: resource.product", chosen))
    return with_broken_condition(policy, "to_the_kidsonline_mailbox")


@pytest.mark.parametrize(
    ("policy", "question"),
    [
        pytest.param(_with_failing_engine(), a_question(), id="engine"),
        pytest.param(
            _with_failing_parameter(),
            {
                **a_question(
                    OPERATOR, [a_role(OPERATOR, "operator", OPERATOR)], action="send", purpose="customer_support"
                ),
                "resource": {"type": "support_request", "id": "yc-1", "properties": {"product": "schoolonline"}},
                "context": {"recipient": "mailbox:schoolonline"},
            },
            id="parameter of an obligation",
        ),
    ],
)
def test_whatever_fails_while_deciding_is_a_deny(policy: PolicySet, question: Json) -> None:
    """Deciding raises nothing: what fails outside a row is a deny with the cause ERROR, without its text."""
    found = decide(policy, read(question), (), NOON)

    assert _causes(found) == (False, Cause.ERROR)
    assert "out of order" not in str(found.reasons)


# --- What was looked at -----------------------------------------------------------------------------------------------


def test_matched_are_all_rows_that_speak_of_the_request() -> None:
    """The traces hold every row that speaks of the request for a role that is held, by id, applying or not."""
    found = answer(the_policy_set(), read(a_publication(context={"special_case": None})))

    assert [trace.rule for trace in found.matched] == ["no-other-use-without-consent", "school-with-consent"]
    lacking = {trace.rule: [c.name for c in trace.conditions if c.outcome != "true"] for trace in found.matched}
    assert lacking["school-with-consent"] == ["special_case_stated"]


def test_roles_that_do_not_count_open_nothing() -> None:
    """A role in another scope, or out of its term, is as good as none."""
    for facts in (
        [a_role(HEAD, "school_admin", "school:khác")],
        [a_role(HEAD, "school_admin", SCHOOL, valid_until="2026-01-01T00:00:00Z")],
        [a_role(MOTHER, "school_admin", SCHOOL)],
    ):
        found = answer(the_policy_set(), a_request(HEAD, facts, purpose="education"))
        assert _causes(found) == (False, Cause.UNMET)
