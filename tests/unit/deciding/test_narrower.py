"""What an allow for a broad category keeps back, whatever role the subject holds for which part of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdp.core.decision import Cause
from pdp.core.entity import Entity
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.request import Request
from pdp.deciding.answer import Answer
from pdp.policy_set import PolicySet
from tests.builders import (
    CHILD,
    MOTHER,
    NOON,
    SCHOOL,
    Edit,
    Json,
    a_condition,
    a_consent,
    a_containment,
    a_decision_point,
    a_policy_set,
    a_question,
    a_role,
    a_row,
    answer,
    read,
    registered,
    rules_of,
)
from tests.properties.laws import with_broken_condition


def _left_out(found: Answer) -> list[str]:
    names: list[str] = []
    for owed in found.obligations:
        listed = owed.parameters.get("categories", ())
        names += [str(name) for name in listed] if isinstance(listed, list) else []
    return sorted(names)


def _asks_for_all(*facts: Json) -> Json:
    own = [a_role(MOTHER, "primary_guardian", CHILD), *registered(MOTHER), *facts]
    return a_question(facts=own, resource={"type": "child_data", "id": "hồ-sơ"})


def _with_role_in(scope: str) -> Request:
    """Return the request of a mother who is a teacher too, in *scope*, be it one that the wire would not take."""
    request = read(_asks_for_all())
    role = Fact(RoleAssignment(Entity.parse(MOTHER), "teacher", Entity.parse(scope)))
    return replace(request, facts=(*request.facts, role))


def _with(*rows: Edit) -> PolicySet:
    return a_policy_set(*rows)


_NO_PHOTOS = a_row("no-photos", "deny", "guardian, read, child_photo, any")
_STAFF_SEES_NO_PHOTOS = a_row("staff-sees-no-photos", "deny", "school_staff, read, child_photo, any")


def test_what_a_deny_row_keeps_back_is_left_out() -> None:
    """An allow for all of a record carries what a deny row keeps back of it, and an allow for another part does not."""
    assert _left_out(answer(_with(_NO_PHOTOS), read(_asks_for_all()))) == ["child_photo"]
    assert _left_out(answer(_with(_STAFF_SEES_NO_PHOTOS), read(_asks_for_all()))) == []


@pytest.mark.parametrize(
    ("scope", "kept_back"),
    [
        pytest.param("child_data:hồ-sơ", False, id="the whole"),
        pytest.param("child_photo:hồ-sơ", True, id="the part"),
        pytest.param("child_video:hồ-sơ", False, id="another part"),
        pytest.param(SCHOOL, True, id="both"),
        pytest.param("school:khác", False, id="elsewhere"),
    ],
)
def test_a_role_held_in_the_record_counts_for_the_part_it_names(scope: str, kept_back: bool) -> None:
    """A role whose scope is the resource itself is held under that category, and under no narrower or broader one."""
    found = answer(_with(_STAFF_SEES_NO_PHOTOS), _with_role_in(scope))

    assert found.allowed
    assert _left_out(found) == (["child_photo"] if kept_back else [])


def test_a_role_held_in_what_contains_the_part_counts_for_it() -> None:
    """Where the part of a record lies in an album, a role in the album counts for that part alone."""
    for entity, kept_back in (("child_photo:hồ-sơ", True), ("child_video:hồ-sơ", False)):
        facts = (a_containment(entity, "class:anh"), a_role(MOTHER, "teacher", "class:anh"))
        found = answer(_with(_STAFF_SEES_NO_PHOTOS), read(_asks_for_all(*facts)))

        assert _left_out(found) == (["child_photo"] if kept_back else []), entity


def test_a_consent_for_a_part_is_looked_at_for_that_part() -> None:
    """A deny row for want of a consent keeps back the parts without one, and not those that somebody consented to."""
    policy = _with(
        a_row("only-agreed", "deny", "guardian, read, child_photo, any", "not_agreed"),
        a_row("only-agreed-video", "deny", "guardian, read, child_video, any", "not_agreed"),
        a_condition("not_agreed", "not consent from primary_guardian"),
    )
    agreed = a_consent(purposes=["family_follow_up"], categories=["child_video"])

    assert _left_out(answer(policy, read(_asks_for_all()))) == ["child_photo", "child_video"]
    assert _left_out(answer(policy, read(_asks_for_all(agreed)))) == ["child_photo"]


def test_an_error_in_a_row_for_a_part_is_a_deny() -> None:
    """Where it is not known what has to stay back, nothing is given."""
    policy = with_broken_condition(
        _with(
            a_row("no-photos", "deny", "guardian, read, child_photo, any", "in_the_clear"),
            a_condition("in_the_clear", "resource.encrypted is no"),
        ),
        "in_the_clear",
    )
    for request in (read(_asks_for_all()), _with_role_in("child_photo:hồ-sơ")):
        found = answer(policy, request)

        assert (found.allowed, found.cause) == (False, Cause.ERROR)
        assert rules_of(found) == ["no-photos"]


def test_what_is_kept_back_changes_with_time() -> None:
    """An allow holds until something else of it would have to stay back."""
    soon = (NOON + timedelta(hours=1)).isoformat()
    role = a_role(MOTHER, "teacher", SCHOOL, valid_from=soon)
    decision = a_decision_point(_with(_STAFF_SEES_NO_PHOTOS)).check(read(_asks_for_all(role)))

    assert decision.allowed
    assert decision.valid_until == NOON + timedelta(hours=1)
