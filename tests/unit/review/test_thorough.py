"""What only a look at every situation shows is told, and nothing is told of the same folder without it."""

import pytest

from pdp.review.thorough import review_thoroughly
from pdp.space import Question, UndecidedError, Unfolding
from tests.unit.policy_set.small_folder import OPERATOR, Files, build, edited, the_files, the_schema

POLICY = f"{OPERATOR}/policy.csv"
CONDITIONS = f"{OPERATOR}/conditions.yaml"
GRANTS = (
    "p, guardian-grants, allow, primary_guardian, grant_access, family_access, any, signed_in, KIDS-1.9, record_grant\n"
)
FIRST = "p, guardian-reads, allow, guardian, read, child_data, following, signed_in and registered, KIDS-1.7, nothing\n"
MAIL = "p, mail-goes-on, allow, operator, send, support_request, customer_support, always, KIDS-4.2, "


def told(files: Files) -> set[tuple[str, str]]:
    """Return code and weight of what the thorough look finds."""
    return {(one.code, one.severity.value) for one in review_thoroughly(build(files), the_schema())}


def with_condition(files: Files, name: str, when: str) -> Files:
    """Return the folder with one more condition."""
    entry = f"\n{name}: {{vi: a, en: b, clause: KIDS-1.7, when: {when}}}\n"
    return {**files, CONDITIONS: files[CONDITIONS] + entry.encode()}


def conditions(when: str) -> Files:
    """Return the folder in which reading asks for *when*."""
    files = edited(POLICY, "following, signed_in and registered,", "following, signed_in and registered and other,")
    return with_condition(files, "other", when)


BROKEN = {
    "rule-never-applies": (conditions("not signed_in"), conditions("context.channel is web"), "warning"),
    "rule-changes-nothing": (
        edited(
            POLICY,
            GRANTS,
            GRANTS + GRANTS.replace("guardian-grants", "in-the-web").replace("any, signed_in", "any, both"),
        ),
        the_files(),
        "warning",
    ),
    "rule-adds-words-only": (
        edited(POLICY, FIRST, FIRST + FIRST.replace("guardian-reads", "again").replace("KIDS-1.7", "KIDS-2.1")),
        edited(POLICY, FIRST, FIRST + FIRST.replace("guardian-reads, allow, guardian", "again, allow, teacher")),
        "note",
    ),
    "clause-says-both": (
        edited(
            POLICY,
            "p2, line",
            "p, no-mail, deny, operator, send, support_request, any, signed_in, KIDS-4.2, nothing\np2, line",
        ),
        edited(
            POLICY,
            "p2, line",
            "p, no-mail, deny, operator, send, support_request, any, signed_in, KIDS-1.13, nothing\np2, line",
        ),
        "note",
    ),
}
BROKEN["rule-changes-nothing"] = (
    with_condition(BROKEN["rule-changes-nothing"][0], "both", "signed_in and context.channel is web"),
    the_files(),
    "warning",
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("code", sorted(BROKEN))
def test_each_is_told_and_not_without_it(code: str) -> None:
    """The broken folder gives a finding of the code with its weight; the clean twin gives none of that code."""
    broken, clean, weight = BROKEN[code]

    assert (code, weight) in told(broken)
    assert code not in {found for found, _ in told(clean)}


@pytest.mark.timeout(300)
def test_the_small_folder_holds_nothing_idle() -> None:
    """Every row of the folder without a fault changes some answer."""
    assert not {code for code, _ in told(the_files())} & {"rule-never-applies", "rule-changes-nothing"}


def gives_up(*_: object) -> bool:
    """Stand in for a solver that gives up."""
    raise UndecidedError("unknown")


def test_what_stays_undecided_is_said_and_not_held_against_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """In both languages, with the row, what was asked and why there is no answer; nothing else is said of the row."""
    monkeypatch.setattr(Question, "is_possible", gives_up)
    monkeypatch.setattr(Unfolding, "sought", gives_up)
    monkeypatch.setattr(Unfolding, "is_conceivable", gives_up)
    found = review_thoroughly(build(BROKEN["clause-says-both"][0]), the_schema())
    assert {one.code for one in found} == {"rule-undecided"}
    said = [one.message for one in found]
    assert all("gave up after 20 s" in one.en and "bỏ cuộc sau 20 giây" in one.vi for one in said)
    assert any("whether any request reaches this row" in one.en for one in said)
    assert any("the row `no-mail` of the same sentence" in one.en for one in said)
    assert all(one.line > 1 for one in found)
