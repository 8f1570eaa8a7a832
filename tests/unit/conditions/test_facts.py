"""Grounds, and everybody who is concerned."""

from datetime import timedelta

import pytest

from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.facts import Fact
from tests.unit.conditions.situations import (
    AN,
    HOMEID,
    LAN,
    MINH,
    MOTHER,
    NOW,
    ONMEETING,
    SCHOOL,
    a_consent,
    a_family,
    a_ground,
    a_role,
    circumstances,
    lacks,
    named,
    outcome,
)

T, F, U = Outcome.TRUE, Outcome.FALSE, Outcome.UNKNOWN
_MINE = "some support_ticket where (its beneficiary is subject and its status is open)"


def test_facts_are_closed() -> None:
    """A ground that is neither stored nor sent does not exist: false, and not unknown."""
    assert outcome("some support_ticket") is F
    assert outcome("no support_ticket") is T
    assert outcome("some support_ticket where (its requester_verified is yes)") is F


def test_a_property_missing_inside_a_fact_is_unknown() -> None:
    """A ticket that does not say whether its requester was verified leaves that open."""
    ticket = a_ground()

    assert outcome("some support_ticket where (its requester_verified is yes)", circumstances(ticket)) is U
    assert outcome("no support_ticket where (its requester_verified is yes)", circumstances(ticket)) is U
    assert outcome("some support_ticket where (not its requester_verified is yes)", circumstances(ticket)) is U


def test_one_ground_must_fulfil_every_part() -> None:
    """Half of one ticket and half of another are no ticket."""
    mine_closed = a_ground(id_="support_ticket:1", status="closed")
    open_of_another = a_ground(id_="support_ticket:2", beneficiary=MOTHER)

    assert outcome(_MINE, circumstances(mine_closed, open_of_another)) is F
    assert outcome(_MINE, circumstances(mine_closed, open_of_another, a_ground(id_="support_ticket:3"))) is T


def test_an_unknown_ground_beside_a_fitting_one_does_not_matter() -> None:
    """One that fits is enough."""
    text = "some support_ticket where (its requester_verified is yes)"
    given = circumstances(a_ground(), a_ground(id_="support_ticket:2", requester_verified=True))

    assert outcome(text, given) is T


def test_a_ground_of_another_kind_is_none() -> None:
    """Only grounds of the kind asked for are looked at."""
    assert outcome("some support_ticket", circumstances(a_ground("legal_request", status="verified"))) is F


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        (NOW, None, T),
        (NOW + timedelta(microseconds=1), None, F),
        (None, NOW + timedelta(microseconds=1), T),
        (None, NOW, F),
        (NOW, NOW + timedelta(microseconds=1), T),
        (NOW - timedelta(days=2), NOW - timedelta(days=1), F),
    ],
)
def test_the_term_of_a_ground_is_judged_to_the_microsecond(begins: object, ends: object, expected: Outcome) -> None:
    """`valid_from` is inclusive and `valid_until` exclusive."""
    fact = Fact(a_ground().kind, begins, ends)  # type: ignore[arg-type]  # instants or None

    assert outcome("some support_ticket", circumstances(fact)) is expected


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ((), T),
        ((Entity("building", "b"),), T),
        ((Entity("order", "o-1"),), T),
        ((Entity("order", "o-2"), Entity("order", "o-1")), T),
        ((Entity("order", "o-2"),), F),
        ((Entity("order", "o-2"), Entity("building", "b")), F),
    ],
)
def test_a_ground_about_another_thing_of_its_type_does_not_count(scopes: tuple[Entity, ...], expected: Outcome) -> None:
    """Where the request names an order, only that order is a ground; where it names none, every order is."""
    order = a_ground("order", "order:o-1", "placed")

    assert outcome("some order", circumstances(order, operator=HOMEID, scopes=scopes)) is expected


def test_its_speaks_of_the_innermost_fact() -> None:
    """A fact inside a fact has its own `its`, and the outer one is back after it."""
    text = "some support_ticket where (some legal_request where (its status is verified) and its status is open)"
    both = circumstances(a_ground(), a_ground("legal_request", "legal_request:1", "verified"))

    assert outcome(text, both) is T
    assert outcome(text, circumstances(a_ground())) is F


def test_a_named_condition_does_not_see_the_fact_of_its_place() -> None:
    """A condition that is named inside `where` is about the request and not about the fact."""
    mine = named("mine", _MINE)

    assert outcome("some support_ticket where (mine)", circumstances(a_ground()), mine) is T
    assert outcome("some support_ticket where (mine)", circumstances(a_ground(beneficiary=MOTHER)), mine) is F


# --- Each person ------------------------------------------------------------------------------------------------------

_EACH = "each person (consent from primary_guardian)"
_AN_CONSENT = (a_role(Entity("user", "x"), "primary_guardian", AN), a_consent(Entity("user", "x"), data_subject=AN))


