"""Which rules can apply to one request, found one by one and two by two.

What a policy answers rests on many rules, and a question that speaks of all of them at once is hard. Most of them
cannot apply together, and those need not be spoken of together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pdp.analysis.meanings import Side
from pdp.analysis.roles import feature_of
from pdp.analysis.seeing import view_of
from pdp.analysis.stance import Stance, Standing, conditions_of
from pdp.core.decision import Effect
from pdp.core.vocabulary import WordKind
from pdp.policy_set import Asked
from pdp.space import Drift, Formula, Question, Space, Traits

RuleAt = tuple[int, str | None]
"""The number of a rule, and the narrower category under which it is looked at, None for the one asked for."""


class Together:
    """Answers for one side, and keeps what was found. Its parts may be done another way by a subclass."""

    stance_type: type[Stance] = Stance

    def __init__(self, side: Side, space: Space) -> None:
        self.side = side
        self._space = space
        self._known: dict[object, bool] = {}
        self._traits: dict[frozenset[int], Traits] = {}

    def can_apply(self, asked: Asked, *rules: RuleAt) -> bool:
        """Say whether *rules* can all apply to one request. Raises UndecidedError."""
        if not any(self.side.meanings[at].conditions for at, _ in rules):
            return True

        def applying(stance: Stance) -> Formula:
            return stance.together([(self.side.rules[at], word) for at, word in rules])

        return self.is_possible(asked, standing_of(rules), "apply", applying)

    def is_possible(self, asked: Asked, standing: Standing, what: str, formula: Callable[[Stance], Formula]) -> bool:
        """Say whether *formula* of what the rules of *standing* alone answer can hold; *what* names it for good."""
        key = (what, standing.speaking, self._kept_alike(standing), self.view(asked, standing))
        if key not in self._known:
            question, stance = self.opened(asked, standing)
            self._known[key] = question.is_possible(formula(stance))
        return self._known[key]

    def may_fail(self, asked: Asked, condition: str, category: str | None, *, allows: bool) -> bool:
        """Say whether a condition may keep a rule that *allows*, or one that denies, from applying."""
        policy = self.side.policy
        identity = self._space.identity(policy, condition)
        view = self._view_of(asked, frozenset({identity}), narrow=category is not None)
        key = ("fail", identity, category, allows, view)
        if key not in self._known:
            question = self._space.question(asked)
            question.names(policy, [condition], category)
            graded = question.graded(policy, condition, category)
            self._known[key] = question.is_possible(graded.not_true if allows else graded.false)
        return self._known[key]

    def _kept_alike(self, standing: Standing) -> object:
        """Return what is looked at under narrower categories: one word alone by what conditions see of it."""
        if len(standing.keeping) != 1:
            return standing.keeping
        word, bits = standing.keeping[0]
        conditions = frozenset().union(*(self.side.meanings[at].conditions for at in bits_of(bits)))
        if all(self._space.drift(one) is Drift.NONE for one in conditions):
            return bits
        traits = self.traits(conditions_of(self.side, standing))
        above = tuple(self._space.vocabulary.upward(WordKind.CATEGORY, word))
        told = frozenset(above) & (traits.categories | traits.types)
        return bits, told, word if word in told else "", len(above), self._space.has_narrower(word)

    def opened(self, asked: Asked, standing: Standing) -> tuple[Question, Stance]:
        """Return the question, and what the side answers to it by the rules of *standing* alone."""
        question = self._space.question(asked)
        return question, self.stance_type(self.side, standing, question, self._space)

    def view(self, asked: Asked, standing: Standing) -> object:
        """Return what the conditions of *standing* see of a question: equal where they tell nothing apart."""
        return self._view_of(asked, conditions_of(self.side, standing), narrow=bool(standing.keeping))

    def _view_of(self, asked: Asked, conditions: frozenset[int], *, narrow: bool) -> object:
        traits = self.traits(conditions)
        vocabulary, hierarchies = self._space.vocabulary, self._space.hierarchies
        features = frozenset(feature_of(role, traits, vocabulary, hierarchies) for role in asked[0])
        return features, view_of(self._space, asked, traits, narrow=narrow)

    def traits(self, conditions: frozenset[int]) -> Traits:
        """Return what *conditions* can tell apart."""
        if conditions not in self._traits:
            self._traits[conditions] = self._space.traits(conditions)
        return self._traits[conditions]

    def chances(
        self, asked: Asked, standing: Standing, matters: Callable[[int], bool] = lambda at: True
    ) -> Iterator["Chance"]:
        """Yield, for each allow rule of *standing* that can apply, the rules that may take back what it allows.

        Rules whose numbers do not *matter* are passed over before anything is asked about them.
        """
        speaking = list(bits_of(standing.speaking))
        denying = [at for at in speaking if self.side.rules[at].effect is Effect.DENY]
        for at in speaking:
            if self.side.rules[at].effect is not Effect.ALLOW or not matters(at):
                continue
            if not self.can_apply(asked, (at, None)):
                continue
            against = [other for other in denying if self.can_apply(asked, (at, None), (other, None))]
            keeping = []
            for word, bits in standing.keeping:
                kept = [other for other in bits_of(bits) if self.can_apply(asked, (at, None), (other, word))]
                if kept:
                    keeping.append((word, sum(1 << other for other in kept)))
            denied = sum(1 << other for other in against)
            yield Chance(at, Standing(1 << at | denied, tuple(keeping), standing.spoken_of))


@dataclass(frozen=True, slots=True)
class Chance:
    """An allow rule, by number, and *standing*: itself with the deny rules that can apply where it does."""

    at: int
    standing: Standing

    def outright(self) -> Standing:
        """Return the standing without what may be kept back from a broad category."""
        return Standing(self.standing.speaking, (), True)

    def ways(self, category: str, inside: Mapping[str, Sequence[str]]) -> list[Standing]:
        """Return standings, in one of which nothing denies and nothing is kept back wherever something is allowed.

        Something is left of a broad category when one of the narrowest in it is not kept back, nor any between.
        """
        keeping = dict(self.standing.keeping)
        paths = [frozenset(word for word in path if word in keeping) for path in _paths(category, inside)]
        shortest = [path for path in dict.fromkeys(paths) if not any(other < path for other in paths)]
        return [
            Standing(self.standing.speaking, tuple((word, keeping[word]) for word in sorted(path)), True)
            for path in sorted(shortest, key=lambda path: (len(path), sorted(path)))
        ]


def _paths(category: str, inside: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield the ways down from *category*, itself left out, to each of the narrowest categories in it."""
    if not inside[category]:
        yield ()
    for word in inside[category]:
        for path in _paths(word, inside):
            yield (word, *path)


def standing_of(rules: Iterable[RuleAt]) -> Standing:
    """Return the standing in which just these rules matter."""
    speaking = 0
    keeping: dict[str, int] = {}
    for at, word in rules:
        if word is None:
            speaking |= 1 << at
        else:
            keeping[word] = keeping.get(word, 0) | 1 << at
    return Standing(speaking, tuple(keeping.items()), True)


def bits_of(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
