"""Sets of roles, taken together where nothing in a cell tells them apart."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from math import comb, prod

from pdp.analysis.cells import Masks
from pdp.analysis.meanings import Side
from pdp.core.circumstances import OUTSIDERS
from pdp.core.policy import ANY_WORD, Hierarchies
from pdp.core.role_holding import DATA_SUBJECT, THIRD_PARTY
from pdp.core.vocabulary import Vocabulary, WordKind
from pdp.space import Traits

MOST_ROLES = 3
"""How many roles a subject holds at most, in the space."""


@dataclass(frozen=True, slots=True)
class RoleKind:
    """Roles that nothing in a cell tells apart; *rules* speak of each."""

    roles: tuple[str, ...]
    rules: Masks


@dataclass(frozen=True, slots=True)
class RoleSets:
    """Sets of roles that nothing tells apart: one role of each of *kinds*, which may repeat."""

    kinds: tuple[RoleKind, ...]

    @property
    def rules(self) -> Masks:
        """Return the rules that speak of a subject with such roles."""
        joined = [0] * len(self.kinds[0].rules)
        for kind in self.kinds:
            for at, bits in enumerate(kind.rules):
                joined[at] |= bits
        return tuple(joined)

    @property
    def example(self) -> frozenset[str]:
        """Return one of the sets."""
        taken: Counter[int] = Counter()
        found = set()
        for kind in self.kinds:
            found.add(kind.roles[taken[id(kind)]])
            taken[id(kind)] += 1
        return frozenset(found)

    @property
    def size(self) -> int:
        """Return how many sets these are."""
        counts = Counter(id(kind) for kind in self.kinds)
        sizes = {id(kind): len(kind.roles) for kind in self.kinds}
        return prod(comb(sizes[key], count) for key, count in counts.items())

    def holds(self, other: "RoleSets") -> bool:
        """Say whether these are the roles of *other* and more."""
        if len(self.kinds) <= len(other.kinds):
            return False
        left = [id(kind) for kind in self.kinds]
        for kind in other.kinds:
            if id(kind) not in left:
                return False
            left.remove(id(kind))
        return True


def role_kinds(
    sides: Sequence[Side], rules: Masks, traits: Traits, among: frozenset[str] = frozenset(), *, in_scopes: bool = False
) -> tuple[RoleKind, ...]:
    """Return the kinds of roles where *rules* speak and conditions have *traits*; those *among* some are kept apart.

    *in_scopes*: as they are where a scope of every type is named.
    """
    vocabulary, hierarchies = sides[0].policy.vocabulary, sides[0].policy.hierarchies
    found: dict[tuple[object, Masks], list[str]] = {}
    for role in vocabulary.words(WordKind.ROLE):
        speaking = tuple(side.roles[role] & bits for side, bits in zip(sides, rules, strict=True))
        feature = feature_of(role, traits, vocabulary, hierarchies, in_scopes=in_scopes)
        found.setdefault(((feature, role in among), speaking), []).append(role)
    return tuple(RoleKind(tuple(roles), speaking) for (_, speaking), roles in found.items())


def feature_of(
    role: str, traits: Traits, vocabulary: Vocabulary, hierarchies: Hierarchies, *, in_scopes: bool = False
) -> object:
    """Return what conditions with *traits* see of a subject that holds *role*.

    *in_scopes*: where a scope of every type is named, the scopes say nothing of roles that no condition asks for.
    """
    asked_for = tuple(role in asked for asked in traits.roles)
    scopes_tell = any(asked_for) if in_scopes else traits.scopes
    outside = not hierarchies.roles.get(role, ANY_WORD).isdisjoint(OUTSIDERS)
    return (
        asked_for,
        outside if traits.consents else None,
        vocabulary.words(WordKind.ROLE)[role].held_in if scopes_tell else None,
        role if role in {DATA_SUBJECT, THIRD_PARTY} else "",
    )


def either_side(vocabulary: Vocabulary, hierarchies: Hierarchies) -> tuple[frozenset[str], ...]:
    """Return a set of roles from outside and one from inside: formulas know nothing else of the roles that are held."""
    found: dict[bool, frozenset[str]] = {}
    for role in vocabulary.words(WordKind.ROLE):
        outside = not hierarchies.roles.get(role, ANY_WORD).isdisjoint(OUTSIDERS)
        found.setdefault(outside, frozenset({role}))
    return tuple(found.values())


def apart(roles: RoleSets, kinds: Iterable[RoleKind]) -> Iterator[RoleSets]:
    """Yield *roles* by the finer *kinds*, each of which lies in one kind of theirs."""
    inside = {id(kind): [each for each in kinds if each.roles[0] in kind.roles] for kind in roles.kinds}
    counts = Counter(id(kind) for kind in roles.kinds)
    for chosen in product(*[combinations_with_replacement(inside[key], count) for key, count in counts.items()]):
        together = tuple(each for some in chosen for each in some)
        taken = Counter(id(each) for each in together)
        if all(taken[id(each)] <= len(each.roles) for each in together):
            yield RoleSets(together)


def role_sets(kinds: Sequence[RoleKind], most: int = MOST_ROLES) -> Iterator[RoleSets]:
    """Yield all sets of at most *most* roles, the smaller ones first."""
    for size in range(1, most + 1):
        for chosen in combinations_with_replacement(kinds, size):
            if all(len(kind.roles) >= size or chosen.count(kind) <= len(kind.roles) for kind in chosen):
                yield RoleSets(chosen)
