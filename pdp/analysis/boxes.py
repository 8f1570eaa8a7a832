"""Sets of combinations of words, put together so that a person can read them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from pdp.core.text import Text
from pdp.core.vocabulary import WordKind
from pdp.policy_set import PolicySet

Triple = tuple[str, str, str]
"""An action, a category and a purpose."""


@dataclass(frozen=True, slots=True)
class Box:
    """Every combination of some actions, categories and purposes."""

    actions: tuple[str, ...]
    categories: tuple[str, ...]
    purposes: tuple[str, ...]

    @property
    def size(self) -> int:
        """Return how many combinations there are."""
        return len(self.actions) * len(self.categories) * len(self.purposes)


def boxes(triples: Collection[Triple]) -> tuple[Box, ...]:
    """Return boxes that hold *triples* and nothing else, the largest first."""
    purposes: dict[tuple[str, str], set[str]] = {}
    for action, category, purpose in triples:
        purposes.setdefault((action, category), set()).add(purpose)
    categories: dict[tuple[str, frozenset[str]], set[str]] = {}
    for (action, category), found in purposes.items():
        categories.setdefault((action, frozenset(found)), set()).add(category)
    actions: dict[tuple[frozenset[str], frozenset[str]], set[str]] = {}
    for (action, of_purposes), of_categories in categories.items():
        actions.setdefault((frozenset(of_categories), of_purposes), set()).add(action)
    made = [
        Box(tuple(sorted(of_actions)), tuple(sorted(of_categories)), tuple(sorted(of_purposes)))
        for (of_categories, of_purposes), of_actions in actions.items()
    ]
    return tuple(sorted(made, key=lambda box: (-box.size, box.actions, box.categories)))


@dataclass(frozen=True, slots=True)
class Naming:
    """How words of one kind are named: each of *names* is a word or a group, or, where it is *but*, all but these."""

    names: tuple[str, ...]
    but: bool = False


def naming(policy: PolicySet, kind: WordKind, words: Iterable[str]) -> Naming:
    """Return how *words* of one kind are named, by what they have in common where that is shorter."""
    found, everything = set(words), set(policy.vocabulary.words(kind))
    missing = everything - found
    if len(missing) * 3 <= len(found):
        return Naming(_names(policy, kind, missing), but=True)
    return Naming(_names(policy, kind, found))


def say_words(policy: PolicySet, kind: WordKind, words: Iterable[str]) -> Text:
    """Return *words* of one kind as a list, by what they have in common where that is shorter."""
    found = naming(policy, kind, words)
    said = [(name, policy.word_text(kind, name)) for name in found.names]
    listed = Text(
        ", ".join(f"`{name}` ({text.vi})" for name, text in said),
        ", ".join(f"`{name}` ({text.en})" for name, text in said),
    )
    if not found.but:
        return listed
    every = EVERY[kind]
    return Text(f"{every.vi} trừ {listed.vi}", f"{every.en} except {listed.en}") if said else every


def _names(policy: PolicySet, kind: WordKind, words: set[str]) -> tuple[str, ...]:
    """Name groups and broad words where all that lies in them is there, then the rest."""
    inside = policy.hierarchies.downward[kind]
    left, names = set(words), []
    for broad in sorted(inside, key=lambda word: (-len(inside[word]), word)):
        if len(inside[broad]) > 1 and inside[broad] <= words and inside[broad] & left:
            names.append(broad)
            left -= inside[broad]
    return (*names, *sorted(left))


EVERY: Final = {
    WordKind.ROLE: Text("mọi vai trò", "every role"),
    WordKind.ACTION: Text("mọi hành động", "every action"),
    WordKind.CATEGORY: Text("mọi loại dữ liệu", "every category of data"),
    WordKind.PURPOSE: Text("mọi mục đích", "every purpose"),
}
