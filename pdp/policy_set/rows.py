"""Reads policy.csv strictly: what Casbin would drop or misread without a word is an error with its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pdp.core.text import nearest
from pdp.policy_set.report import FolderReport
from pdp.words import file_text

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "p": ("id", "eft", "role", "action", "category", "purpose", "when", "clause", "owes"),
    "p2": ("id", "role", "action", "category", "purpose", "clause"),
    "g": ("narrow", "broad"),
    "g2": ("narrow", "broad"),
    "g3": ("narrow", "broad"),
    "g4": ("narrow", "broad"),
}

LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")
"""Where a line ends: an editor and a reader must see the same lines, or a comment could hide a row."""

_FIELD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]*", re.ASCII)

_OTHERWISE = re.compile(rf"[\"'“”]?(?:{'|'.join(COLUMNS)})[\"'“”]?\s*(?P<by>[;\t|])")
"""How a row begins whose columns are separated otherwise, as a table program may save them."""
_QUOTED = re.compile(rf"[\"'“”‘’](?:{'|'.join(COLUMNS)})[\"'“”‘’]")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a row and the column (from 1) at which it stands."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class LocatedRow:
    """One row that has the columns of its type."""

    type: str
    fields: tuple[Field, ...]
    line: int

    def __getitem__(self, column: str) -> Field:
        return self.fields[COLUMNS[self.type].index(column)]

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the texts of the fields."""
        return tuple(field.text for field in self.fields)


def read_rows(file: str, content: bytes, report: FolderReport) -> tuple[LocatedRow, ...]:
    """Return the well-formed rows of *content*; report every other line that is neither blank nor a comment."""
    text, findings = file_text(file, content)
    for finding in findings:
        report.add(finding)
    if text is None:
        return ()
    rows = []
    is_read = not findings
    for number, line in enumerate(LINE_BREAK.split(text), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        row = _row(file, number, line, report)
        if row is not None:
            rows.append(row)
        is_read = is_read and row is not None
    if is_read and not any(row.type == "p" for row in rows):
        report.error(
            file,
            (1, 1),
            "policy-empty",
            "không có dòng quy tắc nào (`p, ...`)",
            "there is no rule row (`p, ...`)",
            "an empty policy is never served",
        )
    return tuple(rows)


def _row(file: str, number: int, line: str, report: FolderReport) -> LocatedRow | None:
    if "#" in line:
        report.error(
            file,
            (number, line.index("#") + 1),
            "trailing-comment",
            "ghi chú phải đứng trên một dòng riêng: Casbin coi nó là một phần của dòng",
            "a comment must stand on a line of its own: Casbin takes it as part of the row",
            "move the comment to the line above",
        )
        return None
    type_, *fields = _split(line)
    if otherwise := _OTHERWISE.match(type_.text):
        report.error(
            file,
            (number, type_.column + otherwise.start("by")),
            "row-separator",
            f"các cột cách nhau bằng dấu phẩy; ở đây là {_named(otherwise['by'], 'vi')}",
            f"columns are separated by commas; here stands {_named(otherwise['by'], 'en')}",
            "save the table as a CSV file with commas",
        )
        return None
    if _QUOTED.fullmatch(type_.text):
        _well_formed(file, number, [type_, *fields], len(fields) + 1, report)
        return None
    if type_.text not in COLUMNS:
        report.error(
            file,
            (number, type_.column),
            "unknown-row-type",
            f"loại dòng `{type_.text}` không có; Casbin bỏ qua dòng này mà không báo",
            f"there is no row type `{type_.text}`; Casbin drops such a row without a word",
            nearest(type_.text, COLUMNS) or ", ".join(COLUMNS),
        )
        return None
    columns = COLUMNS[type_.text]
    if not _well_formed(file, number, fields, len(columns), report):
        return None
    if len(fields) != len(columns):
        report.error(
            file,
            (number, fields[-1].column if fields else type_.column),
            "row-columns",
            f"dòng có {len(fields)} cột sau `{type_.text}`, cần {len(columns)}",
            f"the row has {len(fields)} columns after `{type_.text}` and needs {len(columns)}",
            f"{type_.text}, " + ", ".join(columns),
        )
        return None
    return LocatedRow(type_.text, tuple(fields), number)


def _named(separator: str, locale: str) -> str:
    """Return the separator as it can be seen."""
    return f"`{separator}`" if separator != "\t" else {"vi": "dấu tab", "en": "a tab"}[locale]


def _split(line: str) -> list[Field]:
    fields = []
    start = 0
    for part in line.split(","):
        fields.append(Field(part.strip(), start + len(part) - len(part.lstrip()) + 1))
        start += len(part) + 1
    return fields


def _well_formed(file: str, number: int, fields: list[Field], needed: int, report: FolderReport) -> bool:
    fine = True
    for at, field in enumerate(fields):
        if not field.text:
            report.error(
                file,
                (number, field.column),
                "row-empty-field",
                "cột này trống",
                "this column is empty",
                "always, any, nothing" if at < needed else "remove the comma before it",
            )
            fine = False
        elif not _FIELD.fullmatch(field.text):
            strange = next(c for i, c in enumerate(field.text) if not _FIELD.fullmatch(field.text[: i + 1]))
            report.error(
                file,
                (number, field.column + field.text.index(strange)),
                "row-character",
                f"ký tự `{strange}` không dùng được trong một cột",
                f"the character `{strange}` cannot be used in a column",
                "a to z without marks, digits, `_`, `-`, `.` and spaces",
            )
            fine = False
    return fine
