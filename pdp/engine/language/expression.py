"""Reads matcher text exactly as PyCasbin rewrites and parses it, with the rule texts that `eval(p.x)` pastes in."""

import ast
import re
import warnings
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from casbin.util import escape_assertion, get_eval_value, replace_eval

_NOT: Final = re.compile(r"!(?!=)")
_FIELD: Final = re.compile(r"\b([rp]\d*)_(?=\w)")
_HOLE: Final = "rule_text_{}_of_this_row"
"""The name that stands in a template for the n-th `eval(...)`."""


class DeclinedError(Exception):
    """This text means something that only PyCasbin itself can evaluate faithfully; the text says what."""


def rewritten(text: str) -> str:
    """Return *text* with Casbin's operators in Python's words; what stands in literals is rewritten too."""
    return _NOT.sub("not ", text.replace("&&", "and").replace("||", "or"))


def parse(text: str) -> ast.expr:
    """Return the expression of a matcher or rule text.

    Raises SyntaxError where PyCasbin would, and DeclinedError where it would evaluate only a part of the text.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        body = ast.parse(rewritten(text).strip()).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise DeclinedError(f"`{text}` is not one expression")
    return body[0].value


def written(text: str) -> str:
    """Return *text* with fields as a model writes them: `r.sub` for `r_sub`."""
    return _FIELD.sub(r"\1.", text)


@dataclass(frozen=True, slots=True)
class Matcher:
    """A matcher: its expression, in which each `eval(p.x)` is a Name of *holes*, and what the rows put there.

    *holes* maps the name in the expression to the name of the rule field; *texts* maps the name of the rule field to
    the expression of each text found in it.
    """

    expression: ast.expr
    holes: Mapping[str, str]
    texts: Mapping[str, Mapping[str, ast.expr]]


def read_matcher(text: str, fields: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Matcher:
    """Read the matcher *text* of rules with *fields*, and the rule texts in *rows*.

    Raises SyntaxError or DeclinedError; the latter also for a rule text that reaches outside its place.
    """
    arguments = get_eval_value(text)
    if not arguments:
        return Matcher(parse(text), {}, {})
    for argument in arguments:
        if argument not in fields:
            raise DeclinedError(f"eval takes a field of the rule, not `{argument}`")
    holes = {_HOLE.format(at): argument for at, argument in enumerate(arguments)}
    template = parse(replace_eval(text, list(holes)))
    if sorted(_names(template, holes)) != sorted(holes):
        raise DeclinedError("an eval stands in a literal")
    positions = {argument: fields.index(argument) for argument in arguments}
    texts: dict[str, dict[str, ast.expr]] = {argument: {} for argument in arguments}
    for pasted in {tuple(row[positions[argument]] for argument in arguments) for row in rows}:
        for argument, rule in zip(arguments, pasted, strict=True):
            if rule not in texts[argument]:
                texts[argument][rule] = _rule(rule)
        _check_pasted(text, template, holes, pasted, texts)
    return Matcher(template, holes, texts)


def _rule(text: str) -> ast.expr:
    return parse(f"({escape_assertion(text)})")


def _names(expression: ast.expr, holes: Mapping[str, str]) -> list[str]:
    return [node.id for node in ast.walk(expression) if isinstance(node, ast.Name) and node.id in holes]


def _check_pasted(
    text: str,
    template: ast.expr,
    holes: Mapping[str, str],
    pasted: tuple[str, ...],
    texts: Mapping[str, Mapping[str, ast.expr]],
) -> None:
    """Raise DeclinedError unless the text with the rules pasted in is the template with their expressions in it."""
    whole = parse(replace_eval(text, [escape_assertion(rule) for rule in pasted]))
    rules = {hole: texts[argument][rule] for (hole, argument), rule in zip(holes.items(), pasted, strict=True)}
    if ast.dump(whole) != ast.dump(_Filled(rules).visit(deepcopy(template))):
        raise DeclinedError(f"the rule text `{', '.join(pasted)}` reaches outside its place")


class _Filled(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, rules: Mapping[str, ast.expr]) -> None:
        self._rules = rules

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._rules.get(node.id, node)
