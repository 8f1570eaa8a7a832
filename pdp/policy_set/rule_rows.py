"""Turns rows of policy.csv into rules and lines, checking every word of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.core.decision import Effect
from pdp.core.policy import ANY, Clause, Line, Region, Rule
from pdp.core.text import Text, nearest
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.policy_set.condition_file import nearest_clause
from pdp.policy_set.report import FolderReport
from pdp.policy_set.rows import Field, LocatedRow

ALWAYS: Final = "always"
NOTHING: Final = "nothing"
_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
_EFFECTS: Final = (Effect.ALLOW.value, Effect.DENY.value)
_COLUMNS: Final = {
    "role": WordKind.ROLE,
    "action": WordKind.ACTION,
    "category": WordKind.CATEGORY,
    "purpose": WordKind.PURPOSE,
}


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What a row may cite."""

    vocabulary: Vocabulary
    groups: Mapping[WordKind, Mapping[str, Text]]
    clauses: Mapping[str, Clause]
    conditions: frozenset[str]
    obligations: frozenset[str]


@dataclass(frozen=True, slots=True)
class RuleRows:
    """The rules and lines of one policy file, in its order."""

    rules: tuple[Rule, ...]
    lines: tuple[Line, ...]


def read_rules(file: str, rows: Sequence[LocatedRow], known: KnownNames, report: FolderReport) -> RuleRows:
    """Return the rules and lines of *rows*; report every word in them that is not known."""
    reading = _Reading(file, known, report)
    rules = []
    lines = []
    for row in rows:
        if row.type == "p":
            rules.append(reading.rule(row))
        elif row.type == "p2":
            lines.append(reading.drawn_line(row))
    return RuleRows(tuple(rules), tuple(lines))


class _Reading:
    def __init__(self, file: str, known: KnownNames, report: FolderReport) -> None:
        self._file = file
        self._known = known
        self._report = report
        self._ids: dict[str, int] = {}
        self._contents: dict[tuple[str, ...], int] = {}

    def rule(self, row: LocatedRow) -> Rule:
        return Rule(
            id=self._row_id(row),
            effect=self._effect(row),
            region=self._region(row),
            conditions=self._names(row, "when", ALWAYS, self._known.conditions, "condition"),
            clause=self._clause(row),
            owes=self._names(row, "owes", NOTHING, self._known.obligations, "obligation"),
            file=self._file,
            line=row.line,
        )

    def drawn_line(self, row: LocatedRow) -> Line:
        return Line(self._row_id(row), self._region(row), self._clause(row), self._file, row.line)

    def _error(self, row: LocatedRow, field: Field, code: str, vi: str, en: str, suggestion: str | None = "") -> None:
        self._report.error(self._file, (row.line, field.column), code, vi, en, suggestion)

    def _row_id(self, row: LocatedRow) -> str:
        field = row["id"]
        if not _ID.fullmatch(field.text):
            self._error(
                row,
                field,
                "row-id",
                f"`{field.text}` không dùng làm mã dòng được",
                f"`{field.text}` cannot be a row id",
                "a-z, 0-9, -",
            )
        elif field.text in self._ids:
            self._error(
                row,
                field,
                "duplicate-row-id",
                f"mã `{field.text}` đã dùng ở dòng {self._ids[field.text]}",
                f"the id `{field.text}` is used already on line {self._ids[field.text]}",
                "give the row an id of its own",
            )
        self._ids.setdefault(field.text, row.line)
        content = (row.type, *row.texts[1:])
        if content in self._contents:
            self._error(
                row,
                field,
                "duplicate-row",
                f"dòng này giống hệt dòng {self._contents[content]}",
                f"this row says the same as line {self._contents[content]}",
                "remove one of them",
            )
        self._contents.setdefault(content, row.line)
        return field.text

    def _effect(self, row: LocatedRow) -> Effect:
        field = row["eft"]
        if field.text not in _EFFECTS:
            self._error(
                row,
                field,
                "unknown-effect",
                f"không có hiệu lực `{field.text}`; Casbin bỏ qua dòng này mà không báo",
                f"unknown effect `{field.text}`; Casbin ignores such a row without a word",
                nearest(field.text, _EFFECTS) or "write `allow` or `deny`",
            )
            return Effect.DENY
        return Effect(field.text)

    def _region(self, row: LocatedRow) -> Region:
        return Region(**{column: self._word(row, column, kind) for column, kind in _COLUMNS.items()})

    def _word(self, row: LocatedRow, column: str, kind: WordKind) -> str:
        field = row[column]
        groups = self._known.groups.get(kind, {})
        if field.text != ANY and field.text not in groups and not self._known.vocabulary.knows(kind, field.text):
            candidates = (*self._known.vocabulary.words(kind), *groups, ANY)
            self._error(
                row,
                field,
                f"unknown-{kind.singular}",
                f"không có từ `{field.text}` ({kind.value})",
                f"there is no {kind.singular} `{field.text}`",
                nearest(field.text, candidates),
            )
        return field.text

    def _names(self, row: LocatedRow, column: str, none: str, known: frozenset[str], what: str) -> tuple[str, ...]:
        field = row[column]
        if field.text == none:
            return ()
        names: list[str] = []
        is_due = True  # a name, and not `and`
        for match in re.finditer(r"\S+", field.text):
            place = Field(match.group(), field.column + match.start())
            if not is_due and place.text == "and":
                is_due = True
                continue
            if not is_due and place.text.casefold() == "and":
                vi, en = f"`and` viết bằng chữ thường, không phải `{place.text}`", f"write `and`, not `{place.text}`"
                self._error(row, place, "row-and", vi, en, "and")
                is_due = True
                continue
            if not is_due:
                self._error(
                    row,
                    place,
                    "row-and",
                    f"thiếu `and` trước `{place.text}`",
                    f"`and` is missing before `{place.text}`",
                    "a and b",
                )
            self._check_name(row, place, names, known, none, what)
            names.append(place.text)
            is_due = False
        if is_due:
            self._error(row, field, "row-and", "kết thúc bằng `and`", "ends with `and`", "a and b")
        return tuple(names)

    def _check_name(
        self, row: LocatedRow, place: Field, names: Sequence[str], known: frozenset[str], none: str, what: str
    ) -> None:
        if place.text not in known:
            self._error(
                row,
                place,
                f"unknown-{what}",
                f"không có `{place.text}`",
                f"there is no {what} `{place.text}`",
                nearest(place.text, (*known, none)),
            )
        elif place.text in names:
            self._error(
                row,
                place,
                "row-repeats",
                f"`{place.text}` lặp lại",
                f"`{place.text}` stands twice",
                "remove one of them",
            )

    def _clause(self, row: LocatedRow) -> str:
        field = row["clause"]
        clause = self._known.clauses.get(field.text)
        if clause is None:
            self._error(
                row,
                field,
                "unknown-clause",
                f"không có điều khoản `{field.text}`",
                f"there is no clause `{field.text}`",
                nearest_clause(field.text, self._known.clauses),
            )
        elif clause.kind == "none":
            self._error(
                row,
                field,
                "clause-decides-nothing",
                f"điều khoản `{field.text}` không nói gì về quyền truy cập",
                f"the clause `{field.text}` says nothing about access",
            )
        return field.text
