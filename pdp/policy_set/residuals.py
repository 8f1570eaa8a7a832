"""What is left of a policy once it is known which roles ask for what and why: conditions, and sentences to answer with.

Everything here depends on the policy and on words of the vocabulary alone. It is worked out when it is first asked for
and kept for the questions that were asked last, so that a decision looks up what earlier ones have found.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pdp.conditions import Condition, depends_on_category
from pdp.core.decision import Effect, Reason
from pdp.core.policy import ANY, Clause, Duty, Hierarchies, Line, Region, Rule
from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.engine import Question, RuleEngine
from pdp.policy_set.owing import Owed, owed_for
from pdp.policy_set.sentences import Lacking, lacking, line_reason, rule_reason, silent_reason

KEPT: Final = 4096
"""How many questions what was found is kept of, at most; the words of a vocabulary make millions of them."""

Asked = tuple[frozenset[str], str, str, str]
"""The roles that count, the action, the category and the purpose."""


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
class NearRule:
    """An allow rule that may be shown for a denial: *outside* counts the parts of its region that do not hold what is
    asked, *held* says that one of the roles that count is its own, *role* is what its role is called.
    """

    conditions: tuple[int, ...]
    outside: int
    held: bool
    role: Text
    rule: Rule


class Residuals:
    """Finds what is left of one policy. Safe for many threads; an answer, once given, never changes."""

    def __init__(
        self,
        rules: Mapping[str, Rule],
        lines: tuple[Line, ...],
        clauses: Mapping[str, Clause],
        conditions: Mapping[str, Condition],
        hierarchies: Hierarchies,
        engine: RuleEngine,
        role_text: Callable[[str], Text],
        duties: Mapping[str, Duty],
    ) -> None:
        numbers = {name: number for number, name in enumerate(conditions)}
        self._conditions = tuple(conditions.values())
        self._role_text = role_text
        self._duties = duties
        self.on_category: Final = frozenset(
            numbers[name] for name in conditions if depends_on_category(name, conditions)
        )
        """The conditions that may come to something else for another category of the same resource."""
        self._rules = {
            rule.id: ResidualRule(
                id=rule.id,
                allows=rule.effect is Effect.ALLOW,
                conditions=tuple(numbers[name] for name in rule.conditions),
                reason=rule_reason(rule, clauses),
                owes=bool(rule.owes),
                rule=rule,
            )
            for rule in rules.values()
        }
        self._lines = lines
        self._clauses = clauses
        self._hierarchies = hierarchies
        self._engine = engine
        self.narrower: Final = self._narrower_of_denies()
        """By category, the narrower ones of which some deny rule speaks, in order."""
        self.rules: Callable[[Asked], tuple[ResidualRule, ...]] = lru_cache(KEPT)(self._find_rules)
        """Every rule that speaks of what is asked, by id. Raises what the engine raises."""
        self.near: Callable[[Asked], tuple[NearRule, ...]] = lru_cache(KEPT)(self._find_near)
        """The allow rules for this action, category and purpose; when there are none, all allow rules."""
        self.line_reasons: Callable[[Asked], tuple[Reason, ...]] = lru_cache(KEPT)(self._find_line_reasons)
        """The sentences that draw the line here, by the id of the line."""
        self.silence: Callable[[Asked], Reason] = lru_cache(KEPT)(self._find_silence)
        """The one reason of a denial where no rule speaks."""
        self.kept_back: Callable[[Asked], Mapping[str, tuple[ResidualRule, ...]]] = lru_cache(KEPT)(
            self._find_kept_back
        )
        """By narrower category, the deny rules that may apply there although no deny rule applies to all that is asked,
        provided that the same roles count for both.
        """
        self.lacking: Callable[[str, int, bool], Lacking] = lru_cache(KEPT)(self._find_lacking)
        """What is said of the rule called so of whose conditions those are not true whose bits are set, the first being
        bit 0; *held* says whether its role is held.
        """

        self.owed: Callable[[tuple[str, ...]], tuple[Owed, ...]] = lru_cache(KEPT)(self._find_owed)
        """What the rules called so impose, each obligation once for each clause."""

    def speaks(self, asked: Asked) -> bool:
        """Say whether any allow rule speaks of this action, category and purpose, for whichever role."""
        near = self.near(asked)
        return bool(near) and not near[0].outside

    def _narrower_of_denies(self) -> Mapping[str, tuple[str, ...]]:
        below = self._hierarchies.downward[WordKind.CATEGORY]
        named = {found.rule.region.category for found in self._rules.values() if not found.allows}
        denied = frozenset(below) if ANY in named else frozenset[str]().union(*(below[region] for region in named))
        return {category: tuple(sorted((inside - {category}) & denied)) for category, inside in below.items()}

    def _find_rules(self, asked: Asked) -> tuple[ResidualRule, ...]:
        roles, action, category, purpose = asked
        spoke = self._engine.matches(Question(roles, action, category, purpose, lambda _: False)).spoke
        return tuple(self._rules[id_] for id_ in sorted(spoke))

    def _find_near(self, asked: Asked) -> tuple[NearRule, ...]:
        roles, action, category, purpose = asked
        covers, covers_role = self._hierarchies.covers, self._hierarchies.covers_role
        found = []
        for rule in self._rules.values():
            if not rule.allows:
                continue
            region = rule.rule.region
            outside = (
                (not covers(WordKind.ACTION, region.action, action))
                + (not covers(WordKind.CATEGORY, region.category, category))
                + (not covers(WordKind.PURPOSE, region.purpose, purpose))
            )
            held, role = covers_role(region, roles), self._role_text(region.role)
            found.append(NearRule(rule.conditions, outside, held, role, rule.rule))
        about = [near for near in found if not near.outside] or found
        return tuple(sorted(about, key=lambda near: near.rule.id))

    def _find_kept_back(self, asked: Asked) -> Mapping[str, tuple[ResidualRule, ...]]:
        roles, action, category, purpose = asked
        whole = {rule.id for rule in self.rules(asked)}
        found = {}
        for word in self.narrower[category]:
            denying = tuple(
                rule
                for rule in self._find_rules((roles, action, word, purpose))
                if not rule.allows and (rule.id not in whole or not self.on_category.isdisjoint(rule.conditions))
            )
            if denying:
                found[word] = denying
        return found

    def drawn_lines(self, asked: Asked) -> tuple[Line, ...]:
        """Return the lines whose region holds what is asked, without those that only enclose a narrower one, by id."""
        roles, action, category, purpose = asked
        within = [
            line
            for line in self._lines
            if self._hierarchies.covers_region(line.region, action, category, purpose)
            and self._hierarchies.covers_role(line.region, roles)
        ]
        closest = [line for line in within if not any(self._encloses(line.region, other.region) for other in within)]
        return tuple(sorted(closest, key=lambda line: line.id))

    def _encloses(self, outer: Region, inner: Region) -> bool:
        """Say whether *outer* holds *inner* and more."""
        pairs = (
            (WordKind.ROLE, outer.role, inner.role),
            (WordKind.ACTION, outer.action, inner.action),
            (WordKind.CATEGORY, outer.category, inner.category),
            (WordKind.PURPOSE, outer.purpose, inner.purpose),
        )
        covers = self._hierarchies.covers
        return outer != inner and all(broad == narrow or covers(kind, broad, narrow) for kind, broad, narrow in pairs)

    def _find_lacking(self, rule_id: str, failing: int, held: bool) -> Lacking:
        rule = self._rules[rule_id]
        conditions = [self._conditions[number] for at, number in enumerate(rule.conditions) if failing >> at & 1]
        return lacking(rule.rule, conditions, self._clauses, held=held)

    def _find_owed(self, rule_ids: tuple[str, ...]) -> tuple[Owed, ...]:
        return owed_for((self._rules[id_].rule for id_ in rule_ids), self._duties)

    def _find_line_reasons(self, asked: Asked) -> tuple[Reason, ...]:
        return tuple(line_reason(line, self._clauses) for line in self.drawn_lines(asked))

    def _find_silence(self, asked: Asked) -> Reason:
        return silent_reason(self.drawn_lines(asked), self._clauses)
