"""Reads granting.yaml: whose grant of a role is effective."""

from collections.abc import Mapping
from typing import Final

from pdp.core.policy import Clause, Granting
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set.condition_file import cited_clause
from pdp.policy_set.entries import DOUBT_KEYS, entries
from pdp.policy_set.report import FolderReport

FILE: Final = "granting.yaml"
_KEYS: Final = {"by", "required", "clause", *DOUBT_KEYS}


def read_granting(
    file: str, content: bytes | None, vocabulary: Vocabulary, clauses: Mapping[str, Clause], report: FolderReport
) -> Mapping[str, Granting]:
    """Return who may grant each role that the file names, by role."""
    found: dict[str, Granting] = {}
    for entry in entries(file, content, report, _KEYS):
        by = entry.words("by")
        for written in (entry.name, *by):
            if not vocabulary.knows(WordKind.ROLE, written.text):
                report.error(
                    file,
                    (written.line, written.column),
                    "unknown-role",
                    f"không có vai trò `{written.text}`",
                    f"there is no role `{written.text}`",
                    vocabulary.nearest(WordKind.ROLE, written.text),
                )
        role = entry.name.text
        found[role] = Granting(
            role, tuple(word.text for word in by), entry.flag("required"), cited_clause(entry, clauses), entry.doubt()
        )
    return found
