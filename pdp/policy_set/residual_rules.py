"""Rules of which a decision knows already that they speak of what is asked: their conditions are left."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pdp.core.decision import Reason
from pdp.core.policy import Rule

SETS_KEPT: Final = 64
"""So many sets of rules that apply together are kept of each question."""


@dataclass(frozen=True, slots=True)
class ResidualRule:
    """A rule whose region holds what is asked: its *conditions*, numbers in the table, alone decide whether it applies.

    *reason* is what it answers with where it decides, *owes* says whether it imposes any obligation then.
    """

    id: str
    allows: bool
    conditions: tuple[int, ...]
    reason: Reason
    owes: bool
    rule: Rule


@dataclass(frozen=True, slots=True)
class ResidualRules:
    """Rules by id, ready to be asked which of them apply. Rule n of *rules* is bit n of every number here.

    *steps* are the conditions to evaluate, each with the bits of the rules that ask for it. INVARIANT (order of steps):
    a rule asks for its conditions in its own order, so that what is false before a condition keeps its errors away.
    *allowing* and *denying* are the bits of the rules of either effect.
    """

    rules: tuple[ResidualRule, ...]
    steps: tuple[tuple[int, int], ...]
    allowing: int
    denying: int
    _found: dict[int, tuple[ResidualRule, ...]] = field(default_factory=dict, compare=False)

    def of(self, bits: int) -> tuple[ResidualRule, ...]:
        """Return the rules of *bits*: mostly the same object for the same bits, so that more can be kept of it."""
        found = self._found.get(bits)
        if found is None:
            found = tuple([rule for number, rule in enumerate(self.rules) if bits >> number & 1])
            if len(self._found) < SETS_KEPT:
                self._found[bits] = found
        return found


def residual_rules(rules: Iterable[ResidualRule]) -> ResidualRules:
    """Put *rules* together, by id."""
    ordered = tuple(sorted(rules, key=lambda rule: rule.id))
    steps: list[tuple[int, int]] = []
    effects = {True: 0, False: 0}
    for position, rule in enumerate(ordered):
        effects[rule.allows] |= 1 << position
        _add_steps(steps, rule.conditions, 1 << position)
    return ResidualRules(ordered, tuple(steps), allowing=effects[True], denying=effects[False])


def _add_steps(steps: list[tuple[int, int]], conditions: Iterable[int], bit: int) -> None:
    """Let a rule share the steps of other rules as far as its own order allows, and add those that are missing."""
    after = 0
    for number in conditions:
        shared = next((at for at in range(after, len(steps)) if steps[at][0] == number), None)
        if shared is None:
            steps.insert(after, (number, bit))
            after += 1
        else:
            steps[shared] = (number, steps[shared][1] | bit)
            after = shared + 1
