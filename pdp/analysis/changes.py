"""Which decisions differ between two policies, over the whole space."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, Final

from pdp.analysis.bearing_on import BearingOn
from pdp.analysis.cells import Cell, Cells, Masks
from pdp.analysis.meanings import Side
from pdp.analysis.narrowing import Narrowing
from pdp.analysis.roles import MOST_ROLES, RoleKind, RoleSets, apart, feature_of, role_kinds, role_sets
from pdp.analysis.seeing import view_of
from pdp.analysis.shared_work import each_of
from pdp.analysis.stance import Ground, Stance, Standing, conditions_of, ground, meant
from pdp.analysis.when import Telling, When
from pdp.core.fact_schema import FactSchema
from pdp.core.request import Request
from pdp.core.role_holding import DATA_SUBJECT
from pdp.policy_set import Asked, PolicySet
from pdp.space import FALSE, Formula, Holding, Outcomes, Space, Traits, Unfolding


class Kind(StrEnum):
    """What an edit does to a decision; the first that fits."""

    NEWLY_ALLOWED = "newly-allowed"
    NEWLY_DENIED = "newly-denied"
    OBLIGATIONS = "obligations-changed"
    REASONS = "reasons-changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two policies differ: for every set of *roles* and every combination of words of *cell*, in some situations.

    *about* is equal for differences that are alike but for their words and roles.
    """

    kind: Kind
    cell: Cell
    roles: RoleSets
    about: object

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


_LOOKED_AT: Final = 8
"""So many requests that were found or met last are tried before the solver is asked."""


@dataclass(frozen=True, slots=True)
class _Apart:
    """The standings of both sides where they mean something else, what each means, and what conditions look at."""

    standings: tuple[Standing, ...]
    meanings: tuple[object, ...]
    traits: Traits


