"""The functions that a matcher may call: Casbin's own, those of the role definitions, and those that a caller adds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from casbin.model import FunctionMap

from pdp.engine.language.roles import RoleGraph
from pdp.engine.patterns import FAMILIES, Family, Test

Function = Callable[..., Any]

_CONTAINERS: Final[Mapping[str, Function]] = {"list": list, "tuple": tuple, "dict": dict, "set": set}
"""What PyCasbin's expressions know besides; nothing takes their place."""


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


def all_names(functions: Functions) -> Iterable[str]:
    """Return every name that can be called."""
    return functions.any_arguments
