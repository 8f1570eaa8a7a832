"""Which rank the events of calls have that are answered on the thread that takes events."""

from pdp.server.event_order import Rank
from pdp.server.inline_call import Call, Method
from pdp.server.turns import Turns


def rank_of(tag: object, *turns: Turns[Call]) -> Rank:
    """Return the rank of the event with that *tag*, where callers have their *turns*."""
    if isinstance(tag, Call):
        return Rank.CROWD if any(each.has_apart(tag.key) for each in turns) else Rank.ALONE
    if isinstance(tag, Method):
        return Rank.ARRIVAL
    of_call = getattr(tag, "__func__", None)
    if of_call is Call.over:
        return Rank.END
    return Rank.CROWD if of_call is Call.turn else Rank.PUBLIC
