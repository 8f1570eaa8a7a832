"""Which consent counts (contract, section 2, "Consent"), said in the language of conditions."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from pdp.core.circumstances import Circumstances
from pdp.core.decision import Outcome
from pdp.core.entity import Entity
from pdp.core.facts import Fact
from tests.unit.conditions.situations import (
    AN,
    FATHER,
    LAN,
    MOTHER,
    NEWSPAPER,
    NOW,
    SCHOOL,
    a_consent,
    a_family,
    a_role,
    circumstances,
    inside,
    outcome,
)

_TEXT = "consent from primary_guardian"
_STRANGER = Entity("user", "lạ")
_GROUP = Entity("org", "tập-đoàn")
_DAY = timedelta(days=1)
_STEP = timedelta(microseconds=1)


def _counts(*consents: Fact, **asked: object) -> bool:
    given = circumstances(*a_family(), *consents, **asked)  # type: ignore[arg-type]  # parts of the request
    found = outcome(_TEXT, given)
    assert found is not Outcome.UNKNOWN
    assert outcome(f"not {_TEXT}", given) is (Outcome.FALSE if found is Outcome.TRUE else Outcome.TRUE)
    return found is Outcome.TRUE


def test_without_any_there_is_none() -> None:
    """Facts are closed: no consent is a clear no."""
    assert not _counts()


# --- What it covers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purposes", "categories", "expected"),
    [
        (("media",), ("child_photo",), True),
        (("media", "research"), ("child_video", "child_photo"), True),
        (("media",), ("child_data",), True),
        (("media",), ("personal_data",), True),
        (("media",), ("child_video",), False),
        (("media",), ("image",), False),
        (("marketing",), ("child_photo",), False),
        (("research", "survey"), ("child_photo",), False),
        ((), ("child_photo",), False),
        (("media",), (), False),
        ((), (), False),
    ],
)
def test_purposes_and_categories_each_equal_or_contain_those_asked(
    purposes: tuple[str, ...], categories: tuple[str, ...], expected: bool
) -> None:
    """A consent covers what it lists and what is narrower; one that lists nothing covers nothing."""
    assert _counts(a_consent(purposes=purposes, categories=categories)) is expected


def test_a_broader_purpose_covers_the_narrower_and_not_the_other_way_round() -> None:
    """Marketing contains marketing by a third party."""
    assert _counts(a_consent(purposes=["marketing"]), purpose="third_party_marketing")
    assert not _counts(a_consent(purposes=["third_party_marketing"]), purpose="marketing")


def test_a_narrower_category_does_not_cover_a_broader_record() -> None:
    """A consent to photos is none to all of the child's data."""
    assert not _counts(a_consent(categories=["child_photo"]), category="child_data")


def test_purpose_and_category_of_two_consents_do_not_add_up() -> None:
    """One consent must cover all of the request."""
    assert not _counts(a_consent(categories=["child_video"]), a_consent(FATHER, purposes=["research"]))


def test_a_consent_about_another_child_is_none() -> None:
    """A consent is about one person."""
    assert not _counts(a_consent(data_subject=AN))


# --- Recipients -------------------------------------------------------------------------------------------------------


def test_an_empty_recipient_contains_all() -> None:
    """A consent that names no recipient is for whomever."""
    assert _counts(a_consent())
    assert _counts(a_consent(), context_recipient=NEWSPAPER)
    assert _counts(a_consent(), action="publish")


def test_a_recipient_is_the_one_named_or_else_the_subject() -> None:
    """Who would have the data is `context.recipient` and, where that is missing, whoever asks."""
    to_newspaper = a_consent(recipient=NEWSPAPER)

    assert _counts(to_newspaper, context_recipient=NEWSPAPER)
    assert _counts(to_newspaper, subject=NEWSPAPER)
    assert not _counts(to_newspaper)
    assert not _counts(to_newspaper, subject=NEWSPAPER, context_recipient=LAN)


