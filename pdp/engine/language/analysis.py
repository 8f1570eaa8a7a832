"""What a part of a matcher can do: which fields it reads, what it comes to, and whether it can raise.

Everything here holds under the promise that every field it reads by name is a `str`.
"""

import ast
from dataclasses import dataclass
from typing import Final

from simpleeval import MAX_STRING_LENGTH

from pdp.engine.language.functions import Functions

_ORDERS: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_MEMBERSHIPS: Final = (ast.In, ast.NotIn)
_PLAIN_KINDS: Final = frozenset({"str", "bool", "number", "none", "sequence"})
"""Kinds whose values compare, and are true or false, without anybody's code."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the parts of one matcher.

    *requests* and *rules* are the names of their fields, *tested* those (family, field) in which every text is a
    pattern that has a test. *holes* are the names that stand for rule texts.
    """

    requests: frozenset[str]
    rules: frozenset[str]
    functions: Functions
    tested: frozenset[tuple[str, str]] = frozenset()
    holes: frozenset[str] = frozenset()

    def reads(self, node: ast.expr) -> frozenset[str]:
        """Return the names of fields, and of rule texts, that *node* reads."""
        known = self.requests | self.rules | self.holes
        return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in known)

    def is_of_request(self, node: ast.expr) -> bool:
        """Say whether *node* comes to the same for every rule."""
        return not self.reads(node) & (self.rules | self.holes)

    def is_of_rule(self, node: ast.expr) -> bool:
        """Say whether *node* comes to the same for every request, and at any time."""
        return not self.reads(node) & (self.requests | self.holes) and self.is_steady(node)

    def is_steady(self, node: ast.expr) -> bool:
        """Say whether *node* calls nothing but functions that always answer the same."""
        return all(
            isinstance(part.func, ast.Name) and part.func.id in self.functions.steady
            for part in ast.walk(node)
            if isinstance(part, ast.Call)
        )

    def kind(self, node: ast.expr) -> str:
        """Return what *node* comes to: "str", "bool", "number", "none", "sequence", or "any" when it is not known."""
        match node:
            case ast.Constant(value=value):
                return _kind_of(value)
            case ast.Name(id=name):
                return "str" if name in self.requests | self.rules else "any"
            case ast.Compare(left=left, comparators=comparators):
                return "bool" if all(self.kind(part) in _PLAIN_KINDS for part in (left, *comparators)) else "any"
            case ast.UnaryOp(op=ast.Not()):
                return "bool"
            case ast.BoolOp(values=values):
                return _common([self.kind(value) for value in values])
            case ast.IfExp(body=body, orelse=orelse):
                return _common([self.kind(body), self.kind(orelse)])
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                return "sequence" if all(self.kind(element) in _PLAIN_KINDS for element in elements) else "any"
            case ast.Call(func=ast.Name(id=name)):
                return "bool" if name in self.functions.sure else "any"
            case _:
                return "any"

    def is_total(self, node: ast.expr) -> bool:  # noqa: C901  # one case for each form
        """Say whether evaluating *node* can raise nothing."""
        match node:
            case ast.Constant(value=value):
                return not isinstance(value, str | bytes) or len(value) <= MAX_STRING_LENGTH
            case ast.Name(id=name):
                return name in self.requests | self.rules
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._is_plain(operand)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=int() | float())):
                return True
            case ast.BoolOp(values=values):
                return all(self._is_plain(value) for value in values)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._is_plain(test) and self.is_total(body) and self.is_total(orelse)
            case ast.Compare():
                return self._compares(node)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return all(self.is_total(element) for element in elements)
            case ast.Set(elts=elements):
                return all(self._is_plain(element) and self.kind(element) != "sequence" for element in elements)
            case ast.Call(func=ast.Name(id=name)):
                return self._calls(name, node)
            case _:
                return False

    def _is_plain(self, node: ast.expr) -> bool:
        return self.kind(node) in _PLAIN_KINDS and self.is_total(node)

    def _compares(self, node: ast.Compare) -> bool:
        operands = [node.left, *node.comparators]
        if not all(map(self._is_plain, operands)):
            return False
        pairs = zip(node.ops, operands, operands[1:], strict=False)
        return all(self._compare(operation, left, right) for operation, left, right in pairs)

    def _compare(self, operation: ast.cmpop, left: ast.expr, right: ast.expr) -> bool:
        kinds = self.kind(left), self.kind(right)
        if isinstance(operation, _ORDERS):
            return kinds in (("str", "str"), ("number", "number"))
        if isinstance(operation, _MEMBERSHIPS):
            return kinds == ("str", "str") or (
                isinstance(right, ast.Tuple | ast.List | ast.Set) and kinds[0] in ("str", "number", "bool")
            )
        return True

    def _calls(self, name: str, node: ast.Call) -> bool:
        if node.keywords or not all(self.is_total(argument) and self.kind(argument) == "str" for argument in node.args):
            return False
        if name in self.functions.roles:
            return len(node.args) in (2, 3)
        return name in self.functions.families and len(node.args) == 2 and self.tests_all(name, node.args[1])

    def tests_all(self, family: str, pattern: ast.expr) -> bool:
        """Say whether testing any value against *pattern* raises nothing: true when each text it can be has a test."""
        if family == "keyMatch":
            return True
        if family == "ipMatch":
            return False
        match pattern:
            case ast.Constant(value=str() as text):
                return text in self.functions.tests[family]
            case ast.Name(id=name):
                return (family, name) in self.tested
            case _:
                return False


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "str"
    return "none" if value is None else "any"


def _common(kinds: list[str]) -> str:
    return kinds[0] if len(set(kinds)) == 1 else "any"
