"""Differences put together so that a person can read them, each group with a request that shows it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pdp.analysis.boxes import Box, Triple, boxes
from pdp.analysis.changes import Comparison, Difference, Progress
from pdp.analysis.kinds import Kind, kind_of
from pdp.analysis.roles import RoleSets
from pdp.analysis.shared_work import each_of
from pdp.analysis.told_when import ToldWhen
from pdp.analysis.when import When
from pdp.core.errors import InvalidRequestError
from pdp.core.policy import Rule
from pdp.core.request import Request
from pdp.deciding import Answer, decide
from pdp.policy_set import PolicySet
from pdp.wire.json_form import check_request_from_dict, message_to_json
from pdp.wire.outgoing import request_to_wire
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words

_RuleIds = tuple[tuple[str, ...], tuple[str, ...]]


class UnconfirmedError(Exception):
    """The two policies answer a witness otherwise than the space says: nothing of the comparison may be relied on."""


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
class _Case:
    """A smallest set of roles for which the decisions of a cell change, and how many sets with more roles do too."""

    first: Difference
    decisions: int


def grouped(comparison: Comparison, words: Words, progress: Progress | None = None) -> tuple[Group, ...]:
    """Return every difference in groups, what is newly allowed first. Raises UndecidedError and UnconfirmedError."""
    by_cell: dict[tuple[int, Kind], list[Difference]] = defaultdict(list)
    for difference in comparison.differences(progress):
        by_cell[id(difference.cell), difference.kind].append(difference)
    every = [case for found in by_cell.values() for case in _smallest(found)]
    telling = ToldWhen(comparison)
    told = _told(telling, [case.first for case in every], comparison.jobs)
    alike: dict[tuple[Kind, _RuleIds, When], list[_Case]] = defaultdict(list)
    for case in every:
        when = told[telling.told_by(case.first)]
        alike[case.first.kind, _rules(comparison, case.first), when].append(case)
    groups = [
        group
        for (kind, rules, when), cases in alike.items()
        for group in _by_roles(comparison, words, kind, rules, when, cases)
    ]
    return tuple(sorted(groups, key=lambda group: (list(Kind).index(group.kind), -group.decisions, group.roles)))


def _smallest(found: Sequence[Difference]) -> list[_Case]:
    """Return the differences of one cell and kind for the smallest sets of roles, with what becomes of the others."""
    smallest: list[Difference] = []
    more: dict[int, list[Difference]] = defaultdict(list)
    for one in sorted(found, key=lambda each: len(each.roles.kinds)):
        below = next((each for each in smallest if one.roles.holds(each.roles)), None)
        if below is None:
            smallest.append(one)
        else:
            more[id(below)].append(one)
    return [_Case(each, each.decisions + sum(o.decisions for o in more[id(each)])) for each in smallest]


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


def _told(telling: ToldWhen, differences: Iterable[Difference], jobs: int) -> Mapping[object, When]:
    """Return when *differences* are met, by what tells them apart."""
    first: dict[object, Difference] = {}
    for each in differences:
        first.setdefault(telling.told_by(each), each)
    return dict(zip(first, each_of(telling.when, list(first.values()), jobs), strict=True))


def _by_roles(
    comparison: Comparison,
    words: Words,
    kind: Kind,
    rules: _RuleIds,
    when: When,
    cases: Iterable[_Case],
) -> list[Group]:
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
    made = []
    for region, roles_of in together.items():
        witness, before, after = witnessed(comparison, words, first[roles_of[0]])
        made.append(
            Group(
                kind,
                tuple(sorted(roles_of)),
                boxes(region),
                when,
                tuple(comparison.sides[0].policy.rules[id_] for id_ in rules[0]),
                tuple(comparison.sides[1].policy.rules[id_] for id_ in rules[1]),
                sum(decisions[roles] for roles in roles_of),
                witness,
                before,
                after,
            )
        )
    return made


def _role_names(sets: RoleSets) -> list[tuple[str, ...]]:
    """Return the sets of roles by their names; of two roles or more, the ones that stand for the others."""
    if len(sets.kinds) == 1:
        return [(role,) for role in sets.kinds[0].roles]
    return [tuple(sorted(sets.example))]


def witnessed(comparison: Comparison, words: Words, difference: Difference) -> tuple[Request, Answer, Answer]:
    """Return a request that shows *difference*, as it reads back from the wire, with both answers to it.

    Raises UnconfirmedError when it shows something else.
    """
    imagined = comparison.situation(difference)
    if imagined is None:
        raise UnconfirmedError(f"no request shows {difference.kind} at {difference.asked}")
    declared = comparison.sides[1].policy.declared
    written = message_to_json(request_to_wire(imagined))
    try:
        request = request_from_wire(check_request_from_dict(written), words, declared={imagined.operator: declared})
    except InvalidRequestError as error:
        raise UnconfirmedError(
            f"a request for {difference.kind} at {difference.asked} cannot be sent: {error}"
        ) from error
    before, after = (_answer(side.policy, request) for side in comparison.sides)
    if kind_of(before, after) is not difference.kind:
        raise UnconfirmedError(f"a request for {difference.kind} at {difference.asked} shows {kind_of(before, after)}")
    return request, before, after


def _answer(policy: PolicySet, request: Request) -> Answer:
    if request.time is None:
        raise TypeError(request)
    return decide(policy, request, (), request.time)
