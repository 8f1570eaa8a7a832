"""What the language of conditions accepts, and where it says what is wrong."""

import pytest

from pdp.conditions import RESERVED, ConditionSyntaxError, Named, parse_condition
from pdp.conditions.expression import All, AnyOf, Compare, Holds, Not, SomeConsent
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from tests.unit.conditions.situations import HOMEID, ONMEETING, a_resolver, read

# ▲ stands right before the character that the refusal has to point at and is taken out before the text is read.
_REFUSED = [
    # the bones of the language
    ("▲", ""),
    ("▲and", ""),
    ("not▲", ""),
    ("no▲", None),
    ("some▲", None),
    ("▲always", ""),
    ("▲nothing", ""),
    ("context.channel is web or▲", ""),
    ("context.channel is web and ▲always", ""),
    ("context.channel is web ▲context.channel is web", ""),
    ("(context.channel is web▲", ""),
    ("context.channel is web▲)", ""),
    ("context.channel ▲isnt web", ""),
    ("context.channel▲", ""),
    ("context.channel is▲", ""),
    ("context.channel ▲= web", ""),
    ("context.channel is web▲; x", ""),
    ("(" * 16 + "▲context.channel is web" + ")" * 16, ""),
    ("not " * 16 + "▲context.channel is web", ""),
    # values of the request
    ("▲context.chanel is web", "context.channel"),
    ("▲context.step_up is passed", None),
    ("▲context.time is before now", None),
    ("▲foo.bar is yes", None),
    ("▲contxt.channel is web", "context"),
    ("▲extra.x is yes", ""),
    ("▲person.x is yes", ""),
    ("▲its.status is open", None),
    # values that it is compared with
    ("context.channel is ▲mobil_app", "mobile_app"),
    ("context.channel is ▲satellite", None),
    ("context.channel is one of [web, ▲mobil_app]", "mobile_app"),
    ('context.channel is ▲"web"', "web"),
    ("context.authenticated is ▲true", "yes, no"),
    ("context.authenticated is one of [▲yes]", ""),
    ("context.recipient is ▲lan", "type:id"),
    ('context.recipient is ▲"user:lan"', "type:id"),
    ("context.recipient is User▲:lan", ""),
    ("context.special_case is ▲contest", '"contest"'),
    ('context.special_case is ▲"contest', ""),
    ("context.granted_role is ▲famly_member", "family_member"),
    ("context.session_started_at is ▲2026", None),
    ("resource.fields includes ▲emial", "email"),
    # one value and a list
    ("▲resource.fields is email", "includes, is within"),
    ("▲resource.fields is one of [email]", "includes, is within"),
    ("▲resource.fields is not one of [email]", "includes, is within"),
    ("▲context.channel is within [web]", "is, is one of"),
    ("▲context.channel includes web", "is, is one of"),
    ("resource.fields is within ▲email", ""),
    ("resource.data_subject is one of ▲child:a", ""),
    ("resource.data_subject is one of [▲]", "type:id"),
    ("resource.data_subject is one of [child:a, ▲]", "type:id"),
    ("resource.data_subject is one of [child:a ▲child:b]", ""),
    ("context.recipient is in ▲[child:a]", ""),
    ("context.recipient is in ▲resource.data_subject", ""),
    # types that do not go together
    ("context.channel is in ▲resource.scopes", ""),
    ("subject.product is ▲subject", ""),
    ("subject.product is ▲context.channel", ""),
    ("some support_ticket where (its status is ▲subject.product)", ""),
    ("▲context.channel is at least web", ""),
    ("▲context.channel is before now", ""),
    ("▲now is at least 3", ""),
    ("▲context.channel has type school", ""),
    ("▲context.channel holds guardian", ""),
    ("▲subject.product cover the category", ""),
    ("context.session_started_at is before ▲subject", ""),
    # terms of time
    ("context.session_started_at is before 3 ▲after now", "minutes, hours, days, years"),
    ("context.session_started_at is before 3 ▲weeks after now", "minutes, hours, days, years"),
    ("context.session_started_at is before 3 days ▲now", ""),
    ("context.session_started_at is before ▲1001 years after now", "at most 1000"),
    ("context.session_started_at is before ▲99999999999999999999 days after now", "at most 365000"),
    # people
    ("context.recipient has type ▲shcool", "school"),
    ("context.recipient has type▲", ""),
    ("context.recipient holds▲", ""),
    ("context.recipient holds ▲guardin", "guardian"),
    ("context.recipient holds teacher in▲", ""),
    ("context.recipient holds teacher in ▲clas", "class"),
    ("context.recipient holds guardian in ▲school", "child"),
    ("context.recipient holds data_subject in ▲child", ""),
    ("▲each", ""),
    ("each person▲", ""),
    ("each person ▲context.channel is web", ""),
    ("each person (▲", ""),
    # facts
    ("some ▲ticket", "support_ticket"),
    ("some ▲order", None),
    ("some support_ticket where ▲its status is open", ""),
    ("some support_ticket where (▲)", ""),
    ("no support_ticket where (its status is open▲", ""),
    ("its ▲status is open", ""),
    ("some registration where (its ▲statu is active)", "status"),
    ("some registration where (its status is ▲actve)", "active"),
    ("some registration where (its ▲product is kidsonline)", None),
    ("some legal_request where (its ▲concerns is subject)", None),
    ("some registration where (its status is active) and its ▲status is active", ""),
    ("▲consent", ""),
    ("consent from▲", ""),
    ("consent from ▲guardan", "guardian"),
    ("consent from guardian or▲", ""),
    ("consent from guardian where (its ▲status is given)", None),
    ("consent from guardian where (its form is ▲writen)", "written"),
]


