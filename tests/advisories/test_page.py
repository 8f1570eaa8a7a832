"""The page of advisories names every one, and each has its tests and its mutants."""

import re
from pathlib import Path

NUMBERS = (1, 20, 21, 24, 25, 44, 54, 55, 59, 79, 80, *range(82, 91))


def names_by_file(repository: Path) -> dict[str, list[str]]:
    """Return the names of the tests of each advisory, by file."""
    return {
        file.name: re.findall(r"^def (test_k_\w+)\(", file.read_text("utf-8"), re.MULTILINE)
        for file in sorted((repository / "tests" / "advisories").glob("test_*.py"))
    }


def test_every_advisory_has_a_row_a_test_and_a_mutant(repository: Path) -> None:
    """In the file that its row names."""
    page = (repository / "docs" / "reference" / "advisories.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| K-(\d+) \|.*?`(test_\w+\.py)`", page, re.MULTILINE))
    assert [int(number) for number in rows] == list(NUMBERS)
    found = names_by_file(repository)
    for number, file in rows.items():
        names = [name for name in found[file] if name.startswith(f"test_k_{number}_")]
        assert any("_mutant_" in name for name in names), number
        assert any("_mutant_" not in name for name in names), number
