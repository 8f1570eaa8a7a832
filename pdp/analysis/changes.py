"""Which decisions differ between two policies, over the whole space."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pdp.analysis.cells import Cell, Cells
from pdp.analysis.meanings import Side
from pdp.analysis.narrowing import Narrowing
from pdp.analysis.roles import MOST_ROLES, RoleSets, feature_of, role_kinds, role_sets
from pdp.analysis.seeing import seen_of
from pdp.analysis.stance import Ground, Stance, Standing, conditions_of, ground, meant
from pdp.analysis.when import When
from pdp.core.fact_schema import FactSchema
from pdp.core.request import Request
from pdp.policy_set import Asked, PolicySet
from pdp.space import FALSE, Formula, Question, Space, Traits


class Kind(StrEnum):
    """What an edit does to a decision; the first that fits."""

    NEWLY_ALLOWED = "newly-allowed"
    NEWLY_DENIED = "newly-denied"
    OBLIGATIONS = "obligations-changed"
    REASONS = "reasons-changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two policies differ: for every set of *roles* and every combination of words of *cell*, in some situations.

    *key* is equal for differences that are alike but for their words.
    """

    kind: Kind
    cell: Cell
    roles: RoleSets
    key: object

    @property
    def asked(self) -> Asked:
        """Return one of the questions."""
        return self.roles.example, self.cell.actions.first, self.cell.categories.first, self.cell.purposes.first

    @property
    def decisions(self) -> int:
        """Return how many sets of roles and combinations of words it stands for."""
        return self.roles.size * self.cell.size


Progress = Callable[[int, int], None]
"""Told how many cells of how many are done."""


