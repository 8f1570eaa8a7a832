"""What one policy answers to a question, as formulas: the judging of pdp/deciding, once for all situations."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pdp.analysis.meanings import Meaning, Side
from pdp.core.decision import Effect
from pdp.core.policy import Rule
from pdp.core.vocabulary import WordKind
from pdp.deciding.obligations import LEAVE_OUT
from pdp.policy_set import Asked
from pdp.space import FALSE, Formula, Question, Space, Unfolding

RuleBits = int
Chooser = Callable[[Rule], bool]
_CATEGORY: Final = WordKind.CATEGORY


@dataclass(frozen=True, slots=True)
class Standing:
    """The rules of one side that matter to a question, as bits: those that speak of it, and by narrower category the
    deny rules that may keep it back. *spoken_of*: an allow rule speaks of it, for whichever role.
    """

    speaking: RuleBits
    keeping: tuple[tuple[str, RuleBits], ...]
    spoken_of: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """The rules of one side that matter to an action, a category and a purpose, whoever asks."""

    region: RuleBits
    keeping: tuple[tuple[str, RuleBits], ...]
    spoken_of: bool

    def for_roles(self, held: RuleBits) -> Standing:
        """Return those that matter to a subject for whose roles the rules *held* are."""
        keeping = tuple((word, bits & held) for word, bits in self.keeping if bits & held)
        return Standing(self.region & held, keeping, self.spoken_of)

    @property
    def every_bit(self) -> RuleBits:
        """Return all of the rules."""
        bits = self.region
        for _, keeping in self.keeping:
            bits |= keeping
        return bits


def ground(side: Side, action: str, category: str, purpose: str) -> Ground:
    """Return which rules of *side* matter there."""
    apart = side.actions[action] & side.purposes[purpose]
    denying = apart & side.denies
    keeping = []
    for word in side.policy.residuals.narrower[category] if denying else ():
        bits = denying & side.categories[word]
        if bits:
            keeping.append((word, bits))
    region = apart & side.categories[category]
    return Ground(region, tuple(keeping), bool(region & ~side.denies))


def standing(side: Side, asked: Asked) -> Standing:
    """Return which rules of *side* matter to the question."""
    roles, action, category, purpose = asked
    held = 0
    for role in roles:
        held |= side.roles[role]
    return ground(side, action, category, purpose).for_roles(held)


def meant(side: Side, found: Standing) -> object:
    """Return what a standing means: two that mean the same answer alike."""
    known = side.meant.get(found)
    if known is None:
        keeping = tuple((word, side.meanings_of(bits)) for word, bits in found.keeping)
        known = side.meant[found] = (side.meanings_of(found.speaking), keeping, found.spoken_of)
    return known


def conditions_of(side: Side, found: Standing) -> frozenset[int]:
    """Return the numbers of the conditions that a standing rests on."""
    meanings: set[Meaning] = set(side.meanings_of(found.speaking))
    for _, bits in found.keeping:
        meanings |= side.meanings_of(bits)
    return frozenset(one for meaning in meanings for one in meaning.conditions)


class Stance:
    """The answer of one side to one question of the space."""

    def __init__(self, side: Side, found: Standing, question: Question | Unfolding, space: Space) -> None:
        self.side = side
        self.found = found
        self._question = question
        self._script = space.script
        self._category = question.asked[2]
        rules = side.of_bits(found.speaking)
        self._allowing = [rule for rule in rules if rule.effect is Effect.ALLOW]
        self._denying = [rule for rule in rules if rule.effect is Effect.DENY]
        self._keeping = {word: side.of_bits(bits) for word, bits in found.keeping}
        for rule in rules:
            question.names(side.policy, rule.conditions)
        for word, denies in self._keeping.items():
            for rule in denies:
                question.names(side.policy, rule.conditions, word)
        self._known: dict[tuple[str, str], Formula] = {}
        self._kept_back: dict[str, Formula] = {}

    # --- Rules --------------------------------------------------------------------------------------------------------

    def applies(self, rule: Rule, category: str | None = None) -> Formula:
        """Return that *rule* applies: an allow rule where all is true, a deny rule where nothing is false."""
        key = (rule.id, category or self._category)
        if key not in self._known:
            graded = [self._question.graded(self.side.policy, name, category) for name in rule.conditions]
            held = [each.not_true if rule.effect is Effect.ALLOW else each.false for each in graded]
            self._known[key] = self._script.both(*[self._script.negated(each) for each in held])
        return self._known[key]

    def together(self, rules: Iterable[tuple[Rule, str | None]]) -> Formula:
        """Return that all of *rules* apply, each to the category beside it, None for the one asked for."""
        return self._script.both(*[self.applies(rule, word) for rule, word in rules])

    def _one_applies(self, rules: Iterable[Rule], category: str | None = None) -> Formula:
        return self._script.either(*[self.applies(rule, category) for rule in rules])

    # --- The answer ---------------------------------------------------------------------------------------------------

    @cached_property
    def denied_outright(self) -> Formula:
        """Return that a deny rule applies to all that is asked."""
        return self._one_applies(self._denying)

    @cached_property
    def something_allows(self) -> Formula:
        """Return that an allow rule applies."""
        return self._one_applies(self._allowing)

    def _is_kept_back(self, word: str) -> Formula:
        found = self._kept_back.get(word)
        if found is None:
            found = self._kept_back[word] = self._one_applies(self._keeping.get(word, ()), word)
        return found

    def _nothing_is_left(self, category: str) -> Formula:
        inside = self.side.policy.residuals.inside[category]
        everything = self._script.both(*[self._nothing_is_left(word) for word in inside]) if inside else FALSE
        kept = FALSE if category == self._category else self._is_kept_back(category)
        return self._script.either(kept, everything)

    @cached_property
    def allows_whole(self) -> Formula:
        """Return that the answer is allow, and that none of the narrower categories looked at is kept back."""
        kept = [self._is_kept_back(word) for word in self._keeping]
        denied = self._script.either(self.denied_outright, *kept)
        return self._script.both(self.something_allows, self._script.negated(denied))

    def keeps_back(self, paths: Iterable[Iterable[str]]) -> Formula:
        """Return that an allow rule applies, no deny rule does, and of each of *paths* one category is kept back."""
        kept = [self._script.either(*[self._is_kept_back(word) for word in path]) for path in paths]
        return self._script.both(self.something_allows, self._script.negated(self.denied_outright), *kept)

    @cached_property
    def emptied(self) -> Formula:
        """Return that narrower categories are kept back until nothing is left."""
        return self._nothing_is_left(self._category) if self._keeping else FALSE

    @cached_property
    def allows(self) -> Formula:
        """Return that the answer is allow."""
        written = self._script
        return written.both(self.something_allows, written.negated(self.denied_outright), written.negated(self.emptied))

    @cached_property
    def denies_by_rule(self) -> Formula:
        """Return that the answer is a deny that rules decided."""
        return self._script.either(self.denied_outright, self._script.both(self.something_allows, self.emptied))

    # --- What comes with it -------------------------------------------------------------------------------------------

    @property
    def sentences(self) -> Mapping[str, Formula]:
        """Return by clause that it is among the reasons of rules that decided."""
        return {clause: self._decided_by(lambda rule, c=clause: rule.clause == c) for clause in self._clauses()}  # type: ignore[misc]

    @property
    def duties(self) -> Mapping[tuple[str, str, str], Formula]:
        """Return by obligation, clause and how it is imposed that it is owed."""
        by_rule = dict(zip((rule.id for rule in self.side.rules), self.side.meanings, strict=True))
        every = {duty for rule in self._everybody() for duty in by_rule[rule.id].duties}
        owed = {
            duty: self._decided_by(lambda rule, d=duty: d in by_rule[rule.id].duties)  # type: ignore[misc]
            for duty in sorted(every)
        }
        return {**owed, **self._left_out()}

    def _left_out(self) -> Mapping[tuple[str, str, str], Formula]:
        written, vocabulary = self._script, self.side.policy.vocabulary
        found = {}
        for word in self._keeping:
            above = [other for other in vocabulary.upward(_CATEGORY, word) if other != word]
            outer = [self._is_kept_back(other) for other in above if other in self._keeping]
            outermost = written.both(self._is_kept_back(word), *[written.negated(one) for one in outer])
            found[(LEAVE_OUT, "", word)] = written.both(self.allows, outermost)
        return found

    def _decided_by(self, chosen: Chooser) -> Formula:
        written = self._script
        allowing = self._one_applies(rule for rule in self._allowing if chosen(rule))
        denying = self._one_applies(rule for rule in self._denying if chosen(rule))
        keeping = [
            self._one_applies((rule for rule in rules if chosen(rule)), word) for word, rules in self._keeping.items()
        ]
        emptied = written.both(self.something_allows, self.emptied, written.negated(self.denied_outright))
        return written.either(
            written.both(self.allows, allowing), denying, written.both(emptied, written.either(*keeping))
        )

    def _everybody(self) -> list[Rule]:
        kept = [rule for rules in self._keeping.values() for rule in rules]
        return [*self._allowing, *self._denying, *kept]

    def _clauses(self) -> list[str]:
        return sorted({rule.clause for rule in self._everybody()})
