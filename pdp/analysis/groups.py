"""Differences put together so that a person can read them, each group with a request that shows it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pdp.analysis.boxes import Box, Triple, boxes
from pdp.analysis.cases import Case, cases_of
from pdp.analysis.changes import Comparison, Difference
from pdp.analysis.kinds import Kind
from pdp.analysis.roles import RoleSets
from pdp.analysis.shared_work import Progress
from pdp.analysis.told_when import ToldWhen
from pdp.analysis.when import When
from pdp.analysis.witnesses import Witness, witnessed
from pdp.core.policy import Rule
from pdp.core.request import Request
from pdp.deciding import Answer
from pdp.wire.words import Words

_RuleIds = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Group:
    """Decisions that an edit changes alike.

    *roles* are the smallest sets of roles, any of which is enough; *decisions* counts the sets of these roles and more,
    with each action, category and purpose. *gone* and *come* are the rules that mean something else on the other side,
    or nothing. *before* and *after* are the answers to *witness*.
    """

    kind: Kind
    roles: tuple[tuple[str, ...], ...]
    regions: tuple[Box, ...]
    when: When
    gone: tuple[Rule, ...]
    come: tuple[Rule, ...]
    decisions: int
    witness: Request
    before: Answer
    after: Answer


@dataclass(frozen=True, slots=True)
class _Outline:
    """A group before anything shows it: *first* is one of its differences."""

    kind: Kind
    roles: tuple[tuple[str, ...], ...]
    regions: tuple[Box, ...]
    when: When
    rules: _RuleIds
    decisions: int
    first: Difference


def grouped(comparison: Comparison, words: Words, progress: Progress | None = None) -> tuple[Group, ...]:
    """Return every difference in groups, what is newly allowed first. Raises UndecidedError and UnconfirmedError."""
    telling = ToldWhen(comparison)
    alike: dict[tuple[Kind, _RuleIds, When], list[Case]] = defaultdict(list)
    every = list(cases_of(comparison.differences(progress, telling)))
    telling.tell(comparison.jobs, progress)
    for case in every:
        alike[case.first.kind, _rules(comparison, case.first), telling.when(case.first)].append(case)
    outlines = [
        outline for (kind, rules, when), cases in alike.items() for outline in _by_roles(kind, rules, when, cases)
    ]
    shown = witnessed(comparison, words, [each.first for each in outlines], progress)
    groups = [_group(comparison, *each) for each in zip(outlines, shown, strict=True)]
    return tuple(sorted(groups, key=lambda group: (list(Kind).index(group.kind), -group.decisions, group.roles)))


def _rules(comparison: Comparison, difference: Difference) -> _RuleIds:
    """Return the ids of the rules that speak of a difference on one side, and mean something else on the other."""
    standings = comparison.standings(difference.asked)
    named = []
    for side, standing, changed in zip(comparison.sides, standings, comparison.changed, strict=True):
        bits = standing.speaking
        for _, keeping in standing.keeping:
            bits |= keeping
        named.append(tuple(sorted(rule.id for rule in side.of_bits(bits & changed))))
    return named[0], named[1]


def _by_roles(kind: Kind, rules: _RuleIds, when: When, cases: Iterable[Case]) -> Iterator[_Outline]:
    """Put together the roles for which the same words change."""
    triples: dict[tuple[str, ...], set[Triple]] = defaultdict(set)
    decisions: dict[tuple[str, ...], int] = defaultdict(int)
    first: dict[tuple[str, ...], Difference] = {}
    for case in cases:
        cell = case.first.cell
        combinations = {
            (action, category, purpose)
            for action in cell.actions.words
            for category in cell.categories.words
            for purpose in cell.purposes.words
        }
        names = _role_names(case.first.roles)
        for each in names:
            triples[each] |= combinations
            first.setdefault(each, case.first)
        decisions[names[0]] += case.decisions
    together: dict[frozenset[Triple], list[tuple[str, ...]]] = defaultdict(list)
    for roles, found in triples.items():
        together[frozenset(found)].append(roles)
    for region, roles_of in together.items():
        counted = sum(decisions[roles] for roles in roles_of)
        yield _Outline(kind, tuple(sorted(roles_of)), boxes(region), when, rules, counted, first[roles_of[0]])


def _group(comparison: Comparison, outline: _Outline, shown: Witness) -> Group:
    before, after = (
        tuple(side.policy.rules[id_] for id_ in ids) for side, ids in zip(comparison.sides, outline.rules, strict=True)
    )
    return Group(
        outline.kind,
        outline.roles,
        outline.regions,
        outline.when,
        before,
        after,
        outline.decisions,
        shown.request,
        shown.before,
        shown.after,
    )


def _role_names(sets: RoleSets) -> list[tuple[str, ...]]:
    """Return the sets of roles by their names; of two roles or more, the ones that stand for the others."""
    if len(sets.kinds) == 1:
        return [(role,) for role in sets.kinds[0].roles]
    return [tuple(sorted(sets.example))]
