"""Deliberately broken twins of the engine: the comparison with PyCasbin has to notice each of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import pytest

from pdp.engine.compiling import combining, evaluator, leaves, lookup, program, wanted
from pdp.engine.compiling.combining import ALLOW, DENY, Combination
from pdp.engine.index import buckets
from pdp.engine.language import lowering, roles
from pdp.engine.patterns import families, finding, segments

Mutant = Callable[[pytest.MonkeyPatch], None]


def drops_denies(patch: pytest.MonkeyPatch) -> None:
    """A rule that denies decides nothing."""
    patch.setitem(combining._CODES, "deny", combining.NEITHER)


def takes_any_effect_for_allow(patch: pytest.MonkeyPatch) -> None:
    """A rule with a misspelt effect allows."""
    original = combining.effects_of
    patch.setattr(
        evaluator, "effects_of", lambda *given: (found := original(*given)) and tuple(code or ALLOW for code in found)
    )


def reverses_the_order_of_rules(patch: pytest.MonkeyPatch) -> None:
    """Rules are evaluated from the last one on, so priorities are upside down."""
    original = evaluator._program

    def broken(loaded: Any, *given: Any, **named: Any) -> Any:
        object.__setattr__(loaded, "rules", {type_: rows[::-1] for type_, rows in loaded.rules.items()})
        return original(loaded, *given, **named)

    patch.setattr(evaluator, "_program", broken)


def stops_at_the_first_match(patch: pytest.MonkeyPatch) -> None:
    """The first rule that matches decides, whatever the policy effect."""

    def lines(self: Combination, effects: str | None) -> tuple[list[str], list[str], list[str]]:
        return ["last = -1"], [f"return {effects or ALLOW} == {ALLOW}, n"], [f"return {self.unless}, last"]

    patch.setattr(Combination, "lines", lines)


def allows_without_an_allow(patch: pytest.MonkeyPatch) -> None:
    """Where nothing denies, nothing has to allow."""
    effect = "some(where (p_eft == allow)) && !some(where (p_eft == deny))"
    patch.setitem(combining.COMBINATIONS, effect, Combination({DENY: False}, unless=True))


def walks_one_link_less(patch: pytest.MonkeyPatch) -> None:
    """A role over nine links is not held."""
    patch.setattr(roles, "LONGEST", 8)


def walks_one_link_more(patch: pytest.MonkeyPatch) -> None:
    """A role over ten links is held."""
    patch.setattr(roles, "LONGEST", 10)


def forgets_roles_of_roles(patch: pytest.MonkeyPatch) -> None:
    """Only direct roles are held."""
    patch.setattr(roles.RoleGraph, "_walk", lambda _, __, ends: tuple(ends))


def mixes_domains(patch: pytest.MonkeyPatch) -> None:
    """A role in one domain is held in all."""
    original = roles.RoleGraph.__init__
    patch.setattr(
        roles.RoleGraph,
        "__init__",
        lambda self, links, *, domains, backward=False: original(self, links, domains=False, backward=backward),
    )


def takes_links_for_two_ways(patch: pytest.MonkeyPatch) -> None:
    """Whoever grants a role holds it: a link is followed backwards."""
    original = roles.RoleGraph.__init__
    patch.setattr(
        roles.RoleGraph,
        "__init__",
        lambda self, links, *, domains, backward=False: original(self, links, domains=domains, backward=not backward),
    )


def hides_errors_behind_the_index(patch: pytest.MonkeyPatch) -> None:
    """Rules that would raise are left out like rules that do not match."""
    original = leaves.Rest
    patch.setattr(leaves, "Rest", lambda node, _: original(node, safe=True))


def believes_every_field_is_a_text(patch: pytest.MonkeyPatch) -> None:
    """A number in a request is looked up as if it were a text."""
    original = wanted.Wanted.__init__

    class Nothing(set[str]):
        def add(self, _: str) -> None:
            return None

    def broken(self: Any, given: Any) -> None:
        original(self, given)
        self.guarded = Nothing()

    patch.setattr(wanted.Wanted, "__init__", broken)


def ignores_gates(patch: pytest.MonkeyPatch) -> None:
    """What the matcher demands of the request alone is not looked at."""
    _rewrite_lines(patch, lambda line: "pass" if line.startswith("if not g") else line)


def finds_rows_out_of_order(patch: pytest.MonkeyPatch) -> None:
    """Rules found along several paths are evaluated from the last one on."""
    _rewrite_lines(patch, lambda line: line.replace("sorted(found)", "sorted(found)[::-1]"))


def _rewrite_lines(patch: pytest.MonkeyPatch, rewrite: Callable[[str], str]) -> None:
    original = lookup.Lookup._found
    patch.setattr(lookup.Lookup, "_found", lambda self, *given: [rewrite(line) for line in original(self, *given)])


def loses_a_row_of_a_crowd(patch: pytest.MonkeyPatch) -> None:
    """Of many rules with one key the first one is never found."""
    original = buckets.Crowd.find
    patch.setattr(buckets.Crowd, "find", lambda self, accepted: list(original(self, accepted))[1:])


def forgets_that_a_name_is_its_own_role(patch: pytest.MonkeyPatch) -> None:
    """A rule for alice herself is not found for alice."""
    original = wanted.Wanted._roles

    def broken(self: Any, key: Any, probe: Any) -> str:
        text = original(self, key, probe)
        self.replaced[id(probe.call)] = self.replaced[id(probe.call)].partition(" or ")[0].lstrip("(")
        return text

    patch.setattr(wanted.Wanted, "_roles", broken)


def takes_anything_true_for_a_match(patch: pytest.MonkeyPatch) -> None:
    """A matcher that comes to a text or a number matches instead of raising."""
    patch.setattr(program, "verdict", bool)


def forgets_items_of_dicts(patch: pytest.MonkeyPatch) -> None:
    """`r.sub.name` finds attributes and no keys."""
    patch.setattr(lowering, "attribute", getattr)


def takes_the_end_for_the_end(patch: pytest.MonkeyPatch) -> None:
    """A line break at the end of a value is no longer overlooked."""
    original = segments.Path.matches
    patch.setattr(segments.Path, "matches", lambda self, value: "\n" not in value and original(self, value))


def matches_stars_literally(patch: pytest.MonkeyPatch) -> None:
    """keyMatch looks for the star itself."""
    literal = families.Family("keyMatch", None, "", lambda value, pattern: bool(value == pattern))
    patch.setattr(finding, "literal_start", lambda _, pattern: pattern)
    patch.setitem(families.FAMILIES, "keyMatch", literal)


def denies_without_rules(patch: pytest.MonkeyPatch) -> None:
    """Without rules everything is denied, which PyCasbin does not do."""
    patch.setattr(evaluator.Compiled, "_decide_without_rules", lambda self, request: (False, -1))


def names_no_rule(patch: pytest.MonkeyPatch) -> None:
    """The deciding rule is the one after it."""
    original = combining._returning
    patch.setattr(
        combining, "_returning", lambda *given: [line.replace(", n", ", max(n - 1, 0)") for line in original(*given)]
    )
    patch.setitem(program._BUILTINS, "max", max)


MUTANTS: Final[Sequence[Mutant]] = (
    drops_denies,
    takes_any_effect_for_allow,
    reverses_the_order_of_rules,
    stops_at_the_first_match,
    allows_without_an_allow,
    walks_one_link_less,
    walks_one_link_more,
    forgets_roles_of_roles,
    mixes_domains,
    takes_links_for_two_ways,
    hides_errors_behind_the_index,
    believes_every_field_is_a_text,
    ignores_gates,
    finds_rows_out_of_order,
    loses_a_row_of_a_crowd,
    forgets_that_a_name_is_its_own_role,
    takes_anything_true_for_a_match,
    forgets_items_of_dicts,
    takes_the_end_for_the_end,
    matches_stars_literally,
    denies_without_rules,
    names_no_rule,
)
