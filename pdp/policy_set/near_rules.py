"""The allow rules that are shown for a denial: those that lack the fewest things."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from pdp.core.policy import ANY_WORD, NO_WORDS, Hierarchies, Rule
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.policy_set.residual_rules import ResidualRule

NEAREST_SHOWN: Final = 3
_MANY: Final = 1_000_000

Asked = tuple[frozenset[str], str, str, str]
"""The roles that count, the action, the category and the purpose."""


class NearRule(NamedTuple):
    """An allow rule that may be shown for a denial. *lacks* counts what it lacks whatever its conditions come to:
    *outside*, the parts of its region that do not hold what is asked, and its role, unless one of the roles that count
    is its own (*held*). *conditions* has the bits of its conditions, by their numbers; *role* says its role.
    """

    lacks: int
    conditions: int
    held: bool
    outside: int
    role: Text
    rule: Rule


@dataclass(frozen=True, slots=True)
class NearRules:
    """Rules by id that may be shown for a denial, and the numbers of all their *conditions*."""

    rules: tuple[NearRule, ...]
    conditions: tuple[int, ...]

    def nearest(self, failing: int, is_assigned: Callable[[str], bool]) -> tuple[NearRule, ...]:
        """Return the rules with the fewest lacks when the conditions *failing* are not true, at most NEAREST_SHOWN.

        *failing* has their bits, by their numbers. Among equals a rule whose role the subject holds is nearer, then one
        whose role *is_assigned* to the subject without counting.
        """
        nearest: list[NearRule] = []
        fewest, nearer = _MANY, 2
        for near in self.rules:
            lacks = near.lacks + (near.conditions & failing).bit_count()
            if lacks > fewest:
                continue
            rank = 0 if near.held else 1 if is_assigned(near.rule.region.role) else 2
            if lacks < fewest or rank < nearer:
                fewest, nearer = lacks, rank
                nearest = [near]
            elif rank == nearer:
                nearest.append(near)
        return tuple(nearest[:NEAREST_SHOWN])


class Showable(NamedTuple):
    """An allow rule, how its role is said, the bits of its conditions, and their numbers in its own order."""

    rule: Rule
    role: Text
    bits: int
    conditions: tuple[int, ...]


def showable(rule: ResidualRule, role_text: Callable[[str], Text]) -> Showable:
    """Return what is the same of *rule* whatever is asked."""
    bits = sum(1 << number for number in set(rule.conditions))
    return Showable(rule.rule, role_text(rule.rule.region.role), bits, rule.conditions)


def near_rules(allowing: Iterable[Showable], hierarchies: Hierarchies, asked: Asked) -> NearRules:
    """Return those of the rules *allowing*, by id, that speak of action, category and purpose; if none does, all."""
    roles, action, category, purpose = asked
    actions, categories, purposes = (
        hierarchies.upward[kind].get(word, NO_WORDS) | ANY_WORD
        for kind, word in (
            (WordKind.ACTION, action),
            (WordKind.CATEGORY, category),
            (WordKind.PURPOSE, purpose),
        )
    )
    speaking = frozenset[str]().union(*(hierarchies.roles.get(role, ANY_WORD) for role in roles))
    outside = [
        (
            (each.rule.region.action not in actions)
            + (each.rule.region.category not in categories)
            + (each.rule.region.purpose not in purposes),
            each,
        )
        for each in allowing
    ]
    shown = [(parts, each) for parts, each in outside if not parts] or outside
    found = []
    for parts, each in shown:
        held = each.rule.region.role in speaking
        found.append(NearRule(parts + (not held), each.bits, held, parts, each.role, each.rule))
    asked_for = dict.fromkeys(number for _, each in shown for number in each.conditions)
    return NearRules(tuple(found), tuple(asked_for))
