"""Every relation when it holds, when it does not, and when what it needs is missing."""

from datetime import timedelta

import pytest

from pdp.conditions.expression import Relation
from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.facts import Value
from tests.unit.conditions.situations import (
    CLASS,
    HOMEID,
    KIDSONLINE,
    LAN,
    MINH,
    NOW,
    ONMEETING,
    a_ground,
    circumstances,
    outcome,
)

_OTHER = Entity("user", "khác")

# operator, condition, property that it needs, a value that makes it true, a value that makes it false
_TABLE: list[tuple[str, str, str, Value, Value]] = [
    (KIDSONLINE, "context.authenticated is yes", "context_authenticated", True, False),
    (KIDSONLINE, "context.authenticated is not yes", "context_authenticated", False, True),
    (KIDSONLINE, "context.channel is web", "context_channel", "web", "mobile_app"),
    (KIDSONLINE, "context.channel is not web", "context_channel", "mobile_app", "web"),
    (KIDSONLINE, "context.channel is one of [web, email]", "context_channel", "email", "phone"),
    (KIDSONLINE, "context.channel is not one of [web, email]", "context_channel", "phone", "email"),
    (KIDSONLINE, "context.recipient is user:lan", "context_recipient", LAN, _OTHER),
    (KIDSONLINE, "context.recipient is subject", "context_recipient", LAN, _OTHER),
    (KIDSONLINE, "subject is context.recipient", "context_recipient", LAN, _OTHER),
    (KIDSONLINE, "subject is not context.recipient", "context_recipient", _OTHER, LAN),
    (KIDSONLINE, "context.recipient is one of [user:lan, org:x]", "context_recipient", LAN, _OTHER),
    (KIDSONLINE, "context.recipient is in resource.scopes", "context_recipient", CLASS, _OTHER),
    (KIDSONLINE, "context.recipient is not in resource.scopes", "context_recipient", _OTHER, CLASS),
    (KIDSONLINE, "subject is in resource.pictured", "resource_pictured", (MINH, LAN), (MINH,)),
    (KIDSONLINE, "subject is not in resource.pictured", "resource_pictured", (MINH,), (LAN,)),
    (KIDSONLINE, "resource.pictured includes child:minh", "resource_pictured", (LAN, MINH), (LAN,)),
    (KIDSONLINE, "resource.pictured is within [child:minh]", "resource_pictured", (MINH,), (MINH, LAN)),
    (KIDSONLINE, 'context.special_case is "hội thao"', "context_special_case", "hội thao", "Hội thao"),
    (KIDSONLINE, "context.special_case is stated", "context_special_case", "hội thao", " \n"),
    (KIDSONLINE, "context.granted_role is family_member", "context_granted_role", "family_member", "guardian"),
    (KIDSONLINE, "context.recipient has type user", "context_recipient", LAN, MINH),
    (KIDSONLINE, "context.recipient has type child or school", "context_recipient", MINH, LAN),
    (KIDSONLINE, "context.recipient holds data_subject", "context_recipient", MINH, LAN),
    (KIDSONLINE, "context.session_started_at is before now", "context_session", NOW - timedelta(1), NOW),
    (KIDSONLINE, "context.session_started_at is not before now", "context_session", NOW, NOW - timedelta(1)),
    (KIDSONLINE, "context.session_started_at is after now", "context_session", NOW + timedelta(1), NOW),
    (KIDSONLINE, "context.session_started_at is not after now", "context_session", NOW, NOW + timedelta(1)),
    (KIDSONLINE, "now is before 1 day after context.session_started_at", "context_session", NOW, NOW - timedelta(1)),
    (ONMEETING, "resource.minutes is 60", "resource_minutes", 60, 61),
    (ONMEETING, "resource.minutes is at least 60", "resource_minutes", 60, 59),
    (ONMEETING, "resource.minutes is at most 60", "resource_minutes", 60, 61),
    (ONMEETING, "resource.minutes is more than 60", "resource_minutes", 61, 60),
    (ONMEETING, "resource.minutes is less than 60", "resource_minutes", 59, 60),
    (ONMEETING, "subject.verified_channels includes email", "subject_verified_channels", ("email",), ("phone",)),
    (ONMEETING, "subject.verified_channels is within [email]", "subject_verified_channels", ("email",), ()),
    (ONMEETING, "subject.plan is resource.plan", "subject_plan", "pro", "free"),
]


