"""Which stored facts could matter to a question: what a store is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pdp.core.containment import MAXIMUM_STEPS
from pdp.core.entity import Entity

Keys = frozenset[Entity | None]
"""Entities that a field may hold; None: the field may be empty."""

GATHERED_STEPS: Final = MAXIMUM_STEPS + 1
"""Containments are gathered one step further than they may go: whoever judges them sees that they go too far."""

MAXIMUM_GATHERED: Final = 4096
"""With more facts than this a question is answered by a deny with an error: judging them all would take too long."""

ELSEWHERE: Final = 32
"""So many roles that the subject holds elsewhere are gathered, to say why they do not count."""


@dataclass(frozen=True, slots=True)
class GroundsWanted:
    """Grounds of *kinds* whose fields hold one of the keys; None: whatever they hold.

    With *within* the concern may also be anything that the question lies in.
    """

    kinds: frozenset[str]
    beneficiaries: Keys | None = None
    data_subjects: Keys | None = None
    concerns: Keys | None = None
    within: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What could matter to one question, or to several.

    *start* are the entities whose containers are followed upward, with the recipients of the consents found; *holders*
    those whose roles within these containers matter, with those who granted these roles, who spoke in a consent, or who
    are named by a ground of one of *naming*; *people* those whose consents matter; *ids* facts wanted by their id.
    *subjects* ask: some of their roles elsewhere are shown in an explanation. *questions* is how many want it together.
    """

    start: frozenset[Entity]
    holders: frozenset[Entity]
    people: frozenset[Entity]
    grounds: tuple[GroundsWanted, ...]
    naming: frozenset[str]
    ids: frozenset[str]
    subjects: frozenset[Entity]
    questions: int = 1


NOTHING_WANTED: Final = Wanted(frozenset(), frozenset(), frozenset(), (), frozenset(), frozenset(), frozenset())


def all_wanted(parts: Iterable[Wanted]) -> Wanted:
    """Return what several questions want together."""
    several = tuple(parts)
    if len(several) == 1:
        return several[0]
    return Wanted(
        start=_union(part.start for part in several),
        holders=_union(part.holders for part in several),
        people=_union(part.people for part in several),
        grounds=_merged(group for part in several for group in part.grounds),
        naming=frozenset().union(*(part.naming for part in several)),
        ids=frozenset().union(*(part.ids for part in several)),
        subjects=_union(part.subjects for part in several),
        questions=sum(part.questions for part in several),
    )


def _union(sets: Iterable[frozenset[Entity]]) -> frozenset[Entity]:
    return frozenset[Entity]().union(*sets)


def _merged(groups: Iterable[GroundsWanted]) -> tuple[GroundsWanted, ...]:
    """Put groups of one shape together: what each of them wants, and perhaps more, is in what they want together."""
    by_shape: dict[tuple[object, ...], GroundsWanted] = {}
    for group in groups:
        shape = (
            group.kinds,
            group.beneficiaries is None,
            group.data_subjects is None,
            group.concerns is None,
            group.within,
            None in (group.data_subjects or ()),
            None in (group.concerns or ()),
        )
        other = by_shape.get(shape)
        by_shape[shape] = (
            group
            if other is None
            else GroundsWanted(
                group.kinds,
                _both(group.beneficiaries, other.beneficiaries),
                _both(group.data_subjects, other.data_subjects),
                _both(group.concerns, other.concerns),
                group.within,
            )
        )
    return tuple(by_shape.values())


def _both(one: Keys | None, other: Keys | None) -> Keys | None:
    return None if one is None or other is None else one | other
