"""Which rank the events of calls have that are answered on the thread that takes events."""

from typing import Any

from pdp.server.core_operations import peer_of
from pdp.server.event_order import Rank
from pdp.server.inline_call import Call, Method
from pdp.server.pacing import Pace
from pdp.server.turns import Turns


class Ranks:
    """Ranks events, where callers have their *turns*, and tells *pace* whose messages are there."""

    def __init__(self, pace: Pace, *turns: Turns[Call]) -> None:
        self._pace = pace
        self._turns = turns

    def of(self, event: Any) -> Rank:
        """Return the rank of an *event*."""
        tag = event.tag
        if isinstance(tag, Call):
            return self._of_message(tag)
        if isinstance(tag, Method):
            # Who calls is known only once the call is taken; by which connection, before.
            is_another = event.success and any(each.has_apart_from(peer_of(event.call)) for each in self._turns)
            return Rank.ANOTHER if is_another else Rank.ARRIVAL
        of_call = getattr(tag, "__func__", None)
        if of_call is Call.turn:
            return self._told(Rank.CROWD, tag.__self__)
        return Rank.END if of_call is Call.over else Rank.PUBLIC

    def _of_message(self, call: Call) -> Rank:
        is_crowd = any(each.has_apart(call.key) for each in self._turns)
        return self._told(Rank.CROWD if is_crowd else Rank.ALONE, call)

    def _told(self, rank: Rank, call: Call) -> Rank:
        self._pace.saw(rank, call.key)
        return rank