def test_each_person_is_everybody_pictured_and_the_data_subject() -> None:
    """A picture of two children needs the consent for both, and one consent is for one child."""
    minh = (*a_family(), a_consent())

    assert outcome(_EACH, circumstances(*minh)) is T
    assert outcome(_EACH, circumstances(*minh, resource_pictured=(MINH,))) is T
    assert outcome(_EACH, circumstances(*minh, resource_pictured=(AN, MINH))) is F
    assert outcome(_EACH, circumstances(*minh, resource_pictured=(AN,))) is F
    assert outcome(_EACH, circumstances(*minh, *_AN_CONSENT, resource_pictured=(AN, MINH))) is T
    assert outcome(_EACH, circumstances(*_AN_CONSENT, resource_pictured=(AN,))) is F


def test_the_guardian_of_one_child_consents_for_no_other() -> None:
    """A consent counts when its giver holds the role towards the very person it is about."""
    given = circumstances(*a_family(), a_consent(data_subject=AN), data_subject=AN)

    assert outcome("consent from primary_guardian", given) is F


def test_each_of_nobody_is_unknown() -> None:
    """Where nobody is named, neither the condition nor its negation holds."""
    nobody = circumstances(data_subject=None)

    assert outcome(_EACH, nobody) is U
    assert outcome(f"not {_EACH}", nobody) is U
    assert outcome("consent from primary_guardian", nobody) is U
    assert outcome("not consent from primary_guardian", nobody) is U


def test_person_is_each_in_turn() -> None:
    """Inside `each person` the word `person`, roles and named conditions are about that person."""
    guardian = named("guarded", "subject holds guardian")
    text = "each person (person has type child and guarded)"
    of_both = (a_role(LAN, "guardian", MINH), a_role(LAN, "guardian", AN))

    assert outcome(text, circumstances(*of_both, resource_pictured=(MINH, AN)), guardian) is T
    assert outcome(text, circumstances(of_both[0], resource_pictured=(MINH, AN)), guardian) is F


def test_what_one_person_lacks_is_told_by_name() -> None:
    """A denial says for whom the consent is missing."""
    (said,) = lacks(_EACH, circumstances(*a_family(), a_consent(), resource_pictured=(MINH, AN)))

    assert "`child:an`" in said.en
    assert "`child:an`" in said.vi
    assert "minh" not in said.en


# --- Holding roles ----------------------------------------------------------------------------------------------------


def test_a_broader_role_is_held_with_the_narrower() -> None:
    """Whoever is a primary guardian is a guardian, and not the other way round."""
    assert outcome("subject holds guardian", circumstances(a_role(LAN, "primary_guardian", MINH))) is T
    assert outcome("subject holds primary_guardian", circumstances(a_role(LAN, "guardian", MINH))) is F


def test_a_role_in_a_scope_of_one_type_is_asked_for_by_in() -> None:
    """`holds teacher in class` is not fulfilled by a teacher of the whole school."""
    of_school = circumstances(a_role(LAN, "teacher", SCHOOL))

    assert outcome("subject holds teacher", of_school) is T
    assert outcome("subject holds teacher in school", of_school) is T
    assert outcome("subject holds teacher in class", of_school) is F
    assert outcome("subject holds school_admin or teacher in class", of_school) is F


def test_whoever_holds_nothing_is_a_third_party() -> None:
    """A stranger is a third party without any fact; a guardian and the data subject are none."""
    assert outcome("subject holds third_party") is T
    assert outcome("not subject holds third_party") is F
    assert outcome("subject holds third_party", circumstances(a_role(LAN, "guardian", MINH))) is F
    assert outcome("subject holds third_party", circumstances(a_role(LAN, "guardian", AN))) is T
    assert outcome("subject holds third_party", circumstances(subject=MINH)) is F
    assert outcome("subject holds third_party in operator") is F


def test_a_named_outsider_is_a_third_party_too() -> None:
    """A partner, whose role lies in third_party, is one."""
    partner = circumstances(a_role(LAN, "partner", Entity("operator", ONMEETING)), operator=ONMEETING)

    assert outcome("subject holds third_party", partner) is T
    assert outcome("subject holds partner", partner) is T


def test_the_data_subject_is_held_by_whom_the_data_is_about() -> None:
    """Nobody is assigned it and nobody else holds it."""
    assert outcome("subject holds data_subject", circumstances(subject=MINH)) is T
    assert outcome("subject holds data_subject") is F
    assert outcome("subject holds data_subject", circumstances(data_subject=None)) is F


# --- Who made a demand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beneficiary", "issued_by", "expected"),
    [
        pytest.param(LAN, None, T, id="the-beneficiary-itself"),
        pytest.param(LAN, LAN, T, id="said-twice"),
        pytest.param(LAN, MINH, F, id="somebody-else"),
        pytest.param(None, LAN, T, id="on-record"),
        pytest.param(None, None, F, id="nobody-on-record"),
    ],
)
def test_the_issuer_is_the_beneficiary_unless_somebody_else_is_on_record(
    beneficiary: Entity | None, issued_by: Entity | None, expected: Outcome
) -> None:
    """`issued_by` is recorded only where it is not the beneficiary; a demand of nobody is nobody's."""
    properties = {} if issued_by is None else {"issued_by": issued_by}
    demand = a_ground("legal_request", "request:cv-1", "verified", beneficiary, **properties)

    assert outcome("some legal_request where (its issuer is subject)", circumstances(demand)) is expected
