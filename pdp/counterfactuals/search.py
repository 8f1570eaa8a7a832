"""Looks for the smallest sets of changes that make a denial an allow, or for the proof that there is none.

Each allow rule for the action, category and purpose is followed by itself: whatever it needs is brought about one step
at a time, the set that promises to end soonest first. Every set found is tried by deciding again, and so is each of its
proper subsets. Where every set has been followed to its end without an allow, nothing would help.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations, count
from math import inf
from typing import Final

from pdp.core.decision import Cause
from pdp.core.explanation import SearchOutcome
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.policy import Rule
from pdp.core.request import Request
from pdp.counterfactuals.requirements import Footprints, Needs, leaves_that_matter, next_steps
from pdp.counterfactuals.steps import TIME, Add, End, Meet, Step
from pdp.counterfactuals.values import Values
from pdp.counterfactuals.ways import NARROW, WIDE, Ways, Width
from pdp.counterfactuals.world import World
from pdp.policy_set import PolicySet

SHOWN: Final = 5
"""So many sets are looked for."""

WORTH: Final = 2.0
"""Once something is found, what promises to need so much more than the smallest is not looked for."""

LONGEST: Final = 9
"""No set has more changes than this; each of its subsets is decided."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a search may do: so many *worlds*, sets of changes, are looked at, so many *values* tried in them."""

    worlds: int = 250
    values: int = 8_000


@dataclass(frozen=True, slots=True)
class FoundChanges:
    """What a search came to. *sets* are minimal and were tried; *blockers* the rules for which nothing helps.

    *worlds* counts the sets that were looked at, *followed* the allow rules that were.
    """

    outcome: SearchOutcome
    sets: tuple[tuple[Step, ...], ...]
    blockers: tuple[Rule, ...] = ()
    worlds: int = 0
    followed: int = 0


def find_changes(
    policy: PolicySet, request: Request, stored: tuple[Fact, ...], at: datetime, budget: Budget | None = None
) -> FoundChanges:
    """Return what would make a denial of *request* an allow; *stored* holds every stored fact that could matter.

    An answer that failed is not searched for: nobody can say what it would be.
    """
    world = World(policy, request, stored, at)
    if world.answer.allowed:
        return FoundChanges(SearchOutcome.NOT_SEARCHED, ())
    if world.answer.cause is Cause.ERROR or world.judgement is None:
        return FoundChanges(SearchOutcome.FAILED, ())
    if world.answer.cause is Cause.SILENT and not policy.residuals.speaks(world.judgement.asked):
        return FoundChanges(SearchOutcome.NOTHING, ())
    budget = budget or Budget()
    quick = _Search(world, NARROW, budget)
    found = quick.run()
    left = Budget(budget.worlds - found.worlds, budget.values - quick.values_tried)
    if found.outcome is not SearchOutcome.BOUNDED or min(left.worlds, left.values) <= 0:
        return found
    # Nothing was found, and something was left out: it is worth being thorough.
    thorough = _Search(world, WIDE, left).run()
    return replace(thorough, worlds=found.worlds + thorough.worlds)


