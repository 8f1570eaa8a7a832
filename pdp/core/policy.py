"""What an operator's folder says: rules, lines, clauses, duties, who may grant what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pdp.core.decision import Effect
from pdp.core.text import Text
from pdp.core.vocabulary import Vocabulary, WordKind

HOUSE_PREFIX: Final = "HOUSE-"
"""How the id of a clause begins that nobody has published (policies/house)."""

ANY: Final = "any"
"""Stands in a row for every word of its column."""

NO_WORDS: Final[frozenset[str]] = frozenset()
ANY_WORD: Final = frozenset({ANY})


@dataclass(frozen=True, slots=True)
class Region:
    """The part of the space of requests that a row speaks of; each part is a word, a group of the folder, or ANY."""

    role: str
    action: str
    category: str
    purpose: str

    @property
    def words(self) -> tuple[str, str, str, str]:
        """Return its parts in the order of the columns of a row."""
        return (self.role, self.action, self.category, self.purpose)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row that allows or denies, at *file*:*line*.

    *conditions* are names, all of which must hold; *owes* are obligations of an answer that this rule decides.
    """

    id: str
    effect: Effect
    region: Region
    conditions: tuple[str, ...]
    clause: str
    owes: tuple[str, ...]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row that never decides: its sentence closes a region, and a denial there cites it."""

    id: str
    region: Region
    clause: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Where the words of a promise leave room: the *reading* that is enforced, the *other* one, and *would_change*,
    what answers would change if the other were taken.
    """

    reading: Text
    other: Text | None = None
    would_change: Text | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One published sentence.

    *quote* is its exact text, *lead_in* the sentence that a list item continues; *summary* says it in English;
    *doubt* is None when the words leave none. *kind* is as in the clause file.
    *not_decidable* says why no decision here can keep it, and whose duty it is; *contradicts* names the clauses of
    the same document that say otherwise.
    """

    id: str
    section: str
    quote: str
    summary: str
    kind: str
    lead_in: str = ""
    doubt: Doubt | None = None
    not_decidable: Text | None = None
    contradicts: tuple[str, ...] = ()

    @property
    def is_promise(self) -> bool:
        """Say whether the operator has published it."""
        return not self.id.startswith(HOUSE_PREFIX)

    @property
    def text(self) -> Text:
        """Return the sentence as an answer says it: word for word in Vietnamese, in substance in English."""
        vietnamese = f"{self.lead_in} {self.quote}" if self.lead_in else self.quote
        if self.is_promise:
            return Text(vi=vietnamese, en=self.summary)
        return Text(
            vi=f"{vietnamese} [Quy tắc nội bộ, không phải lời hứa đã công bố.]",
            en=f"{self.summary} [A house rule, not a published promise.]",
        )

    @property
    def text_as_read(self) -> Text:
        """Return the sentence, and where another of the same document contradicts it, which and how it is read."""
        if not self.contradicts:
            return self.text
        others = ", ".join(self.contradicts)
        reading = self.doubt.reading if self.doubt else Text("", "")
        return Text(
            vi=f"{self.text.vi} [Mâu thuẫn với {others}. {reading.vi}]",
            en=f"{self.text.en} [In tension with {others}. {reading.en}]",
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """How this operator imposes one obligation: under which clause, with which parameters, whether before acting.

    A parameter is a value in *fixed*, the path of a property of the request (`resource.product`) in *taken_from*, or in
    *chosen* the value of the first case whose condition is not false (None: always), so that what is unknown gets the
    case that stands first. *clauses* are all that may impose the obligation.
    """

    obligation: str
    clause: str
    clauses: tuple[str, ...]
    before: bool
    fixed: Mapping[str, object]
    taken_from: Mapping[str, str]
    chosen: Mapping[str, tuple[tuple[str | None, object], ...]]
    text: Text

    @property
    def conditions(self) -> frozenset[str]:
        """Return the names of the conditions that choose parameters."""
        return frozenset(name for cases in self.chosen.values() for name, _ in cases if name is not None)


@dataclass(frozen=True, slots=True)
class Granting:
    """Who may grant a role: holders of one of *by* in a scope that is, or contains, the scope of the grant.

    When *required*, a role fact without a granter does not count.
    """

    role: str
    by: tuple[str, ...]
    required: bool
    clause: str
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Hierarchies:
    """Which words lie in which: for each kind, every word with itself and all that contain it.

    *roles*, *categories* and *purposes* hold for each word all that speak of it: those, and ANY.
    """

    upward: Mapping[WordKind, Mapping[str, frozenset[str]]]
    downward: Mapping[WordKind, Mapping[str, frozenset[str]]]
    roles: Mapping[str, frozenset[str]]
    categories: Mapping[str, frozenset[str]]
    purposes: Mapping[str, frozenset[str]]

    def covers(self, kind: WordKind, broad: str, narrow: str) -> bool:
        """Say whether a rule for *broad* speaks of *narrow*."""
        return broad == ANY or broad in self.upward[kind].get(narrow, NO_WORDS)

    def covers_region(self, region: Region, action: str, category: str, purpose: str) -> bool:
        """Say whether *region* speaks of the action, category and purpose, whoever asks."""
        return (
            self.covers(WordKind.ACTION, region.action, action)
            and self.covers(WordKind.CATEGORY, region.category, category)
            and self.covers(WordKind.PURPOSE, region.purpose, purpose)
        )

    def covers_role(self, region: Region, roles: frozenset[str]) -> bool:
        """Say whether *region* speaks of a subject that holds *roles*."""
        return any(self.covers(WordKind.ROLE, region.role, role) for role in roles)


def hierarchies(vocabulary: Vocabulary, groups: Mapping[WordKind, Mapping[str, frozenset[str]]]) -> Hierarchies:
    """Build the hierarchies of *vocabulary* with the *groups* of a folder: group -> the words directly in it."""
    upward: dict[WordKind, dict[str, frozenset[str]]] = {}
    downward: dict[WordKind, dict[str, frozenset[str]]] = {}
    for kind in WordKind:
        members = groups.get(kind, {})
        above: dict[str, frozenset[str]] = {}
        for word in vocabulary.words(kind):
            chain = set(vocabulary.upward(kind, word))
            above[word] = frozenset(chain | {group for group, inside in members.items() if chain & inside})
        below: dict[str, set[str]] = {word: set() for word in (*above, *members)}
        for narrow, chain_up in above.items():
            for broad in chain_up:
                below[broad].add(narrow)
        upward[kind] = above
        downward[kind] = {word: frozenset(inside) for word, inside in below.items()}
    speaking = {
        kind: {word: above | ANY_WORD for word, above in upward[kind].items()}
        for kind in (WordKind.ROLE, WordKind.CATEGORY, WordKind.PURPOSE)
    }
    return Hierarchies(
        upward, downward, speaking[WordKind.ROLE], speaking[WordKind.CATEGORY], speaking[WordKind.PURPOSE]
    )
