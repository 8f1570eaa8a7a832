"""Checks rows against the model: types, sizes, effects, priorities and links."""

from collections.abc import Mapping, Sequence

from pdp.engine.language.roles import LONGEST, out_of_reach
from pdp.engine.reading.report import Place, Report, nearest
from pdp.engine.reading.row_lines import LocatedRow


def check_rows(
    rows: Sequence[LocatedRow], rules: Mapping[str, Sequence[str]], slots: Mapping[str, int], report: Report
) -> None:
    """Report what is wrong with *rows*, for rules with these fields and role definitions with so many slots."""
    for row in rows:
        if row.type in rules:
            _check_rule(row, rules[row.type], report)
        elif row.type in slots:
            _check_size(row, slots[row.type], "_, " * (slots[row.type] - 1) + "_", report)
        else:
            known = [*rules, *slots]
            report.add(
                row.place,
                "row-type",
                f"mô hình không định nghĩa loại dòng `{row.type}`; PyCasbin bỏ qua dòng này mà không báo",
                f"the model defines no row type `{row.type}`; PyCasbin drops such a row without a word",
                nearest(row.type, known) or ", ".join(known),
            )
    for type_, fields in rules.items():
        if "priority" in fields:
            _check_priorities([row for row in rows if row.type == type_], list(fields).index("priority"), report)


def _check_size(row: LocatedRow, size: int, shape: str, report: Report) -> bool:
    if len(row.fields) != size:
        report.add(
            row.places[-1] if row.places else row.place,
            "row-size",
            f"dòng `{row.type}` có {len(row.fields)} trường, cần {size}",
            f"the row `{row.type}` has {len(row.fields)} fields and needs {size}",
            f"{row.type}, {shape}",
        )
    return len(row.fields) == size


def _check_rule(row: LocatedRow, fields: Sequence[str], report: Report) -> None:
    if not _check_size(row, len(fields), ", ".join(fields), report) or "eft" not in fields:
        return
    at = list(fields).index("eft")
    if row.fields[at] not in ("allow", "deny"):
        report.add(
            row.places[at],
            "row-effect",
            f"hiệu lực `{row.fields[at]}` không có tác dụng gì",
            f"the effect `{row.fields[at]}` has no effect",
            nearest(row.fields[at].lower(), ("allow", "deny")) or "allow, deny",
        )


def _check_priorities(rows: Sequence[LocatedRow], at: int, report: Report) -> None:
    numbered = [row for row in rows if len(row.fields) > at]
    words = [row for row in numbered if not row.fields[at].isdecimal()]
    # All words are sorted as words, which PyCasbin does; numbers beside them, or with a sign, it cannot sort.
    for row in words if len(words) < len(numbered) else [row for row in words if _is_number(row.fields[at])]:
        report.add(
            row.places[at],
            "row-priority",
            f"độ ưu tiên `{row.fields[at]}` không so được với các số tự nhiên",
            f"the priority `{row.fields[at]}` cannot be compared with whole numbers",
            "digits alone; 1 comes first",
        )


def _is_number(text: str) -> bool:
    return text.lstrip("+-").isnumeric()


def check_links(
    rows: Sequence[LocatedRow], slots: Mapping[str, int], report: Report, *, ordered: bool, file: str
) -> None:
    """Report roles that a name is linked to and does not hold; *ordered* says that links must not come back."""
    for type_, size in slots.items():
        links = [row.fields for row in rows if row.type == type_ and len(row.fields) == size]
        lost = out_of_reach(links, domains=size > 2)
        if lost is not None:
            place = next(row.place for row in rows if row.type == type_ and row.fields[0] == lost[0])
            report.add(
                place,
                "link-depth",
                f"`{lost[0]}` nối tới `{lost[1]}` qua hơn {LONGEST} liên kết: PyCasbin không đi xa như vậy",
                f"`{lost[0]}` is linked to `{lost[1]}` over more than {LONGEST} links: PyCasbin does not go that far",
                f"link `{lost[0]}` to it directly",
            )
    if ordered and "g" in slots:
        _check_order([row for row in rows if row.type == "g"], Place(file, 1), report)


def _check_order(rows: Sequence[LocatedRow], place: Place, report: Report) -> None:
    broader: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for row in rows:
        if len(row.fields) >= 2:
            domain = row.fields[2:3]
            broader.setdefault((*domain, row.fields[0]), set()).add((*domain, row.fields[1]))
    left = dict(broader)
    while left:
        held = {end for ends in left.values() for end in ends}
        lowest = [name for name in left if name not in held]
        if not lowest:
            name = min(left)[-1]
            report.add(
                next((row.place for row in rows if row.fields[:1] == (name,)), place),
                "link-cycle",
                f"`{name}` nằm trong một vòng: `subjectPriority` không xếp thứ tự được",
                f"`{name}` lies in a circle: `subjectPriority` cannot order it",
            )
            return
        for done in lowest:
            del left[done]
