"""A broken policy folder is never served, and every problem in it is told with its place."""

from typing import Final

import pytest

from pdp.conditions.expression import All, Not
from pdp.core.errors import InvalidPolicyError
from pdp.core.finding import Severity
from pdp.policy_set.condition_file import references
from tests.unit.policy_set.broken_folders import (
    BROKEN,
    CLAUSES,
    CONDITIONS,
    DOCUMENT,
    GRANTING,
    MODEL,
    POLICY,
    WHOLE,
    Broken,
    BrokenWhole,
    with_bytes,
    without,
)
from tests.unit.policy_set.emitted_codes import NOT_OF_FOLDERS, emitted_codes
from tests.unit.policy_set.small_folder import OPERATOR, Files, build, edited, findings, the_files, with_text

_ALL: tuple[Broken | BrokenWhole, ...] = (*BROKEN, *WHOLE)

_IDLE = b"\nidle: {vi: a, en: b, clause: KIDS-1.7, when: context.channel is web}\n"

# Warnings: the folder is served all the same.
_OTHER: Final = "  other_reading:\n    vi: Bấm nút là văn bản.\n    en: A button pressed is writing.\n"

_WARNINGS: list[tuple[str, Files]] = [
    ("unused-condition", with_bytes(CONDITIONS, the_files()[CONDITIONS] + _IDLE)),
    ("unused-obligation", edited(POLICY, "KIDS-1.9, record_grant", "KIDS-1.9, nothing")),
    ("unknown-file", with_bytes(f"{OPERATOR}/policy.csv~", b"p, x\n")),
    ("document-missing", without(DOCUMENT)),
    ("reading-half-told", edited(CONDITIONS, _OTHER, "")),
    ("clause-without-place", edited(CLAUSES, "  kind: none\n", "  kind: decision\n")),
]


def test_the_folder_that_is_broken_below_is_good() -> None:
    """Before any edit there is nothing to find and the folder is served."""
    assert findings(the_files()) == ()
    assert build(the_files()).operator == OPERATOR


@pytest.mark.parametrize("broken", _ALL, ids=[f"{at}-{broken}" for at, broken in enumerate(_ALL)])
def test_a_broken_folder_is_refused_with_the_place_and_the_mend(broken: Broken | BrokenWhole) -> None:
    """One edit gives its finding at its place with its code and its mend, and besides only what follows from it."""
    operator = broken.operator if isinstance(broken, BrokenWhole) else OPERATOR

    with pytest.raises(InvalidPolicyError) as caught:
        build(broken.files, operator)

    found = caught.value.findings
    expected = (broken.file, *broken.place, broken.code)
    told = [finding for finding in found if (*finding.place, finding.code) == expected]
    assert len(told) == 1, "\n".join(map(str, found))
    assert told[0].severity is Severity.ERROR
    assert told[0].message.vi
    assert told[0].message.en
    if broken.suggestion is not None:
        assert told[0].suggestion == broken.suggestion
    assert {finding.code for finding in found if finding not in told} == set(broken.also)
    assert findings(broken.files, operator) == found


@pytest.mark.parametrize(("code", "files"), _WARNINGS)
def test_a_warning_alone_does_not_stop_serving(code: str, files: Files) -> None:
    """What is only strange is told as a warning, and the folder is served with it."""
    policy = build(files)

    assert [(finding.code, finding.severity) for finding in policy.warnings] == [(code, Severity.WARNING)]
    assert findings(files) == policy.warnings


def test_every_problem_is_told_at_once_in_order_of_its_place() -> None:
    """Problems in several files come together, sorted by file, line and column."""
    files = {
        **the_files(),
        POLICY: the_files()[POLICY].replace(b"no-sale, deny", b"no-sale, Deny").replace(b"any, read,", b"any, raed,"),
        CONDITIONS: the_files()[CONDITIONS].replace(b"its status is active", b"its status is actve"),
        GRANTING: the_files()[GRANTING].replace(b"yes", b"Yes"),
        MODEL: the_files()[MODEL].replace(b"&& !some(where (p.eft == deny))", b""),
        CLAUSES: the_files()[CLAUSES].replace(b"kind: none", b"kind: non"),
    }

    with pytest.raises(InvalidPolicyError) as caught:
        build(files)

    places = [finding.place for finding in caught.value.findings]
    assert places == sorted(places)
    assert [finding.code for finding in caught.value.findings if finding.severity is Severity.ERROR] == [
        "clause-kind",
        "condition-syntax",
        "entry-not-yes-or-no",
        "model-differs",
        "unknown-effect",
        "unknown-action",
    ]


def test_every_code_is_in_the_table() -> None:
    """A code that the reader of folders can give has a broken folder above, or a reason why it cannot have one."""
    shown = {broken.code for broken in _ALL} | {code for code, _ in _WARNINGS}

    assert emitted_codes() == shown | set(NOT_OF_FOLDERS)
    assert not shown & set(NOT_OF_FOLDERS)


# --- What is accepted although it looks odd ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(the_files()))
@pytest.mark.parametrize("line_break", [b"\r\n", b"\r"])
def test_other_line_breaks_change_nothing(path: str, line_break: bytes) -> None:
    """A file with the line breaks of Windows, or of an old Mac, says the same: no row and no word of it gets lost."""
    good = build(the_files())

    odd = build(with_bytes(path, the_files()[path].replace(b"\n", line_break)))

    assert odd.rules == good.rules
    assert odd.lines == good.lines
    assert odd.granting == good.granting
    assert {name: found.text for name, found in odd.conditions.items()} == {
        name: found.text for name, found in good.conditions.items()
    }