@pytest.mark.parametrize("action", ["share", "disclose", "transfer"])
def test_an_insider_who_names_no_recipient_is_not_the_recipient(action: str) -> None:
    """A consent for the head of the school does not cover what she hands on to nobody knows whom."""
    head = a_role(LAN, "school_admin", SCHOOL)
    to_her = a_consent(recipient=LAN)

    assert _counts(to_her, head, subject=LAN, action="use")
    assert _counts(to_her, subject=LAN, action=action)
    assert not _counts(to_her, head, subject=LAN, action=action)
    assert _counts(a_consent(), head, subject=LAN, action=action)


@pytest.mark.parametrize("action", ["share", "disclose", "transfer"])
def test_an_outsider_cannot_hide_behind_the_recipient_of_a_consent(action: str) -> None:
    """An outsider that asks for data and names another one as recipient is not covered by the other's consent."""
    to_newspaper = a_consent(recipient=NEWSPAPER)

    assert _counts(to_newspaper, subject=NEWSPAPER, context_recipient=NEWSPAPER, action=action)
    assert not _counts(to_newspaper, subject=_STRANGER, context_recipient=NEWSPAPER, action=action)
    assert _counts(a_consent(), subject=_STRANGER, context_recipient=NEWSPAPER, action=action)


def test_a_recipient_contains_what_lies_in_it() -> None:
    """A consent to a group of companies covers each of its companies; that to a company does not cover the group."""
    member = inside(NEWSPAPER, _GROUP)

    assert _counts(a_consent(recipient=_GROUP), member, context_recipient=NEWSPAPER)
    assert not _counts(a_consent(recipient=_GROUP), context_recipient=NEWSPAPER)
    assert not _counts(a_consent(recipient=NEWSPAPER), member, context_recipient=_GROUP)


@pytest.mark.parametrize("named", [True, False])
def test_publishing_needs_a_consent_for_everybody(named: bool) -> None:
    """What is published reaches everybody: a consent for one recipient does not cover it, even if that one is named."""
    recipient = {"context_recipient": NEWSPAPER} if named else {}

    assert not _counts(a_consent(recipient=NEWSPAPER), action="publish", **recipient)
    assert not _counts(a_consent(recipient=LAN), action="publish", **recipient)
    assert _counts(a_consent(), action="publish", **recipient)


def test_a_refusal_for_one_recipient_stops_publishing() -> None:
    """Everybody includes the one who was refused."""
    refused = a_consent(FATHER, "refused", recipient=NEWSPAPER)

    assert not _counts(a_consent(), refused, action="publish")
    assert not _counts(a_consent(), refused, context_recipient=NEWSPAPER)
    assert _counts(a_consent(), refused, context_recipient=LAN)


def test_a_refusal_stops_recipients_that_lie_in_it_or_contain_it() -> None:
    """A refusal for the group stops its companies, and one for a company stops the group as a whole."""
    member = inside(NEWSPAPER, _GROUP)

    assert not _counts(a_consent(), a_consent(FATHER, "refused", recipient=_GROUP), member, subject=NEWSPAPER)
    assert not _counts(a_consent(), a_consent(FATHER, "refused", recipient=NEWSPAPER), member, subject=_GROUP)


# --- Refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["withdrawn", "refused"])
@pytest.mark.parametrize("speaker", [MOTHER, FATHER])
def test_a_refusal_of_anybody_entitled_wins(status: str, speaker: Entity) -> None:
    """Where two guardians disagree, the refusal wins; in whatever order they are stored."""
    given, no = a_consent(MOTHER), a_consent(speaker, status)

    for facts in permutations((given, no)):
        assert not _counts(*facts)


@pytest.mark.parametrize(
    ("purposes", "categories"),
    [
        (("media",), ("child_photo",)),
        ((), ()),
        ((), ("child_photo",)),
        (("media",), ()),
        (("media",), ("child_data",)),
        (("media", "survey"), ("personal_data", "cookies")),
    ],
)
def test_a_refusal_that_touches_the_request_stops_it(purposes: tuple[str, ...], categories: tuple[str, ...]) -> None:
    """A refusal stops what it names, broader or narrower; one that names nothing refuses everything."""
    assert not _counts(a_consent(), a_consent(FATHER, "refused", purposes, categories))


