"""What it means that a value is not there."""

from types import MappingProxyType

import pytest

from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.fact_schema import PropertySpec, ValueType
from pdp.core.facts import Fact
from pdp.core.text import Text
from tests.unit.conditions.situations import (
    HOMEID,
    LAN,
    MINH,
    NEWSPAPER,
    WELEARNING,
    a_ground,
    circumstances,
    outcome,
    result,
)

T, F, U = Outcome.TRUE, Outcome.FALSE, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.account_state is active", T),
        ("resource.account_state is not active", F),
        ("resource.account_state is closed", F),
        ("resource.account_state is one of [suspended, closed]", F),
        ("resource.account_state is not one of [suspended, closed]", T),
    ],
)
def test_a_default_stands_in_for_the_missing_value(text: str, expected: Outcome) -> None:
    """`absent: active` makes an account without a state an active one."""
    assert outcome(text, circumstances(operator=HOMEID)) is expected


@pytest.mark.parametrize(
    ("text", "recipient", "expected"),
    [
        ("recipient is subject", None, T),
        ("recipient is subject", LAN, T),
        ("recipient is subject", MINH, F),
        ("recipient is resource.data_subject", None, F),
        ("recipient is resource.data_subject", MINH, T),
        ("not recipient is subject and not recipient is resource.data_subject", None, F),
        ("not recipient is subject and not recipient is resource.data_subject", NEWSPAPER, T),
        ("recipient has type org", NEWSPAPER, T),
        ("recipient holds partner", NEWSPAPER, F),
        ("context.recipient is subject", None, U),
    ],
)
def test_who_receives_is_the_subject_where_nobody_else_is_named(
    text: str, recipient: Entity | None, expected: Outcome
) -> None:
    """`recipient` is never unknown: facts.yaml asks for it only "where that is not the subject"."""
    named = {} if recipient is None else {"context_recipient": recipient}

    assert outcome(text, circumstances(operator=HOMEID, values=named)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.made_public_by is subject", F),
        ("resource.made_public_by is not subject", T),
        ("subject is resource.made_public_by", F),
        ("subject is not resource.made_public_by", T),
        ("not subject is resource.made_public_by", T),
        ("resource.made_public_by is stated", F),
        ("not resource.made_public_by is stated", T),
        ("resource.made_public_by has type user", F),
        ("resource.made_public_by holds learner", F),
    ],
)
def test_known_to_be_nothing_is_different_from_everything_on_either_side(text: str, expected: Outcome) -> None:
    """`absent: none` is known: equal to nothing, and `is not` holds whichever side it stands on."""
    assert outcome(text, circumstances(operator=WELEARNING)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.deletion_requested_at is before now", F),
        ("resource.deletion_requested_at is not before now", F),
        ("now is after resource.deletion_requested_at", F),
        ("now is after 5 days after resource.deletion_requested_at", F),
        ("not now is after 5 days after resource.deletion_requested_at", T),
        ("resource.deletion_requested_via is email", F),
        ("resource.deletion_requested_via is not one of [email, web]", T),
    ],
)
def test_an_instant_that_is_known_to_be_none_is_neither_before_nor_after(text: str, expected: Outcome) -> None:
    """What never happened did not happen before or after anything, shifted or not."""
    assert outcome(text, circumstances(operator=HOMEID)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("resource.fields includes email", T),
        ("resource.fields includes password", T),
        ("not resource.fields includes password", F),
        ("resource.fields is within [email, name]", F),
        ("not resource.fields is within [email, name]", T),
    ],
)
def test_no_list_of_fields_means_all_of_them(text: str, expected: Outcome) -> None:
    """`absent: all of the resource`: whoever names no fields asks for every one, the forbidden ones too."""
    assert outcome(text) is expected


_ORDER = "order:o-1"


def _order(beneficiary: Entity | None, data_subject: Entity | None = MINH, **properties: Entity) -> Fact:
    return a_ground("order", _ORDER, "placed", beneficiary, data_subject, **properties)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("its beneficiary is subject", F),
        ("subject is its beneficiary", F),
        ("its beneficiary is one of [user:lan]", F),
        ("its beneficiary is in resource.scopes", F),
        ("its beneficiary has type user", F),
        ("its beneficiary holds shipping_partner", F),
        ("its beneficiary is stated", F),
        ("its beneficiary is not subject", U),
        ("subject is not its beneficiary", U),
        ("its beneficiary is not one of [user:lan]", U),
        ("its beneficiary is not in resource.scopes", U),
        ("not its beneficiary is subject", U),
        ("not subject is its beneficiary", U),
        ("not (its beneficiary is subject and its status is placed)", U),
        ("not its beneficiary has type user", U),
        ("not its beneficiary holds shipping_partner", U),
        ("not its beneficiary is stated", T),
        ("its concerns is resource", F),
        ("its concerns is not resource", U),
        ("not its concerns is resource", U),
        ("not (its beneficiary is subject and its status is delivered)", T),
    ],
)
def test_an_empty_beneficiary_matches_nothing_and_is_different_from_nothing(where: str, expected: Outcome) -> None:
    """A ground that names nobody is nobody's: not the subject's, and not for certain somebody else's."""
    given = circumstances(_order(None), operator=HOMEID)

    assert outcome(f"some order where ({where})", given) is expected


def test_a_condition_that_may_rest_on_one_without_says_so() -> None:
    """`not its beneficiary is stated or its beneficiary is subject` is true of a ground that names nobody."""
    text = "some order where (not its beneficiary is stated or its beneficiary is subject)"

    assert outcome(text, circumstances(_order(None), operator=HOMEID)) is T
    assert outcome(text, circumstances(_order(LAN), operator=HOMEID)) is T
    assert outcome(text, circumstances(_order(Entity("org", "x")), operator=HOMEID)) is F


def test_no_ground_for_the_subject_is_unknown_beside_one_that_names_nobody() -> None:
    """`no order where (its beneficiary is subject)` does not hold by a ground whose beneficiary is empty."""
    text = "no order where (its beneficiary is subject)"

    assert outcome(text, circumstances(_order(None), operator=HOMEID)) is U
    assert outcome(text, circumstances(_order(Entity("org", "x")), operator=HOMEID)) is T
    assert outcome(text, circumstances(operator=HOMEID)) is T


def _declared(absent: str | None, is_list: bool = False) -> dict[str, PropertySpec]:
    spec = PropertySpec(
        "level", ValueType.ENUM, is_list, ("none", "high"), frozenset({"kidsonline"}), absent, Text("mức", "level")
    )
    return {"level": spec}


def test_none_as_a_declared_value_is_that_value() -> None:
    """Where `none` is itself a value, `absent: none` means this value and not "different from everything"."""
    declared = MappingProxyType(_declared("none"))

    assert result("extra.level is none", declared=declared).outcome is T
    assert result("extra.level is not none", declared=declared).outcome is F
    assert result("extra.level is not high", declared=declared).outcome is T


def test_a_declared_list_that_is_known_to_be_nothing_includes_nothing() -> None:
    """`absent: none` of a list is a list that includes nothing, whatever its values are called."""
    declared = MappingProxyType(_declared("none", is_list=True))

    assert result("extra.level includes none", declared=declared).outcome is F
    assert result("extra.level is within [none]", declared=declared).outcome is F


def test_a_declared_property_without_meaning_of_absence_is_unknown() -> None:
    """Only the schema makes absence known."""
    declared = MappingProxyType(_declared(None))

    assert result("extra.level is not none", declared=declared).outcome is U
    assert result("extra.level is not none", declared=declared).missing == {"extra.level"}
