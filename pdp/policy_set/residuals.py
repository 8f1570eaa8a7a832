"""What is left of a policy once it is known which roles ask for what and why: conditions, and sentences to answer with.

Everything here depends on the policy and on words of the vocabulary alone. It is worked out when it is first asked for
and kept for the questions that were asked last, so that a decision looks up what earlier ones have found.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Final

from pdp.conditions import Condition, depends_on_category, rests_on
from pdp.conditions.truth import FALSE
from pdp.core.decision import Effect, Reason
from pdp.core.policy import ANY, Clause, Duty, Hierarchies, Line, Region, Rule
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.engine import Question, RuleEngine
from pdp.policy_set.owing import Owed, owed_for
from pdp.policy_set.sentences import Lacking, lacking, line_reason, rule_reason, silent_reason

KEPT: Final = 4096
"""How many questions what was found is kept of, at most; the words of a vocabulary make millions of them."""

NEAREST_SHOWN: Final = 3
_MANY: Final = 1_000_000

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


@dataclass(frozen=True, slots=True)
class NearRule:
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

        self._lacking: Callable[[str, int, bool], Lacking] = lru_cache(KEPT)(self._find_lacking)
        self.owed: Callable[[tuple[str, ...]], tuple[Owed, ...]] = lru_cache(KEPT)(self._find_owed)
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
            bits = sum(1 << number for number in set(rule.conditions))
            found.append(NearRule(outside + (not held), bits, held, outside, role, rule.rule))
        about = sorted((near for near in found if not near.outside), key=lambda near: near.rule.id)
        shown = about or sorted(found, key=lambda near: near.rule.id)
        asked_for = dict.fromkeys(number for near in shown for number in self._rules[near.rule.id].conditions)
        return NearRules(tuple(shown), tuple(asked_for))

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

    def _find_owed(self, rule_ids: tuple[str, ...]) -> tuple[Owed, ...]:
        return owed_for((self._rules[id_].rule for id_ in rule_ids), self._duties)

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
