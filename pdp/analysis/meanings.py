"""Rules by what they mean, so that a row that was only moved or renamed changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from pdp.core.decision import Effect
from pdp.core.policy import Rule
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet
from pdp.policy_set.owing import owed_for
from pdp.space import Space

Duties = frozenset[tuple[str, str, str]]
"""Obligations, each with the clause that imposes it and how, as text to be compared."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a rule does wherever its region holds: two rules that mean the same are one.

    *conditions* identify what it asks for (`Space.identity`), *duties* what it imposes where it decides.
    """

    allows: bool
    conditions: frozenset[int]
    clause: str
    duties: Duties


class Side:
    """One policy of an analysis: which rules speak of each word, as bits, and what each rule means."""

    def __init__(self, policy: PolicySet, space: Space) -> None:
        self.policy = policy
        self.rules: tuple[Rule, ...] = tuple(policy.rules.values())
        self.meanings = tuple(self._meaning(rule, space) for rule in self.rules)
        self.meant: dict[object, object] = {}
        """What standings were found to mean."""
        self._meant: dict[int, frozenset[Meaning]] = {}
        self.denies = sum(1 << at for at, rule in enumerate(self.rules) if rule.effect is Effect.DENY)
        self.roles = self._speaking(WordKind.ROLE)
        self.actions = self._speaking(WordKind.ACTION)
        self.categories = self._speaking(WordKind.CATEGORY)
        self.purposes = self._speaking(WordKind.PURPOSE)

    def _speaking(self, kind: WordKind) -> Mapping[str, int]:
        covers = self.policy.hierarchies.covers
        named = [_word(rule, kind) for rule in self.rules]
        return {
            word: sum(1 << at for at, broad in enumerate(named) if covers(kind, broad, word))
            for word in self.policy.vocabulary.words(kind)
        }

    def _meaning(self, rule: Rule, space: Space) -> Meaning:
        conditions = frozenset(space.identity(self.policy, name) for name in rule.conditions)
        return Meaning(rule.effect is Effect.ALLOW, conditions, rule.clause, self._duties(rule))

    def _duties(self, rule: Rule) -> Duties:
        found = set()
        for owed in owed_for([rule], self.policy.duties):
            duty = owed.duty
            how = repr(
                (duty.before, sorted(duty.fixed.items()), sorted(duty.taken_from.items()), sorted(duty.chosen.items()))
            )
            found.add((duty.obligation, owed.clause, how))
        return frozenset(found)

    def extent(self, at: int) -> object:
        """Return what the rule of that bit means, and every word that it speaks of."""
        words = (self.roles, self.actions, self.categories, self.purposes)
        return self.meanings[at], tuple(
            frozenset(word for word, bits in each.items() if bits >> at & 1) for each in words
        )

    def unlike(self, other: "Side") -> int:
        """Return the bits of the rules that *other* has nothing like."""
        theirs = {other.extent(at) for at in range(len(other.rules))}
        return sum(1 << at for at in range(len(self.rules)) if self.extent(at) not in theirs)

    def of_bits(self, bits: int) -> tuple[Rule, ...]:
        """Return the rules whose bits are set."""
        return tuple(rule for at, rule in enumerate(self.rules) if bits >> at & 1)

    def meanings_of(self, bits: int) -> frozenset[Meaning]:
        """Return what the rules whose bits are set mean."""
        known = self._meant.get(bits)
        if known is None:
            numbers = (at for at in range(bits.bit_length()) if bits >> at & 1)
            known = self._meant[bits] = frozenset(self.meanings[at] for at in numbers)
        return known


def _word(rule: Rule, kind: WordKind) -> str:
    region = rule.region
    return {
        WordKind.ROLE: region.role,
        WordKind.ACTION: region.action,
        WordKind.CATEGORY: region.category,
        WordKind.PURPOSE: region.purpose,
    }[kind]
