"""The page of findings, and the code that gives them, know the same codes."""

import re
from pathlib import Path
from typing import Final

from tests.unit.policy_set.broken_folders import BROKEN, WHOLE
from tests.unit.policy_set.emitted_codes import emitted_codes, reviewed_codes

_REFERENCE: Final = Path(__file__).parents[3] / "docs" / "reference"
_ROW: Final = re.compile(r"^\| `([a-z-]+)` \| (.+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)


def _rows() -> list[tuple[str, ...]]:
    return [match.groups() for match in _ROW.finditer((_REFERENCE / "findings.md").read_text("utf-8"))]


def test_the_page_has_every_code_and_no_other() -> None:
    """A code without an explanation, or an explanation without a code, fails."""
    documented = [code for code, *_ in _rows()]

    assert len(set(documented)) == len(documented)
    assert set(documented) == emitted_codes() | reviewed_codes()


def test_every_code_is_explained_with_an_example_and_a_mend() -> None:
    """No column of the page is empty: meaning, example, why it matters and mend."""
    assert [row for row in _rows() if not all(cell.strip() for cell in row)] == []


def test_the_page_says_which_findings_are_warnings() -> None:
    """What does not stop serving begins with "a warning", and nothing else does."""
    errors = {broken.code for broken in BROKEN} | {broken.code for broken in WHOLE}

    for code, meaning, *_ in _rows():
        if code in errors:
            assert not meaning.startswith("a warning") or "an error when" in meaning
    warned = {code for code, meaning, *_ in _rows() if meaning.startswith("a warning")}
    assert warned - reviewed_codes() == {
        "clause-without-place",
        "document-missing",
        "reading-half-told",
        "unknown-file",
        "unused-condition",
        "unused-obligation",
    }


def test_every_file_that_is_read_is_described() -> None:
    """The page of policy files has a section for each file of a folder."""
    page = (_REFERENCE / "policy-files.md").read_text("utf-8")
    files = {broken.file.rpartition("/")[2] for broken in BROKEN} | {"document.txt"}

    assert [name for name in files if f"\n## {name}\n" not in page] == []
