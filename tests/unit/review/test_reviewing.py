"""What can hardly be meant in a policy that may be served is told, and nothing of the same policy without it."""

import pytest

from pdp.core.finding import Finding, Severity
from pdp.review import review
from tests.builders import the_policy_set
from tests.unit.policy_set.small_folder import OPERATOR, Files, build, edited, the_files, the_schema

POLICY = f"{OPERATOR}/policy.csv"
CONDITIONS = f"{OPERATOR}/conditions.yaml"
GROUPS = f"{OPERATOR}/groups.yaml"
READS = "p, guardian-reads, allow, guardian, read, child_data, following, signed_in and registered, KIDS-1.7, nothing\n"
GROUND = """some registration where (
      its beneficiary is subject and its data_subject is resource.data_subject
      and its status is active)"""


def found(files: Files) -> list[tuple[str, str, str, int]]:
    """Return code, weight, file and line of what is told of a folder."""
    return [(one.code, one.severity.value, one.file, one.line) for one in review(build(files), the_schema())]


def codes(files: Files) -> set[str]:
    """Return the codes of what is told of a folder."""
    return {code for code, *_ in found(files)}


def ground(where: str) -> Files:
    """Return the folder in which `registered` rests on another ground."""
    return edited(CONDITIONS, GROUND, where)


def without_reading() -> Files:
    """Return the folder in which lines and no rule cite KIDS-1.7, and no condition renders it."""
    files = dict(edited(POLICY, READS, ""))
    conditions = files[CONDITIONS].decode().replace("clause: KIDS-1.7", "clause: KIDS-2.1")
    return {**files, CONDITIONS: conditions.encode()}


def owing_evidence(conditions: str) -> Files:
    """Return the folder in which the first row has these conditions, and owes the evidence of a consent."""
    row = READS.replace("signed_in and registered", conditions).replace("nothing", "keep_evidence_of_consent")
    files = dict(edited(POLICY, READS, row))
    quote = "Chỉ khi người giám hộ đồng ý."
    clause = f"\nKIDS-1.14:\n  section: Bảo mật\n  quote: {quote}\n  en: With consent only.\n  kind: decision\n"
    for path, more in (
        ("obligations.yaml", "\nkeep_evidence_of_consent:\n  clause: KIDS-1.14\n  before: no\n"),
        ("clauses.yaml", clause),
        ("document.txt", f"\n{quote}\n"),
    ):
        files[f"{OPERATOR}/{path}"] += more.encode()
    return files


SMALL = {
    ("allow-without-condition", "note", POLICY, 4),
    ("allow-without-purpose", "note", POLICY, 3),
}
"""What is told of the small folder as it stands."""


def test_the_folder_that_is_changed_below_gives_two_notes() -> None:
    """Before any edit there are a row without a condition and one without a purpose, and nothing else."""
    assert set(found(the_files())) == SMALL


BROKEN: dict[str, tuple[Files, Files, str]] = {
    "allow-without-condition": (
        edited(POLICY, "signed_in and registered, KIDS-1.7", "always, KIDS-1.7"),
        edited(POLICY, "customer_support, always", "customer_support, signed_in"),
        "note",
    ),
    "allow-without-purpose": (
        edited(POLICY, "child_data, following", "child_data, any"),
        edited(POLICY, "family_access, any", "family_access, family_access_management"),
        "note",
    ),
    "ground-of-anybody": (
        ground("some registration where (its status is active)"),
        ground("some registration where (its beneficiary is subject and its data_subject is resource.data_subject)"),
        "warning",
    ),
    "ground-for-whoever-asks": (
        ground("some registration where (its data_subject is resource.data_subject)"),
        ground("some registration where (its beneficiary is subject and its data_subject is resource.data_subject)"),
        "note",
    ),
    "ground-about-anything": (
        ground("some registration where (its beneficiary is subject)"),
        ground("some registration where (its beneficiary is subject and its data_subject is resource.data_subject)"),
        "note",
    ),
    "consent-not-asked": (owing_evidence("signed_in"), owing_evidence("signed_in and consented"), "warning"),
    "clause-only-drawn": (without_reading(), the_files(), "note"),
    "unused-group": (
        edited(POLICY, "child_data, following", "child_data, family_follow_up"),
        the_files(),
        "warning",
    ),
}


@pytest.mark.parametrize("code", sorted(BROKEN))
def test_each_is_told_and_not_without_it(code: str) -> None:
    """The broken folder gives a finding of the code with its weight; the clean twin gives none that is new."""
    broken, clean, weight = BROKEN[code]
    told = [one for one in found(broken) if one[0] == code and one not in SMALL]

    assert told
    assert {severity for _, severity, *_ in told} == {weight}
    assert [one for one in found(clean) if one[0] == code and one not in SMALL] == []


def test_a_tie_in_one_branch_is_no_tie() -> None:
    """Where a ground may hold without being anybody's, it is nobody's; where each branch ties it, it is tied."""
    loose = ground("some registration where (its beneficiary is subject or its status is active)")
    tied = ground("some registration where (its beneficiary is subject or its data_subject is resource.data_subject)")

    assert "ground-of-anybody" in codes(loose)
    assert codes(tied) & {"ground-of-anybody", "ground-for-whoever-asks", "ground-about-anything"} == set()


def test_a_ground_that_must_not_be_there_is_not_told() -> None:
    """`no dispute` of anybody only takes away: it needs no tie."""
    barred = ground(f"({GROUND}) and no registration where (its status is active)")

    assert "ground-of-anybody" not in codes(barred)


def test_a_kind_that_is_nobodys_is_only_noted() -> None:
    """A ground that need not name anybody, such as an incident, is everybody's: that is worth a note."""
    told = [one for one in review(the_policy_set("homeid"), the_schema()) if "`fault_or_attack`" in one.message.en]

    assert {(one.code, one.severity) for one in told} == {("ground-of-anybody", Severity.NOTE)}


def test_findings_speak_both_languages() -> None:
    """Each finding is said in both languages and comes with a mend."""
    told: list[Finding] = [one for broken, *_ in BROKEN.values() for one in review(build(broken), the_schema())]

    assert all(one.message.vi and one.message.en and one.message.vi != one.message.en for one in told)
    assert all(one.suggestion for one in told)


def test_consent_is_asked_for_by_a_mandate_too_and_not_by_its_absence() -> None:
    """A ground may be what somebody said; that nobody consented is no evidence."""
    assert "consent-not-asked" not in codes(owing_evidence("signed_in and registered"))
    assert "consent-not-asked" in codes(owing_evidence("without_consent"))