@pytest.mark.parametrize(
    ("purposes", "categories"),
    [(("research",), ("child_photo",)), (("media",), ("child_video",)), (("research",), ()), ((), ("child_video",))],
)
def test_a_refusal_of_something_else_does_not_stop_it(purposes: tuple[str, ...], categories: tuple[str, ...]) -> None:
    """A refusal that shares no part with the request is about something else."""
    assert _counts(a_consent(), a_consent(FATHER, "refused", purposes, categories))


def test_a_partial_refusal_stops_the_whole() -> None:
    """Who refuses photos refuses the record of the child's data that would hold them."""
    everything = a_consent(categories=["child_data"])

    assert not _counts(everything, a_consent(FATHER, "refused", categories=["child_photo"]), category="child_data")
    assert not _counts(
        a_consent(purposes=["marketing"]),
        a_consent(FATHER, "refused", purposes=["third_party_marketing"]),
        purpose="marketing",
    )


@pytest.mark.parametrize("status", ["pending", "claimed"])
def test_pending_and_claimed_neither_give_nor_stop(status: str) -> None:
    """Nothing was said yet, or somebody says so: neither a yes nor a no."""
    assert not _counts(a_consent(status=status))
    assert _counts(a_consent(), a_consent(FATHER, status))
    assert _counts(a_consent(valid_from=NOW - _DAY), a_consent(status=status, valid_from=NOW))


@pytest.mark.parametrize("status", ["", "Given", "yes", "granted"])
def test_a_status_that_is_not_known_gives_nothing(status: str) -> None:
    """Nothing but `given` is a consent."""
    assert not _counts(a_consent(status=status))


@pytest.mark.parametrize("status", ["given", "refused"])
def test_somebody_not_entitled_is_not_heard(status: str) -> None:
    """A stranger's word counts neither for nor against."""
    assert _counts(a_consent(), a_consent(_STRANGER, status))
    assert not _counts(a_consent(_STRANGER, status))


def test_the_role_of_the_giver_is_held_now() -> None:
    """Who was a guardian and is none any more consents no longer, nor refuses."""
    ended = tuple(Fact(fact.kind, None, NOW) for fact in a_family())

    for status in ("given", "refused"):
        given = circumstances(*ended, a_consent(status=status))
        assert outcome(_TEXT, given) is Outcome.FALSE


# --- The last word ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_at", "refused_at", "expected"),
    [
        (NOW - 2 * _DAY, NOW - _DAY, False),
        (NOW - _DAY, NOW - 2 * _DAY, True),
        (NOW - _DAY, NOW - _DAY, False),
        (NOW - _DAY, NOW - _DAY - _STEP, True),
        (None, NOW - _DAY, False),
        (NOW - _DAY, None, False),
        (None, None, False),
    ],
)
@pytest.mark.parametrize("status", ["withdrawn", "refused"])
def test_the_later_word_of_one_giver_wins(
    given_at: datetime | None, refused_at: datetime | None, expected: bool, status: str
) -> None:
    """The later `valid_from` is heard, at the same instant the refusal, and always a refusal without a beginning."""
    yes = a_consent(valid_from=given_at)
    no = a_consent(status=status, valid_from=refused_at)

    assert _counts(yes, no) is _counts(no, yes) is expected


def test_a_later_yes_does_not_undo_the_refusal_of_another() -> None:
    """The last word is that of each giver, not that of the family."""
    no = a_consent(FATHER, "refused", valid_from=NOW - 2 * _DAY)

    assert not _counts(no, a_consent(valid_from=NOW - _DAY))


