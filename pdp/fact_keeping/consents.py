"""Who may put down what somebody said: the one who said it, or staff who rest on a ticket of that very person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pdp.core.entity import Entity
from pdp.core.facts import Consent, Fact, Ground, RoleAssignment
from pdp.core.vocabulary import Vocabulary, WordKind

_STAFF: Final = "operator_staff"
_TICKET: Final = "support_ticket"


def may_put_down(
    consent: Consent, actor: Entity, operator: str, of_actor: Iterable[Fact], instant: datetime, words: Vocabulary
) -> bool:
    """Say whether *actor* may record or end *consent*; *of_actor* are the stored facts that the actor acts in."""
    if actor == consent.given_by:
        return True
    in_force = [fact for fact in of_actor if fact.in_force(instant)]
    return any(_is_staff(fact, operator, words) for fact in in_force) and any(
        _is_ticket_for(fact, consent, actor) for fact in in_force
    )


def _is_staff(fact: Fact, operator: str, words: Vocabulary) -> bool:
    kind = fact.kind
    return (
        isinstance(kind, RoleAssignment)
        and kind.scope == Entity("operator", operator)
        and _STAFF in words.upward(WordKind.ROLE, kind.role)
    )


def _is_ticket_for(fact: Fact, consent: Consent, actor: Entity) -> bool:
    """Say whether *fact* is an open ticket of the giver, who was verified, in the hands of *actor*."""
    kind = fact.kind
    return (
        isinstance(kind, Ground)
        and kind.kind == _TICKET
        and kind.status == "open"
        and kind.beneficiary == actor
        and kind.data_subject in {consent.data_subject, consent.given_by}
        and kind.properties.get("opened_by") == consent.given_by
        and kind.properties.get("requester_verified") is True
    )
