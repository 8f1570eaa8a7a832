"""Which decisions differ between two policies, over the whole space."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from pdp.analysis.allowed_by import AllowedBy, same_duties
from pdp.analysis.bearing_on import BearingOn
from pdp.analysis.by_one_rule import ByOneRule
from pdp.analysis.cells import Cell, Cells, Masks
from pdp.analysis.kinds import BY_ONE_RULE, Kind, kind_of
from pdp.analysis.meanings import Side
from pdp.analysis.narrowing import Narrowing
from pdp.analysis.possible import Possible
from pdp.analysis.roles import MOST_ROLES, RoleKind, RoleSets, apart, role_kinds, role_sets
from pdp.analysis.seeing import StandingsApart, seen_by
from pdp.analysis.shared_work import Progress, each_of
from pdp.analysis.stance import Ground, Stance, Standing, conditions_of, ground, meant
from pdp.core.fact_schema import FactSchema
from pdp.core.request import Request
from pdp.deciding import decide
from pdp.policy_set import Asked, PolicySet
from pdp.space import FALSE, Formula, Holding, Space, Unfolding


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two policies differ: for every set of *roles* and every combination of words of *cell*, in some situations.

    *about* is equal for differences that are alike but for their words and roles.
    """

    kind: Kind
    cell: Cell
    roles: RoleSets
    about: object
    differing: StandingsApart = field(compare=False)

    @property
    def asked(self) -> Asked:
        """Return one of the questions."""
        return self.roles.example, self.cell.actions.first, self.cell.categories.first, self.cell.purposes.first

    @property
    def decisions(self) -> int:
        """Return how many sets of roles and combinations of words it stands for."""
        return self.roles.size * self.cell.size


class Look(Protocol):
    """Says something of differences in the process that finds them."""

    def at(self, differences: Sequence[Difference]) -> Mapping[object, object]:
        """Return what is to be said of those of one cell."""

    def take(self, said: Mapping[Any, Any]) -> None:
        """Keep what was said in another process."""


