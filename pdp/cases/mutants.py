"""Small changes of a policy that somebody could make by mistake: each should be noticed by a case."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from pdp.core.decision import Effect
from pdp.core.policy import ANY, Hierarchies, Rule
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet


class MutantKind(StrEnum):
    """What is done to one rule."""

    DROPPED = "rule dropped"
    TURNED = "effect turned round"
    ROLE = "role widened"
    ACTION = "action widened"
    CATEGORY = "category widened"
    PURPOSE = "purpose widened"
    CONDITION = "condition of an allow dropped"
    DENY_CONDITION = "condition of a denial dropped"


_WIDENED: Final[Mapping[MutantKind, tuple[WordKind, Text]]] = {
    MutantKind.ROLE: (WordKind.ROLE, Text("vai trò", "role")),
    MutantKind.ACTION: (WordKind.ACTION, Text("hành động", "action")),
    MutantKind.CATEGORY: (WordKind.CATEGORY, Text("loại dữ liệu", "category")),
    MutantKind.PURPOSE: (WordKind.PURPOSE, Text("mục đích", "purpose")),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one rule: *before* becomes *after*, None when it is dropped.

    *change* names it among the changes of that rule: `dropped`, `role widened to guardian`, `without signed_in`.
    """

    kind: MutantKind
    change: str
    text: Text
    before: Rule
    after: Rule | None

    def of(self, policy: PolicySet) -> PolicySet:
        """Return what would decide after the change; nothing is validated."""
        changed = (self.after if rule.id == self.before.id else rule for rule in policy.rules.values())
        return policy.with_rules(rule for rule in changed if rule is not None)

    def lines(self) -> tuple[str, ...]:
        """Return the lines of policy.csv that stand in the place of the rule's."""
        if self.after is None:
            return ()
        rule = self.after
        when, owes = " and ".join(rule.conditions) or "always", " and ".join(rule.owes) or "nothing"
        return (", ".join(("p", rule.id, rule.effect, *rule.region.words, when, rule.clause, owes)),)


def mutants_of(policy: PolicySet) -> Iterator[Mutant]:
    """Yield every change that is tried, rule by rule.

    A word is widened to each of the nearest broader words: the word of the vocabulary that it lies in, a group of the
    folder, or `any`.
    """
    for rule in policy.rules.values():
        yield Mutant(MutantKind.DROPPED, "dropped", Text("bỏ quy tắc", "the rule dropped"), rule, None)
        turned = Effect.DENY if rule.effect is Effect.ALLOW else Effect.ALLOW
        said = Text(f"hiệu lực đổi thành `{turned}`", f"the effect turned to `{turned}`")
        yield Mutant(MutantKind.TURNED, "turned round", said, rule, replace(rule, effect=turned))
        yield from _widened(rule, policy.hierarchies)
        for name in rule.conditions:
            left = tuple(other for other in rule.conditions if other != name)
            said = Text(f"bỏ điều kiện `{name}`", f"the condition `{name}` dropped")
            kind = MutantKind.CONDITION if rule.effect is Effect.ALLOW else MutantKind.DENY_CONDITION
            yield Mutant(kind, f"without {name}", said, rule, replace(rule, conditions=left))


def _widened(rule: Rule, hierarchies: Hierarchies) -> Iterator[Mutant]:
    for kind, (words, noun) in _WIDENED.items():
        column = noun.en
        narrow = getattr(rule.region, column)
        for broad in _nearest_broader(narrow, hierarchies.downward[words]):
            said = Text(
                f"{noun.vi} nới từ `{narrow}` thành `{broad}`", f"the {noun.en} widened from `{narrow}` to `{broad}`"
            )
            region = replace(rule.region, **{column: broad})
            yield Mutant(kind, f"{column} widened to {broad}", said, rule, replace(rule, region=region))


def _nearest_broader(word: str, inside: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the words that hold more than *word* and hold no other word that does."""
    if word == ANY:
        return ()
    held = inside[word]
    broader = {other: words for other, words in inside.items() if held < words}
    nearest = [other for other, words in broader.items() if not any(between < words for between in broader.values())]
    return tuple(sorted(nearest)) or (ANY,)
