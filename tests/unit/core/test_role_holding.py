"""Which role facts count for a request, and why others do not."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from pdp.core.containment import MAXIMUM_STEPS
from pdp.core.entity import Entity
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.policy import Granting, hierarchies
from pdp.core.vocabulary import WordKind
from tests.unit.conditions.situations import (
    AN,
    CLASS,
    KIDSONLINE,
    LAN,
    MINH,
    MOTHER,
    NOW,
    SCHOOL,
    WELEARNING,
    a_role,
    circumstances,
    inside,
    vocabulary,
)

_OPERATOR = Entity("operator", KIDSONLINE)
_AUNT = Entity("user", "dì")
_STEP = timedelta(microseconds=1)
_FAMILY = {"family_member": Granting("family_member", ("primary_guardian",), True, "KIDS-1.9")}
_STAFF = {"teacher": Granting("teacher", ("school_admin",), False, "KIDS-2.2")}
_ADMINS = {
    "tenant_admin": Granting("tenant_admin", ("tenant_admin",), True, "OES-1"),
    "learner": Granting("learner", ("tenant_admin",), True, "OES-1"),
}
_TENANT = Entity("tenant", "t")


def _roles(*facts: Fact, granting: Mapping[str, Granting] | None = None, subject: Entity = LAN) -> frozenset[str]:
    return circumstances(*facts, granting=granting, subject=subject).roles


# --- Scopes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "counts"),
    [
        (MINH, True),
        (CLASS, True),
        (SCHOOL, True),
        (_OPERATOR, True),
        (Entity("child_photo", "r-1"), True),
        (AN, False),
        (Entity("class", "a2"), False),
        (Entity("school", "other"), False),
        (Entity("operator", "homeid"), False),
        (Entity("child_photo", "r-2"), False),
        (Entity("child_data", "r-1"), False),
        (Entity("child", "Minh"), False),
    ],
)
def test_a_role_counts_in_the_scopes_of_the_request(scope: Entity, counts: bool) -> None:
    """The resource, its data subject, one of its scopes and the operator asked; nothing that looks like them."""
    assert _roles(a_role(LAN, "teacher", scope)) == ({"teacher"} if counts else {"third_party"})


def test_a_role_counts_in_what_contains_a_scope() -> None:
    """A role in a district counts for its schools, and not one in a thing that lies in the school."""
    district, room = Entity("district", "q7"), Entity("room", "1")
    contained = (inside(SCHOOL, district), inside(room, SCHOOL))

    assert _roles(*contained, a_role(LAN, "teacher", district)) == {"teacher"}
    assert _roles(*contained, a_role(LAN, "teacher", room)) == {"third_party"}


def test_the_containers_of_the_data_subject_and_of_the_resource_count() -> None:
    """A role counts in what holds the child or the photo, even if the request names no scope."""
    of_child, of_photo = inside(MINH, CLASS), inside(Entity("child_photo", "r-1"), Entity("album", "1"))
    given = (of_child, of_photo, a_role(LAN, "teacher", CLASS), a_role(LAN, "content_staff", Entity("album", "1")))

    assert circumstances(*given, scopes=()).roles == {"teacher", "content_staff"}


def test_without_any_role_one_is_a_third_party() -> None:
    """Whoever holds nothing that counts is a third party; the data subject is not."""
    assert _roles() == {"third_party"}
    assert _roles(a_role(MOTHER, "primary_guardian", MINH)) == {"third_party"}
    assert _roles(subject=MINH) == {"data_subject"}


def test_the_data_subject_keeps_the_other_roles() -> None:
    """Whom the data is about may hold more than that."""
    assert _roles(a_role(MINH, "learner", SCHOOL), subject=MINH) == {"data_subject", "learner"}


@pytest.mark.parametrize(
    ("begins", "ends", "counts"),
    [
        (NOW, None, True),
        (NOW + _STEP, None, False),
        (None, NOW, False),
        (None, NOW + _STEP, True),
        (NOW - _STEP, NOW, False),
    ],
)
def test_a_role_counts_within_its_term(begins: datetime | None, ends: datetime | None, counts: bool) -> None:
    """`valid_from` is inclusive, `valid_until` exclusive, to the microsecond."""
    assert _roles(Fact(RoleAssignment(LAN, "teacher", SCHOOL), begins, ends)) == (
        {"teacher"} if counts else {"third_party"}
    )


def test_roles_towards_another_person_are_looked_for_with_that_person() -> None:
    """A guardian of one child is none of the other, and a role for the operator counts for both."""
    given = circumstances(a_role(LAN, "guardian", AN), a_role(MOTHER, "operator_staff", _OPERATOR))

    assert given.holds(LAN, "guardian", person=AN)
    assert not given.holds(LAN, "guardian", person=MINH)
    assert not given.holds(LAN, "guardian")
    assert given.holds(MOTHER, "operator_staff", person=AN)


def test_a_class_is_no_scope_towards_another_child() -> None:
    """The scopes of the request say where its data subject is and nothing of another person."""
    given = circumstances(a_role(LAN, "teacher", CLASS))
    together = circumstances(a_role(LAN, "teacher", CLASS), inside(AN, CLASS))

    assert given.holds(LAN, "teacher", person=MINH)
    assert not given.holds(LAN, "teacher", person=AN)
    assert together.holds(LAN, "teacher", person=AN)


# --- Grants -----------------------------------------------------------------------------------------------------------


def test_a_granted_role_counts_as_long_as_its_granter_may_grant_it() -> None:
    """The aunt sees the child while the mother who entered her is primary guardian, and not a microsecond longer."""
    aunt = a_role(LAN, "family_member", MINH, granted_by=MOTHER)
    mother = RoleAssignment(MOTHER, "primary_guardian", MINH)

    assert _roles(aunt, Fact(mother), granting=_FAMILY) == {"family_member"}
    assert _roles(aunt, granting=_FAMILY) == {"third_party"}
    assert _roles(aunt, Fact(mother, None, NOW), granting=_FAMILY) == {"third_party"}
    assert _roles(aunt, Fact(mother, NOW + _STEP, None), granting=_FAMILY) == {"third_party"}


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("guardian", MINH),
        ("primary_guardian", AN),
        ("teacher", SCHOOL),
        ("family_member", MINH),
        ("third_party", _OPERATOR),
    ],
)
def test_nobody_else_can_grant_it(role: str, scope: Entity) -> None:
    """Another role, or the right one for another child, entitles to nothing."""
    aunt = a_role(LAN, "family_member", MINH, granted_by=MOTHER)

    assert _roles(aunt, a_role(MOTHER, role, scope), granting=_FAMILY) == {"third_party"}


def test_a_narrower_role_may_grant_what_the_broader_may() -> None:
    """Where guardians may grant, a primary guardian may."""
    granting = {"family_member": Granting("family_member", ("guardian",), True, "KIDS-1.9")}
    aunt = a_role(LAN, "family_member", MINH, granted_by=MOTHER)

    assert _roles(aunt, a_role(MOTHER, "primary_guardian", MINH), granting=granting) == {"family_member"}


def test_a_required_granter_must_be_on_record() -> None:
    """A family member whom nobody is recorded to have entered is none; a teacher may be assigned by the system."""
    assert _roles(a_role(LAN, "family_member", MINH), granting=_FAMILY) == {"third_party"}
    assert _roles(a_role(LAN, "teacher", SCHOOL), granting=_STAFF) == {"teacher"}
    assert _roles(a_role(LAN, "teacher", SCHOOL, granted_by=MOTHER), granting=_STAFF) == {"third_party"}


def test_the_granter_must_be_entitled_in_a_scope_that_contains_the_grant() -> None:
    """The head of a school grants for its classes where the class is known to lie in it."""
    teacher = a_role(LAN, "teacher", CLASS, granted_by=_AUNT)
    head = a_role(_AUNT, "school_admin", SCHOOL)

    assert _roles(teacher, head, inside(CLASS, SCHOOL), granting=_STAFF) == {"teacher"}
    assert _roles(teacher, head, granting=_STAFF) == {"third_party"}
    assert _roles(teacher, a_role(_AUNT, "school_admin", MINH), granting=_STAFF) == {"third_party"}


def test_an_operator_wide_granter_is_one_of_the_operator_asked() -> None:
    """Who may grant everywhere at one operator may grant nothing at another."""
    granting = {"family_member": Granting("family_member", ("operator_staff",), True, "KIDS-1.9")}
    aunt = a_role(LAN, "family_member", MINH, granted_by=MOTHER)

    assert _roles(aunt, a_role(MOTHER, "operator_staff", _OPERATOR), granting=granting) == {"family_member"}
    foreign = a_role(MOTHER, "operator_staff", Entity("operator", WELEARNING))
    assert _roles(aunt, foreign, granting=granting) == {"third_party"}


def _admins(*names: str) -> list[Fact]:
    users = [Entity("user", name) for name in names]
    return [a_role(one, "tenant_admin", _TENANT, granted_by=other) for one, other in pairwise(users)]


def _learns(*facts: Fact) -> bool:
    learner = a_role(LAN, "learner", _TENANT, granted_by=Entity("user", "a0"))
    given = circumstances(learner, *facts, operator=WELEARNING, scopes=(_TENANT,), granting=_ADMINS)
    return given.roles == {"learner"}


def test_every_granter_of_a_chain_must_be_entitled_in_turn() -> None:
    """A chain of grants counts when it begins with somebody whose role needs no granter, and breaks with any link."""
    granting = {**_ADMINS, "tenant_admin": Granting("tenant_admin", ("tenant_admin",), False, "OES-1")}
    root = a_role(Entity("user", "a2"), "tenant_admin", _TENANT)
    learner = a_role(LAN, "learner", _TENANT, granted_by=Entity("user", "a0"))
    chain = _admins("a0", "a1", "a2")

    def roles(*facts: Fact) -> frozenset[str]:
        return circumstances(learner, *facts, operator=WELEARNING, scopes=(_TENANT,), granting=granting).roles

    assert roles(*chain, root) == {"learner"}
    assert roles(*chain) == {"third_party"}
    assert roles(chain[0], root) == {"third_party"}
    assert roles(chain[1], root) == {"third_party"}


def test_grants_that_go_round_prove_nothing() -> None:
    """Two who granted each other, and one who granted herself, are not entitled to anything."""
    assert not _learns(*_admins("a0", "a0"))
    assert not _learns(*_admins("a0", "a1", "a0"))
    assert not _learns(*_admins("a0", "a1", "a2", "a3", "a1"))


def test_a_chain_is_followed_as_far_as_containments_are() -> None:
    """A very long chain of grants counts no more."""
    granting = {**_ADMINS, "tenant_admin": Granting("tenant_admin", ("tenant_admin",), False, "OES-1")}
    learner = a_role(LAN, "learner", _TENANT, granted_by=Entity("user", "a0"))

    def counts(length: int) -> bool:
        chain = _admins(*(f"a{at}" for at in range(length)))
        root = a_role(Entity("user", f"a{length - 1}"), "tenant_admin", _TENANT)
        given = circumstances(learner, *chain, root, operator=WELEARNING, scopes=(_TENANT,), granting=granting)
        return given.roles == {"learner"}

    assert counts(MAXIMUM_STEPS)
    assert not counts(MAXIMUM_STEPS + 1)


def test_tangled_grants_are_judged_at_once() -> None:
    """Two who granted each other in sixteen scopes, one inside the other, keep nobody waiting."""
    scopes = [Entity("tenant", str(at)) for at in range(16)]
    nested = [inside(narrow, wide) for narrow, wide in pairwise(scopes)]
    tangle = [
        a_role(Entity("user", one), "tenant_admin", scope, granted_by=Entity("user", other))
        for scope in scopes
        for one, other in (("a0", "a1"), ("a1", "a0"))
    ]
    learner = a_role(LAN, "learner", scopes[0], granted_by=Entity("user", "a0"))
    given = circumstances(learner, *nested, *tangle, operator=WELEARNING, scopes=(scopes[0],), granting=_ADMINS)

    assert given.roles == {"third_party"}


def test_why_a_role_does_not_count_is_said_in_both_languages() -> None:
    """Each assignment that does not count says why."""
    ended = Fact(RoleAssignment(LAN, "teacher", SCHOOL), None, NOW - timedelta(days=1))
    later = Fact(RoleAssignment(LAN, "teacher", CLASS), NOW + timedelta(days=1), None)
    elsewhere = a_role(LAN, "guardian", AN)
    ungranted = a_role(LAN, "family_member", MINH, granted_by=MOTHER)
    unrecorded = a_role(LAN, "family_member", CLASS)
    counting = a_role(LAN, "teacher", MINH)

    judged = circumstances(ended, later, elsewhere, ungranted, unrecorded, counting, granting=_FAMILY).assignments

    said = [one.why_not.en if one.why_not else "" for one in judged]
    assert said == [
        "ended at 2026-10-05 12:00:00+07:00",
        "begins only at 2026-10-07 12:00:00+07:00",
        "`child:an` is no scope of this request and contains none of its scopes",
        "the granter `user:mẹ` does not hold primary_guardian in `child:minh`",
        "nobody is recorded as granter of `family_member`",
        "",
    ]
    assert [bool(one.why_not and one.why_not.vi) for one in judged] == [True] * 5 + [False]


# --- Groups of roles --------------------------------------------------------------------------------------------------


def test_a_group_of_roles_is_held_by_whoever_holds_one_of_them() -> None:
    """A group may hold the data subject and third parties too, who have no fact."""
    members = {"insiders": frozenset({"data_subject", "guardian"}), "strangers": frozenset({"third_party"})}
    words = hierarchies(vocabulary(), {WordKind.ROLE: members})
    given = circumstances(a_role(LAN, "primary_guardian", MINH), words=words)

    assert given.holds(LAN, "insiders")
    assert given.holds(MINH, "insiders")
    assert not given.holds(MOTHER, "insiders")
    assert given.holds(MOTHER, "strangers")
    assert not given.holds(LAN, "strangers")
    assert not given.holds(MINH, "strangers")
