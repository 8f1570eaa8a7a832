"""Reads groups.yaml: names that an operator's folder gives to several words, for its rows to use."""

from collections.abc import Mapping
from typing import Final

from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set.entries import check_name, entries
from pdp.policy_set.report import FolderReport

FILE: Final = "groups.yaml"
GROUPABLE: Final = (WordKind.ROLE, WordKind.ACTION, WordKind.CATEGORY, WordKind.PURPOSE)
_KEYS: Final = {"of", "vi", "en"}


def read_groups(
    file: str, content: bytes | None, vocabulary: Vocabulary, report: FolderReport
) -> Mapping[WordKind, Mapping[str, Text]]:
    """Return the groups by kind and name; which words lie in them is said by rows of policy.csv."""
    found: dict[WordKind, dict[str, Text]] = {kind: {} for kind in GROUPABLE}
    for entry in entries(file, content, report, _KEYS):
        of = entry.required("of")
        text = entry.spoken()
        if of is None or not check_name(entry, frozenset({"any", "always", "nothing"})):
            continue
        if of.text not in {kind.value for kind in GROUPABLE}:
            report.error(
                file,
                (of.line, of.column),
                "group-kind",
                f"`{of.text}` không phải là loại từ có thể gom nhóm",
                f"`{of.text}` is no kind of word that can be grouped",
                ", ".join(kind.value for kind in GROUPABLE),
            )
            continue
        kind = WordKind(of.text)
        if vocabulary.knows(kind, entry.name.text):
            report.error(
                file,
                entry.at,
                "group-name-taken",
                f"`{entry.name.text}` đã có trong từ vựng",
                f"`{entry.name.text}` is a word of the vocabulary already",
            )
            continue
        found[kind][entry.name.text] = text
    return found
