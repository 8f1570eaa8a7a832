"""When a difference is met: what is newly allowed or newly denied is told one allow rule at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pdp.analysis.allowed_by import Part, Parts, Reason
from pdp.analysis.cases import cases_of
from pdp.analysis.kinds import BY_ONE_RULE, Kind
from pdp.analysis.meanings import Side
from pdp.analysis.seeing import seen_by
from pdp.analysis.shared_work import Progress, each_of
from pdp.analysis.stance import Standing, conditions_of
from pdp.analysis.when import MOST_ALTERNATIVES, Clue, Telling, When
from pdp.core.decision import Outcome
from pdp.core.text import Text
from pdp.policy_set import Asked, PolicySet
from pdp.space import Formula, Holding, Unfolding

if TYPE_CHECKING:
    from pdp.analysis.changes import Comparison, Difference

SOMETHING_IS_LEFT: Final = Clue(
    "something-is-left",
    frozenset({Outcome.TRUE}),
    Text("không phải mọi phần hẹp hơn đều bị giữ lại", "not every narrower part is kept back"),
)
NOTHING_WAS_LEFT: Final = Clue(
    "nothing-is-left-on-the-other-side",
    frozenset({Outcome.TRUE}),
    Text("ở phía bên kia, mọi phần hẹp hơn đều bị giữ lại", "on the other side, every narrower part is kept back"),
)
"""What is told of narrower categories: not which conditions of which of them, for those are many."""

OTHER_SENTENCES: Final = Clue(
    "other-sentences",
    frozenset({Outcome.TRUE}),
    Text("câu trả lời như cũ, do câu khác quyết định", "the answer is the same, and other sentences decide"),
)
OTHER_DUTIES: Final = Clue(
    "other-obligations",
    frozenset({Outcome.TRUE}),
    Text("câu trả lời như cũ, nghĩa vụ khác", "the answer is the same, and something else is owed"),
)
"""What is told beside the changed rules, which most often is all that somebody who made an edit wants to know."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a difference that is met, what stands for it, and what is told *beside* it."""

    place: object
    kind: Kind
    asked: Asked
    part: Part
    beside: tuple[Clue, ...]


Said = When | tuple[Piece, ...]
"""What is told of a difference, or the pieces from which that is put together."""


