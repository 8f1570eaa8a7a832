"""Turns a Casbin expression into a Python expression that comes to the same value, or raises the same error."""

import ast
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final

from simpleeval import (
    DEFAULT_OPERATORS,
    DISALLOW_FUNCTIONS,
    DISALLOW_METHODS,
    DISALLOW_PREFIXES,
    MAX_STRING_LENGTH,
    FeatureNotAvailable,
    FunctionNotDefined,
    IterableTooLong,
    NameNotDefined,
    OperatorNotDefined,
)

from pdp.engine.language.expression import DeclinedError
from pdp.engine.language.runtime import attribute, checked, failing

Namespace = MutableMapping[str, Any]
Function = Callable[..., Any]

_NATIVE: Final = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.BitXor, ast.BitOr, ast.BitAnd)
"""Arithmetic that Casbin leaves to Python; the rest is limited in size and goes through simpleeval's own functions."""

_DECLINED: Final = (ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.JoinedStr, ast.FormattedValue)
"""Forms whose evaluation keeps a count over all rows, or has formatting of its own."""


class Lowering:
    """Lowers expressions over given names.

    *names* maps the names of fields to local variables, *functions* those of functions to what is called; *namespace*
    receives whatever the result refers to. *primitive* promises that all fields hold primitive values, *replaced* are
    expressions for nodes (by identity) that have been computed before, and *holes* what stands for a rule text.
    *two_arguments* are functions to take for calls with exactly two, *sure* those that only ever return a bool.
    *refused* is told the error of each part that can only raise.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        functions: Mapping[str, Function],
        namespace: Namespace,
        *,
        two_arguments: Mapping[str, Function],
        primitive: bool,
        replaced: Mapping[int, str] | None = None,
        holes: Mapping[str, str] | None = None,
        sure: frozenset[str] = frozenset(),
        refused: Callable[[Exception], object] = lambda _: None,
    ) -> None:
        self._refused = refused
        self._names = names
        self._functions = functions
        self._namespace = namespace
        self._two_arguments = two_arguments
        self._primitive = primitive
        self._replaced = replaced or {}
        self._holes = holes or {}
        self._sure = sure
        namespace.setdefault("_attribute", attribute)
        namespace.setdefault("_checked", checked)

    def text(self, node: ast.expr) -> str:
        """Return the Python text for *node*; raises DeclinedError for what only PyCasbin evaluates."""
        return ast.unparse(self.lower(node))

    def lower(self, node: ast.expr) -> ast.expr:
        """Return the Python expression for *node*; raises DeclinedError for what only PyCasbin evaluates."""
        if id(node) in self._replaced:
            return ast.parse(self._replaced[id(node)], mode="eval").body
        if isinstance(node, _DECLINED):
            raise DeclinedError(f"a {type(node).__name__} is left to PyCasbin")
        handler: Callable[[Any], ast.expr] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handler is None:
            return self._fail(lambda: FeatureNotAvailable(f"{type(node).__name__} is not available"))
        return handler(node)

    def is_primitive(self, node: ast.expr) -> bool:
        """Say whether *node* can only come to a value that holds nothing forbidden."""
        match node:
            case ast.Constant():
                return True
            case ast.Name():
                return self._primitive and node.id in self._names
            case ast.Compare():
                return all(self.is_primitive(part) for part in (node.left, *node.comparators))
            case ast.BoolOp():
                return all(self.is_primitive(part) for part in node.values)
            case ast.UnaryOp():
                return isinstance(node.op, ast.Not) or self.is_primitive(node.operand)
            case ast.BinOp():
                return self.is_primitive(node.left) and self.is_primitive(node.right)
            case ast.IfExp():
                return all(self.is_primitive(part) for part in (node.body, node.test, node.orelse))
            case ast.Call(func=ast.Name(id=name)):
                return name in self._sure
            case _:
                return False

    # --- Leaves -------------------------------------------------------------------------------------------------------

    def _constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str | bytes) and len(node.value) > MAX_STRING_LENGTH:
            return self._fail(lambda: IterableTooLong("the literal is too long"))
        return ast.Constant(node.value)

    def _name(self, node: ast.Name) -> ast.expr:
        if node.id in self._holes:
            return self._checked(ast.parse(self._holes[node.id], mode="eval").body)
        if node.id in self._names:
            return ast.Name(self._names[node.id], ast.Load())
        if node.id in self._functions:
            return self._checked(self._global(node.id, self._functions[node.id]))
        return self._fail(lambda: NameNotDefined(node.id, ""))

    # --- Operators ----------------------------------------------------------------------------------------------------

    def _boolop(self, node: ast.BoolOp) -> ast.expr:
        return ast.BoolOp(node.op, [self.lower(value) for value in node.values])

    def _unaryop(self, node: ast.UnaryOp) -> ast.expr:
        return self._unless_primitive(node, ast.UnaryOp(node.op, self.lower(node.operand)))

    def _binop(self, node: ast.BinOp) -> ast.expr:
        operator = DEFAULT_OPERATORS.get(type(node.op))
        if operator is None:
            return self._fail(lambda: OperatorNotDefined(node.op, ""))
        left, right = self.lower(node.left), self.lower(node.right)
        if isinstance(node.op, _NATIVE):
            return self._unless_primitive(node, ast.BinOp(left, node.op, right))
        function = self._global(f"operator_{type(node.op).__name__.lower()}", operator)
        return self._unless_primitive(node, ast.Call(function, [left, right], []))

    def _compare(self, node: ast.Compare) -> ast.expr:
        comparators = [self.lower(comparator) for comparator in node.comparators]
        return self._unless_primitive(node, ast.Compare(self.lower(node.left), node.ops, comparators))

    def _ifexp(self, node: ast.IfExp) -> ast.expr:
        return ast.IfExp(self.lower(node.test), self.lower(node.body), self.lower(node.orelse))

    # --- Reaching into values -----------------------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr.startswith(tuple(DISALLOW_PREFIXES)) or node.attr in DISALLOW_METHODS:
            return self._fail(lambda: FeatureNotAvailable(f"access to `{node.attr}` is not available"))
        return ast.Call(ast.Name("_attribute", ast.Load()), [self.lower(node.value), ast.Constant(node.attr)], [])

    def _subscript(self, node: ast.Subscript) -> ast.expr:
        return self._checked(ast.Subscript(self.lower(node.value), self.lower(node.slice), ast.Load()))

    def _slice(self, node: ast.Slice) -> ast.expr:
        parts = [part and self.lower(part) for part in (node.lower, node.upper, node.step)]
        return ast.Slice(*parts)

    def _call(self, node: ast.Call) -> ast.expr:
        if any(keyword.arg is None for keyword in node.keywords):
            raise DeclinedError("a call with `**` is left to PyCasbin")
        arguments = [self.lower(argument) for argument in node.args]
        keywords = [ast.keyword(keyword.arg, self.lower(keyword.value)) for keyword in node.keywords]
        if isinstance(node.func, ast.Attribute):
            return self._checked(ast.Call(self.lower(node.func), arguments, keywords))
        if not isinstance(node.func, ast.Name):
            return self._fail(lambda: FeatureNotAvailable("Lambda Functions not implemented"))
        name = node.func.id
        if name not in self._functions:
            return self._fail(lambda: FunctionNotDefined(name, ""))
        if self._functions[name] in DISALLOW_FUNCTIONS:
            return self._fail(lambda: FeatureNotAvailable("this function is forbidden"))
        two = self._two_arguments.get(name) if len(arguments) == 2 and not keywords else None
        function = self._global(name, self._functions[name]) if two is None else self._global(f"{name}_of_two", two)
        call = ast.Call(function, arguments, keywords)
        return call if name in self._sure else self._checked(call)

    # --- Containers ---------------------------------------------------------------------------------------------------

    def _tuple(self, node: ast.Tuple) -> ast.expr:
        return ast.Tuple([self.lower(element) for element in node.elts], ast.Load())

    def _set(self, node: ast.Set) -> ast.expr:
        return ast.Set([self.lower(element) for element in node.elts])

    def _list(self, node: ast.List) -> ast.expr:
        elements = [
            ast.Starred(self.lower(element.value), ast.Load())
            if isinstance(element, ast.Starred)
            else self.lower(element)
            for element in node.elts
        ]
        return ast.List(elements, ast.Load())

    def _dict(self, node: ast.Dict) -> ast.expr:
        keys = [key for key in node.keys if key is not None]
        if len(keys) != len(node.keys):
            raise DeclinedError("a dict with `**` is left to PyCasbin")
        return ast.Dict([self.lower(key) for key in keys], [self.lower(value) for value in node.values])

    # --- Pieces -------------------------------------------------------------------------------------------------------

    def _unless_primitive(self, node: ast.expr, lowered: ast.expr) -> ast.expr:
        return lowered if self.is_primitive(node) else self._checked(lowered)

    def _checked(self, lowered: ast.expr) -> ast.expr:
        return ast.Call(ast.Name("_checked", ast.Load()), [lowered], [])

    def _global(self, name: str, value: Any) -> ast.expr:
        known = f"function_{name}"
        self._namespace[known] = value
        return ast.Name(known, ast.Load())

    def _fail(self, error: Callable[[], Exception]) -> ast.expr:
        self._refused(error())
        name = f"fail_{len(self._namespace)}"
        self._namespace[name] = failing(error)
        return ast.Call(ast.Name(name, ast.Load()), [], [])
