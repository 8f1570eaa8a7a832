"""Which stored facts could matter to whoever, or whatever, a look-up finds."""

from collections.abc import Iterable
from typing import Final

from pdp.core.entity import Entity
from pdp.core.value import value

Named = frozenset[Entity | None]
"""Entities that a field may hold; None: the field may be empty."""


@value
class GroundsSurveyed:
    """Grounds of *kind* whose data subject is one of *data_subjects*; None: whatever it is."""

    kind: str
    data_subjects: Named | None = None


@value
class Survey:
    """What a look-up wants of a store, not knowing yet for whom.

    *about* are followed upward through all that contains them: the containments on the way and every role held in one
    of these scopes are wanted. Of *people* the consents; of the recipients that these name, all that lies in them and
    all that contains that. *grounds* by kind, and facts by their *ids*. With *everything*, every fact of the operator.
    """

    about: frozenset[Entity] = frozenset()
    people: frozenset[Entity] = frozenset()
    grounds: tuple[GroundsSurveyed, ...] = ()
    ids: frozenset[str] = frozenset()
    everything: bool = False


EVERYTHING: Final = Survey(everything=True)


def all_surveyed(parts: Iterable[Survey]) -> Survey:
    """Return what several look-ups want together."""
    several = tuple(parts)
    by_kind: dict[str, Named | None] = {}
    for ground in (ground for part in several for ground in part.grounds):
        held = by_kind.get(ground.kind, frozenset())
        by_kind[ground.kind] = None if held is None or ground.data_subjects is None else held | ground.data_subjects
    return Survey(
        frozenset[Entity]().union(*(part.about for part in several)),
        frozenset[Entity]().union(*(part.people for part in several)),
        tuple(GroundsSurveyed(kind, held) for kind, held in sorted(by_kind.items())),
        frozenset[str]().union(*(part.ids for part in several)),
        any(part.everything for part in several),
    )
