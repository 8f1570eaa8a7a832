"""By which of its ends a stored fact is found, and which ends a reading has looked at.

What was read may be used again for as long as no fact has come, gone or changed at an end that the reading looked at.
A fact has an end for each field by which stores find it, one for its id, and one for all facts of its operator.

INVARIANT (every end marked): whatever could add a fact to a reading, or take one from it, is a change at an end that
`ends_read` or `ends_surveyed` names. Both are worked out from what was wanted and found, never from less.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from pdp.core.entity import Entity
from pdp.core.fact_identity import fact_id, kind_name
from pdp.core.fact_index import data_subject_of, further_holders, scope_of, subject_of
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, RoleAssignment
from pdp.core.survey import Survey
from pdp.core.wanted import GroundsWanted, Wanted

SLOTS: Final = 1 << 18
"""So many slots the ends of all facts are spread over; ends that share one are taken for one, which costs a reading."""

_REMEMBERED: Final = 65_536
_ALL: Final = "*"

Slots = tuple[int, ...]
"""Slots of ends, ascending, each once."""


def ends_changed(operator: str, kinds: Iterable[FactKind]) -> Slots:
    """Return the slots of every end of these facts, which were written, replaced or deleted."""
    ends = {_ALL}
    for kind in kinds:
        name = kind_name(kind)
        ends.add(f"id/{fact_id(operator, kind)}")
        ends |= {
            _end(name, "subject", subject_of(kind)),
            _end(name, "scope", scope_of(kind)),
            _end(name, "data_subject", data_subject_of(kind)),
        }
        if isinstance(kind, Ground):
            ends.add(f"kind/{kind.kind}")
    return _slots(operator, ends)


def ends_read(operator: str, wanted: Wanted, facts: Iterable[Fact]) -> Slots:
    """Return the slots of every end that gathering *wanted* looked at, by which it found *facts*."""
    found = tuple(facts)
    consents = [fact for fact in found if isinstance(fact.kind, Consent)]
    grounds = [fact for fact in found if isinstance(fact.kind, Ground)]
    roles = [fact.kind for fact in found if isinstance(fact.kind, RoleAssignment)]
    inside = {*wanted.start, *_containers(found), *(end for fact in consents if (end := scope_of(fact.kind)))}
    holders = {*wanted.holders, *wanted.subjects, *further_holders(consents, grounds, wanted)}
    holders |= {role.subject for role in roles} | {role.granted_by for role in roles if role.granted_by is not None}
    ends = {_end("containment", "subject", entity) for entity in inside}
    ends |= {_end("role", "subject", entity) for entity in holders}
    ends |= {_end("consent", "data_subject", person) for person in wanted.people}
    ends |= {f"id/{id_}" for id_ in wanted.ids}
    for group in wanted.grounds:
        ends |= set(_of_group(group, inside))
    return _slots(operator, ends)


def ends_surveyed(operator: str, survey: Survey, facts: Iterable[Fact]) -> Slots:
    """Return the slots of every end that *survey* looked at, by which it found *facts*."""
    if survey.everything:
        return _slots(operator, {_ALL})
    found = tuple(facts)
    reached = {*survey.about, *_containers(found)}
    for fact in found:
        if isinstance(fact.kind, Containment):
            reached.add(fact.kind.entity)
        elif isinstance(fact.kind, Consent) and fact.kind.recipient is not None:
            reached.add(fact.kind.recipient)
    ends = {_end("containment", field, entity) for field in ("subject", "scope") for entity in reached}
    ends |= {_end("role", "scope", entity) for entity in reached}
    ends |= {_end("consent", "data_subject", person) for person in survey.people}
    ends |= {f"id/{id_}" for id_ in survey.ids}
    for ground in survey.grounds:
        if ground.data_subjects is None:
            ends.add(f"kind/{ground.kind}")
        else:
            ends |= {_end("ground", "data_subject", person) for person in ground.data_subjects}
    return _slots(operator, ends)


def _containers(facts: Iterable[Fact]) -> Iterator[Entity]:
    return (fact.kind.container for fact in facts if isinstance(fact.kind, Containment))


def _of_group(group: GroundsWanted, inside: set[Entity]) -> Iterator[str]:
    """Yield the ends of one field that every ground of *group* is tied by: all of its ties hold, so any one will do.

    A field that may be empty is the last choice: all grounds without it share one end.
    """
    concerns = group.concerns if group.concerns is None or not group.within else group.concerns | inside
    ties = [("data_subject", group.data_subjects), ("scope", concerns), ("subject", group.beneficiaries)]
    stated = [(field, keys) for field, keys in ties if keys is not None]
    if not stated:
        yield from (f"kind/{kind}" for kind in group.kinds)
        return
    field, keys = min(stated, key=lambda tie: None in tie[1])
    yield from (_end("ground", field, key) for key in keys)


def _end(kind: str, field: str, entity: Entity | None) -> str:
    return f"{kind}/{field}/{'' if entity is None else entity}"


def _slots(operator: str, ends: Iterable[str]) -> Slots:
    return tuple(sorted({_slot(operator, end) for end in ends}))


@lru_cache(maxsize=_REMEMBERED)
def _slot(operator: str, end: str) -> int:
    # The operator's name has no separator in it, and no end is told from another by what comes after one.
    digest = hashlib.blake2b(f"{operator}/{end}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % SLOTS