class ToldWhen:
    """Tells when the differences of *comparison* are met, and keeps what is told of a part of one.

    Where differences are found it is only looked at which parts are met; `tell` tells each part once.
    """

    def __init__(self, comparison: "Comparison") -> None:
        self._comparison = comparison
        self._telling = Telling(comparison.space)
        self._said: dict[object, Said] = {}
        self._known: dict[object, When] = {}

    def told_by(self, difference: "Difference") -> object:
        """Return what tells differences apart as to when they are met: all that the conditions see of the question."""
        _, features = seen_by(self._comparison.space, difference.asked, difference.differing, Holding.ANYHOW)
        return difference.kind, difference.about, features

    def at(self, differences: "Sequence[Difference]") -> Mapping[object, Said]:
        """Return what is said of the cases of *differences*, by what tells them apart. Raises UndecidedError."""
        return {self.told_by(case.first): self._said_of(case.first) for case in cases_of(differences)}

    def take(self, said: Mapping[object, Said]) -> None:
        """Keep what another process says."""
        self._said.update(said)

    def tell(self, jobs: int, progress: Progress | None = None) -> None:
        """Tell everything that was said of differences so far, in *jobs* processes. Raises UndecidedError."""
        pieces = {piece.place: piece for said in self._said.values() if not isinstance(said, When) for piece in said}
        left = [piece for place, piece in pieces.items() if place not in self._known]
        for piece, told in zip(left, each_of(self._of_piece, left, jobs, progress), strict=True):
            self._known[piece.place] = told

    def when(self, difference: "Difference") -> When:
        """Return when *difference* is met. Raises UndecidedError."""
        said = self._said_of(difference)
        return said if isinstance(said, When) else self._together(said)

    def _said_of(self, difference: "Difference") -> Said:
        key = self.told_by(difference)
        if key not in self._said:
            self._said[key] = self._find(difference)
        return self._said[key]

    def _find(self, difference: "Difference") -> Said:
        kind, asked, standings = difference.kind, difference.asked, difference.differing.standings
        if kind in BY_ONE_RULE:
            every = self._comparison.by_one_rule.parts(kind, asked, difference.differing)
            return tuple(self._pieces(kind, asked, every))
        if kind is Kind.REASONS:
            return self._by_changed(asked, standings, OTHER_SENTENCES)
        if any(one.keeping for one in standings):
            return self._by_changed(asked, standings, OTHER_DUTIES)
        question, formulas = self._comparison.opened(asked, standings)
        return self._told(question, formulas[kind](), zip(self._comparison.sides, standings, strict=True))

    def _pieces(self, kind: Kind, asked: Asked, every: Iterable[Parts]) -> Iterator[Piece]:
        by_one_rule = self._comparison.by_one_rule
        for parts in every:
            if by_one_rule.is_met_anyhow(kind, asked, parts):
                place = by_one_rule.place_of(kind, asked, parts.outright, Holding.ANYHOW)
                yield Piece(place, kind, asked, parts.outright, tuple(self._beside(kind, asked, parts)))

    def _together(self, pieces: Iterable[Piece]) -> When:
        found: dict[tuple[Clue, ...], None] = {}
        complete = True
        for piece in pieces:
            told = self._of_piece(piece)
            found.update(dict.fromkeys((*clues, *piece.beside) for clues in told.alternatives))
            complete = complete and told.complete
        shortest = list(_shortest(found))
        return When(tuple(shortest[:MOST_ALTERNATIVES]), complete and len(shortest) <= MOST_ALTERNATIVES)

    def _of_piece(self, piece: Piece) -> When:
        if piece.place not in self._known:
            by_one_rule = self._comparison.by_one_rule
            question, formula = by_one_rule.opened(piece.kind, piece.asked, piece.part)
            standings = by_one_rule.standings(piece.kind, piece.part)
            self._known[piece.place] = self._told(question, formula, standings)
        return self._known[piece.place]

    def _by_changed(self, asked: Asked, standings: Sequence[Standing], beside: Clue) -> When:
        """Tell by the changed rules alone where they apply, and *beside*: what else decides there would fill pages."""
        comparison = self._comparison
        bits = comparison.bearing_on.changed_outright(standings)
        if bits is None:
            return When(((beside,),), complete=True)
        apart = comparison.apart([Standing(one, (), spoken_of=True) for one in bits])
        place = beside, seen_by(comparison.space, asked, apart, Holding.ANYHOW)
        if place not in self._known:
            question, formula = comparison.bearing_on.differing(asked, bits)
            told = self._told(question, formula, zip(comparison.sides, apart.standings, strict=True))
            alternatives = tuple((*clues, beside) for clues in told.alternatives)
            self._known[place] = When(alternatives, told.complete)
        return self._known[place]

    def _beside(self, kind: Kind, asked: Asked, parts: Parts) -> Iterator[Clue]:
        """Yield what is told of narrower categories."""
        if parts.whole.reason is Reason.EMPTIED:
            yield NOTHING_WAS_LEFT
        if self._comparison.by_one_rule.may_be_emptied(kind, asked, parts):
            yield SOMETHING_IS_LEFT

    def _told(self, question: Unfolding, formula: Formula, standings: Iterable[tuple[Side, Standing]]) -> When:
        names = list(_conditions(self._comparison, standings))
        for policy, name in names:
            question.names(policy, [name])
        return self._telling.when(question, formula, names)


def _conditions(
    comparison: "Comparison", standings: Iterable[tuple[Side, Standing]]
) -> Iterator[tuple[PolicySet, str]]:
    """Yield the conditions that *standings* rest on, by policy and name."""
    for side, standing in standings:
        meant = conditions_of(side, standing)
        for name in side.policy.conditions:
            if comparison.space.identity(side.policy, name) in meant:
                yield side.policy, name


def _shortest(alternatives: Iterable[tuple[Clue, ...]]) -> Iterator[tuple[Clue, ...]]:
    """Yield those of *alternatives* that say no more than another of them does, the shorter ones first."""
    told: list[tuple[Clue, ...]] = []
    for clues in sorted(alternatives, key=len):
        if not any(_follows(clues, other) for other in told):
            told.append(clues)
            yield clues


def _follows(clues: tuple[Clue, ...], other: tuple[Clue, ...]) -> bool:
    """Say whether whatever meets *clues* meets *other*."""
    return all(any(_says_it(one, each) for one in clues) for each in other)


def _says_it(one: Clue, each: Clue) -> bool:
    return (one.condition, one.text) == (each.condition, each.text) and one.outcomes <= each.outcomes
