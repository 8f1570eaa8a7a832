"""What is left of a policy once it is known which roles ask for what and why: conditions, and sentences to answer with.

Everything here depends on the policy and on words of the vocabulary alone. It is worked out when it is first asked for
and kept for the questions that were asked last, so that a decision looks up what earlier ones have found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import Final

from pdp.conditions import Condition, depends_on_category, looks_at_id, rests_on
from pdp.conditions.truth import FALSE
from pdp.core.decision import Effect, Reason
from pdp.core.policy import ANY, Clause, Duty, Hierarchies, Line, Region, Rule
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.engine import Question, RuleEngine
from pdp.policy_set.near_rules import Asked, NearRule, NearRules, Showable, near_rules, showable
from pdp.policy_set.owing import Imposed, imposed_by
from pdp.policy_set.residual_rules import ResidualRule, ResidualRules, residual_rules
from pdp.policy_set.sentences import Lacking, lacking, line_reason, rule_reason, silent_reason

KEPT: Final = 4096
"""How many questions what was found is kept of, at most; the words of a vocabulary make millions of them."""


@dataclass(frozen=True, slots=True)
class KeptBack:
    """The deny *rules* that may keep back a narrower category, and the conditions to evaluate *anew* for it.

    *first* are, rule by rule, the conditions that it asks for before any that is evaluated anew.
    """

    rules: ResidualRules
    anew: tuple[int, ...]
    first: tuple[tuple[int, ...], ...]

    def may_apply(self, codes: Sequence[int | None]) -> bool:
        """Say whether any rule may apply, by what the conditions came to for the whole; None is not known yet."""
        for numbers in self.first:
            for number in numbers:
                if codes[number] == FALSE:
                    break
            else:
                return True
        return False


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
        vocabulary: Vocabulary,
        like: "Residuals | None" = None,
    ) -> None:
        """Prepare to answer; what *like*, of the same conditions and clauses, has worked out is taken from it."""
        numbers = {name: number for number, name in enumerate(conditions)}
        self._conditions = tuple(conditions.values())
        self._role_text = role_text
        self._duties = duties
        # For each condition: itself and those it rests on that may come to something else for another category.
        self._anew: tuple[frozenset[int], ...] = like._anew if like is not None else _anew(conditions, numbers)
        by_id = [looks_at_id(name, conditions) for name in conditions] if like is None else like._by_id
        self._by_id: list[bool] = by_id
        chosen = {name for duty in duties.values() for cases in duty.chosen.values() for name, _ in cases if name}
        self._owes_by_id = any(self._by_id[numbers[name]] for name in chosen)
        known: Mapping[str, ResidualRule] = like._rules if like is not None else {}
        self._rules: Mapping[str, ResidualRule] = {
            rule.id: known[rule.id]
            if rule.id in known and known[rule.id].rule is rule
            else ResidualRule(
                id=rule.id,
                allows=rule.effect is Effect.ALLOW,
                conditions=tuple(numbers[name] for name in rule.conditions),
                reason=rule_reason(rule, clauses),
                owes=bool(rule.owes),
                rule=rule,
            )
            for rule in rules.values()
        }
        self.reasons: Final[Mapping[str, Reason]] = {rule.id: rule.reason for rule in self._rules.values()}
        """By rule id, the reason that it gives where it decides."""
        self._lines = lines
        self._clauses = clauses
        self._hierarchies = hierarchies
        self._engine = engine
        self.inside: Final = _inside(vocabulary)
        """By category, those directly in it."""
        self.narrower: Final = self._narrower_of_denies()
        """By category, the narrower ones of which some deny rule speaks, in order."""
        self.rules: Callable[[Asked], ResidualRules] = lru_cache(KEPT)(self._find_rules)
        """Every rule that speaks of what is asked. Raises what the engine raises."""
        self.near: Callable[[Asked], NearRules] = lru_cache(KEPT)(self._find_near)
        """The allow rules for this action, category and purpose; when there are none, all allow rules."""
        self.line_reasons: Callable[[Asked], tuple[Reason, ...]] = lru_cache(KEPT)(self._find_line_reasons)
        """The sentences that draw the line here, by the id of the line."""
        self.silence: Callable[[Asked], Reason] = lru_cache(KEPT)(self._find_silence)
        """The one reason of a denial where no rule speaks."""
        self.kept_back: Callable[[Asked], Mapping[str, KeptBack]] = lru_cache(KEPT)(self._find_kept_back)
        """By narrower category, the deny rules that may apply there although no deny rule applies to all that is asked,
        provided that the same roles count for both.
        """
        self.lacks: Callable[[Asked, int], tuple[Lacking, ...]] = lru_cache(KEPT)(self._find_lacks)
        """What is said of the nearest rules when the conditions of these bits are not true, for a subject every one of
        whose role facts counts.
        """

        self.looks_at_id: Callable[[Asked], bool] = lru_cache(KEPT)(self._find_looks_at_id)
        """Whether any condition that may be asked for looks at the id of the resource; facts may name it, too."""

        self._lacking: Callable[[str, int, bool], Lacking] = lru_cache(KEPT)(self._find_lacking)
        self.owed: Callable[[tuple[str, ...]], Imposed] = lru_cache(KEPT)(self._find_owed)
        """What the rules called so impose, each obligation once for each clause."""

    def speaks(self, asked: Asked) -> bool:
        """Say whether any allow rule speaks of this action, category and purpose, for whichever role."""
        near = self.near(asked).rules
        return bool(near) and not near[0].outside

    def _narrower_of_denies(self) -> Mapping[str, tuple[str, ...]]:
        below = self._hierarchies.downward[WordKind.CATEGORY]
        named = {found.rule.region.category for found in self._rules.values() if not found.allows}
        denied = frozenset(below) if ANY in named else frozenset[str]().union(*(below[region] for region in named))
        return {category: tuple(sorted((inside - {category}) & denied)) for category, inside in below.items()}

    def _find_rules(self, asked: Asked) -> ResidualRules:
        return residual_rules(self._speaking(asked))

    def _speaking(self, asked: Asked) -> list[ResidualRule]:
        roles, action, category, purpose = asked
        spoke = self._engine.matches(Question(roles, action, category, purpose, lambda _: False)).spoke
        return [self._rules[id_] for id_ in spoke]

    def _find_near(self, asked: Asked) -> NearRules:
        return near_rules(self._allowing, self._hierarchies, asked)

    @cached_property
    def _allowing(self) -> tuple[Showable, ...]:
        allowing = sorted((rule for rule in self._rules.values() if rule.allows), key=lambda rule: rule.id)
        return tuple(showable(rule, self._role_text) for rule in allowing)

    def _find_kept_back(self, asked: Asked) -> Mapping[str, KeptBack]:
        roles, action, category, purpose = asked
        whole = {rule.id for rule in self.rules(asked).rules}
        found = {}
        for word in self.narrower[category]:
            denying = [
                rule
                for rule in self._speaking((roles, action, word, purpose))
                if not rule.allows and (rule.id not in whole or any(self._anew[number] for number in rule.conditions))
            ]
            if denying:
                asked_for = {number for rule in denying for number in rule.conditions}
                anew = tuple(sorted({inner for number in asked_for for inner in self._anew[number]}))
                first = tuple(tuple(takewhile(self._is_fixed, rule.conditions)) for rule in denying)
                found[word] = KeptBack(residual_rules(denying), anew, first)
        return found

    def _find_looks_at_id(self, asked: Asked) -> bool:
        roles, action, category, purpose = asked
        within = [self._speaking((roles, action, word, purpose)) for word in (category, *self.narrower[category])]
        asked_for = {number for rules in within for rule in rules for number in rule.conditions}
        return self._owes_by_id or any(self._by_id[number] for number in {*asked_for, *self.near(asked).conditions})

    def _is_fixed(self, number: int) -> bool:
        return not self._anew[number]

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

    def lacking(self, near: NearRule, failing: int) -> Lacking:
        """Return what is said of a rule when those of its conditions are not true whose bits are in *failing*."""
        return self._lacking(near.rule.id, near.conditions & failing, near.held)

    def _find_lacking(self, rule_id: str, failing: int, held: bool) -> Lacking:
        rule = self._rules[rule_id]
        conditions = [self._conditions[number] for number in rule.conditions if failing >> number & 1]
        role = None if held else self._role_text(rule.rule.region.role)
        return lacking(rule.rule, conditions, self._clauses, role=role)

    def _find_lacks(self, asked: Asked, failing: int) -> tuple[Lacking, ...]:
        return tuple(self.lacking(near, failing) for near in self.near(asked).nearest(failing, lambda _: False))

    def _find_owed(self, rule_ids: tuple[str, ...]) -> Imposed:
        return imposed_by((self._rules[id_].rule for id_ in rule_ids), self._duties)

    def _find_line_reasons(self, asked: Asked) -> tuple[Reason, ...]:
        return tuple(line_reason(line, self._clauses) for line in self.drawn_lines(asked))

    def _find_silence(self, asked: Asked) -> Reason:
        return silent_reason(self.drawn_lines(asked), self._clauses)


def _inside(vocabulary: Vocabulary) -> Mapping[str, tuple[str, ...]]:
    words = vocabulary.words(WordKind.CATEGORY)
    found: dict[str, list[str]] = {id_: [] for id_ in words}
    for word in words.values():
        if word.broader is not None:
            found[word.broader].append(word.id)
    return {id_: tuple(inside) for id_, inside in found.items()}


def _anew(conditions: Mapping[str, Condition], numbers: Mapping[str, int]) -> tuple[frozenset[int], ...]:
    depending = frozenset(name for name in conditions if depends_on_category(name, conditions))
    return tuple(
        frozenset(numbers[inner] for inner in rests_on(name, conditions) if inner in depending) for name in conditions
    )
