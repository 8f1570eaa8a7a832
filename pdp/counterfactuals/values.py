"""Which values a circumstance, or a field of a fact, is worth trying with.

Two values that no condition tells apart are one: of each such class one value is tried. For instants and entities the
pool holds those that are named anywhere, those a term of the policy before and after them, and somebody unnamed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final

from pdp.conditions.expression import (
    Compare,
    CoversCategory,
    HasType,
    Holds,
    Literal,
    Relation,
    Root,
    Shifted,
    Stated,
    Term,
)
from pdp.conditions.finding_values import Frame
from pdp.conditions.shifting import shifted, shifted_back
from pdp.core.entity import Entity
from pdp.core.fact_schema import ValueType
from pdp.core.facts import Value
from pdp.counterfactuals.world import World, satisfied, settable_path

Leaf = Compare | Stated | HasType | Holds | CoversCategory
LEAVES: Final = (Compare, Stated, HasType, Holds, CoversCategory)

SOMETHING: Final = "…"
"""Stands for a text that somebody would have to write."""

_TICK: Final = timedelta(microseconds=1)
_LISTS_COMBINED: Final = 4


def terms_of(leaf: Leaf) -> tuple[Term, ...]:
    """Return the one or two values that *leaf* looks at."""
    if not isinstance(leaf, Compare):
        return (leaf.term,)
    right = leaf.right.term if isinstance(leaf.right, Shifted) else leaf.right
    return (leaf.left, right) if isinstance(right, Term) else (leaf.left,)


class Values:
    """The pools of values for one question; *leaves* are all statements that could matter to it.

    *tried* counts the values that were tried with any of them: the work of a search.
    """

    def __init__(self, world: World, leaves: Iterable[Leaf]) -> None:
        self._world = world
        self._by_place: dict[str, list[Leaf]] = {}
        self._durations: list[Shifted] = []
        for leaf in dict.fromkeys(leaves):
            for term in terms_of(leaf):
                self._by_place.setdefault(place_of(term), []).append(leaf)
            if isinstance(leaf, Compare) and isinstance(leaf.right, Shifted):
                self._durations.append(leaf.right)
        self.tried = 0
        self._settled: dict[str, tuple[Value | None, ...]] = {}
        self._instants: tuple[datetime, ...] | None = None

    def of(self, term: Term, world: World) -> tuple[Value | None, ...]:
        """Return the values to try for *term* in *world*; None stands for a value that is not there."""
        match term.type:
            case ValueType.ENTITY:
                return self._entities(term, world)
            case ValueType.TIMESTAMP:
                return (*self.instants, None)
            case ValueType.INT:
                return (*self._settle(term), *self._beside(term, world))
            case ValueType.CATEGORY if term.is_list:
                return ((world.request.resource.type,), *self._settle(term), None)
            case _:
                return self._settle(term)

    def knows(self, place: str) -> bool:
        """Say whether any statement looks at *place*."""
        return place in self._by_place

    def _settle(self, term: Term) -> tuple[Value | None, ...]:
        """Return one value of each class, for types whose values every statement compares with literals."""
        place = place_of(term)
        if place not in self._settled:
            candidates = _CANDIDATES[term.type](term, self._literals(place))
            if term.is_list:
                candidates = self._lists(term, candidates)
            self._settled[place] = self._told_apart(term, [*candidates, None])
        return self._settled[place]

    def _beside(self, term: Term, world: World) -> list[Value]:
        """Return the numbers around those that *term* is compared with now."""
        others = [other for leaf in self._by_place.get(place_of(term), ()) for other in terms_of(leaf)]
        now = [world.evaluator.value(other, Frame(None)) for other in others if settable_path(other)]
        return sorted({near for at in now if isinstance(at, int) for near in (at - 1, at, at + 1)})

    def _literals(self, place: str) -> list[Value]:
        found: list[Value] = []
        for leaf in self._by_place.get(place, ()):
            if isinstance(leaf, Compare) and isinstance(leaf.right, Literal):
                value = leaf.right.value
                found += value if isinstance(value, tuple) else [value]
        return list(dict.fromkeys(found))

    def _lists(self, term: Term, singles: Sequence[Value]) -> list[Value]:
        """Return the lists that membership can tell apart: what several share, with and without single members."""
        lists: list[tuple[Value, ...]] = []
        for leaf in self._by_place.get(place_of(term), ()):
            if isinstance(leaf, Compare) and leaf.relation is Relation.WITHIN and isinstance(leaf.right, Literal):
                value = leaf.right.value
                if isinstance(value, tuple) and value not in lists:
                    lists.append(value)
        now = self._world.evaluator.value(term, Frame(None)) if settable_path(term) else None
        found: list[tuple[Value, ...]] = []
        sizes = range(1, len(lists) + 1) if len(lists) <= _LISTS_COMBINED else (1, 2, 3, len(lists))
        for size in sizes:
            for several in combinations(lists, size):
                shared = tuple(word for word in several[0] if all(word in other for other in several))
                if isinstance(now, tuple):
                    found.append(tuple(word for word in shared if word in now))
                found.append(shared)
        named = self._single_members(term)
        found += [tuple(word for word in each if word not in named) for each in found]
        found += [(word,) for word in named]
        spoken_of = {*named, *(word for each in lists for word in each)}
        found += [(word,) for word in singles if word not in spoken_of][:1]
        if named:
            found.append(tuple(named))
        if isinstance(now, tuple):
            found += [(*now, word) for word in named if word not in now]
            found.append(tuple(word for word in now if word not in named))
        return [each for each in dict.fromkeys(found) if each]  # type: ignore[misc]  # lists of one type each

    def _single_members(self, term: Term) -> list[Value]:
        leaves = self._by_place.get(place_of(term), ())
        found = [
            leaf.right.value
            for leaf in leaves
            if isinstance(leaf, Compare) and leaf.relation is Relation.INCLUDES and isinstance(leaf.right, Literal)
        ]
        return list(dict.fromkeys(found))

    def _told_apart(self, term: Term, values: Iterable[Value | None]) -> tuple[Value | None, ...]:
        """Return the first value of each class, every value where some statement compares it with another value."""
        leaves = self._by_place.get(place_of(term), ())
        path = settable_path(term)
        if path is None or any(len(terms_of(leaf)) > 1 for leaf in leaves):
            return tuple(dict.fromkeys(values))
        frame, evaluator = self._world.outermost, self._world.evaluator
        found: dict[tuple[object, ...], Value | None] = {}
        for value in values:
            classed = tuple(evaluator.supposing({path: value}, leaf, frame) for leaf in leaves)
            found.setdefault(classed, value)
        return tuple(found.values())

    @property
    def instants(self) -> tuple[datetime, ...]:
        """Return where comparisons could turn: now, instants that are named, and those a term away, nearest first."""
        if self._instants is None:
            now = self._world.instant
            named = {now, *_instants_of(self._world)}
            reached = set(named)
            for by in self._durations:
                for instant in named:
                    reached |= _a_term_away(instant, by)
            around = {near for at in reached for near in (at - _TICK, at, at + _TICK)}
            self._instants = tuple(sorted(around, key=lambda at: (abs(at - now), at)))
        return self._instants

    def _entities(self, term: Term, world: World) -> tuple[Value | None, ...]:
        place = place_of(term)
        leaves = self._by_place.get(place, ())
        types = [type_ for leaf in leaves if isinstance(leaf, HasType) for type_ in leaf.types]
        unnamed = [world.unnamed(type_, "one") for type_ in dict.fromkeys(("user", *types))]
        literals = [value for value in self._literals(place) if isinstance(value, Entity)]
        pool = tuple(dict.fromkeys([*world.named, *literals, *unnamed]))
        return (*((one,) for one in pool),) if term.is_list else (*pool, None)


def place_of(term: Term) -> str:
    """Return where *term* is looked up: its path, within a fact with its values: kinds of fact share names."""
    return settable_path(term) or (f"{term.path} {term.type} {term.values}" if term.root is Root.FACT else term.path)


def changing(leaf: Leaf, wanted: bool, frame: Frame, world: World, values: Values) -> Iterator[dict[str, Value | None]]:
    """Yield every way to make *leaf* come out as *wanted* by values of the circumstances that it looks at.

    One value suffices wherever any does; otherwise two are changed together.
    """
    paths = {path: term for term in terms_of(leaf) if (path := settable_path(term)) is not None}
    if not paths:
        return
    judge = world.evaluator.supposing
    pools = {path: _in_time(path, values.of(term, world), world) for path, term in paths.items()}
    found = False
    for path, pool in pools.items():
        for value in pool:
            values.tried += 1
            if satisfied(judge({path: value}, leaf, frame), wanted):
                found = True
                yield {path: value}
    if not found and len(paths) == 2:
        (one, firsts), (other, seconds) = pools.items()
        for first in firsts:
            for second in seconds:
                values.tried += 1
                if satisfied(judge({one: first, other: second}, leaf, frame), wanted):
                    yield {one: first, other: second}


def _in_time(path: str, pool: tuple[Value | None, ...], world: World) -> tuple[Value | None, ...]:
    """Leave of the moments of the decision those that are still to come: the past is over."""
    if path != "context.time":
        return pool
    return tuple(sorted(at for at in pool if isinstance(at, datetime) and at > world.instant))


def _instants_of(world: World) -> Iterable[datetime]:
    request = world.request
    sections: tuple[Mapping[str, Value], ...] = (
        request.context,
        request.extra,
        request.resource.properties,
        request.subject_properties,
    )
    for section in sections:
        yield from (value for value in section.values() if isinstance(value, datetime))
    for fact in world.circumstances.facts:
        yield from (bound for bound in (fact.valid_from, fact.valid_until) if bound is not None)
        properties = getattr(fact.kind, "properties", {})
        yield from (value for value in properties.values() if isinstance(value, datetime))


def _a_term_away(instant: datetime, by: Shifted) -> set[datetime]:
    """Return the instants that *by* says after and before *instant*, none where no calendar reaches so far."""
    try:
        return {shifted(instant, by), *shifted_back(instant, by)}
    except (OverflowError, ValueError):
        return set()


def _of_enum(term: Term, literals: Sequence[Value]) -> Sequence[Value]:
    return term.values


def _of_bool(term: Term, literals: Sequence[Value]) -> Sequence[Value]:
    return (True, False)


def _of_int(term: Term, literals: Sequence[Value]) -> Sequence[Value]:
    numbers = [value for value in literals if isinstance(value, int)] or [0]
    return sorted({near for number in numbers for near in (number - 1, number, number + 1) if near >= 0})


def _of_words(term: Term, literals: Sequence[Value]) -> Sequence[Value]:
    return [*literals, SOMETHING]


def _of_roles(term: Term, literals: Sequence[Value]) -> Sequence[Value]:
    return [*literals, *(word for word in ("resident", "learner", "teacher") if word not in literals)]


_CANDIDATES: Final[Mapping[ValueType, Callable[[Term, Sequence[Value]], Sequence[Value]]]] = {
    ValueType.ENUM: _of_enum,
    ValueType.BOOL: _of_bool,
    ValueType.INT: _of_int,
    ValueType.STRING: _of_words,
    ValueType.ROLE: _of_roles,
    ValueType.CATEGORY: _of_roles,
}
