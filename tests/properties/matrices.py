"""The matrix of a small policy against asking the decision point every request of a grid."""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from random import Random
from typing import Final

from pdp.analysis.matrix import SILENCE, Bearing, Entry, Matrix, Permission
from pdp.conditions import Evaluator
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Decision, Outcome
from pdp.core.request import Request
from pdp.core.vocabulary import WordKind
from pdp.deciding.obligations import LEAVE_OUT
from pdp.policy_set import PolicySet
from tests.builders import NOON, a_decision_point, the_words
from tests.properties.policy_pairs import ACTIONS, CATEGORIES, PURPOSES, ROLES, a_grid, a_pair, requests

Place = tuple[str, str, str, str]
"""A role, an action, a category and a purpose."""
MatrixMaker = Callable[[PolicySet], Matrix]


def the_matrix(policy: PolicySet) -> Matrix:
    """Return the matrix of a policy."""
    return Matrix(policy, the_words().schema)


def entries(matrix: Matrix) -> Mapping[Place, Entry]:
    """Return what the matrix says of each place of the grid."""
    found: dict[Place, Entry] = {}
    for cell, row in matrix.rows():
        words = (set(cell.actions.words), set(cell.categories.words), set(cell.purposes.words))
        triples = [
            triple
            for triple in product(ACTIONS, CATEGORIES, PURPOSES)
            if all(word in inside for word, inside in zip(triple, words, strict=True))
        ]
        for kind, entry in row:
            found.update({(role, *triple): entry for role in set(kind.roles) & set(ROLES) for triple in triples})
    return found


def disagreement(policy: PolicySet, conditions: Iterable[str], make: MatrixMaker = the_matrix) -> str | None:
    """Return what the matrix says otherwise than asking, of one place, None when they agree.

    The answers are compared, and the conditions: those that the matrix names have to decide each request, and what is
    left out of it.
    """
    said, point = entries(make(policy)), a_decision_point(policy)
    asked: dict[Place, set[bool]] = {}
    for roles, request in requests([frozenset({role}) for role in ROLES], ACTIONS, conditions):
        place = (next(iter(roles)), request.action, request.resource.type, request.purpose)
        decision, entry = point.check(request), said.get(place, SILENCE)
        allowed, left_out = decision.allowed, _left_out(decision)
        if (told := _told(entry, policy, request)) != (left_out if allowed else None):
            return f"{place}: {entry} says {told} of {request}, which is {allowed} without {left_out}"
        asked.setdefault(place, set()).add(allowed)
    for place, found in asked.items():
        permission = said.get(place, SILENCE).permission
        if permission is not _ANSWERS[frozenset(found)]:
            return f"{place}: {permission}, but asking shows {found}"
    return None


_ANSWERS: Final = {
    frozenset({True}): Permission.ALLOWED,
    frozenset({False}): Permission.DENIED,
    frozenset({True, False}): Permission.CONDITIONAL,
}


def _left_out(decision: Decision) -> frozenset[str]:
    listed = [owed.parameters["categories"] for owed in decision.obligations if owed.id == LEAVE_OUT]
    return frozenset(str(word) for words in listed if isinstance(words, list) for word in words)


def _told(entry: Entry, policy: PolicySet, request: Request) -> frozenset[str] | None:
    """Return what is left out of *request* by the conditions that *entry* names, None when they do not allow it."""
    circumstances = Circumstances(request, (), NOON, policy.hierarchies, policy.granting)

    def outcomes(one: Bearing, seen: Circumstances) -> set[Outcome]:
        evaluator = Evaluator(policy.conditions, seen)
        return {evaluator.named(name).outcome for name in one.conditions}

    def denies(some: Iterable[Bearing], seen: Circumstances) -> bool:
        return any(Outcome.FALSE not in outcomes(one, seen) for one in some)

    allowed = any(outcomes(one, circumstances) <= {Outcome.TRUE} for one in entry.allowing)
    kept = {word for word, some in entry.kept_back if denies(some, circumstances.narrowed(word))}
    if not allowed or denies(entry.denying, circumstances) or _emptied(request.resource.type, kept, policy):
        return None
    upward = policy.vocabulary.upward
    return frozenset(word for word in kept if not (set(upward(WordKind.CATEGORY, word)) - {word}) & kept)


def _emptied(category: str, kept: set[str], policy: PolicySet) -> bool:
    inside = policy.residuals.inside[category]
    return category in kept or (bool(inside) and all(_emptied(word, kept, policy) for word in inside))


def a_random_policy(seed: int) -> tuple[PolicySet, tuple[str, ...]]:
    """Return a random policy, and the conditions that its rules may name."""
    random = Random(seed)
    grid = a_grid(random)
    return a_pair(random, grid.conditions)[0], grid.conditions
