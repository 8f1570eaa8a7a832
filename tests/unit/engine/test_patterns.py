"""Patterns: each means what it means to PyCasbin, takes linear time, and is found among many."""

import re
import warnings
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

import pytest

from pdp.engine import Engine
from pdp.engine.patterns import FAMILIES, NotLinearError, PatternIndex, Test, regular

_PIECES: Final[Mapping[str, Sequence[str]]] = {
    "keyMatch": ("/", "a", "b", "*", "/a", "/*"),
    "keyMatch2": ("/", "a", "b", "*", ":id", ":x", "/a", "/*", ".", "(", "|", "[^b]", "\n", "+", ":"),
    "keyMatch3": ("/", "a", "b", "*", "{id}", "{x}", "/a", "/*", ".", "(", "|", "}", "{"),
    "keyMatch4": ("/", "a", "b", "*", "{id}", "{x}", "/a", "/*", ".", "(a)", "{id}", "/{id}"),
    "keyMatch5": ("/", "a", "b", "*", "{id}", "{x}", "/a", "/*", ".", "?", "{1}"),
    "regexMatch": ("/", "a", "b", "*", ".", "^", "$", "|", "a+", "[ab]", "(a|b)", r"\d", r"\w", "?", r"\.", r"\S", "é"),
    "globMatch": ("/", "a", "b", "*", "?", "**", "/**", "/**/", ".", "/*", "a.b", "/a"),
    "ipMatch": ("10.0.0.1", "10.0.0.0/8", "10.1.0.0/16", "::1", "::/0", "0.0.0.0/0", "bad", "2001:db8::/32", ""),
}
_VALUES: Final = (
    "", "a", "b", "/", "/a", "/a/b", "/a/", "/b", "/a/b/a", "a/b", "//", "/a//b", "/a\n", "/a/b\n", "\n", "/\n",
    "/a/\nb", "a.b", "/.a", "/a/.b", "aa", "/a?b=1", "/a/b?x", "é", "/é/b", "1", "٣", ".", "a/", "/a/x/a",
    "/a/b/a/b", ":id", "*",
)  # fmt: skip
_ADDRESSES: Final = ("10.0.0.1", "10.1.2.3", "11.0.0.1", "::1", "2001:db8::5", "bad", "", "::ffff:10.0.0.1")


def _outcome(test: Test, value: str) -> bool | str:
    try:
        return bool(test(value))
    except Exception as error:  # noqa: BLE001  # what it raises is compared
        return type(error).__name__


@pytest.mark.parametrize("name", FAMILIES)
def test_random_patterns_mean_what_they_mean_to_pycasbin(name: str) -> None:
    """Each accepted pattern matches the values that PyCasbin's function matches, alone and among others."""
    family, random = FAMILIES[name], Random(name)
    compared = accepted = 0
    for _ in range(250):
        pieces = 1 if name == "ipMatch" else random.randint(0, 5)
        patterns = {"".join(random.choices(_PIECES[name], k=pieces)) for _ in range(3)}
        tests: dict[str, Test] = {}
        for pattern in patterns:
            try:
                tests[pattern] = family.test(pattern)
            except (re.error, NotLinearError):
                continue
        accepted += len(tests)
        index = PatternIndex(family, tests)
        for value in random.sample(_ADDRESSES if name == "ipMatch" else _VALUES, 6):
            wanted = {pattern: _outcome(lambda given, p=pattern: family.original(given, p), value) for pattern in tests}  # type: ignore[misc]
            assert {pattern: _outcome(test, value) for pattern, test in tests.items()} == wanted, value
            if "ValueError" not in wanted.values():
                assert set(index.find(value)) == {pattern for pattern in wanted if wanted[pattern] is True}, value
            compared += len(tests)

    assert accepted > 100
    assert compared > 600


def test_random_expressions_mean_the_same_on_re2() -> None:
    """A translated regular expression matches the values that Python matches, whatever their script."""
    pieces = (
        "a", "b", "/", ".", r"\d", r"\w", r"\s", "[ab]", "[^a]", "[a-c]", r"[\w-]", "^", "$", "|", "(", "(?:", ")", "*",
        "+", "?", "{1}", "{1,2}", "{0,}", "{", "}", r"\.", r"\n", "-", "é", r"\W", r"\S", r"\D", r"[\W]", "[]a]", r"\Z",
        r"\A", "??",
    )  # fmt: skip
    values = (
        "",
        "a",
        "ab",
        "aab",
        "/a",
        "a\n",
        "\n",
        "é",
        "aé",
        "1",
        "_",
        "ab\nb",
        " ",
        "٣",
        "\x1c",
        "a{",
        "-",
        "\u2028",
        "²",
        "𝟘",
    )
    random, compared = Random(3), 0
    for _ in range(2_000):
        pattern = "".join(random.choices(pieces, k=random.randint(1, 6)))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                python = re.compile(pattern)
            regular.check(pattern)
        except (re.error, NotLinearError):
            continue
        for value in random.sample(values, 6):
            assert regular.matches(pattern, value) == (python.match(value) is not None), (pattern, value)
            compared += 1

    assert compared > 2_500


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)b", r"(a)\1", "(?i)a", r"\bword\b", "a{1001}", "a$b", "(?P<n>a)", "[[:alpha:]]", "a++", "a{,3}", "\ud800"],
)
def test_what_re2_cannot_say_is_refused(pattern: str) -> None:
    """Look-around, references, flags and the like have no form that means the same."""
    with pytest.raises((NotLinearError, re.error)):
        regular.check(pattern)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "matcher", ["regexMatch(r.obj, p.obj)", "[x for x in [r.sub]] == [p.sub] && regexMatch(r.obj, p.obj)"]
)
def test_no_pattern_holds_up_a_request(matcher: str) -> None:
    """A pattern on which Python would try two to the power of sixty ways is answered at once, in every tier."""
    model = (
        "[request_definition]\nr = sub, obj\n[policy_definition]\np = sub, obj\n"
        f"[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = {matcher}\n"
    )
    engine = Engine.from_rows(model, [("p", "alice", "(a+)+$")])

    assert engine.tier == ("pycasbin" if "for" in matcher else "indexed")
    assert not engine.enforce("alice", "a" * 60 + "!")
    assert engine.enforce("alice", "a" * 60)