class Comparison:
    """Compares a policy before an edit with the policy after it, as to *kinds* of differences.

    *jobs* processes share it. Its parts may be done another way by a subclass.
    """

    stance_type: type[Stance] = Stance
    side_type: type[Side] = Side
    narrowing_type: type[Narrowing] = Narrowing
    bearing_type: type[BearingOn] = BearingOn
    possible_type: type[Possible] = Possible
    allowed_by_type: type[AllowedBy] = AllowedBy
    most_roles: int = MOST_ROLES

    def __init__(
        self,
        before: PolicySet,
        after: PolicySet,
        schema: FactSchema,
        kinds: Sequence[Kind] = tuple(Kind),
        jobs: int = 1,
    ) -> None:
        self.jobs = jobs
        self.kinds = tuple(kinds)
        self.space = Space([before, after], schema)
        self.sides = (self.side_type(before, self.space), self.side_type(after, self.space))
        before_side, after_side = self.sides
        self.changed = (before_side.unlike(after_side), after_side.unlike(before_side))
        self._narrowing = tuple(self.narrowing_type(side, self.space) for side in self.sides)
        self.bearing_on = self.bearing_type(self.sides, self.space)
        self._known: dict[object, StandingsApart] = {}
        self._possible = self.possible_type(self.space)
        allowed_by = self.allowed_by_type(self.sides, self.space, self.stance_type)
        self.by_one_rule = ByOneRule(allowed_by, self._possible, self.space)
        self._found: dict[object, Mapping[Kind, bool | None]] = {}

    # --- Looking through the space ------------------------------------------------------------------------------------

    def differences(self, progress: Progress | None = None, look: Look | None = None) -> Iterator[Difference]:
        """Yield every difference, cell by cell, by category, the smaller sets of roles first. Raises UndecidedError.

        *look* is had at those of each kind of cell where they were found: much is known there that is lost elsewhere.
        """
        found: list[tuple[object, Cell]] = []
        first: dict[object, tuple[Cell, tuple[Ground, ...]]] = {}
        # What is found out of a category serves for the next cell of it, in the process that found it out.
        for cell in sorted(Cells(self.sides, self.space), key=lambda each: each.categories.first):
            grounds = self._grounds(cell)
            if any(one.every_bit & bits for one, bits in zip(grounds, self.changed, strict=True)):
                key = self.alike(cell, grounds)
                found.append((key, cell))
                first.setdefault(key, (cell, grounds))
        coming = each_of(partial(self._in_place, look), list(first.values()), self.jobs)
        alike: dict[object, list[Difference]] = {}
        for at, (key, cell) in enumerate(found):
            if progress is not None:
                progress(at, len(found))
            if key not in alike:
                alike[key], said = next(coming)
                if look is not None:
                    look.take(said)
            yield from (replace(one, cell=cell) for one in alike[key])

    def _in_place(
        self, look: Look | None, place: tuple[Cell, tuple[Ground, ...]]
    ) -> tuple[list[Difference], Mapping[object, object]]:
        found = list(self._in_cell(*place))
        return found, {} if look is None else look.at(found)

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
        found: dict[Masks, StandingsApart | None] = {}
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
                    yield Difference(kind, cell, roles, about, differing)
            open_kinds = [kind for kind, is_possible in possible.items() if is_possible is None]
            if open_kinds:
                finer = finer or role_kinds(self.sides, rules, traits)
                for each in apart(roles, finer):
                    about, possible = self._possible_for(cell, each, differing, Holding.ANYHOW)
                    yield from (Difference(kind, cell, each, about, differing) for kind in open_kinds if possible[kind])

    def _apart(self, grounds: Sequence[Ground], speaking: Masks, asked: Asked) -> StandingsApart | None:
        """Return what both sides come to where rules are *speaking*, None where they mean the same.

        Rules that do not bear on how they differ are left out.
        """
        standings: Sequence[Standing] = [one.for_roles(bits) for one, bits in zip(grounds, speaking, strict=True)]
        if self._meant(standings)[0] == self._meant(standings)[1]:
            return None
        standings = self.bearing_on.bearing(asked, standings)
        return self.apart(standings)

    def apart(self, standings: Sequence[Standing]) -> StandingsApart:
        """Return *standings* of both sides with what they mean: the same for all that mean the same."""
        meanings = self._meant(standings)
        known = self._known.get(meanings)
        if known is None:
            rests_on = [conditions_of(side, one) for side, one in zip(self.sides, standings, strict=True)]
            traits = self.space.traits(frozenset().union(*rests_on))
            known = self._known[meanings] = StandingsApart(tuple(standings), meanings, traits)
        return known

    def _meant(self, standings: Sequence[Standing]) -> tuple[object, ...]:
        return tuple(meant(side, one) for side, one in zip(self.sides, standings, strict=True))

    def _possible_for(
        self, cell: Cell, roles: RoleSets, differing: StandingsApart, holding: Holding
    ) -> tuple[object, Mapping[Kind, bool | None]]:
        """Return what is equal for those that differ alike, and which kinds of differences are possible.

        None: it depends on the scopes in which the roles are held.
        """
        asked = (roles.example, cell.actions.first, cell.categories.first, cell.purposes.first)
        about, features = seen_by(self.space, asked, differing, holding)
        key = (about, features, holding)
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = self._kinds(asked, differing, about, holding)
        return about, known

    def _kinds(
        self, asked: Asked, differing: StandingsApart, about: object, holding: Holding
    ) -> Mapping[Kind, bool | None]:
        found: dict[Kind, bool | None] = {}
        for kind in self.kinds:
            if kind in BY_ONE_RULE:
                found[kind] = self.by_one_rule.is_possible(kind, asked, differing, holding, self._was_shown)
                continue
            is_ruled_out = self._possible.is_ruled_out(kind, about, asked)
            if is_ruled_out or (kind is Kind.OBLIGATIONS and same_duties(self.sides, differing.standings)):
                found[kind] = False
                continue
            found[kind] = self._was_shown(kind, asked) or self._possible.is_kind(
                kind, about, asked, lambda: self.opened(asked, differing.standings), holding
            )
        return found

    def _was_shown(self, kind: Kind, asked: Asked) -> bool:
        return self._possible.was_shown(kind, asked, lambda request: self.shows(kind, request))

    def shows(self, kind: Kind, request: Request) -> bool:
        """Say whether the two policies answer *request* differently in that way."""
        if request.time is None:
            raise TypeError(request)
        before, after = (decide(side.policy, request, (), request.time) for side in self.sides)
        return kind_of(before, after) is kind

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

    def _stances(
        self, asked: Asked, standings: Sequence[Standing] | None, question: Unfolding | None = None
    ) -> tuple[Unfolding, Stance, Stance]:
        """Return the question and what each side answers to it."""
        question = question or self.space.unfolding(asked)
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

    def situation(self, difference: Difference) -> Request | None:
        """Return a request that the two policies answer differently in that way."""
        kind, asked, differing = difference.kind, difference.asked, difference.differing
        if kind in BY_ONE_RULE:
            return self.by_one_rule.situation(kind, asked, differing)
        question, formulas = self.opened(asked, differing.standings)
        return question.situation(formulas[kind]())

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