def _property(name: str, value: Value) -> dict[str, Value]:
    return {"context_session_started_at" if name == "context_session" else name: value}


@pytest.mark.parametrize(("operator", "text", "needs", "fitting", "unfitting"), _TABLE)
def test_a_relation_is_true_false_or_unknown(
    operator: str, text: str, needs: str, fitting: Value, unfitting: Value
) -> None:
    """A relation holds of a fitting value, not of another, and is unknown without one; so is its negation."""
    plan: dict[str, Value] = {"resource_plan": "pro"} if operator == ONMEETING else {}
    true = circumstances(operator=operator, values=plan | _property(needs, fitting))
    false = circumstances(operator=operator, values=plan | _property(needs, unfitting))
    unknown = circumstances(operator=operator, values=plan)

    assert [outcome(text, given) for given in (true, false, unknown)] == [Outcome.TRUE, Outcome.FALSE, Outcome.UNKNOWN]
    negated = [outcome(f"not {text}", given) for given in (true, false, unknown)]
    assert negated == [Outcome.FALSE, Outcome.TRUE, Outcome.UNKNOWN]


def test_every_relation_is_in_the_table() -> None:
    """No relation of the language goes without a row that makes it true, false and unknown."""
    tested = {relation for relation in Relation for _, text, *_ in _TABLE if f" {relation.value} " in text}

    assert tested == set(Relation)


def test_the_property_that_is_missing_on_the_right_is_the_one_named() -> None:
    """Where two properties are compared, the one that is missing makes it unknown, on whichever side."""
    left = circumstances(operator=ONMEETING, resource_plan="pro")
    right = circumstances(operator=ONMEETING, subject_plan="pro")

    assert outcome("subject.plan is not resource.plan", left) is Outcome.UNKNOWN
    assert outcome("subject.plan is not resource.plan", right) is Outcome.UNKNOWN
    assert outcome("not subject.plan is resource.plan", right) is Outcome.UNKNOWN


@pytest.mark.parametrize("text", ["not subject is in resource.scopes", "subject is not in resource.scopes"])
def test_nobody_is_outside_of_scopes_that_were_not_named(text: str) -> None:
    """Where a request names no scope, being none of them is unknown and not true."""
    assert outcome(text, circumstances()) is Outcome.TRUE
    assert outcome(text, circumstances(scopes=())) is Outcome.UNKNOWN


def test_an_empty_list_is_within_nothing() -> None:
    """A list without elements is not "only of" what is permitted: nobody could say of what it is."""
    given = circumstances(resource_pictured=())

    assert outcome("resource.pictured is within [child:minh]", given) is Outcome.FALSE
    assert outcome("resource.pictured is stated", given) is Outcome.FALSE


def test_ids_are_compared_byte_for_byte() -> None:
    """A name that looks alike is another name."""
    given = circumstances(subject=Entity("user", "Lan"))

    assert outcome("subject is user:lan", given) is Outcome.FALSE
    assert outcome("subject is user:Lan", given) is Outcome.TRUE


def test_person_and_the_data_itself_can_be_compared() -> None:
    """`person` is whom the data is about, `resource` the data itself, `type:id`."""
    assert outcome("person is child:minh") is Outcome.TRUE
    assert outcome("resource is child_photo:r-1") is Outcome.TRUE
    assert outcome("person is child:minh", circumstances(data_subject=None)) is Outcome.UNKNOWN


def test_what_covers_the_category_lists_it_or_a_broader_one() -> None:
    """A list covers the category asked for by naming it or a broader one, never by a narrower one."""

    def covers(*categories: str) -> Outcome:
        fact = a_ground("authorisation", "authorisation:a-1", "valid", categories=categories)
        text = "some authorisation where (its categories cover the category)"
        return outcome(text, circumstances(fact, operator=HOMEID, category="contact"))

    assert covers("contact") is covers("personal_data") is covers("email", "personal_data") is Outcome.TRUE
    assert covers("email", "phone", "delivery_details") is covers() is Outcome.FALSE


def test_a_list_of_categories_that_is_missing_covers_nothing_for_certain() -> None:
    """Without its categories an authorisation neither covers nor fails to cover."""
    fact = a_ground("authorisation", "authorisation:a-1", "valid")
    given = circumstances(fact, operator=HOMEID, category="contact")

    for text in (
        "some authorisation where (its categories cover the category)",
        "no authorisation where (its categories cover the category)",
    ):
        assert outcome(text, given) is Outcome.UNKNOWN
