"""Casbin's pattern functions by name: what a pattern of each means, and a test for it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from casbin.util import builtin_operators as pycasbin

from pdp.engine.patterns import regular
from pdp.engine.patterns.addresses import in_network
from pdp.engine.patterns.globs import glob_expression
from pdp.engine.patterns.regular import NotLinearError
from pdp.engine.patterns.segments import Path, path_of

_QUANTIFIED: Final = re.compile(r"\)[*+?{]")

Test = Callable[[str], bool]
"""Whether a value matches one pattern."""


@dataclass(frozen=True, slots=True)
class Family:
    """One pattern function.

    *expression* turns a pattern into a regular expression (None: the family has none), *variable* begins a variable
    segment ("" where there are none), *original* is PyCasbin's own function of two strings.
    """

    name: str
    expression: Callable[[str], str] | None
    variable: str
    original: Callable[[Any, Any], Any]

    def path(self, pattern: str) -> Path | None:
        """Return *pattern* as segments when it is a plain path."""
        return path_of(pattern, self.variable) if self.variable and not _repeats(self, pattern) else None

    def test(self, pattern: str, *, lenient: bool = False) -> Test:
        """Return the test for *pattern*.

        Raises re.error for what Python refuses and NotLinearError for what RE2 cannot run faithfully. The test raises
        UnicodeEncodeError for a value that is no text, except that *lenient* lets PyCasbin's own function answer.
        """
        if self.name == "keyMatch":
            return partial(_key_match, pattern)
        if self.name == "ipMatch":
            return lambda value: in_network(value, pattern)
        path = self.path(pattern)
        if path is not None:
            return _without_query(path.matches) if self.name == "keyMatch5" else path.matches
        test = self._regular(pattern)
        return _or_else(test, lambda value: bool(self.original(value, pattern))) if lenient else test

    def _regular(self, pattern: str) -> Test:
        if self.expression is None:
            raise NotLinearError("no regular expression")
        expression = self.expression(pattern)
        regular.check(expression)
        if self.name == "keyMatch4":
            return _variables_test(self, pattern, expression)
        test: Test = partial(regular.matches, expression)
        return _without_query(test) if self.name == "keyMatch5" else test


# --- What a pattern becomes -------------------------------------------------------------------------------------------


def _stars(pattern: str) -> str:
    return pattern.replace("/*", "/.*")


def _key_match2(pattern: str) -> str:
    text = pycasbin.KEY_MATCH2_PATTERN.sub(r"\g<1>[^\/]+\g<2>", _stars(pattern))
    return "^(.*)$" if text == "*" else f"^{text}$"


def _key_match3(pattern: str) -> str:
    text = pycasbin.KEY_MATCH3_PATTERN.sub(r"\g<1>[^\/]+\g<2>", _stars(pattern))
    return f"^{text}$"


def _key_match4(pattern: str) -> str:
    text = pycasbin.KEY_MATCH4_PATTERN.sub("([^/]+)", _stars(pattern))
    return f"^{text}$"


def _key_match5(pattern: str) -> str:
    text = pycasbin.KEY_MATCH5_PATTERN.sub("[^/]+", _stars(pattern))
    return f"^{text}$"


# --- Tests ------------------------------------------------------------------------------------------------------------


def _key_match(pattern: str, value: str) -> bool:
    star = pattern.find("*")
    return value == pattern if star < 0 else value.startswith(pattern[:star])


def _without_query(test: Test) -> Test:
    return lambda value: test(value.partition("?")[0])


def _or_else(test: Test, original: Test) -> Test:
    """Return *test* with *original* for values that are no text: RE2 reads UTF-8, which half a character has not."""

    def either(value: str) -> bool:
        try:
            return test(value)
        except UnicodeEncodeError:
            return original(value)

    return either


def _variables(pattern: str) -> list[str]:
    found: list[str] = pycasbin.KEY_MATCH4_PATTERN.findall(_stars(pattern))
    return found


def _repeats(family: Family, pattern: str) -> bool:
    return family.name == "keyMatch4" and len(set(_variables(pattern))) < len(_variables(pattern))


def _variables_test(family: Family, pattern: str, expression: str) -> Test:
    """Return the test in which variables of one name must hold the same text."""
    names = _variables(pattern)
    if expression.count("(") != len(names):
        # Casbin compares by position and raises when the pattern has groups of its own.
        raise NotLinearError("a group beside the variables")
    if not _repeats(family, pattern):
        return partial(regular.matches, expression)
    if _QUANTIFIED.search(expression):
        raise NotLinearError("a repeated variable that may be missing")

    def test(value: str) -> bool:
        held = regular.groups(expression, value)
        return held is not None and len(set(zip(names, held, strict=True))) == len(set(names))

    return test


FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family
    for family in (
        Family("keyMatch", None, "", pycasbin.key_match),
        Family("keyMatch2", _key_match2, ":", pycasbin.key_match2),
        Family("keyMatch3", _key_match3, "{", pycasbin.key_match3),
        Family("keyMatch4", _key_match4, "{", pycasbin.key_match4),
        Family("keyMatch5", _key_match5, "{", pycasbin.key_match5),
        Family("regexMatch", lambda pattern: pattern, "", pycasbin.regex_match),
        Family("globMatch", glob_expression, "", pycasbin.glob_match),
        Family("ipMatch", None, "", pycasbin.ip_match),
    )
}
"""The functions of two strings, a value and a pattern."""
