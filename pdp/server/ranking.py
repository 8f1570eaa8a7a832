"""Which rank the events of calls have that are answered on the thread that takes events."""

from typing import Any

from pdp.server.core_operations import peer_of
from pdp.server.event_order import Rank
from pdp.server.inline_call import Call, Method
from pdp.server.turns import Turns


def rank_of(event: Any, *turns: Turns[Call]) -> Rank:
    """Return the rank of an *event*, where callers have their *turns*."""
    tag = event.tag
    if isinstance(tag, Call):
        return Rank.CROWD if any(each.has_apart(tag.key) for each in turns) else Rank.ALONE
    if isinstance(tag, Method):
        # Who calls is known only once the call is taken; by which connection, before.
        is_another = event.success and any(each.has_apart_from(peer_of(event.call)) for each in turns)
        return Rank.ANOTHER if is_another else Rank.ARRIVAL
    of_call = getattr(tag, "__func__", None)
    if of_call is Call.over:
        return Rank.END
    return Rank.CROWD if of_call is Call.turn else Rank.PUBLIC
