"""When differences of random pairs of small policies are met, as it is told and as asking every request shows it.

The long run:  python -m tests.properties.told_pairs --seed 1 --pairs 1000
"""

import sys
from collections.abc import Callable, Iterator
from itertools import product
from random import Random

from pdp.analysis.changes import Comparison, Difference
from pdp.analysis.kinds import Kind, kind_of
from pdp.analysis.told_when import NOTHING_WAS_LEFT, OTHER_DUTIES, OTHER_SENTENCES, SOMETHING_IS_LEFT, ToldWhen
from pdp.analysis.when import Clue, When
from pdp.conditions import Evaluator
from pdp.core.circumstances import Circumstances
from pdp.core.request import Request
from pdp.deciding import decide
from pdp.policy_set import PolicySet
from tests.builders import NOON
from tests.properties.policy_pairs import (
    CATEGORIES,
    PURPOSES,
    Grid,
    Point,
    a_grid,
    a_pair,
    long_run,
    requests,
    the_comparison,
)

IN_OTHER_WORDS = frozenset({SOMETHING_IS_LEFT, NOTHING_WAS_LEFT, OTHER_DUTIES, OTHER_SENTENCES})
"""What no condition says: where it is told, nothing but the rest is looked at."""


def untold(seed: int, make: Callable[[Comparison], ToldWhen] = ToldWhen) -> str | None:
    """Return a request that is answered otherwise than it is told of one random pair, None when there is none."""
    random = Random(seed)
    grid = a_grid(random)
    before, after = a_pair(random, grid.conditions)
    comparison = the_comparison(before, after)
    told = dict(_told(comparison, make(comparison), grid))
    named = {name for policy in (before, after) for rule in policy.rules.values() for name in rule.conditions}
    for roles, request in requests(grid.roles, grid.actions, named):
        words = request.action, request.resource.type, request.purpose
        met = kind_of(decide(before, request, (), NOON), decide(after, request, (), NOON))
        for kind in Kind:
            when = told.get((roles, *words, kind))
            trouble = _trouble(when, request, before, is_met=met is kind)
            if trouble:
                return f"seed {seed}: {trouble}, {kind} by {sorted(roles)} {words}: {when.said.en if when else None}"
    return None


def _trouble(when: When | None, request: Request, policy: PolicySet, *, is_met: bool) -> str:
    holding = [] if when is None else [clues for clues in when.alternatives if _holds(clues, request, policy)]
    if is_met and not holding and (when is None or when.complete):
        return "not told"
    if not is_met and any(IN_OTHER_WORDS.isdisjoint(clues) for clues in holding):
        return "told and not met"
    return ""


def _holds(clues: tuple[Clue, ...], request: Request, policy: PolicySet) -> bool:
    circumstances = Circumstances(request, (), NOON, policy.hierarchies, policy.granting)
    evaluator = Evaluator(policy.conditions, circumstances)
    return all(evaluator.named(each.condition).outcome in each.outcomes for each in clues if each not in IN_OTHER_WORDS)


def _told(comparison: Comparison, telling: ToldWhen, grid: Grid) -> Iterator[tuple[Point, When]]:
    first: dict[object, When] = {}
    for difference in comparison.differences():
        key = telling.told_by(difference)
        if key not in first:
            first[key] = telling.when(difference)
        for point in _points(difference, grid):
            yield point, first[key]


def _points(difference: Difference, grid: Grid) -> Iterator[Point]:
    cell, kinds = difference.cell, difference.roles.kinds
    for chosen in product(*[kind.roles for kind in kinds]):
        roles = frozenset(chosen)
        if len(roles) != len(kinds) or roles not in grid.roles:
            continue
        for action, category, purpose in product(cell.actions.words, cell.categories.words, cell.purposes.words):
            if action in grid.actions and category in CATEGORIES and purpose in PURPOSES:
                yield roles, action, category, purpose, difference.kind


if __name__ == "__main__":
    sys.exit(long_run(untold, "Hold what is told against asking every request of a grid.", "told wrongly"))
