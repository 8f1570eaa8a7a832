"""What an explanation says of changes, case by case."""

from dataclasses import replace

import pytest

from pdp.core.errors import TooMuchToLookUpError, UnavailableError
from pdp.core.explanation import Explanation, SearchOutcome
from pdp.core.facts import Fact
from pdp.core.ports import StoredFacts
from pdp.counterfactuals import Budget, find_changes, would_allow
from pdp.decision_point import DecisionPoint
from pdp_adapters.no_decision_log import NoDecisionLog
from tests.builders import (
    AUNT,
    CHILD,
    CLASS,
    FATHER,
    HEAD,
    MOTHER,
    NOON,
    SCHOOL,
    TEACHER,
    AlwaysAt,
    Json,
    a_condition,
    a_consent,
    a_containment,
    a_family,
    a_policy_set,
    a_publication,
    a_request,
    a_role,
    a_row,
    explain,
    read,
    registered,
    the_policy_set,
)
from tests.stored_facts import HeldFacts


def _first(explanation: Explanation) -> str:
    return explanation.would_allow[0].message.en


def test_what_was_revoked_would_have_to_be_granted_anew_by_whoever_granted_it() -> None:
    """The same fact without its end, written in its place; both guardians could."""
    facts = [*a_family(), a_role(AUNT, "family_member", CHILD, MOTHER, valid_until="2026-10-01T00:00:00Z")]
    facts = [
        fact for fact in facts if not ("role" in fact and fact["role"]["subject"] == AUNT and "valid_until" not in fact)
    ]

    found = explain(a_request(AUNT, facts))

    assert found.search is SearchOutcome.FOUND
    assert _first(found).startswith(f"change to: `{AUNT}` holds the role `family_member`")
    assert found.would_allow[0].by_whom == MOTHER


def test_a_role_that_begins_later_may_be_waited_for() -> None:
    """Time is a circumstance that nobody brings about."""
    facts = [*registered(AUNT), a_role(MOTHER, "primary_guardian", CHILD)]
    facts.append(a_role(AUNT, "family_member", CHILD, MOTHER, valid_from="2026-10-07T00:00:00Z"))

    found = explain(a_request(AUNT, facts))

    (waiting,) = [change for change in found.would_allow if change.circumstances]
    assert waiting.circumstances == ('context.time = "2026-10-07T00:00:00+00:00"',)
    assert waiting.message.vi == "chờ đến 2026-10-07 07:00:00+07:00"
    assert waiting.by_whom == ""


def test_a_withdrawal_would_have_to_end_or_be_taken_back() -> None:
    """By whoever withdrew: the consent of the other guardian does not outweigh it."""
    withdrawn = a_consent(MOTHER, status="withdrawn", valid_from="2026-10-01T00:00:00Z")
    facts = [*a_family(), a_role(HEAD, "school_admin", SCHOOL), a_consent(FATHER), withdrawn]

    found = explain(read(a_publication(facts)))

    kinds = {(bool(change.add), bool(change.end)) for change in found.would_allow if change.by_whom == MOTHER}
    assert {(True, False), (False, True)} <= kinds


def test_what_lies_elsewhere_may_have_to_leave() -> None:
    """The end of a containment is a change too."""
    policy = a_policy_set(
        a_condition("in_the_other_school", "resource.scopes includes school:other"),
        a_row("not-from-there", "deny", "any, read, child_photo, any", "in_the_other_school"),
    )
    found = explain(a_request(MOTHER, [*a_family(), a_containment(CLASS, "school:other")]), policy)

    (change,) = found.would_allow
    assert [str(fact.kind.container) for fact in change.end] == ["school:other"]  # type: ignore[union-attr]
    assert change.by_whom == "operator"


def test_where_no_rule_speaks_nothing_would() -> None:
    """The proof needs no search."""
    found = explain(a_request(MOTHER, action="sell", purpose="research"))

    assert (found.search, found.would_allow) == (SearchOutcome.NOTHING, ())
    assert "no rule allows this, whoever asks" in found.search_message.en
    assert "không quy tắc nào cho phép việc này" in found.search_message.vi


def test_the_rule_that_nothing_silences_is_named() -> None:
    """An admin reads which row stands in the way."""
    policy = a_policy_set(a_row("never", "deny", "any, read, child_photo, any"))

    found = explain(a_request(MOTHER), policy)

    assert found.search is SearchOutcome.NOTHING
    assert "`never` (KIDS-1.13) denies whatever else holds" in found.search_message.en