class Comparison:
    """Compares a policy before an edit with the policy after it, as to *kinds* of differences.

    Its parts may be done another way by a subclass.
    """

    stance_type: type[Stance] = Stance
    side_type: type[Side] = Side
    narrowing_type: type[Narrowing] = Narrowing
    most_roles: int = MOST_ROLES

    def __init__(
        self, before: PolicySet, after: PolicySet, schema: FactSchema, kinds: Sequence[Kind] = tuple(Kind)
    ) -> None:
        self.kinds = tuple(kinds)
        self.space = Space([before, after], schema)
        self.sides = (self.side_type(before, self.space), self.side_type(after, self.space))
        before_side, after_side = self.sides
        self.changed = (before_side.unlike(after_side), after_side.unlike(before_side))
        self._narrowing = tuple(self.narrowing_type(side, self.space) for side in self.sides)
        self.told: dict[tuple[Kind, object], When] = {}
        """By kind and key of a difference, the situations in which it is met."""
        self._traits: dict[object, Traits] = {}
        self._possible: dict[object, frozenset[Kind]] = {}

    # --- Looking through the space ------------------------------------------------------------------------------------

    def differences(self, progress: Progress | None = None) -> Iterator[Difference]:
        """Yield every difference, cell by cell, the smaller sets of roles first. Raises UndecidedError."""
        found = []
        for cell in Cells(self.sides, self.space):
            grounds = self._grounds(cell)
            if any(one.every_bit & bits for one, bits in zip(grounds, self.changed, strict=True)):
                found.append((cell, grounds))
        for at, (cell, grounds) in enumerate(found):
            if progress is not None:
                progress(at, len(found))
            yield from self._in_cell(cell, grounds)

    def _grounds(self, cell: Cell) -> tuple[Ground, ...]:
        words = (cell.actions.first, cell.categories.first, cell.purposes.first)
        return tuple(
            narrowing.without_idle(ground(side, *words))
            for side, narrowing in zip(self.sides, self._narrowing, strict=True)
        )

    def _in_cell(self, cell: Cell, grounds: tuple[Ground, ...]) -> Iterator[Difference]:
        category = cell.categories.first
        rests_on = [conditions_of(side, one.for_roles(-1)) for side, one in zip(self.sides, grounds, strict=True)]
        traits = self.space.traits(frozenset().union(*rests_on))
        rules = tuple(one.every_bit for one in grounds)
        # Where an allow rule speaks on one side alone, the cause of a denial changes for everybody.
        for_all = grounds[0].spoken_of is not grounds[1].spoken_of and Kind.REASONS in self.kinds
        for roles in role_sets(role_kinds(self.sides, rules, traits), self.most_roles):
            if not for_all and not any(bits & gone for bits, gone in zip(roles.rules, self.changed, strict=True)):
                continue
            standings = [one.for_roles(bits) for one, bits in zip(grounds, roles.rules, strict=True)]
            meanings = tuple(meant(side, one) for side, one in zip(self.sides, standings, strict=True))
            if meanings[0] == meanings[1]:
                continue
            asked = (roles.example, cell.actions.first, category, cell.purposes.first)
            key = self._key(asked, standings, meanings)
            if key not in self._possible:
                self._possible[key] = frozenset(self._kinds(asked, standings))
            for kind in sorted(self._possible[key]):
                yield Difference(kind, cell, roles, key)

    def _key(self, asked: Asked, standings: Sequence[Standing], meanings: object) -> object:
        """Return what a difference depends on: equal for questions that differ alike."""
        traits = self._traits.get(meanings)
        if traits is None:
            rests_on = [conditions_of(side, one) for side, one in zip(self.sides, standings, strict=True)]
            traits = self._traits[meanings] = self.space.traits(frozenset().union(*rests_on))
        category = asked[2]
        whole = category if any(one.keeping for one in standings) or category in traits.types else ""
        vocabulary, hierarchies = self.space.vocabulary, self.space.hierarchies
        features = frozenset(feature_of(role, traits, vocabulary, hierarchies) for role in asked[0])
        return meanings, features, whole, seen_of(self.space, asked, traits) if traits.consents else None

    def _kinds(self, asked: Asked, standings: Sequence[Standing]) -> Iterator[Kind]:
        question, formulas = self.opened(asked, standings)
        possible = question.possible([formulas[kind]() for kind in self.kinds])
        yield from (kind for kind, is_possible in zip(self.kinds, possible, strict=True) if is_possible)

    # --- One question -------------------------------------------------------------------------------------------------

    def opened(
        self, asked: Asked, standings: Sequence[Standing] | None = None
    ) -> tuple[Question, dict[Kind, Callable[[], Formula]]]:
        """Return the question, and for each kind the formula that says that the policies differ so."""
        question = self.space.question(asked)
        found = standings or self.standings(asked)
        before, after = (
            self.stance_type(side, one, question, self.space) for side, one in zip(self.sides, found, strict=True)
        )
        written = self.space.script

        def alike() -> Formula:
            return written.same(before.allows, after.allows)

        return question, {
            Kind.NEWLY_ALLOWED: lambda: written.both(after.allows, written.negated(before.allows)),
            Kind.NEWLY_DENIED: lambda: written.both(before.allows, written.negated(after.allows)),
            Kind.OBLIGATIONS: lambda: written.both(alike(), self._differ(before.duties, after.duties)),
            Kind.REASONS: lambda: written.both(
                alike(),
                written.negated(self._differ(before.duties, after.duties)),
                written.either(self._differ(before.sentences, after.sentences), self._other_cause(before, after)),
            ),
        }

    def standings(self, asked: Asked) -> list[Standing]:
        """Return the rules of both sides that matter to a question."""
        found = []
        for side, narrowing in zip(self.sides, self._narrowing, strict=True):
            held = 0
            for role in asked[0]:
                held |= side.roles[role]
            found.append(narrowing.without_idle(ground(side, *asked[1:])).for_roles(held))
        return found

    def situation(self, difference: Difference) -> Request | None:
        """Return a request that the two policies answer differently in that way."""
        question, formulas = self.opened(difference.asked)
        return question.situation(formulas[difference.kind]())

    def _differ(self, one: Mapping[Any, Formula], other: Mapping[Any, Formula]) -> Formula:
        written = self.space.script
        keys = {**one, **other}
        apart = [written.negated(written.same(one.get(key, FALSE), other.get(key, FALSE))) for key in keys]
        return written.either(*apart)

    def _other_cause(self, before: Stance, after: Stance) -> Formula:
        """Return that both deny, one by rule and one not, or one without any rule that speaks."""
        written = self.space.script
        neither = written.both(written.negated(before.allows), written.negated(after.allows))
        by_rule = [before.denies_by_rule, after.denies_by_rule]
        other = written.negated(written.same(*by_rule))
        if before.found.spoken_of != after.found.spoken_of:
            other = written.either(other, written.negated(written.either(*by_rule)))
        return written.both(neither, other)
