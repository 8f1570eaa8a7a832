"""Case files, near misses and survivors are read whole, or refused with what is wrong."""

import json
from typing import Any

import pytest

from pdp.cases import Case, CaseFileError, read_cases, read_near_misses, read_survivors
from pdp.core.facts import Consent, RoleAssignment
from tests.builders import CHILD, SCHOOL, a_consent, a_family, a_question, the_words

CASE = {
    "id": "mother-reads",
    "clauses": ["KIDS-1.7"],
    "request": a_question(),
    "expect": {"decision": "allow", "obligations": ["record_ground", {"id": "record_grant", "parameters": {}}]},
}


def cases(*entries: Any) -> tuple[Case, ...]:
    """Read *entries* as a case file."""
    return read_cases("cases.json", json.dumps(entries), the_words())


def near(change: dict[str, str], **other: Any) -> Case:
    """Return the near miss of the case with *change*."""
    entry = {"like": "mother-reads", "with": change, "decision": "deny", "clauses": ["KIDS-1.8"]} | other
    (found,) = read_near_misses("near-misses.json", json.dumps([entry]), cases(CASE), the_words())
    return found


def test_a_case_is_read() -> None:
    """An obligation is written alone or with its parameters; what is not written has its meaning."""
    (case,) = cases(CASE)

    assert (case.operator, case.allowed, case.obligations) == ("kidsonline", True, ("record_ground", "record_grant"))
    assert (case.cites, case.exact, case.owes_not) == (True, False, ())
    assert case.request is not None


def test_a_request_that_cannot_be_right_is_kept_to_fail() -> None:
    """A slip in a request does not take the file down: the case has its mistakes."""
    (case,) = cases(CASE | {"request": a_question(purpose="marketting")})

    assert case.request is None
    assert [mistake.field for mistake in case.mistakes] == ["purpose"]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({}, id="nothing"),
        pytest.param(CASE | {"expect": {"decision": "maybe"}}, id="decision"),
        pytest.param(CASE | {"expect": {"decision": "deny", "obligation": []}}, id="expectation with a slip"),
        pytest.param(CASE | {"id": 7}, id="id"),
    ],
)
def test_what_is_no_case_is_refused(entry: dict[str, Any]) -> None:
    """An expectation that nobody compares would be met by every answer."""
    with pytest.raises(CaseFileError, match=r"^cases\.json: "):
        cases(entry)


@pytest.mark.parametrize("text", ["{}", "[", "7"])
def test_what_is_no_list_is_refused(text: str) -> None:
    """The file is named."""
    with pytest.raises(CaseFileError, match=r"^f\.json: "):
        read_cases("f.json", text, the_words())
    with pytest.raises(CaseFileError, match=r"^f\.json: "):
        read_near_misses("f.json", text, (), the_words())
    with pytest.raises(CaseFileError, match=r"^f\.json: "):
        read_survivors("f.json", text)


# --- Near misses ------------------------------------------------------------------------------------------------------


def test_a_near_miss_is_the_case_with_one_word_changed() -> None:
    """Everything else of the request stays; the expectations are its own."""
    original, changed = cases(CASE)[0].request, near({"purpose": "marketing"})

    assert changed.id == "mother-reads~purpose=marketing"
    assert (changed.allowed, changed.clauses, changed.obligations) == (False, ("KIDS-1.8",), ())
    assert original is not None
    assert changed.request is not None
    assert (original.purpose, changed.request.purpose) == ("family_follow_up", "marketing")
    assert changed.request.facts == original.facts
    assert changed.request.resource == original.resource


def test_another_role_takes_the_place_of_all() -> None:
    """The role is held in the scope written, and the subject holds no other."""
    request = near({"role": f"teacher in {SCHOOL}"}).request

    assert request is not None
    roles = [fact.kind for fact in request.facts if isinstance(fact.kind, RoleAssignment)]
    held = [(role.role, str(role.scope)) for role in roles if str(role.subject) == "user:lan"]
    assert held == [("teacher", SCHOOL)]


def test_a_role_that_somebody_must_grant_has_a_granter() -> None:
    """Without one the role would not count, and the near miss would miss by that."""
    request = near({"role": f"family_member in {CHILD} granted by primary_guardian"}).request

    assert request is not None
    roles = [fact.kind for fact in request.facts if isinstance(fact.kind, RoleAssignment)]
    assert [str(role.granted_by) for role in roles if role.role == "family_member"] == [
        "user:somebody-who-grants",
        "user:lan",
    ]


def test_the_very_person_gives_way_to_somebody_else() -> None:
    """Whoever the data is about would still be that person with any role."""
    own = CASE | {"request": a_question(resource={"type": "account", "data_subject": "user:lan"})}
    entry = {"like": "mother-reads", "with": {"role": f"teacher in {SCHOOL}"}, "decision": "deny", "clauses": []}

    (found,) = read_near_misses("n", json.dumps([entry]), cases(own), the_words())

    assert found.request is not None
    assert str(found.request.subject) == "user:somebody-else"
    assert found.exact


def test_consents_follow_the_word() -> None:
    """Another category is added to what was agreed, so that the consent makes no difference."""
    agreed = CASE | {"request": a_question(facts=[*a_family(), a_consent()])}
    entry = {"like": "mother-reads", "with": {"category": "child_video"}, "decision": "deny", "clauses": []}

    (found,) = read_near_misses("n", json.dumps([entry]), cases(agreed), the_words())

    assert found.request is not None
    (consent,) = [fact.kind for fact in found.request.facts if isinstance(fact.kind, Consent)]
    assert set(consent.categories) == {"child_photo", "child_video"}


@pytest.mark.parametrize(
    "other",
    [
        {"like": "nobody"},
        {"with": {}},
        {"with": {"purpose": "media", "action": "read"}},
        {"with": {"scope": "school:x"}},
        {"decision": "maybe"},
        {"why": "more"},
    ],
)
def test_what_is_no_near_miss_is_refused(other: dict[str, Any]) -> None:
    """One word of a case that lies beside it, a decision and its sentences: nothing more and nothing less."""
    with pytest.raises(CaseFileError):
        near({"purpose": "media"}, **other)


def test_survivors_need_a_reason_in_both_languages() -> None:
    """A change is excused only where somebody says why."""
    entry: dict[str, Any] = {"rule": "a", "change": "dropped", "reason": {"vi": "vì", "en": "since"}}

    assert read_survivors("s", json.dumps([entry]))[0].reason.vi == "vì"
    for reason in ({"vi": "vì"}, {"vi": "vì", "en": ""}, "since"):
        with pytest.raises(CaseFileError):
            read_survivors("s", json.dumps([entry | {"reason": reason}]))
