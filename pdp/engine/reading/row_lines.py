"""The rows of a policy text as PyCasbin splits them, each field with its place."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pdp.engine.reading.report import Place, Report

_SPLITTING: Final = re.compile(r"[,\[\]()]")
_PAIRS: Final = {")": "(", "]": "["}
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class LocatedRow:
    """One row: its type and its fields, the place of the type, and those of the fields."""

    type: str
    fields: tuple[str, ...]
    place: Place
    places: tuple[Place, ...]


def located_rows(rows: Iterable[Sequence[str]], file: str = "rows") -> list[LocatedRow]:
    """Return *rows*, each a type and its fields, numbered as lines of *file*."""
    return [
        LocatedRow(row[0], tuple(row[1:]), Place(file, number), (Place(file, number),) * (len(row) - 1))
        for number, row in enumerate(rows, start=1)
    ]


def row_lines(file: str, text: str, report: Report) -> list[LocatedRow]:
    """Return the rows of *text*; report lines that PyCasbin would drop or split otherwise than they look."""
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if number == 1 and line.startswith(_BYTE_ORDER_MARK):
            report.add(
                Place(file, 1),
                "text-mark",
                "tệp bắt đầu bằng dấu thứ tự byte: PyCasbin bỏ mất dòng đầu tiên mà không báo",
                "the file begins with a byte-order mark: PyCasbin drops the first row without a word",
                "save it as UTF-8 without one",
            )
            line = line[1:]  # the rest is read as it was meant
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            found.append(_row(file, number, line.index(stripped) + 1, stripped, report))
    return found


def _row(file: str, number: int, column: int, line: str, report: Report) -> LocatedRow:
    fields, places, start, open_brackets = [], [], 0, []
    for match in _SPLITTING.finditer(line):
        char, at = match[0], Place(file, number, column + match.start())
        if char in "([":
            open_brackets.append((char, at))
        elif char in ")]":
            if not open_brackets or open_brackets.pop()[0] != _PAIRS[char]:
                _report_bracket(char, at, report)
        elif not open_brackets:
            fields.append(line[start : match.start()])
            places.append(Place(file, number, column + _start(line, start, match.start())))
            start = match.end()
    fields.append(line[start:])
    places.append(Place(file, number, column + _start(line, start, len(line))))
    for char, at in open_brackets:
        _report_bracket(char, at, report)
    texts = [field.strip() for field in fields]
    for text, place in zip(texts, places, strict=True):
        _check_text(text, place, report)
    if "\r" in line:
        report.add(
            Place(file, number, column + line.index("\r")),
            "row-break",
            "một dấu xuống dòng kiểu cũ giữa dòng: trình soạn thảo cho thấy hai dòng, PyCasbin đọc một",
            "a lone carriage return inside a row: an editor shows two lines, PyCasbin reads one",
            "save the file with line feeds",
        )
    return LocatedRow(texts[0], tuple(texts[1:]), places[0], tuple(places[1:]))


def _start(line: str, start: int, end: int) -> int:
    """Return where the text of the field between *start* and *end* begins."""
    return start + len(line[start:end]) - len(line[start:end].lstrip())


def _report_bracket(char: str, place: Place, report: Report) -> None:
    report.add(
        place,
        "row-bracket",
        f"dấu `{char}` không có dấu đi cặp: PyCasbin nối các trường lại hoặc không nạp được",
        f"`{char}` has no counterpart: PyCasbin runs fields together, or fails to load",
    )


def _check_text(text: str, place: Place, report: Report) -> None:
    if text[:1] == text[-1:] == '"' or text.count('"') == 1:
        report.add(
            place,
            "row-quote",
            "dấu ngoặc kép là một phần của trường và không bảo vệ dấu phẩy",
            "quotes are a part of the field, and protect no comma",
            text.strip('"'),
        )
    if " #" in text:
        report.add(
            place,
            "row-comment",
            "ghi chú ở cuối dòng là một phần của trường",
            "a comment at the end of a row is a part of its last field",
            "put it on a line of its own",
        )