class _Search:
    """One search: sets of steps still to be looked at, by how many changes they promise to need."""

    def __init__(self, world: World, width: Width, budget: Budget) -> None:
        self._world = world
        self._width = width
        self._budget = budget
        self._values = Values(world, leaves_that_matter(world))
        self._footprints = Footprints(world.policy)
        self._open: list[tuple[float, int, Rule, tuple[Step, ...]]] = []
        self._order = count()
        self._seen: set[tuple[str, frozenset[str]]] = set()
        self._needs: dict[frozenset[str], Needs] = {}
        self._found: dict[frozenset[str], tuple[Step, ...]] = {}
        self._shapes: set[frozenset[tuple[object, ...]]] = set()
        self._blockers: dict[str, Rule] = {}
        self._looked = 0
        self._worth = inf
        self._cut = False

    def run(self) -> FoundChanges:
        """Look until SHOWN sets are found, nothing is left to look at, or no more may be looked at."""
        judgement = self._world.judgement
        near_rules = judgement.policy.residuals.near(judgement.asked).rules if judgement else ()
        followed = [near for near in near_rules if not near.outside]
        for near in followed:
            self._push(near.rule, (), near.lacks)
        while self._open and len(self._found) < SHOWN:
            if self._looked >= self._budget.worlds or self._values.tried >= self._budget.values:
                self._cut = True
                break
            promised, _, rule, steps = heapq.heappop(self._open)
            if promised > self._worth:
                break
            self._look_at(rule, steps)
        blockers = tuple(self._blockers.values())
        return FoundChanges(self._outcome(), self._sorted(), blockers, self._looked, len(followed))

    @property
    def values_tried(self) -> int:
        """Return how many values were tried."""
        return self._values.tried

    def _outcome(self) -> SearchOutcome:
        if self._found:
            return SearchOutcome.FOUND
        # INVARIANT (proof): only what was followed to its end, with nothing left out, proves anything.
        return SearchOutcome.BOUNDED if self._cut else SearchOutcome.NOTHING

    def _sorted(self) -> tuple[tuple[Step, ...], ...]:
        sets = sorted(self._found.values(), key=lambda steps: (_weight(steps), len(steps)))
        return tuple(sets[:SHOWN])

    def _push(self, rule: Rule, steps: tuple[Step, ...], missing: int) -> None:
        keys = frozenset(step.key for step in steps)
        if (rule.id, keys) not in self._seen:
            self._seen.add((rule.id, keys))
            heapq.heappush(self._open, (_weight(steps) + missing, next(self._order), rule, steps))

    def _look_at(self, rule: Rule, steps: tuple[Step, ...]) -> None:
        keys = frozenset(step.key for step in steps)
        # Whatever holds a set that suffices is not minimal, and another that reads alike tells nothing new.
        if any(found <= keys for found in self._found) or _shape(steps) in self._shapes:
            return
        self._looked += 1
        needs = self._needs_in(steps, keys)
        world = needs.world
        if world.is_allowed:
            minimal = self._minimal(steps)
            if _shape(minimal) not in self._shapes:
                self._shapes.add(_shape(minimal))
                self._found[frozenset(step.key for step in minimal)] = minimal
            self._worth = min(self._worth, _weight(minimal) + WORTH)
            return
        # A change that makes deciding fail leads nowhere that could be judged, and none is longer than that.
        failed = world.judgement is None or world.answer.cause is Cause.ERROR or world.answer.allowed
        if failed or len(steps) == LONGEST:
            self._cut = True
            return
        known = self._needs_in((), frozenset()).counts if steps else None
        then = next_steps(rule, needs, frozenset(step.slot for step in steps), known)
        self._cut = self._cut or then.dropped or needs.ways.cut
        if then.blocker is not None and not steps:
            self._blockers.setdefault(then.blocker.id, then.blocker)
        for step in then.steps.values():
            self._push(rule, (*steps, step), then.missing - 1)

    def _needs_in(self, steps: tuple[Step, ...], keys: frozenset[str]) -> Needs:
        """Return what is needed once *steps* are done."""
        found = self._needs.get(keys)
        if found is None:
            world = self._world.after(steps) if steps else self._world
            before = self._needs.get(frozenset(step.key for step in steps[:-1])) if steps else None
            ways = Ways(world, self._values, self._width)
            found = self._needs[keys] = Needs(world, ways, self._footprints, before)
        return found

    def _minimal(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return the smallest part of *steps* that allows: of the smallest the first."""
        for size in range(1, len(steps)):
            for part in combinations(steps, size):
                if self._world.after(part).is_allowed:
                    return part
        return steps


def _shape(steps: Iterable[Step]) -> frozenset[tuple[object, ...]]:
    """Return what tells sets of steps apart for a reader: whose role, consent or ground, not each of its details."""
    return frozenset(_shape_of(step) for step in steps)


def _shape_of(step: Step) -> tuple[object, ...]:
    if isinstance(step, Meet):
        return (step.path, None if isinstance(step.value, tuple) else step.value)
    what, kind = type(step), step.fact.kind
    match kind:
        case RoleAssignment():
            return (what, kind.subject, kind.role)
        case Consent():
            return (what, kind.data_subject, kind.given_by, kind.status)
        case Ground():
            # One that is there already is another thing than a new one.
            return (what, kind.kind, step.slot[0] == "ground", kind.beneficiary, kind.data_subject)
        case Containment():
            return (what, kind.entity, kind.container.type)


def _weight(steps: Iterable[Step]) -> float:
    """Say how much is asked for: each change once, and a little more for what is less likely to be meant."""
    return sum(_weight_of(step) for step in steps)


def _weight_of(step: Step) -> float:
    match step:
        case Meet(path=path, value=value):
            return 1.2 if path == TIME else 1.0 if value is not None else 1.1
        case Add(fact=fact):
            return 3.0 if isinstance(fact.kind, Containment) else 1.0
        case End(fact=fact):
            return 2.0 if isinstance(fact.kind, RoleAssignment) else 1.3