@pytest.mark.parametrize(("written", "suggestion"), _REFUSED)
def test_what_cannot_be_right_is_refused_where_it_stands(written: str, suggestion: str | None) -> None:
    """Every refusal points at the first character that cannot be right and names what could stand there."""
    with pytest.raises(ConditionSyntaxError) as caught:
        read(written.replace("▲", ""))

    assert caught.value.at == written.index("▲")
    assert caught.value.en
    assert caught.value.vi
    if suggestion is not None:
        assert caught.value.suggestion == suggestion


@pytest.mark.parametrize(
    "text",
    [
        "resource.participants_after is at least many",
        "resource.participants_after is at most resource.plan",
        'resource.plan is more than "pro"',
        "subject.verified_channels is email",
        "subject.verified_channels is not one of [email]",
        "context.notice_to is in context.notice_to",
    ],
)
def test_numbers_and_lists_of_another_operator_are_compared_strictly_too(text: str) -> None:
    """Whole numbers are compared with whole numbers, and a list never as if it were one value."""
    with pytest.raises(ConditionSyntaxError):
        read(text, ONMEETING)


def test_and_binds_closer_than_or() -> None:
    """`a or b and c` is a, or both b and c."""
    assert read("a or b and c") == AnyOf((Named("a", 0), All((Named("b", 5), Named("c", 11)))))


def test_brackets_go_before_and() -> None:
    """`(a or b) and not c` is either of a and b, without c."""
    assert read("(a or b) and not c") == All((AnyOf((Named("a", 1), Named("b", 6))), Not(Named("c", 17))))


def test_no_is_the_negation_of_some() -> None:
    """`no` means that there is not some."""
    assert read("no support_ticket") == Not(read("some support_ticket"))


def test_or_goes_on_with_roles_only_before_a_role() -> None:
    """`holds a or b` lists roles, `holds a or NAME` is another statement."""
    two_roles = read("subject holds teacher or guardian")
    statement = read("subject holds teacher or signed_in")

    assert isinstance(two_roles, Holds)
    assert two_roles.roles == ("teacher", "guardian")
    assert isinstance(statement, AnyOf)
    assert isinstance(statement.parts[1], Named)


def test_a_group_of_roles_may_stand_wherever_a_role_may() -> None:
    """A group of the folder is read as a role after `holds` and after `or`."""
    groups = {WordKind.ROLE: {"the_family": Text("gia đình", "the family")}}
    resolver = a_resolver(groups=groups)

    holds = parse_condition("subject holds teacher or the_family", resolver)
    consent = parse_condition("consent from the_family", resolver)

    assert isinstance(holds, Holds)
    assert holds.roles == ("teacher", "the_family")
    assert isinstance(consent, SomeConsent)
    assert consent.givers == ("the_family",)


def test_the_longest_relation_is_read() -> None:
    """`is not one of` is not taken for `is not`, nor `is not` for `is`."""
    relations = [
        read(text)
        for text in ("context.channel is web", "context.channel is not web", "context.channel is not one of [web]")
    ]

    assert [found.relation.value for found in relations if isinstance(found, Compare)] == [
        "is",
        "is not",
        "is not one of",
    ]


def test_a_word_for_another_operator_is_unknown() -> None:
    """A condition may use only what its operator has a use for."""
    read("some order where (its status is placed)", HOMEID)
    with pytest.raises(ConditionSyntaxError):
        read("some order where (its status is placed)")


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_no_reserved_word_is_read_as_the_name_of_a_condition(word: str) -> None:
    """A word of the language never names a condition, so no expression changes its meaning with the folder."""
    with pytest.raises(ConditionSyntaxError):
        read(word)


def test_the_words_that_begin_a_statement_are_reserved() -> None:
    """No condition can be called by a word that begins a statement or a value."""
    assert {"and", "or", "not", "some", "no", "consent", "each", "subject", "resource", "now", "its"} <= RESERVED


def test_each_person_may_stand_sixteen_deep_and_no_deeper() -> None:
    """Sixteen levels of brackets are read."""
    read("(" * 15 + "context.channel is web" + ")" * 15)
