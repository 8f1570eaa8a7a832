"""The lines of a model as PyCasbin reads them, with their places."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pdp.engine.reading.report import Place, Report, nearest

SECTIONS: Final = {
    "request_definition": "r",
    "policy_definition": "p",
    "role_definition": "g",
    "policy_effect": "e",
    "matchers": "m",
}
"""Each section with the letter that its keys begin with."""


@dataclass(frozen=True, slots=True)
class Line:
    """One definition: `r = sub, obj, act` in its section; *place* is where its value begins."""

    section: str
    key: str
    value: str
    place: Place


def model_lines(file: str, text: str, report: Report) -> list[Line]:
    """Return the definitions of *text* in known sections; report every line that PyCasbin skips, drops or refuses."""
    found: dict[str, Line] = {}
    section = ""
    for number, column, logical in _logical_lines(text):
        place = Place(file, number, column)
        if logical.startswith("[") and logical.endswith("]"):
            section = _section(logical[1:-1], place, report)
            continue
        key, equals, value = logical.partition("=")
        key, at = key.strip(), Place(file, number, column + len(key) + 1 + len(value) - len(value.lstrip()))
        if not equals:
            report.add(
                place,
                "model-line",
                f"`{logical}` không phải là một định nghĩa `khóa = giá trị`",
                f"`{logical}` is no definition of the form `key = value`",
                "a comment begins with `#`, a long line goes on after a backslash",
            )
        elif not section:
            if not report.findings:
                report.add(
                    place,
                    "model-section",
                    f"`{key}` đứng ngoài mọi phần của mô hình",
                    f"`{key}` stands outside every section of the model",
                    ", ".join(f"[{name}]" for name in SECTIONS),
                )
        else:
            _keep(Line(section, key, value.strip(), at), place, found, report)
    return list(found.values())


def _logical_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Return line, column and text of each definition or header, lines that go on put together."""
    pending, start, column = "", 0, 1
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        skipped = not stripped or stripped[0] in "#;"
        if pending and (skipped or (stripped.startswith("[") and stripped.endswith("]"))):
            yield start, column, pending.strip()
            pending = ""
        if skipped:
            continue
        if not pending:
            start, column = number, len(line) - len(line.lstrip()) + 1
        if stripped.endswith("\\"):
            pending += stripped[:-1].strip() + " "
            continue
        yield start, column, (pending + stripped).strip()
        pending = ""
    if pending:
        yield start, column, pending.strip()


def _section(name: str, place: Place, report: Report) -> str:
    if name in SECTIONS:
        return name
    report.add(
        place,
        "model-section",
        f"không có phần `[{name}]`; PyCasbin bỏ qua nó mà không báo",
        f"there is no section `[{name}]`; PyCasbin ignores it without a word",
        nearest(name, SECTIONS) or ", ".join(SECTIONS),
    )
    return ""


def _keep(line: Line, place: Place, found: dict[str, Line], report: Report) -> None:
    letter = SECTIONS[line.section]
    if line.key in found:
        report.add(
            place,
            "model-repeated",
            f"`{line.key}` được định nghĩa hai lần; chỉ lần sau có hiệu lực",
            f"`{line.key}` is defined twice; only the second one counts",
        )
    number = line.key.removeprefix(letter)
    before = letter if number == "2" else f"{letter}{int(number) - 1}" if number.isdecimal() else ""
    if not line.key.startswith(letter) or (number and (number in ("0", "1") or not number.isdecimal())):
        report.add(
            place,
            "model-key",
            f"phần `[{line.section}]` không nhận khóa `{line.key}`",
            f"the section `[{line.section}]` takes no key `{line.key}`",
            f"{letter}, {letter}2, {letter}3, ...",
        )
    elif number and before not in found:
        report.add(
            place,
            "model-key",
            f"`{line.key}` không được đọc vì thiếu `{before}`",
            f"`{line.key}` is not read, because there is no `{before}`",
            before,
        )
    else:
        found[line.key] = line
