"""Whether something is allowed on one side alone: asked of each allow rule, and of each part once."""

from collections.abc import Callable, Iterable

from pdp.analysis.allowed_by import AllowedBy, Part, Parts
from pdp.analysis.kinds import Kind
from pdp.analysis.meanings import Side
from pdp.analysis.possible import Opened, Possible
from pdp.analysis.seeing import StandingsApart, seen_by
from pdp.analysis.stance import Standing, conditions_of, meant
from pdp.core.request import Request
from pdp.policy_set import Asked
from pdp.space import Formula, Holding, Space, Unfolding

WasShown = Callable[[Kind, Asked], bool]
"""Whether a request that was found for another question shows that kind of difference for this one."""


class ByOneRule:
    """Asks what *possible* knows of a space about the parts of two sides (INVARIANT by one rule), and keeps it."""

    def __init__(self, allowed_by: AllowedBy, possible: Possible, space: Space) -> None:
        self._allowed_by = allowed_by
        self._possible = possible
        self._space = space
        self._parts: dict[object, tuple[Parts, ...]] = {}
        self._apart: dict[tuple[Kind, Part], StandingsApart] = {}
        self._found: dict[object, bool | None] = {}
        self._emptied: dict[object, bool] = {}

    def is_possible(
        self, kind: Kind, asked: Asked, differing: StandingsApart, holding: Holding, was_shown: WasShown
    ) -> bool | None:
        """Say whether *kind* is met, newly allowed or newly denied; None where it is, but not in any scope.

        Raises UndecidedError.
        """
        left = []
        for parts in self.parts(kind, asked, differing):
            known = self._known_of(kind, asked, parts, holding)
            if known is True:
                return True
            if known is not False:
                left.append(parts)
        if not left:
            return False
        return was_shown(kind, asked) or self._one_of(kind, asked, left, holding)

    def situation(self, kind: Kind, asked: Asked, differing: StandingsApart) -> Request | None:
        """Return a request that shows *kind*, None where there is none. Raises UndecidedError."""
        for parts in self.parts(kind, asked, differing):
            if self.is_met(kind, asked, parts.whole) is False:
                continue
            for way in parts.ways:
                question, formula = self.opened(kind, asked, way)
                found = question.situation(formula)
                if found is not None:
                    return found
        return None

    def parts(self, kind: Kind, asked: Asked, differing: StandingsApart) -> tuple[Parts, ...]:
        """Return the parts of *differing*: *kind* is met where a way of one of them is, and nowhere else."""
        key = (kind, differing.meanings, asked[2] if any(one.keeping for one in differing.standings) else "")
        if key not in self._parts:
            self._parts[key] = tuple(self._allowed_by.parts(kind, differing.standings, asked[2]))
        return self._parts[key]

    def is_met(self, kind: Kind, asked: Asked, part: Part, holding: Holding = Holding.ANYHOW) -> bool | None:
        """Say whether *part* is possible; None where it is, but not in any scope. Raises UndecidedError."""
        place = self.place_of(kind, asked, part, holding)
        if place not in self._found:
            self._found[place] = self._possible.is_kind(
                kind, place[1], asked, lambda: self._opened(kind, asked, part), holding
            )
        return self._found[place]

    def is_met_anyhow(self, kind: Kind, asked: Asked, parts: Parts) -> bool:
        """Say whether *parts* are met in any situation of the question. Raises UndecidedError."""
        for holding in (Holding.IN_SCOPES, Holding.ANYHOW):
            # What is met where every scope is named is met; what is not met anywhere there is met nowhere.
            known = self._known_of(kind, asked, parts, holding)
            if known is not None:
                return known
        return bool(self._one_of(kind, asked, [parts], Holding.ANYHOW))

    def may_be_emptied(self, kind: Kind, asked: Asked, parts: Parts) -> bool:
        """Say whether the whole of *parts* may be met though nothing is left of it. Raises UndecidedError."""
        if not parts.keeping.keeping:
            return False
        place = (self.place_of(kind, asked, parts.outright, Holding.ANYHOW)[:2], parts.keeping, asked[2])
        if place not in self._emptied:
            question, formula = self._allowed_by.emptied(kind, asked, parts)
            self._emptied[place] = question.is_conceivable(formula)
        return self._emptied[place]

    def _one_of(self, kind: Kind, asked: Asked, left: Iterable[Parts], holding: Holding) -> bool | None:
        found: bool | None = False
        for parts in left:
            if self.is_met(kind, asked, parts.whole, holding) is False:
                continue
            for way in parts.ways:
                is_possible = self.is_met(kind, asked, way, holding)
                if is_possible:
                    return True
                found = None if is_possible is None else found
        return found

    def _known_of(self, kind: Kind, asked: Asked, parts: Parts, holding: Holding) -> bool | None:
        """Say whether *parts* are met, None where that was not found before."""
        places = [self.place_of(kind, asked, each, holding) for each in (parts.whole, *parts.ways)]
        whole, *ways = (self._found.get(place) for place in places)
        if whole is False or all(each is False for each in ways):
            return False
        return True if any(ways) else None

    def place_of(self, kind: Kind, asked: Asked, part: Part, holding: Holding) -> tuple[Kind, object, object, Holding]:
        """Return what is equal for questions of which *part* is possible alike."""
        differing = self._apart.get((kind, part))
        if differing is None:
            differing = self._apart[kind, part] = self._standings_apart(kind, part)
        about, features = seen_by(self._space, asked, differing, holding)
        # The same two standings allow on one side what the other does not, or the other way about.
        return kind, (kind, about), features, holding

    def _standings_apart(self, kind: Kind, part: Part) -> StandingsApart:
        sides, standings = zip(*self.standings(kind, part), strict=True)
        meanings = tuple(meant(side, one) for side, one in zip(sides, standings, strict=True))
        rests_on = [conditions_of(side, one) for side, one in zip(sides, standings, strict=True)]
        return StandingsApart(standings, (part.reason, *meanings), self._space.traits(frozenset().union(*rests_on)))

    def standings(self, kind: Kind, part: Part) -> tuple[tuple[Side, Standing], ...]:
        """Return the side that allows and the other, each with the rules of *part*."""
        allows, other = self._allowed_by.sides(kind)
        return (allows, part.allowing), (other, part.other)

    def opened(self, kind: Kind, asked: Asked, part: Part) -> tuple[Unfolding, Formula]:
        """Return the question of *part*, and that it is met."""
        return self._allowed_by.opened(kind, asked, part)

    def _opened(self, kind: Kind, asked: Asked, part: Part) -> Opened:
        question, formula = self.opened(kind, asked, part)
        return question, {kind: lambda: formula}
