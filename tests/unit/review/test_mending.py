"""What is mechanical is mended: the folder that was broken by a slip of form is good again, and no comment is lost."""

import pytest

from pdp.review import mended
from tests.unit.policy_set.small_folder import OPERATOR, Files, build, edited, findings, the_files, with_text

POLICY = f"{OPERATOR}/policy.csv"
CONDITIONS = f"{OPERATOR}/conditions.yaml"
GRANTING = f"{OPERATOR}/granting.yaml"
SALE = "p, no-sale, deny, any, sell, personal_data, any, always, KIDS-1.13, nothing"


def mend(files: Files) -> Files:
    """Mend until nothing is mended any more."""
    for _ in range(20):
        found = findings(files)
        better = {path: mended(content, [one for one in found if one.file == path]) for path, content in files.items()}
        if better == files:
            return better
        files = better
    raise AssertionError("it never ends")


SLIPS = {
    "effect in capitals": edited(POLICY, "no-sale, deny", "no-sale, Deny"),
    "row type in capitals": edited(POLICY, "p, no-sale", "P, no-sale"),
    "stroke for underscore": edited(POLICY, "sell, personal_data", "sell, personal-data"),
    "condition in capitals": edited(POLICY, "any, signed_in, KIDS", "any, Signed_In, KIDS"),
    "clause in small letters": edited(POLICY, "any, always, KIDS-1.13", "any, always, kids-1.13"),
    "quotes": edited(POLICY, "no-sale, deny, any, sell", 'no-sale, deny, "any", sell'),
    "name twice": edited(POLICY, "signed_in and registered", "signed_in and registered and signed_in"),
    "byte order mark": with_text(POLICY, "\ufeff" + the_files()[POLICY].decode()),
    "lost row of the family tree": edited(POLICY, "\ng3, child_photo, child_data\n", "\n"),
    "true for yes": edited(GRANTING, "required: yes", "required: True"),
    "row twice": edited(POLICY, "g2, share, hands_out\n", "g2, share, hands_out\ng2, share, hands_out\n"),
}


@pytest.mark.parametrize("slip", sorted(SLIPS))
def test_a_slip_of_form_is_mended(slip: str) -> None:
    """Before, the folder is refused; after, it is served and decides as the one without the slip."""
    good = build(the_files())
    assert findings(SLIPS[slip])

    better = mend(SLIPS[slip])

    assert findings(better) == ()
    assert {
        id_: (rule.effect, rule.region, rule.conditions, rule.clause) for id_, rule in build(better).rules.items()
    } == {id_: (rule.effect, rule.region, rule.conditions, rule.clause) for id_, rule in good.rules.items()}
    assert build(better).granting == good.granting


def test_a_comment_behind_a_row_moves_above_it() -> None:
    """No comment is lost, and every other line stays as it was."""
    better = mend(edited(POLICY, f"{SALE}\n", f"{SALE} # for now\n"))

    assert better[POLICY].decode() == the_files()[POLICY].decode().replace(SALE, f"# for now\n{SALE}")


def test_several_slips_are_mended_together() -> None:
    """Slips on one line and on several are all mended."""
    files = edited(POLICY, SALE, 'P, no-sale, Deny, "any", Sell, personal-data, any, always, kids-1.13, nothing # why')

    assert findings(mend(files)) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("no-sale, deny", "no-sale, den"),
        ("no-sale, deny", "no-sale, forbidden"),
        ("no-sale, deny", "no-sale, allowed"),
        ("any, sell", "any, sel"),
        ("allow, guardian, read", "allow, gaurdian, read"),
        ("signed_in and registered", "signed_in or registered"),
        (", KIDS-1.13, nothing\np, no-out", ", KIDS-1.31, nothing\np, no-out"),
    ],
)
def test_what_leaves_a_choice_is_left_to_people(old: str, new: str) -> None:
    """A word of other letters is never guessed, however near the known one: the file stays as it is."""
    files = edited(POLICY, old, new)

    assert mend(files) == files


@pytest.mark.parametrize("line_break", ["\r\n", "\r"])
def test_line_breaks_stay(line_break: str) -> None:
    """A file of another system keeps its line breaks."""
    text = the_files()[POLICY].decode().replace("no-sale, deny", "no-sale, Deny").replace("\n", line_break)

    better = mend(with_text(POLICY, text))[POLICY].decode()

    assert better == the_files()[POLICY].decode().replace("\n", line_break)


def test_conditions_with_a_key_in_capitals_are_mended() -> None:
    """A key of an entry is spelled as it is known."""
    assert findings(mend(edited(CONDITIONS, "  same_as: signed_in\n", "  Same-As: signed_in\n"))) == ()
