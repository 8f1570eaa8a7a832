"""The functions that a matcher may call: Casbin's own, those of the role definitions, and those that a caller adds."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from casbin.model import FunctionMap

from pdp.engine.language.roles import RoleGraph
from pdp.engine.patterns import FAMILIES, Family, NotLinearError, Test

Function = Callable[..., Any]

_CONTAINERS: Final[Mapping[str, Function]] = {"list": list, "tuple": tuple, "dict": dict, "set": set}
"""What PyCasbin's expressions know besides; nothing takes their place."""


WITHOUT_TESTS: Final = frozenset({"keyMatch", "ipMatch"})
"""Families whose patterns cannot be wrong, and cost nothing to read anew."""


@dataclass(frozen=True, slots=True)
class Functions:
    """What each name calls.

    *families* are the names that still mean Casbin's pattern functions, *roles* those of role definitions.
    *tests* holds, by family, the tests of the patterns that stand in the rows.
    """

    any_arguments: Mapping[str, Function]
    two_arguments: Mapping[str, Function]
    families: Mapping[str, Family]
    roles: Mapping[str, RoleGraph]
    tests: Mapping[str, dict[str, Test]]

    @property
    def sure(self) -> frozenset[str]:
        """Return the functions that return a bool or raise."""
        return frozenset(self.families) | frozenset(self.roles)

    @property
    def linear(self) -> Mapping[str, Function]:
        """Return the pattern functions whose tests run in linear time, for any number of arguments.

        PyCasbin is given them in place of its own.
        """
        return {
            name: _of_any_number(self.two_arguments[name], self.any_arguments[name])
            for name in self.families
            if name not in WITHOUT_TESTS
        }

    @property
    def steady(self) -> frozenset[str]:
        """Return the functions that always answer the same for the same arguments."""
        return self.sure | frozenset(_CONTAINERS)


def functions_of(roles: Mapping[str, RoleGraph], added: Mapping[str, Function]) -> Functions:
    """Return the functions known to a matcher; *added* take the place of Casbin's own, roles that of both."""
    own: dict[str, Function] = dict(FunctionMap.load_function_map().get_functions())
    tests: dict[str, dict[str, Test]] = {name: {} for name in FAMILIES}
    families = {name: family for name, family in FAMILIES.items() if name not in added and name not in roles}
    two = {name: _on_two_strings(family, tests[name]) for name, family in families.items()}
    two.update({name: graph.holds for name, graph in roles.items()})
    every = own | dict(added) | {name: graph.function() for name, graph in roles.items()} | dict(_CONTAINERS)
    # A list named as a role would not be one: Casbin's own come last.
    return Functions(
        any_arguments=every,
        two_arguments={name: function for name, function in two.items() if name not in _CONTAINERS},
        families={name: family for name, family in families.items() if name not in _CONTAINERS},
        roles={name: graph for name, graph in roles.items() if name not in _CONTAINERS},
        tests=tests,
    )


def _of_any_number(two: Function, original: Function) -> Function:
    return lambda *given: two(*given) if len(given) == 2 else original(*given)


def _on_two_strings(family: Family, tests: Mapping[str, Test]) -> Function:
    """Return the pattern function that knows the tests of the rows; for anything else PyCasbin's own answers."""
    known, original = tests.get, family.original

    def match(value: Any, pattern: Any) -> Any:
        if type(value) is str and type(pattern) is str:
            test = known(pattern)
            if test is not None:
                return test(value)
        return original(value, pattern)

    return match


def learn_patterns(
    functions: Functions,
    expressions: Iterable[ast.expr],
    fields: Sequence[str],
    rules: Sequence[tuple[str, ...]],
    refused: Callable[[str, str, str, Exception], None],
    *,
    lenient: bool,
) -> frozenset[tuple[str, str]]:
    """Make a test for each pattern that *expressions* name; return the (family, field) whose every text has one.

    *refused* is told the family, the field ("" for a literal), the pattern and the error of each that has none.
    """
    uses = {use for expression in expressions for use in _uses(functions, expression, fields)}
    tested = set()
    for family, name, literal in sorted(uses):
        at = len(fields) - 1 - list(reversed(fields)).index(name) if name else -1
        texts = dict.fromkeys(rule[at] for rule in rules) if name else (literal,)
        known = functions.tests[family]
        complete = True
        for text in texts:
            if text in known:
                continue
            try:
                known[text] = FAMILIES[family].test(text, lenient=lenient)
            except (re.error, NotLinearError) as error:
                complete = False
                refused(family, name, text, error)
        if complete and name:
            tested.add((family, name))
    return frozenset(tested)


def _uses(functions: Functions, expression: ast.expr, fields: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Return (family, field, literal) for each call of a family with a pattern that is known beforehand."""
    for node in ast.walk(expression):
        match node:
            case ast.Call(func=ast.Name(id=family), args=[_, pattern], keywords=[]):
                if family not in functions.families or family in WITHOUT_TESTS:
                    continue
                match pattern:
                    case ast.Name(id=name) if name in fields:
                        yield family, name, ""
                    case ast.Constant(value=str() as literal):
                        yield family, "", literal
