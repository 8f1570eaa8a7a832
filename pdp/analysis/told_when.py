"""When a difference is met: what is newly allowed or newly denied is told one allow rule at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pdp.analysis.allowed_by import Part, Parts, Reason
from pdp.analysis.cases import cases_of
from pdp.analysis.kinds import BY_ONE_RULE, Kind
from pdp.analysis.meanings import Side
from pdp.analysis.seeing import seen_by
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


class ToldWhen:
    """Tells when the differences of *comparison* are met, and keeps what is told of a part of one."""

    def __init__(self, comparison: "Comparison") -> None:
        self._comparison = comparison
        self._telling = Telling(comparison.space)
        self._told_before: dict[object, When] = {}
        self._known: dict[object, When] = {}

    def told_by(self, difference: "Difference") -> object:
        """Return what tells differences apart as to when they are met: all that the conditions see of the question."""
        _, features = seen_by(self._comparison.space, difference.asked, difference.differing, Holding.ANYHOW)
        return difference.kind, difference.about, features

    def at(self, differences: "Sequence[Difference]") -> Mapping[object, When]:
        """Return when the cases of *differences* are met, by what tells them apart. Raises UndecidedError."""
        return {self.told_by(case.first): self.when(case.first) for case in cases_of(differences)}

    def take(self, said: Mapping[object, When]) -> None:
        """Keep what another process says."""
        self._told_before.update(said)

    def when(self, difference: "Difference") -> When:
        """Return when *difference* is met. Raises UndecidedError."""
        key = self.told_by(difference)
        if key not in self._told_before:
            self._told_before[key] = self._when(difference)
        return self._told_before[key]

    def _when(self, difference: "Difference") -> When:
        kind, asked, standings = difference.kind, difference.asked, difference.differing.standings
        if kind in BY_ONE_RULE:
            return self._by_parts(kind, asked, self._comparison.by_one_rule.parts(kind, asked, difference.differing))
        if kind is Kind.REASONS:
            return self._by_changed(asked, standings, OTHER_SENTENCES)
        if any(one.keeping for one in standings):
            return self._by_changed(asked, standings, OTHER_DUTIES)
        question, formulas = self._comparison.opened(asked, standings)
        return self._told(question, formulas[kind](), zip(self._comparison.sides, standings, strict=True))

    def _by_parts(self, kind: Kind, asked: Asked, every: Iterable[Parts]) -> When:
        found: dict[tuple[Clue, ...], None] = {}
        complete = True
        for parts in every:
            if self._comparison.by_one_rule.is_met_anyhow(kind, asked, parts):
                told = self._of_part(kind, asked, parts.outright)
                beside = self._beside(kind, asked, parts)
                found.update(dict.fromkeys((*clues, *beside) for clues in told.alternatives))
                complete = complete and told.complete
        shortest = list(_shortest(found))
        return When(tuple(shortest[:MOST_ALTERNATIVES]), complete and len(shortest) <= MOST_ALTERNATIVES)

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

    def _of_part(self, kind: Kind, asked: Asked, part: Part) -> When:
        by_one_rule = self._comparison.by_one_rule
        place = by_one_rule.place_of(kind, asked, part, Holding.ANYHOW)
        if place not in self._known:
            question, formula = by_one_rule.opened(kind, asked, part)
            self._known[place] = self._told(question, formula, by_one_rule.standings(kind, part))
        return self._known[place]

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
