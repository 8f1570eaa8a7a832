"""Reads the grouping rows: which word lies in which, and which words make up a group of the folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.core.text import Text, nearest
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set.report import FolderReport
from pdp.policy_set.rows import LocatedRow

KINDS: Final[Mapping[str, WordKind]] = {
    "g": WordKind.ROLE,
    "g2": WordKind.ACTION,
    "g3": WordKind.CATEGORY,
    "g4": WordKind.PURPOSE,
}


@dataclass(frozen=True, slots=True)
class _Known:
    """The words a grouping row may use."""

    vocabulary: Vocabulary
    groups: Mapping[WordKind, Mapping[str, Text]]


def read_groupings(
    file: str,
    rows: Sequence[LocatedRow],
    vocabulary: Vocabulary,
    groups: Mapping[WordKind, Mapping[str, Text]],
    report: FolderReport,
) -> Mapping[WordKind, Mapping[str, frozenset[str]]]:
    """Return the words directly in each group; report rows that are wrong, and rows of the vocabulary that are missing.

    A missing row would make a rule for the broader word silently narrower, and a deny rule with it.
    """
    known = _Known(vocabulary, groups)
    members: dict[WordKind, dict[str, set[str]]] = {
        kind: {group: set() for group in groups.get(kind, {})} for kind in KINDS.values()
    }
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if row.type in KINDS:
            _read(file, row, known, members, seen, report)
    _report_missing(file, rows, vocabulary, seen, report)
    for kind, by_group in members.items():
        for group, inside in by_group.items():
            if not inside:
                report.error(
                    file,
                    (1, 1),
                    "group-empty",
                    f"nhóm `{group}` không có từ nào",
                    f"no row puts a word into the group `{group}`",
                    f"{_type_of(kind)}, ..., {group}",
                )
    return {
        kind: {group: frozenset(inside) for group, inside in by_group.items()} for kind, by_group in members.items()
    }


def _read(
    file: str,
    row: LocatedRow,
    known: _Known,
    members: dict[WordKind, dict[str, set[str]]],
    seen: dict[tuple[str, str, str], int],
    report: FolderReport,
) -> None:
    kind = KINDS[row.type]
    narrow, broad = row["narrow"], row["broad"]
    words = known.vocabulary.words(kind)
    groups = known.groups.get(kind, {})
    if (row.type, narrow.text, broad.text) in seen:
        report.error(
            file,
            (row.line, 1),
            "duplicate-row",
            f"dòng này đã có ở dòng {seen[row.type, narrow.text, broad.text]}",
            f"this row stands already on line {seen[row.type, narrow.text, broad.text]}",
            "remove one of them",
        )
        return
    seen[row.type, narrow.text, broad.text] = row.line
    for field, accepted in ((narrow, words), (broad, {**words, **groups})):
        if field.text not in accepted:
            report.error(
                file,
                (row.line, field.column),
                f"unknown-{kind.singular}",
                f"không có từ `{field.text}` ({kind.value})",
                f"there is no {kind.singular} `{field.text}`",
                nearest(field.text, accepted),
            )
            return
    if broad.text in groups:
        members[kind][broad.text].add(narrow.text)
    elif words[narrow.text].broader != broad.text:
        _report_wrong(file, row, kind, words[narrow.text].broader, known.vocabulary, report)


def _report_wrong(
    file: str, row: LocatedRow, kind: WordKind, broader: str | None, vocabulary: Vocabulary, report: FolderReport
) -> None:
    narrow, broad = row["narrow"], row["broad"]
    place = (row.line, broad.column)
    if narrow.text in vocabulary.upward(kind, broad.text):
        report.error(
            file,
            place,
            "hierarchy-cycle",
            f"`{broad.text}` đã nằm trong `{narrow.text}`: vòng lặp",
            f"`{broad.text}` lies in `{narrow.text}` already: this would be a cycle",
            "remove the row",
        )
        return
    report.error(
        file,
        place,
        "hierarchy-wrong",
        f"trong từ vựng, `{narrow.text}` không nằm ngay trong `{broad.text}`",
        f"in the vocabulary `{narrow.text}` does not lie directly in `{broad.text}`",
        f"{row.type}, {narrow.text}, {broader}" if broader else "remove the row",
    )


def _report_missing(
    file: str,
    rows: Sequence[LocatedRow],
    vocabulary: Vocabulary,
    seen: Mapping[tuple[str, str, str], int],
    report: FolderReport,
) -> None:
    last = max((row.line for row in rows), default=1)
    for type_, kind in KINDS.items():
        for word in vocabulary.words(kind).values():
            if word.broader is not None and (type_, word.id, word.broader) not in seen:
                report.error(
                    file,
                    (last, 1),
                    "hierarchy-missing",
                    f"thiếu dòng nói rằng `{word.id}` nằm trong `{word.broader}`",
                    f"the row that puts `{word.id}` into `{word.broader}` is missing",
                    f"{type_}, {word.id}, {word.broader}",
                )


def _type_of(kind: WordKind) -> str:
    return next(type_ for type_, of in KINDS.items() if of is kind)