def test_a_later_yes_undoes_a_refusal_only_where_it_covers() -> None:
    """A yes to photos leaves the earlier refusal of everything in force for videos."""
    no = a_consent(status="refused", purposes=(), categories=(), valid_from=NOW - 2 * _DAY)
    yes = a_consent(valid_from=NOW - _DAY)

    assert _counts(no, yes)
    assert not _counts(no, yes, category="child_video")
    assert not _counts(no, yes, category="child_data")


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        (NOW, NOW + _STEP, True),
        (NOW + _STEP, NOW + _DAY, False),
        (NOW - _DAY, NOW, False),
        (NOW - _DAY, NOW + _STEP, True),
    ],
)
def test_terms_are_inclusive_and_exclusive_to_the_microsecond(begins: datetime, ends: datetime, expected: bool) -> None:
    """A consent begins with `valid_from` and has ended at `valid_until`; a refusal stops for as long."""
    assert _counts(a_consent(valid_from=begins, valid_until=ends)) is expected
    assert _counts(a_consent(), a_consent(FATHER, "refused", valid_from=begins, valid_until=ends)) is not expected


# --- What is known of a consent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("its form is written", Outcome.TRUE),
        ("its form is electronic", Outcome.FALSE),
        ("its given_by is user:mẹ", Outcome.TRUE),
        ("its explicit is yes", Outcome.UNKNOWN),
        ("not its explicit is yes", Outcome.UNKNOWN),
        ("its recipient is subject", Outcome.FALSE),
        ("its recipient is not subject", Outcome.UNKNOWN),
        ("its recipient is stated", Outcome.FALSE),
        ("its categories includes child_photo", Outcome.TRUE),
        ("its categories includes child_data", Outcome.FALSE),
        ("not its categories includes personal_data", Outcome.TRUE),
        ("its purposes includes media", Outcome.TRUE),
        ("its purposes includes marketing", Outcome.FALSE),
    ],
)
def test_where_looks_at_the_consent_that_covers(where: str, expected: Outcome) -> None:
    """A property that a consent does not have is unknown, and a consent for all is for nobody by name."""
    given = circumstances(*a_family(), a_consent())

    assert outcome(f"{_TEXT} where ({where})", given) is expected


def test_a_consent_in_broad_words_is_told_from_one_that_names_the_thing() -> None:
    """Both cover a photo for marketing by others; what each says is what it lists, and nothing narrower."""
    broad = a_consent(purposes=("marketing",), categories=("personal_data",))
    asked = circumstances(*a_family(), broad, purpose="third_party_marketing")

    assert outcome(_TEXT, asked) is Outcome.TRUE
    assert outcome(f"{_TEXT} where (its categories includes child_photo)", asked) is Outcome.FALSE
    assert outcome(f"{_TEXT} where (not its categories includes personal_data)", asked) is Outcome.FALSE
    assert outcome(f"{_TEXT} where (its purposes includes third_party_marketing)", asked) is Outcome.FALSE


def test_a_form_that_is_not_recorded_is_unknown() -> None:
    """An empty form is neither written nor anything else."""
    given = circumstances(*a_family(), a_consent(form=""))

    assert outcome(f"{_TEXT} where (its form is written)", given) is Outcome.UNKNOWN
    assert outcome(f"not {_TEXT} where (its form is written)", given) is Outcome.UNKNOWN


def test_one_of_several_consents_must_fulfil_all_of_where() -> None:
    """A written consent that is not explicit and a verbal one that is are not one explicit consent in writing."""
    written = a_consent(MOTHER, form="written", explicit=False)
    verbal = a_consent(FATHER, form="verbal", explicit=True)
    where = "its form is written and its explicit is yes"

    assert outcome(f"{_TEXT} where ({where})", circumstances(*a_family(), written, verbal)) is Outcome.FALSE


class _TrustsTheRecipientNamed(Circumstances):
    """A broken twin: whoever is named as recipient has the data, and otherwise the subject."""

    @property
    def recipient(self) -> Entity | None:
        """Return the recipient named, or the subject."""
        named = self.request.context.get("recipient")
        return named if isinstance(named, Entity) else self.request.subject


