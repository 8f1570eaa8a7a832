"""The words of an analysis, taken together where no rule and no condition tells them apart."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pdp.analysis.meanings import Side
from pdp.core.circumstances import HANDING_OUT, PUBLISHING
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.space import Space, Traits

Masks = tuple[int, ...]
"""For each side, the bits of rules."""


@dataclass(frozen=True, slots=True)
class WordClass:
    """Words that nothing tells apart; *rules* speak of each of them. The first stands for all."""

    words: tuple[str, ...]
    rules: Masks

    @property
    def first(self) -> str:
        """Return the word that stands for all."""
        return self.words[0]


@dataclass(frozen=True, slots=True)
class Cell:
    """An action, a category and a purpose, each with all that are not told apart from it, and the rules that speak."""

    actions: WordClass
    categories: WordClass
    purposes: WordClass
    rules: Masks

    @property
    def size(self) -> int:
        """Return how many combinations of words it stands for."""
        return len(self.actions.words) * len(self.categories.words) * len(self.purposes.words)


class Cells:
    """Every cell of which some rule of some side speaks."""

    def __init__(self, sides: Sequence[Side], space: Space) -> None:
        self._sides = sides
        self._vocabulary: Vocabulary = sides[0].policy.vocabulary
        traits = space.traits(everything(sides))
        self.actions = self._classes(WordKind.ACTION, lambda word: (word == PUBLISHING, word in HANDING_OUT))
        self.categories = self._classes(WordKind.CATEGORY, lambda word: self._of_category(word, traits, space))
        self.purposes = self._classes(
            WordKind.PURPOSE, lambda word: self._named(WordKind.PURPOSE, word, traits.purposes)
        )

    def _classes(self, kind: WordKind, feature: Callable[[str], object]) -> tuple[WordClass, ...]:
        found: dict[object, list[str]] = {}
        for word in self._vocabulary.words(kind):
            masks = tuple(rules_of(side, kind)[word] for side in self._sides)
            found.setdefault((masks, feature(word)), []).append(word)
        return tuple(
            WordClass(tuple(words), tuple(rules_of(side, kind)[words[0]] for side in self._sides))
            for words in found.values()
        )

    def _of_category(self, word: str, traits: Traits, space: Space) -> object:
        # What lies in a broad category may be kept back from it, and a role may be held in the resource itself: these
        # categories stand each for itself.
        scopes = {scope for role in self._vocabulary.words(WordKind.ROLE).values() for scope in role.held_in}
        alone = word if space.has_narrower(word) or word in scopes else ""
        return alone, self._named(WordKind.CATEGORY, word, traits.categories), word in traits.types

    def _named(self, kind: WordKind, word: str, named: frozenset[str]) -> object:
        """Return which of the words that conditions name are *word* or broader, and whether it is one itself."""
        upward = frozenset(self._vocabulary.upward(kind, word))
        return upward & named, word if word in named else ""

    def __iter__(self) -> Iterator[Cell]:
        for action in self.actions:
            for category in self.categories:
                both = _meet(action.rules, category.rules)
                if not any(both):
                    continue
                for purpose in self.purposes:
                    rules = _meet(both, purpose.rules)
                    if any(rules):
                        yield Cell(action, category, purpose, rules)


def everything(sides: Iterable[Side]) -> frozenset[int]:
    """Return what all conditions that rules ask for mean."""
    return frozenset(one for side in sides for meaning in side.meanings for one in meaning.conditions)


def rules_of(side: Side, kind: WordKind) -> Mapping[str, int]:
    """Return for each word of *kind* the bits of the rules that speak of it."""
    return {
        WordKind.ROLE: side.roles,
        WordKind.ACTION: side.actions,
        WordKind.CATEGORY: side.categories,
        WordKind.PURPOSE: side.purposes,
    }[kind]


def _meet(one: Masks, other: Masks) -> Masks:
    return tuple(left & right for left, right in zip(one, other, strict=True))
