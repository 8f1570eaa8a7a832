"""Checks everything in a model but the meaning of its matchers."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from casbin.util import escape_assertion

from pdp.engine.compiling.combining import COMBINATIONS
from pdp.engine.reading.model_lines import SECTIONS, Line, model_lines
from pdp.engine.reading.report import Place, Report, nearest

_FIELD: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)
_ROLES: Final = re.compile(r"_(\s*,\s*_){1,2}")
_REQUIRED: Final = ("r", "p", "e", "m")
_SUBJECT_PRIORITY: Final = "subjectPriority(p_eft) || deny"


def check_model(file: str, text: str, report: Report, *, configured: bool) -> Mapping[str, Line]:
    """Return the definitions of *text* by key; report what is wrong with them.

    *configured* says that the enforcer will be told more than text can say, such as conditions of roles.
    """
    lines = {line.key: line for line in model_lines(file, text, report)}
    sections = {letter: section for section, letter in SECTIONS.items()}
    for key in _REQUIRED:
        if key not in lines:
            report.add(
                Place(file, 1),
                "model-missing",
                f"thiếu `{key} = ...` trong phần `[{sections[key]}]`",
                f"`{key} = ...` is missing in the section `[{sections[key]}]`",
            )
    for line in lines.values():
        match SECTIONS[line.section]:
            case "r" | "p":
                fields_of(line, report)
            case "g":
                _check_roles(line, report, configured=configured)
            case "e":
                _check_effect(line, lines, report)
            case _:
                if "#" in line.value:
                    _report_comment(line, report)
    return lines


def fields_of(line: Line, report: Report | None = None) -> Sequence[str]:
    """Return the names of the fields that *line* defines; report those that no matcher can name."""
    names = [name.strip() for name in line.value.split(",")]
    if report is not None:
        for at, name in enumerate(names):
            if not _FIELD.fullmatch(name):
                report.add(
                    line.place,
                    "model-field",
                    f"`{name}` không dùng được làm tên trường: bộ so khớp không gọi được nó",
                    f"`{name}` cannot be the name of a field: no matcher can name it",
                    "letters, digits and strokes; a comment stands on a line of its own",
                )
            elif name in names[:at]:
                report.add(
                    line.place,
                    "model-field",
                    f"trường `{name}` xuất hiện hai lần trong `{line.key}`",
                    f"the field `{name}` stands twice in `{line.key}`",
                )
    return names


def _check_roles(line: Line, report: Report, *, configured: bool) -> None:
    if _ROLES.fullmatch(line.value) or (configured and line.value.startswith("_")):
        return
    report.add(
        line.place,
        "model-roles",
        f"`{line.value}` không phải là dạng quan hệ vai trò được hỗ trợ",
        f"`{line.value}` is no form of role definition that can be relied on",
        "`_, _` or `_, _, _`; roles with conditions are valid for ever until an enforcer is given their conditions",
    )


def _check_effect(line: Line, lines: Mapping[str, Line], report: Report) -> None:
    effect = escape_assertion(line.value)
    if line.key != "e":
        report.add(
            line.place,
            "model-effect",
            f"`{line.key}` không được dùng: mọi yêu cầu đều theo `e`",
            f"`{line.key}` is never used: every request goes by `e`",
        )
    elif effect not in COMBINATIONS:
        known = [text.replace("p_eft", "p.eft") for text in COMBINATIONS]
        report.add(
            line.place,
            "model-effect",
            f"không có cách kết hợp `{line.value}`",
            f"there is no policy effect `{line.value}`",
            nearest(line.value, known) or "; ".join(known),
        )
    elif effect == _SUBJECT_PRIORITY and "g" not in lines:
        report.add(
            line.place,
            "model-effect",
            "`subjectPriority` cần quan hệ vai trò `g`",
            "`subjectPriority` needs the role definition `g`",
            "g = _, _",
        )


def _report_comment(line: Line, report: Report) -> None:
    report.add(
        Place(line.place.file, line.place.line, line.place.column + line.value.index("#")),
        "matcher-comment",
        "từ dấu `#` trở đi bị cắt bỏ, kể cả bên trong chuỗi ký tự",
        "everything from `#` on is cut off, inside a literal as well",
        "put the comment on a line of its own",
    )
