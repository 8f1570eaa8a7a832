"""What loads and evaluates, and is doubtful: rules that decide nothing, columns that nobody reads, open patterns."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from casbin.util import escape_assertion, get_eval_value, replace_eval

from pdp.engine.definition import Fields, Loaded
from pdp.engine.language.expression import DeclinedError, parse, written
from pdp.engine.language.functions import Functions
from pdp.engine.linting.covering import Covering, covering_of
from pdp.engine.reading.model_lines import Line
from pdp.engine.reading.report import Place, Report
from pdp.engine.reading.row_lines import LocatedRow

_IGNORED: Final[Mapping[str, str]] = {
    "some(where (p_eft == allow))": "deny",
    "!some(where (p_eft == deny))": "allow",
}
"""By policy effect, the effect of rules that it never looks at."""

_ORDERED: Final = ("priority(p_eft) || deny", "subjectPriority(p_eft) || deny")
_UNREAD_BY_MATCHERS: Final = frozenset({"eft", "priority"})
"""Columns that Casbin itself reads."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A model and a policy that load, with the places of their parts; *names* are what findings call the files."""

    loaded: Loaded
    functions: Functions
    sections: Mapping[str, Mapping[str, Line]]
    rows: Sequence[LocatedRow]
    names: tuple[str, str]

    @property
    def effect(self) -> str:
        """Return the policy effect as PyCasbin writes it."""
        return str(escape_assertion(self.sections["e"]["e"].value))

    def matchers(self) -> Iterator[tuple[str, ast.expr, Fields, Fields]]:
        """Yield each matcher that can be read here, with the fields of its request and its rules."""
        definition = self.loaded.definition
        for key, text in definition.matchers.items():
            number = key.removeprefix("m")
            requests = definition.requests.get(f"r{number}", definition.requests["r"])
            rules = definition.rules.get(f"p{number}", definition.rules["p"])
            arguments = get_eval_value(text)
            try:
                yield key, parse(replace_eval(text, list(arguments)) if arguments else text), requests, rules
            except (SyntaxError, DeclinedError, ValueError):
                continue


def find_doubts(policy: Policy, report: Report) -> None:
    """Report everything doubtful in *policy*."""
    _check_effects(policy, report)
    _check_columns(policy, report)
    _check_circles(policy, report)
    for _, expression, _, rules in policy.matchers():
        _check_patterns(policy, expression, rules, report)
    for key, expression, _, rules in policy.matchers():
        _check_shadows(policy, covering_of(policy.loaded, expression, rules), f"p{key.removeprefix('m')}", report)


def _check_effects(policy: Policy, report: Report) -> None:
    ignored = _IGNORED.get(policy.effect)
    if ignored is None:
        return
    for type_, fields in policy.loaded.definition.rules.items():
        name = f"{type_}_eft"
        if name not in fields:
            continue
        for row in _rows(policy, type_):
            at = fields.index(name)
            if row.fields[at] == ignored:
                report.warning(
                    row.places[at],
                    "effect-ignored",
                    f"quy tắc `{ignored}` không có tác dụng: `{policy.sections['e']['e'].value}` không xét đến nó",
                    f"this rule to {ignored} does nothing: `{policy.sections['e']['e'].value}` does not look at it",
                    "e = some(where (p.eft == allow)) && !some(where (p.eft == deny))",
                )


def _check_columns(policy: Policy, report: Report) -> None:
    """Report request fields that no matcher reads, and note such columns of rules."""
    definition = policy.loaded.definition
    used = {
        node.id
        for _, expression, *_ in policy.matchers()
        for node in ast.walk(expression)
        if isinstance(node, ast.Name)
    }
    texts = " ".join(definition.matchers.values())
    used |= {name for name in _all_fields(definition.requests, definition.rules) if name in get_eval_value(texts)}
    if get_eval_value(texts):
        return  # a rule text may read any field
    for letter, section in (("r", definition.requests), ("p", definition.rules)):
        for key, fields in section.items():
            for field in fields:
                column = field.removeprefix(f"{key}_")
                if field in used or column in _UNREAD_BY_MATCHERS or not _is_matched(policy, key):
                    continue
                line = policy.sections[letter][key]
                said = written(field)
                if letter == "r":
                    report.warning(
                        line.place,
                        "field-unread",
                        f"không bộ so khớp nào xét `{said}` của yêu cầu",
                        f"no matcher reads `{said}` of the request: every value of it is answered alike",
                        f"compare `{said}` with a column of the rules, or leave it out",
                    )
                else:
                    report.note(
                        line.place,
                        "column-unread",
                        f"không bộ so khớp nào xét cột `{said}`",
                        f"no matcher reads the column `{said}`: what stands there decides nothing",
                        "leave it out, unless the program reads it",
                    )


def _is_matched(policy: Policy, key: str) -> bool:
    """Say whether a matcher of the number of *key* exists: other definitions are used with a context alone."""
    return f"m{key[1:]}" in policy.loaded.definition.matchers


def _all_fields(*sections: Mapping[str, Fields]) -> Iterator[str]:
    for section in sections:
        for fields in section.values():
            yield from fields


