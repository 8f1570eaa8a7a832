"""The smallest parts of a matcher that are true or false, sorted by what an index can do with them."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from pdp.engine.language.analysis import Facts


@dataclass(frozen=True, slots=True)
class Equal:
    """The field is *value*, which depends on the request alone."""

    value: ast.expr


@dataclass(frozen=True, slots=True)
class Reached:
    """The field is a role that *name* holds; with *held_by*, the field is a name that holds the role *name*."""

    roles: str
    name: ast.expr
    domain: ast.expr | None
    call: ast.Call
    held_by: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """The field is a pattern of *family* that *value* matches."""

    family: str
    value: ast.expr


@dataclass(frozen=True, slots=True)
class Member:
    """The field is an element of *values*."""

    values: ast.expr


@dataclass(frozen=True, slots=True)
class Judged:
    """The field is a rule text that comes to true for the request."""

    hole: str


Probe = Equal | Reached | Matched | Member | Judged


@dataclass(frozen=True, slots=True)
class Key:
    """A part that says which texts a rule field may hold: the *column* of the field, and where to look."""

    node: ast.expr
    column: str
    probes: tuple[Probe, ...]

    @property
    def is_equality(self) -> bool:
        """Say whether there is exactly one text to look for."""
        return len(self.probes) == 1 and isinstance(self.probes[0], Equal)


@dataclass(frozen=True, slots=True)
class Gate:
    """A part that depends on the request alone."""

    node: ast.expr


@dataclass(frozen=True, slots=True)
class Filter:
    """A part that depends on the rule alone."""

    node: ast.expr


@dataclass(frozen=True, slots=True)
class Rest:
    """Any other part; one that is not *safe* may raise, or come to something that is neither true nor false."""

    node: ast.expr
    safe: bool


Leaf = Key | Gate | Filter | Rest


@dataclass(frozen=True, slots=True)
class Leaves:
    """Sorts the parts of one matcher; *judged* are the rule texts that depend on the request alone, by hole."""

    facts: Facts
    judged: frozenset[str] = field(default_factory=frozenset)
    holes: Mapping[str, str] = field(default_factory=dict)

    def leaf(self, node: ast.expr) -> Leaf:
        """Return what *node* is to an index."""
        key = self.key(node)
        if key is not None:
            return key
        if self.facts.is_of_request(node):
            return Gate(node)
        safe = self.facts.is_total(node) and self.facts.kind(node) == "bool"
        return Filter(node) if safe and self.facts.is_of_rule(node) else Rest(node, safe)

    def key(self, node: ast.expr) -> Key | None:
        """Return *node* as a key, or None."""
        match node:
            case ast.BoolOp(op=ast.Or(), values=values):
                keys = [self.key(value) for value in values]
                columns = {key.column if key else None for key in keys}
                if len(columns) == 1 and None not in columns:
                    return Key(node, columns.pop() or "", tuple(probe for key in keys if key for probe in key.probes))
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                for field_, value in ((left, right), (right, left)):
                    if self._is_field(field_) and self.facts.is_of_request(value):
                        return Key(node, ast.unparse(field_), (Equal(value),))
            case ast.Compare(left=left, ops=[ast.In()], comparators=[right]):
                if self._is_field(left) and self.facts.is_of_request(right):
                    return Key(node, ast.unparse(left), (Member(right),))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name, node, arguments)
            case ast.Name(id=name) if name in self.judged:
                return Key(node, self.holes[name], (Judged(name),))
        return None

    def _call(self, name: str, node: ast.Call, arguments: list[ast.expr]) -> Key | None:
        if name in self.facts.functions.roles and len(arguments) in (2, 3):
            return self._roles(name, node, *arguments)
        if name in self.facts.functions.families and len(arguments) == 2:
            value, pattern = arguments
            if (
                self._is_field(pattern)
                and self.facts.is_of_request(value)
                and (name == "ipMatch" or self.facts.tests_all(name, pattern))
            ):
                return Key(node, ast.unparse(pattern), (Matched(name, value),))
        return None

    def _roles(
        self, name: str, node: ast.Call, left: ast.expr, right: ast.expr, domain: ast.expr | None = None
    ) -> Key | None:
        if not self.facts.functions.roles[name].domains:
            if domain is not None:
                return None
        elif domain is not None and not self.facts.is_of_request(domain):
            return None
        for field_, value, held_by in ((right, left, False), (left, right, True)):
            if self._is_field(field_) and self.facts.is_of_request(value):
                return Key(node, ast.unparse(field_), (Reached(name, value, domain, node, held_by),))
        return None

    def _is_field(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.facts.rules
