"""What a denial says: the sentence that draws the line, then what is missing, nearest first."""

import pytest

from pdp.core.decision import Effect
from pdp.policy_set import NEAREST_SHOWN
from tests.builders import (
    AUNT,
    CHILD,
    CLASS,
    MOTHER,
    SCHOOL,
    TEACHER,
    Edit,
    Json,
    a_policy_set,
    a_publication,
    a_question,
    a_registration,
    a_request,
    a_role,
    a_row,
    answer,
    explain,
    policy_lines,
    read,
    registered,
    rules_of,
    the_policy_set,
)


def _said(question: Json) -> list[tuple[str, str, str]]:
    """Return (clause, rule, what is missing or "") of each reason."""
    reasons = answer(the_policy_set(), read(question)).reasons
    return [(r.clause, r.rule, r.message.en.partition(" – missing: ")[2]) for r in reasons]


# --- Lines ------------------------------------------------------------------------------------------------------------


def test_a_denial_names_the_sentence_that_draws_the_line_first() -> None:
    """The first reasons are the lines around the request, with the effect LINE and the sentence itself."""
    reason, *_ = answer(the_policy_set(), a_request(context={"transport_encrypted": False})).reasons
    clause = the_policy_set().clauses["KIDS-1.8"]

    assert (reason.clause, reason.rule, reason.effect) == ("KIDS-1.8", "line-only-family-sees", Effect.LINE)
    assert (reason.message.vi, reason.message.en) == (clause.quote, clause.summary)


def test_a_line_that_only_encloses_a_narrower_one_is_left_out() -> None:
    """Of two lines one inside the other only the inner one is named; lines that merely overlap are, by id."""
    question = a_publication(context={"special_case": None})

    lines = [rule for _, rule, missing in _said(question) if not missing]

    assert lines == ["line-no-other-use", "line-no-third-party", "line-only-with-consent"]


def test_a_line_for_a_role_is_drawn_for_its_holders_alone() -> None:
    """A line that speaks of one role is no reason for anybody else."""
    first = policy_lines()[0]
    policy = a_policy_set(
        Edit("policy.csv", first, f"{first}\np2, line-aunts, family_member, read, child_photo, any, KIDS-1.9")
    )
    off = {"transport_encrypted": False}

    assert "line-aunts" in rules_of(answer(policy, a_request(AUNT, context=off)))
    assert "line-aunts" not in rules_of(answer(policy, a_request(MOTHER, context=off)))


def test_silence_names_the_nearest_line() -> None:
    """Where nothing speaks, the one reason carries the sentence that closes the rest."""
    (reason,) = answer(the_policy_set(), a_request(action="delete")).reasons

    assert (reason.clause, reason.rule, reason.effect) == ("KIDS-2.2", "line-only-authorised", Effect.LINE)
    assert reason.message.vi.endswith(the_policy_set().clauses["KIDS-2.2"].quote)


def test_silence_without_a_line_names_no_sentence() -> None:
    """Where nothing speaks and no line is drawn, the one reason has neither clause nor rule, and still says so."""
    lines = [Edit("policy.csv", f"{line}\n", "") for line in policy_lines() if line.startswith("p2")]

    (reason,) = answer(a_policy_set(*lines), a_request(action="delete")).reasons

    assert (reason.clause, reason.rule, reason.effect) == ("", "", Effect.DENY)
    assert reason.message.vi
    assert reason.message.en


# --- What is missing --------------------------------------------------------------------------------------------------


def test_each_thing_missing_is_named_under_its_own_sentence() -> None:
    """After the line comes, for each sentence whose words are not met, what is missing of it."""
    facts = [a_role(MOTHER, "primary_guardian", CHILD), a_registration(MOTHER, SCHOOL)]
    question = a_question(facts=facts, context={"transport_encrypted": None, "authentication_method": "otp"})

    assert _said(question) == [
        ("KIDS-1.8", "line-only-family-sees", ""),
        ("KIDS-1.7", "guardian-reads", "registered for this very child with KidsOnline"),
        ("KIDS-2.1", "guardian-reads", "signed in with the account's own encrypted password"),
        ("KIDS-2.4", "guardian-reads", "the data travels over an encrypted connection"),
    ]


def test_two_things_missing_of_one_sentence_are_one_reason() -> None:
    """Conditions that render the same sentence are said together."""
    question = a_question(facts=[a_role(MOTHER, "primary_guardian", CHILD)])

    (_, (clause, rule, missing)) = _said(question)

    assert (clause, rule) == ("KIDS-1.7", "guardian-reads")
    assert missing.count("; ") == 1


def test_a_role_that_does_not_count_is_missing_with_its_reason() -> None:
    """Whoever was assigned the role of a rule is told why it does not count."""
    question = a_question(AUNT, [a_role(AUNT, "family_member", CHILD, TEACHER), *registered(AUNT)])

    (_, (clause, rule, missing)) = _said(question)

    assert (clause, rule) == ("KIDS-1.7", "family-member-reads")
    assert f"the granter `{TEACHER}` does not hold primary_guardian" in missing


def test_what_is_missing_is_said_in_both_languages() -> None:
    """Every reason has a text in each language, the Vietnamese one with the same lacks."""
    for reason in answer(the_policy_set(), a_request(context={"transport_encrypted": None})).reasons:
        assert reason.message.vi
        assert reason.message.en
    assert "còn thiếu: dữ liệu đi qua kết nối được mã hóa" in reason.message.vi


# --- The nearest rules ------------------------------------------------------------------------------------------------


def test_only_the_rules_with_the_fewest_lacks_are_named() -> None:
    """A rule that lacks more than another is not near."""
    question = a_question(TEACHER, [a_role(TEACHER, "teacher", CLASS)], context={"transport_encrypted": None})

    assert {rule for _, rule, missing in _said(question) if missing} == {"teacher-reads"}


@pytest.mark.parametrize(
    ("facts", "nearest"),
    [
        pytest.param([a_role(AUNT, "guardian", CHILD, MOTHER)], "guardian-reads", id="assigned and not counting"),
        pytest.param([a_role(AUNT, "family_member", CHILD)], "family-member-reads", id="another"),
    ],
)
def test_a_role_that_was_assigned_is_nearer_than_one_that_was_not(facts: list[Json], nearest: str) -> None:
    """Of rules that lack as much, the one whose role the subject was assigned, if in vain, comes first."""
    question = a_question(AUNT, [*facts, *registered(AUNT)])

    assert {rule for _, rule, missing in _said(question) if missing} == {nearest}


def test_no_more_than_a_few_rules_are_named() -> None:
    """However many rules are equally near, at most NEAREST_SHOWN are named, by rule id."""
    roles = ("caregiver", "family_member", "school_admin", "support_staff", "teacher")
    rows = [
        a_row(f"near-{at}", "allow", f"{role}, collect, child_photo, survey", "over_tls")
        for at, role in enumerate(roles)
    ]
    request = a_request("user:khách", [], action="collect", purpose="survey")

    explained = explain(request, a_policy_set(*rows))

    assert len(explained.nearest) == NEAREST_SHOWN
    assert [trace.rule for trace in explained.nearest] == ["near-0", "near-1", "near-2"]