def _check_circles(policy: Policy, report: Report) -> None:
    for type_, links in policy.loaded.links.items():
        graph = policy.functions.roles.get(type_)
        if graph is None:
            continue
        told: set[tuple[str, str]] = set()
        for link in links:
            domain = link[2] if graph.domains else ""
            for name, broad in ((link[0], link[1]),):
                circle = broad == name or name in graph.above(broad, domain)
                if circle and (domain, name) not in told:
                    told |= {(domain, other) for other in (name, broad, *graph.above(broad, domain))}
                    row = next(row for row in _rows(policy, type_) if row.fields[: len(link)] == link)
                    report.warning(
                        row.place,
                        "link-circle",
                        f"`{name}` và `{broad}` nối vòng: ai giữ một vai trò thì giữ tất cả",
                        f"`{name}` and `{broad}` are linked in a circle: who holds one holds all of them",
                        "remove one of the links",
                    )


def _check_patterns(policy: Policy, expression: ast.expr, fields: Fields, report: Report) -> None:
    for node in ast.walk(expression):
        match node:
            case ast.Call(func=ast.Name(id="regexMatch" | "keyMatch" as family), args=[_, pattern], keywords=[]):
                if family in policy.functions.families:
                    for text, place in _texts(policy, pattern, fields):
                        _check_pattern(family, text, place, report)
            case ast.Call(func=ast.Name(id="timeMatch"), args=[start, end], keywords=[]):
                for argument in (start, end):
                    for text, place in _texts(policy, argument, fields):
                        _check_time(text, place, report)


def _check_pattern(family: str, text: str, place: Place, report: Report) -> None:
    if family == "regexMatch" and not text.endswith("$"):
        report.warning(
            place,
            "pattern-open",
            f"mẫu `{text}` không kết thúc bằng `$`: nó khớp với mọi văn bản bắt đầu như vậy",
            f"the pattern `{text}` does not end in `$`: it matches whatever begins like that",
            f"{text}$",
        )
    if family == "keyMatch" and "*" in text and not text.endswith("*"):
        star = text.index("*")
        report.warning(
            place,
            "pattern-after-star",
            f"những gì đứng sau `*` trong `{text}` không được xét",
            f"what stands behind the `*` in `{text}` is not looked at",
            f"{text[: star + 1]}, or keyMatch2",
        )


def _check_time(text: str, place: Place, report: Report) -> None:
    if text == "_":
        return
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - as PyCasbin reads it, in no zone
    except ValueError:
        report.warning(
            place,
            "pattern-time",
            f"`{text}` không phải là thời điểm: mọi yêu cầu tới đây đều báo lỗi",
            f"`{text}` is no instant: evaluation raises on every request that comes here",
            "2026-01-31 00:00:00, or `_` for no bound",
        )


def _texts(policy: Policy, pattern: ast.expr, fields: Fields) -> Iterable[tuple[str, Place]]:
    """Return each text that *pattern* can be, with its place."""
    match pattern:
        case ast.Constant(value=str() as text):
            yield text, policy.sections["m"]["m"].place
        case ast.Name(id=name) if name in fields:
            at = fields.index(name)
            for row in _rows(policy, name.partition("_")[0]):
                yield row.fields[at], row.places[at]


def _check_shadows(policy: Policy, covering: Covering, type_: str, report: Report) -> None:
    """Report rules that can never change an answer, because another one speaks wherever they do."""
    key = type_ if type_ in policy.loaded.definition.rules else "p"
    fields = policy.loaded.definition.rules[key]
    turn = {row: number for number, row in reversed(list(enumerate(policy.loaded.rules[key])))}
    rows = sorted(_rows(policy, key), key=lambda row: turn[row.fields])
    eft = fields.index(f"{key}_eft") if f"{key}_eft" in fields else -1
    pairs = set(covering.pairs([row.fields for row in rows]))
    told: set[int] = set()
    for broad, narrow in sorted(pairs, key=lambda pair: (pair[1], pair[0])):
        first, second = rows[broad], rows[narrow]
        if narrow in told or broad in told:
            continue  # one that is told of hides nothing by itself
        if first.fields == second.fields:
            if broad > narrow:
                continue
            told.add(narrow)
            report.warning(
                second.place,
                "rule-repeated",
                f"quy tắc này giống hệt dòng {first.place.line}",
                f"this rule says the same as line {first.place.line}",
                "remove one of them",
            )
            continue
        before, after = ("allow" if eft < 0 else row.fields[eft] for row in (first, second))
        mutual = (narrow, broad) in pairs
        if _hides(policy.effect, before, after, is_first=broad < narrow, mutual=mutual):
            told.add(narrow)
            report.warning(
                second.place,
                "rule-shadowed",
                f"quy tắc này không bao giờ thay đổi câu trả lời: dòng {first.place.line} luôn quyết định trước",
                f"this rule can never change an answer: line {first.place.line} decides wherever it speaks",
                f"remove it, or narrow line {first.place.line}",
            )


def _hides(effect: str, broad: str, narrow: str, *, is_first: bool, mutual: bool) -> bool:
    """Say whether a rule that speaks wherever another does takes every say from it.

    Of two that are *mutual* and say the same, the first does.
    """
    if effect in _ORDERED:
        return is_first
    if broad == narrow:
        return is_first or not mutual
    return broad == "deny" and effect == "some(where (p_eft == allow)) && !some(where (p_eft == deny))"


def _rows(policy: Policy, type_: str) -> Iterator[LocatedRow]:
    return (row for row in policy.rows if row.type == type_)