@pytest.mark.parametrize("budget", [Budget(worlds=1), Budget(values=0)], ids=["sets", "values"])
def test_a_bound_that_was_hit_never_reads_like_a_proof(budget: Budget) -> None:
    """With the budget spent, nothing found means nothing."""
    request = a_request(AUNT, [], context={"authenticated": None})

    found = would_allow(the_policy_set(), request, (), NOON, budget)

    assert found.outcome is SearchOutcome.BOUNDED
    assert "does not prove" in found.message.en


def test_what_failed_is_not_searched_for() -> None:
    """A circle of containments is a deny with an error, and nobody knows what would help."""
    circle = [a_containment(CLASS, SCHOOL), a_containment(SCHOOL, CLASS)]

    found = explain(a_request(MOTHER, [*a_family(), *circle]))

    assert (found.search, found.would_allow) == (SearchOutcome.FAILED, ())


def test_an_allow_is_not_searched_for() -> None:
    """There is nothing to turn."""
    found = explain(a_request(MOTHER))
    assert (found.search, found.would_allow, found.search_message.en) == (SearchOutcome.NOT_SEARCHED, (), "")


class _Blind(HeldFacts):
    """A store that answers checks and refuses surveys."""

    error: Exception = TooMuchToLookUpError("more than 4096 stored facts")

    def survey(self, *_: object) -> StoredFacts:
        """Refuse."""
        raise self.error


class _Down(_Blind):
    error = UnavailableError("the store is gone")


@pytest.mark.parametrize("store", [_Blind, _Down])
def test_without_a_survey_nothing_is_proved(store: type[_Blind]) -> None:
    """Facts that were not seen might help: the denial is explained all the same."""
    policy = a_policy_set(a_row("never", "deny", "any, read, child_photo, any"))
    point = DecisionPoint({"kidsonline": policy}, store(()), AlwaysAt(), NoDecisionLog())

    found = point.explain(a_request(MOTHER))

    assert not found.decision.allowed
    assert found.search is SearchOutcome.BOUNDED


def test_givers_whom_the_store_knows_are_named() -> None:
    """A guardian of whom the request says nothing is asked before anybody unnamed is."""
    question: Json = a_publication([a_role(HEAD, "school_admin", SCHOOL)])
    known = a_request(MOTHER, a_family()).facts
    point = DecisionPoint({"kidsonline": the_policy_set()}, HeldFacts(known), AlwaysAt(), NoDecisionLog())

    found = point.explain(read(question))

    givers = {str(fact.kind.given_by) for change in found.would_allow for fact in change.add}  # type: ignore[union-attr]
    assert MOTHER in givers


def test_the_search_is_the_same_every_time() -> None:
    """It is bounded by work and not by the clock."""
    request = a_request(AUNT, [])
    sets = [
        [[step.key for step in steps] for steps in find_changes(the_policy_set(), request, (), NOON).sets]
        for _ in range(2)
    ]
    assert sets[0] == sets[1] != []


def test_the_role_path_of_an_allow_goes_through_scopes_and_granters() -> None:
    """Which fact gives the role, what lies in its scope, who granted it as what."""
    facts = [a_role(TEACHER, "teacher", CLASS, HEAD), a_role(HEAD, "school_admin", SCHOOL)]
    facts += [a_containment(CHILD, CLASS), a_containment(CLASS, SCHOOL)]
    request = a_request(TEACHER, facts, purpose="education", resource={"scopes": []})

    found = explain(request)

    assert found.decision.allowed
    (role,) = [each for trace in found.matched for each in trace.conditions if each.name == "role"]
    assert role.message.en == (
        f"`{TEACHER}` holds the role `teacher` (teacher) in `{CLASS}`, which holds `{CHILD}`, "
        f"granted by `{HEAD}` as `school_admin` in `{SCHOOL}`"
    )
    assert role.in_kind is not None
    assert HEAD not in role.in_kind.en


def test_facts_to_write_replace_those_of_their_identity() -> None:
    """As a store does it: the fact that was there is not read beside the new one."""
    verbal = a_consent(MOTHER, form="verbal")
    facts = [*a_family(), a_role(HEAD, "school_admin", SCHOOL), verbal]

    (change, *_) = explain(read(a_publication(facts))).would_allow

    assert change.end == ()
    assert [replace(fact, valid_from=None) for fact in change.add] != [
        Fact(read(a_publication([verbal])).facts[0].kind)
    ]
    assert change.message.en.startswith("change to: consent of `user:lan` (given)")