class Comparison:
    """Compares a policy before an edit with the policy after it, as to *kinds* of differences.

    *jobs* processes share it. Its parts may be done another way by a subclass.
    """

    stance_type: type[Stance] = Stance
    side_type: type[Side] = Side
    narrowing_type: type[Narrowing] = Narrowing
    bearing_type: type[BearingOn] = BearingOn
    most_roles: int = MOST_ROLES

    def __init__(
        self,
        before: PolicySet,
        after: PolicySet,
        schema: FactSchema,
        kinds: Sequence[Kind] = tuple(Kind),
        jobs: int = 1,
    ) -> None:
        self._jobs = jobs
        self.kinds = tuple(kinds)
        self.space = Space([before, after], schema)
        self.sides = (self.side_type(before, self.space), self.side_type(after, self.space))
        before_side, after_side = self.sides
        self.changed = (before_side.unlike(after_side), after_side.unlike(before_side))
        self._narrowing = tuple(self.narrowing_type(side, self.space) for side in self.sides)
        self._bearing_on = self.bearing_type(self.sides, self.space)
        self.telling = Telling(self.space)
        self.told: dict[object, When] = {}
        """By what tells differences apart (`told_by`), the situations in which they are met."""
        self._known: dict[object, _Apart] = {}
        self._possible: dict[object, Mapping[Kind, bool | None]] = {}
        self._opened: dict[object, tuple[Unfolding, Mapping[Kind, Callable[[], Formula]]]] = {}
        """Questions that were asked, with what says that sides differ so."""
        self._conceivable: dict[object, bool] = {}
        """Whether it can be, if conditions that look for facts come to anything."""
        self._for_somebody: dict[object, bool] = {}
        """Whether somebody can bring it about, who is the data subject or is not."""
        self._met: dict[Kind, deque[tuple[Request, Outcomes]]] = {kind: deque(maxlen=_LOOKED_AT) for kind in Kind}

    # --- Looking through the space ------------------------------------------------------------------------------------

    def differences(self, progress: Progress | None = None) -> Iterator[Difference]:
        """Yield every difference, cell by cell, the smaller sets of roles first. Raises UndecidedError."""
        found: list[tuple[object, Cell]] = []
        first: dict[object, tuple[Cell, tuple[Ground, ...]]] = {}
        for cell in Cells(self.sides, self.space):
            grounds = self._grounds(cell)
            if any(one.every_bit & bits for one, bits in zip(grounds, self.changed, strict=True)):
                key = self.alike(cell, grounds)
                found.append((key, cell))
                first.setdefault(key, (cell, grounds))
        coming = each_of(self._in_place, list(first.values()), self._jobs)
        alike: dict[object, list[Difference]] = {}
        for at, (key, cell) in enumerate(found):
            if progress is not None:
                progress(at, len(found))
            if key not in alike:
                alike[key] = next(coming)
            yield from (replace(one, cell=cell) for one in alike[key])

    def _in_place(self, place: tuple[Cell, tuple[Ground, ...]]) -> list[Difference]:
        return list(self._in_cell(*place))

    def alike(self, cell: Cell, grounds: tuple[Ground, ...]) -> object:
        """Return what the differences of *cell* rest on, where the rules of *grounds* matter: equal for cells alike."""
        return grounds, cell.features

    def _grounds(self, cell: Cell) -> tuple[Ground, ...]:
        words = (cell.actions.first, cell.categories.first, cell.purposes.first)
        return tuple(
            narrowing.without_idle(ground(side, *words))
            for side, narrowing in zip(self.sides, self._narrowing, strict=True)
        )

    def _in_cell(self, cell: Cell, grounds: tuple[Ground, ...]) -> Iterator[Difference]:
        rests_on = [conditions_of(side, one.for_roles(-1)) for side, one in zip(self.sides, grounds, strict=True)]
        traits = self.space.traits(frozenset().union(*rests_on))
        rules = tuple(one.every_bit for one in grounds)
        words = (cell.actions.first, cell.categories.first, cell.purposes.first)
        # Where an allow rule speaks on one side alone, the cause of a denial changes for everybody.
        for_all = grounds[0].spoken_of is not grounds[1].spoken_of and Kind.REASONS in self.kinds
        kinds = role_kinds(self.sides, rules, traits, in_scopes=True)
        finer: tuple[RoleKind, ...] = ()
        found: dict[Masks, _Apart | None] = {}
        for roles in role_sets(kinds, self.most_roles):
            speaking = roles.rules
            if not for_all and not any(bits & gone for bits, gone in zip(speaking, self.changed, strict=True)):
                continue
            if speaking not in found:
                found[speaking] = self._apart(grounds, speaking, (roles.example, *words))
            differing = found[speaking]
            if differing is None:
                continue
            about, possible = self._possible_for(cell, roles, differing, Holding.IN_SCOPES)
            for kind, is_possible in possible.items():
                if is_possible:
                    yield Difference(kind, cell, roles, about)
            open_kinds = [kind for kind, is_possible in possible.items() if is_possible is None]
            if open_kinds:
                finer = finer or role_kinds(self.sides, rules, traits)
                for each in apart(roles, finer):
                    about, possible = self._possible_for(cell, each, differing, Holding.ANYHOW)
                    yield from (Difference(kind, cell, each, about) for kind in open_kinds if possible[kind])

    def _apart(self, grounds: Sequence[Ground], speaking: Masks, asked: Asked) -> "_Apart | None":
        """Return what both sides come to where rules are *speaking*, None where they mean the same.

        Rules that do not bear on how they differ are left out.
        """
        standings: Sequence[Standing] = [one.for_roles(bits) for one, bits in zip(grounds, speaking, strict=True)]
        if self._meant(standings)[0] == self._meant(standings)[1]:
            return None
        standings = self._bearing_on.bearing(asked, standings)
        meanings = self._meant(standings)
        known = self._known.get(meanings)
        if known is None:
            rests_on = [conditions_of(side, one) for side, one in zip(self.sides, standings, strict=True)]
            traits = self.space.traits(frozenset().union(*rests_on))
            known = self._known[meanings] = _Apart(tuple(standings), meanings, traits)
        return known

    def _meant(self, standings: Sequence[Standing]) -> tuple[object, ...]:
        return tuple(meant(side, one) for side, one in zip(self.sides, standings, strict=True))

    def _possible_for(
        self, cell: Cell, roles: RoleSets, differing: "_Apart", holding: Holding
    ) -> tuple[object, Mapping[Kind, bool | None]]:
        """Return what is equal for those that differ alike, and which kinds of differences are possible.

        None: it depends on the scopes in which the roles are held.
        """
        asked = (roles.example, cell.actions.first, cell.categories.first, cell.purposes.first)
        traits, in_scopes = differing.traits, holding is Holding.IN_SCOPES
        view = view_of(self.space, asked, traits, narrow=any(one.keeping for one in differing.standings))
        vocabulary, hierarchies = self.space.vocabulary, self.space.hierarchies
        features = frozenset(
            feature_of(role, traits, vocabulary, hierarchies, in_scopes=in_scopes) for role in asked[0]
        )
        about = (differing.meanings, view)
        key = (about, features, holding)
        known = self._possible.get(key)
        if known is None:
            known = self._possible[key] = self._kinds(asked, differing.standings, about, holding)
        return about, known

    def _kinds(
        self, asked: Asked, standings: Sequence[Standing], about: object, holding: Holding
    ) -> Mapping[Kind, bool | None]:
        place = (about, asked[2])
        if place in self._opened:
            first, formulas = self._opened[place]
            question = first.by(asked)
        else:
            question, says = self.opened(asked, standings)
            formulas = {kind: cache(formula) for kind, formula in says.items()}
            self._opened[place] = question, formulas
        found: dict[Kind, bool | None] = {}
        for kind in self.kinds:
            if (kind, about) not in self._conceivable:
                self._conceivable[kind, about] = question.is_conceivable(formulas[kind]())
            found[kind] = self._conceivable[kind, about] and self._is_possible(
                question, (kind, about), formulas[kind](), holding
            )
        return found

    def _is_possible(
        self, question: Unfolding, place: tuple[Kind, object], formula: Formula, holding: Holding
    ) -> bool | None:
        """Say whether there is such a situation; None where there is one for somebody, but not in any scope."""
        for_somebody = (place, DATA_SUBJECT in question.asked[0])
        if not self._for_somebody.get(for_somebody, True):
            return False
        if self._was_met(question, place[0], formula):
            return True
        if holding is Holding.IN_SCOPES:
            if for_somebody not in self._for_somebody:
                self._for_somebody[for_somebody] = question.sought(formula, Holding.ANYBODY) is not None
            # What cannot be however other roles are held cannot be in any scope: most often that answers both.
            if not self._for_somebody[for_somebody] or question.sought(formula, Holding.LOOSELY) is None:
                return False
        request = question.sought(formula, holding)
        if request is None:
            return None if holding is Holding.IN_SCOPES else False
        self._met[place[0]].appendleft((request, {}))
        return True

    def _was_met(self, question: Unfolding, kind: Kind, formula: Formula) -> bool:
        """Say whether a request that was found for another question shows the same for this one."""
        met = self._met[kind]
        for one in tuple(met):
            request, outcomes = one
            recast = self.space.recast(request, question.asked)
            if recast is not None and question.holds_in(formula, recast, outcomes):
                met.remove(one)
                met.appendleft(one)
                return True
        return False

    # --- One question -------------------------------------------------------------------------------------------------

    def opened(
        self, asked: Asked, standings: Sequence[Standing] | None = None
    ) -> tuple[Unfolding, dict[Kind, Callable[[], Formula]]]:
        """Return the question, and for each kind the formula that says that the policies differ so."""
        question, before, after = self._stances(asked, standings)
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

    def _stances(self, asked: Asked, standings: Sequence[Standing] | None) -> tuple[Unfolding, Stance, Stance]:
        """Return the question and what each side answers to it."""
        question = self.space.unfolding(asked)
        before, after = (
            self.stance_type(side, one, question, self.space)
            for side, one in zip(self.sides, standings or self.standings(asked), strict=True)
        )
        return question, before, after

    def standings(self, asked: Asked) -> list[Standing]:
        """Return the rules of both sides that matter to a question."""
        found = []
        for side, narrowing in zip(self.sides, self._narrowing, strict=True):
            held = 0
            for role in asked[0]:
                held |= side.roles[role]
            found.append(narrowing.without_idle(ground(side, *asked[1:])).for_roles(held))
        return found

    def told_by(self, difference: Difference) -> object:
        """Return what tells differences apart as to when they are met: the roles by the data subject's alone."""
        return difference.kind, difference.about, DATA_SUBJECT in difference.asked[0]

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