@pytest.mark.parametrize(
    ("consent", "subject", "values"),
    [
        pytest.param(a_consent(recipient=NEWSPAPER), _STRANGER, {"context_recipient": NEWSPAPER}, id="behind-another"),
        pytest.param(a_consent(recipient=LAN), LAN, {}, id="insider-names-nobody"),
    ],
)
def test_a_twin_that_trusts_the_recipient_named_is_caught(
    consent: Fact, subject: Entity, values: dict[str, Entity]
) -> None:
    """What the two rules about recipients refuse, a twin without them lets through."""
    head = a_role(LAN, "school_admin", SCHOOL)
    real = circumstances(*a_family(), head, consent, subject=subject, action="share", **values)  # type: ignore[arg-type]
    twin = _TrustsTheRecipientNamed(real.request, real.facts, real.instant, real.hierarchies, real.granting)

    assert outcome(_TEXT, real) is Outcome.FALSE
    assert outcome(_TEXT, twin) is Outcome.TRUE


# --- Refusals asked for by themselves ---------------------------------------------------------------------------------

_REFUSED = "refusal from primary_guardian"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param((), Outcome.FALSE, id="nobody-said-anything"),
        pytest.param((a_consent(),), Outcome.FALSE, id="given"),
        pytest.param((a_consent(status="pending"),), Outcome.FALSE, id="pending"),
        pytest.param((a_consent(FATHER, "refused"),), Outcome.TRUE, id="refused-without-a-consent"),
        pytest.param((a_consent(), a_consent(FATHER, "withdrawn")), Outcome.TRUE, id="withdrawn-by-the-other"),
        pytest.param((a_consent(FATHER, "refused", (), ()),), Outcome.TRUE, id="everything-refused"),
        pytest.param((a_consent(FATHER, "refused", ["research"]),), Outcome.FALSE, id="something-else-refused"),
        pytest.param((a_consent(_STRANGER, "refused"),), Outcome.FALSE, id="not-entitled"),
        pytest.param(
            (a_consent(FATHER, "refused", valid_from=NOW - _DAY), a_consent(FATHER, valid_from=NOW)),
            Outcome.FALSE,
            id="consented-later",
        ),
        pytest.param(
            (a_consent(FATHER, "refused", valid_from=NOW), a_consent(FATHER, valid_from=NOW - _DAY)),
            Outcome.TRUE,
            id="refused-later",
        ),
        pytest.param(
            (a_consent(FATHER, "refused", valid_from=NOW), a_consent(FATHER, valid_from=NOW)),
            Outcome.TRUE,
            id="at-the-same-instant",
        ),
        pytest.param((a_consent(FATHER, "refused", valid_until=NOW),), Outcome.FALSE, id="over"),
    ],
)
def test_a_refusal_is_seen_without_a_consent(facts: tuple[Fact, ...], expected: Outcome) -> None:
    """A refusal in force, the last word of somebody entitled, is true whether or not anybody consented."""
    given = circumstances(*a_family(), *facts)
    opposite = {Outcome.TRUE: Outcome.FALSE, Outcome.FALSE: Outcome.TRUE}[expected]

    assert outcome(_REFUSED, given) is expected
    assert outcome(f"no {_REFUSED}", given) is opposite


@pytest.mark.parametrize("status", ["given", "withdrawn", "refused", "pending"])
def test_no_consent_counts_beside_a_refusal(status: str) -> None:
    """Whatever is said, a consent and a refusal of the same people are never both true."""
    for facts in permutations((a_consent(MOTHER), a_consent(FATHER, status))):
        given = circumstances(*a_family(), *facts)
        assert not (outcome(_TEXT, given) is Outcome.TRUE and outcome(_REFUSED, given) is Outcome.TRUE)


def test_a_refusal_of_nobody_in_particular_is_unknown() -> None:
    """Where nobody is named whom the data is about, nobody can say that they did not refuse."""
    nobody = circumstances(data_subject=None)

    assert outcome(_REFUSED, nobody) is Outcome.UNKNOWN
    assert outcome(f"no {_REFUSED}", nobody) is Outcome.UNKNOWN