@pytest.mark.parametrize("line_break", ["\r\n", "\r"])
def test_places_are_true_with_other_line_breaks(line_break: str) -> None:
    """A finding points at the same line and column whatever ends the lines."""
    for path, old, new in (
        (POLICY, "no-sale, deny", "no-sale, Deny"),
        (CONDITIONS, "its status is active", "its status is actve"),
        (GRANTING, "required: yes", "required: Yes"),
    ):
        broken = edited(path, old, new)
        odd = with_text(path, broken[path].decode().replace("\n", line_break))

        assert findings(odd) == findings(broken)


@pytest.mark.parametrize("line_break", ["\r", "\r\n", "\n"])
def test_a_row_cannot_hide_in_a_comment(line_break: str) -> None:
    """A line break of any kind ends a comment: the deny row behind it is read."""
    row = "p, no-handing-out, deny, any, publish, personal_data, any, always, KIDS-1.13, nothing"
    files = edited(POLICY, "# Who may do what.\n", f"# Who may do what.{line_break}{row}\n")

    assert "no-handing-out" in build(files).rules


@pytest.mark.parametrize("header", [">-", ">", "|", "|-", ">- # why", ">2-"])
@pytest.mark.parametrize("line_break", ["\r", "\r\n", "\n"])
def test_no_part_of_a_condition_is_skipped(header: str, line_break: str) -> None:
    """Whatever ends the line after `>-`, the condition begins with its first word."""
    text = f"when: {header}{line_break}    not consented{line_break}    and registered\n"
    files = edited(CONDITIONS, "when: not consented\n", text)

    expression = build(files).conditions["without_consent"].expression

    assert isinstance(expression, All)
    assert [named.name for named in references(expression)] == ["consented", "registered"]


@pytest.mark.parametrize(
    "style", ["not consented", "'not consented'", '"not consented"', "|\n    not consented", "not\n    consented"]
)
def test_a_condition_may_be_written_in_any_style(style: str) -> None:
    """Plain, quoted or in a block, a condition says the same."""
    written = build(edited(CONDITIONS, "when: not consented", f"when: {style}")).conditions["without_consent"]

    assert isinstance(written.expression, Not)
    assert [named.name for named in references(written.expression)] == ["consented"]


def test_spaces_around_fields_and_lines_do_not_matter() -> None:
    """Blanks around a field or a comment mean nothing."""
    files = edited(POLICY, "p, no-sale, deny, any,", "  p ,no-sale,deny ,\tany,")

    assert build(files).rules["no-sale"] == build(the_files()).rules["no-sale"]


def test_an_empty_granting_file_says_that_nobody_grants() -> None:
    """The file has to be there, and may say nothing but comments."""
    assert build(with_text(GRANTING, "# nobody\n")).granting == {}


def test_a_folder_without_its_optional_files_is_served() -> None:
    """Without a model of its own and without declared properties a folder decides as ever."""
    files = {
        path: content for path, content in the_files().items() if not path.endswith(("model.conf", "properties.yaml"))
    }

    assert build(files).rules == build(the_files()).rules


# --- Folders that could keep the reader busy --------------------------------------------------------------------------


def test_conditions_that_rest_on_one_another_in_a_tangle_are_read_at_once() -> None:
    """Forty conditions, each naming the next one twice, are read without trying every way through them."""
    names = [f"c{at}" for at in range(40)]
    tangle = "".join(
        f"{name}: {{vi: a, en: b, clause: KIDS-1.7, when: '{other} and not {other}'}}\n"
        for name, other in zip(names, [*names[1:], "registered"], strict=True)
    )
    files = edited(POLICY, "any, signed_in, KIDS-1.9", "any, signed_in and c0, KIDS-1.9")
    files = {**files, CONDITIONS: files[CONDITIONS] + b"\n" + tangle.encode()}

    assert findings(files) == ()


def test_a_long_chain_of_conditions_is_read() -> None:
    """A thousand conditions in a row exhaust nothing."""
    chain = "".join(
        f"c{at}: {{vi: a, en: b, clause: KIDS-1.7, when: {f'c{at + 1}' if at < 999 else 'registered'}}}\n"
        for at in range(1000)
    )
    files = edited(POLICY, "any, signed_in, KIDS-1.9", "any, signed_in and c0, KIDS-1.9")

    assert findings({**files, CONDITIONS: files[CONDITIONS] + b"\n" + chain.encode()}) == ()


def test_a_cycle_of_several_conditions_names_each_of_them() -> None:
    """Every condition that rests on itself is told, with the way back to it; one that only leads there is not."""
    cycle = (
        "a: {vi: a, en: a, clause: KIDS-1.7, when: b}\n"
        "b: {vi: a, en: a, clause: KIDS-1.7, when: not c}\n"
        "c: {vi: a, en: a, clause: KIDS-1.7, when: signed_in and a}\n"
        "d: {vi: a, en: a, clause: KIDS-1.7, when: a}\n"
    )
    files = edited(POLICY, "any, signed_in, KIDS-1.9", "any, signed_in and d, KIDS-1.9")

    found = findings({**files, CONDITIONS: files[CONDITIONS] + b"\n" + cycle.encode()})

    assert [finding.message.en for finding in found] == [
        "the condition rests on itself: a → b → c → a",
        "the condition rests on itself: b → c → a → b",
        "the condition rests on itself: c → a → b → c",
    ]
