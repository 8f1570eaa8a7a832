"""Short ways to write to a store, and facts to write."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pdp.core.entity import Entity
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, RoleAssignment, no_properties
from pdp.core.request import Consistency, Freshness
from pdp.core.stores import FactFilter, FactStore, FactToWrite, Page, Write, Written
from pdp.core.wanted import NOTHING_WANTED, GroundsWanted, Wanted

KIDS: Final = "kidsonline"
NOON: Final = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)
ANYTHING: Final = Consistency()
EVERYTHING: Final = FactFilter()


def entity(name: str) -> Entity:
    """Return the entity called *name*."""
    return Entity.parse(name)


def role(subject: str, role: str, scope: str, granted_by: str = "") -> RoleAssignment:
    """Return a role."""
    return RoleAssignment(entity(subject), role, entity(scope), entity(granted_by) if granted_by else None)


def lies_in(inside: str, container: str) -> Containment:
    """Return a containment."""
    return Containment(entity(inside), entity(container))


def ground(kind: str, id_: str, beneficiary: str = "", data_subject: str = "", **properties: Any) -> Ground:
    """Return a ground that is active."""
    return Ground(
        kind,
        entity(f"{kind}:{id_}"),
        "active",
        entity(beneficiary) if beneficiary else None,
        entity(data_subject) if data_subject else None,
        properties or no_properties(),
    )


def consent(data_subject: str, given_by: str, status: str = "given", recipient: str = "", **more: Any) -> Consent:
    """Return a consent to media use of photos."""
    spoken = Consent(
        entity(data_subject),
        entity(given_by),
        ("media",),
        ("child_photo",),
        status,
        form="written",
        recipient=entity(recipient) if recipient else None,
    )
    return replace(spoken, **more)


def fact(kind: FactKind, operator: str = KIDS, **term: datetime) -> Fact:
    """Return *kind* as a fact with its id."""
    return Fact(kind, term.get("valid_from"), term.get("valid_until"), fact_id(operator, kind), stored=True)


def write(store: FactStore, *kinds: FactKind | Fact, operator: str = KIDS, **more: Any) -> Written:
    """Write facts in one transaction; *more* are fields of the write."""
    facts = tuple(
        FactToWrite(each if isinstance(each, Fact) else fact(each, operator), more.get("decision_id", ""))
        for each in kinds
    )
    more.pop("decision_id", None)
    chosen: dict[str, Any] = {"actor": "user:lan", "caller": "local", "at": NOON, **more}
    with store.writing(operator) as writing:
        return writing.apply(Write(facts=facts, **chosen))


def delete(store: FactStore, *ids: str, operator: str = KIDS, **more: Any) -> Written:
    """Delete facts by id in one transaction."""
    return write(store, operator=operator, deletions=tuple((id_, "") for id_ in ids), **more)


def said(*kinds: FactKind) -> set[str]:
    """Return what facts say, to be compared: two that say the same are the same here."""
    return {repr(kind) for kind in kinds}


def current(store: FactStore, operator: str = KIDS, selection: FactFilter = EVERYTHING) -> set[str]:
    """Return what a store holds."""
    return said(*(each.kind for each in all_of(store, operator, selection)))


def all_of(store: FactStore, operator: str = KIDS, selection: FactFilter = EVERYTHING) -> list[Fact]:
    """Return the facts that a store holds, page by page."""
    found: list[Fact] = []
    after = ""
    while True:
        page = store.read(operator, selection, Page(3, after))
        found += page.facts
        if page.is_last:
            return found
        after = page.facts[-1].id


def wanted(
    *,
    start: Iterable[str] = (),
    holders: Iterable[str] = (),
    people: Iterable[str] = (),
    grounds: tuple[GroundsWanted, ...] = (),
    naming: Iterable[str] = (),
    ids: Iterable[str] = (),
) -> Wanted:
    """Return what is wanted, its entities written as text."""
    return replace(
        NOTHING_WANTED,
        start=frozenset(map(entity, start)),
        holders=frozenset(map(entity, holders)),
        people=frozenset(map(entity, people)),
        grounds=grounds,
        naming=frozenset(naming),
        ids=frozenset(ids),
    )


def gathered(store: FactStore, what: Wanted, operator: str = KIDS) -> set[str]:
    """Return what a store gathers."""
    return said(*(each.kind for each in store.gather(operator, what, ANYTHING).facts))


def at_least(token: object) -> Consistency:
    """Return the freshness that *token* asks for."""
    return Consistency(Freshness.AT_LEAST_AS_FRESH, str(token))


def later(minutes: int) -> datetime:
    """Return the instant *minutes* after noon."""
    return NOON + timedelta(minutes=minutes)
