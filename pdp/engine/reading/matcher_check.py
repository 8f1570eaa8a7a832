"""Checks what matchers and rule texts mean: names, functions, literals, patterns, and what they come to."""

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from simpleeval import FunctionNotDefined, NameNotDefined

from pdp.engine.language.analysis import Facts
from pdp.engine.language.expression import DeclinedError, parse, written
from pdp.engine.language.functions import WITHOUT_TESTS, Functions
from pdp.engine.language.lowering import Lowering
from pdp.engine.reading.report import Place, Report, nearest

_LITERAL: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_REWRITTEN: Final = re.compile(r"\b[rp]\d*\.|&&|\|\||!(?!=)")
_EVAL: Final = re.compile(r"\beval\s*\(")
_NO_TRUTH: Final = frozenset({"str", "number", "none", "sequence"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What a matcher can name: the fields of its request and rules as PyCasbin writes them, and functions."""

    requests: Sequence[str]
    rules: Sequence[str]
    functions: Functions

    @property
    def facts(self) -> Facts:
        """Return what is known about any expression in this scope."""
        return Facts(frozenset(self.requests), frozenset(self.rules), self.functions)


def check_literals(text: str, place: Place, report: Report) -> None:
    """Report each literal of *text* that Casbin changes while it rewrites operators and fields."""
    for literal in _LITERAL.finditer(text):
        changed = _REWRITTEN.search(literal[0])
        if changed:
            report.add(
                Place(place.file, place.line, place.column + literal.start()),
                "matcher-literal",
                f"Casbin sẽ viết lại `{changed[0]}` ngay trong chuỗi {literal[0]}",
                f"Casbin rewrites `{changed[0]}` inside the literal {literal[0]}",
            )


def check_expression(text: str, scope: Scope, place: Place, report: Report, holes: Mapping[str, str]) -> None:
    """Report what is wrong with the matcher or rule *text*, already rewritten by PyCasbin.

    *holes* are names in it that stand for rule texts.
    """
    try:
        expression = parse(text)
    except SyntaxError as error:
        _report_syntax(text, error.msg, place, report)
        return
    except (DeclinedError, ValueError, RecursionError, MemoryError) as error:
        _report_syntax(text, str(error), place, report)
        return
    _check_parts(expression, scope, place, report, holes)
    for part in _conditions(expression):
        if scope.facts.kind(part) in _NO_TRUTH and not (isinstance(part, ast.Name) and part.id in holes):
            report.add(
                place,
                "matcher-result",
                f"`{written(ast.unparse(part))}` không cho kết quả đúng hoặc sai",
                f"`{written(ast.unparse(part))}` comes to neither true nor false",
                "compare it with something",
            )


def _report_syntax(text: str, why: str, place: Place, report: Report) -> None:
    report.add(
        place,
        "matcher-syntax",
        f"`{written(text)}` không phải là một biểu thức: {why}",
        f"`{written(text)}` is not an expression: {why}",
    )


def _check_parts(expression: ast.expr, scope: Scope, place: Place, report: Report, holes: Mapping[str, str]) -> None:
    refused: list[Exception] = []
    space: dict[str, Any] = {}
    lowering = Lowering(
        dict.fromkeys((*scope.requests, *scope.rules), "field"),
        scope.functions.any_arguments,
        space,
        two_arguments={},
        primitive=False,
        holes=dict.fromkeys(holes, "hole"),
        refused=refused.append,
    )
    # A form that is declined is evaluated by PyCasbin itself.
    with suppress(DeclinedError):
        lowering.lower(expression)
    for error in refused:
        match error:
            case NameNotDefined(name=name):
                fields = [written(field) for field in (*scope.requests, *scope.rules)]
                report.add(
                    place,
                    "matcher-name",
                    f"không có trường `{written(name)}`",
                    f"there is no field `{written(name)}`",
                    nearest(written(name), fields) or "a space round `&&` and `||`; `True` and `False` with a capital",
                )
            case FunctionNotDefined(func_name=name):
                report.add(
                    place,
                    "matcher-function",
                    f"không có hàm `{name}`",
                    f"there is no function `{name}`",
                    nearest(name, scope.functions.any_arguments),
                )
            case _:
                report.add(
                    place,
                    "matcher-form",
                    f"biểu thức có phần không bao giờ tính được: {error}",
                    f"a part of the expression can never be evaluated: {error}",
                )
    for node in ast.walk(expression):
        if isinstance(node, ast.Call):
            _check_pattern(node, scope, place, report)


def _check_pattern(node: ast.Call, scope: Scope, place: Place, report: Report) -> None:
    if not isinstance(node.func, ast.Name) or node.func.id not in scope.functions.families:
        return
    plain = len(node.args) == 2 and not node.keywords
    pattern = node.args[1] if plain else node
    known = isinstance(pattern, ast.Constant) or (isinstance(pattern, ast.Name) and pattern.id in scope.rules)
    if not known and node.func.id not in WITHOUT_TESTS:
        report.add(
            place,
            "matcher-pattern",
            f"mẫu của `{node.func.id}` phải là một trường của quy tắc hoặc một chuỗi, không phải "
            f"`{written(ast.unparse(pattern))}`",
            f"the pattern of `{node.func.id}` has to be a field of the rule or a literal, not "
            f"`{written(ast.unparse(pattern))}`",
            "whoever asks would choose how long the answer takes",
        )


def _conditions(expression: ast.expr) -> Iterable[ast.expr]:
    """Return the parts whose own value can become that of *expression*."""
    if isinstance(expression, ast.BoolOp):
        for value in expression.values:
            yield from _conditions(value)
    else:
        yield expression


def eval_arguments(text: str, arguments: Sequence[str], rules: Sequence[str], place: Place, report: Report) -> bool:
    """Return whether each `eval` in *text* takes a field of the rule; report those, of *arguments*, that do not."""
    wrong = [argument for argument in arguments if argument not in rules]
    if len(_EVAL.findall(text)) != len(arguments) or wrong:
        report.add(
            place,
            "matcher-eval",
            "`eval` chỉ nhận một trường của quy tắc, viết liền: `eval(p.rule)`",
            "`eval` takes a field of the rule and nothing else, without a space: `eval(p.rule)`",
            ", ".join(f"eval({written(field)})" for field in rules),
        )
        return False
    return True


def check_functions(added: Mapping[str, Callable[..., Any]], forbidden: Iterable[Any], report: Report) -> None:
    """Report added functions that cannot be called, or that Casbin's expressions never call."""
    refused = tuple(forbidden)
    for name, function in added.items():
        if any(function is each for each in refused):
            report.add(
                Place("functions", 1),
                "function-forbidden",
                f"`{name}` không gọi được từ bộ so khớp",
                f"`{name}` cannot be called from a matcher",
            )
