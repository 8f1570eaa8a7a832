"""When a refusal is told: who is refused much is told later, so that it does not come again at once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from pdp.callers.spending import Allowance
from pdp.core.errors import NotImplementedYetError, NotPermittedError, OverloadedError, UnknownCallerError
from pdp.server.holding import Holding
from pdp.server.listening import STREAMS
from pdp.server.tending import TICK_SECONDS, Tending

AT_ONCE_PER_SECOND: Final = 50
"""So many calls a second of those who are not known, or ask for what they may not or is not there, are told at once."""

NOBODY: Final = ""
"""The name under which those are held who are not known: they are one caller."""

HELD_OF_PEER: Final = STREAMS - 8
"""So many refusals of one connection are held for long, the others briefly: others may share it, as behind a proxy, and
what is held takes their places there."""

Then = Callable[[], None]


class Delaying:
    """Tells refusals, or holds them back. Any thread may call it."""

    def __init__(self, holding: Holding | None = None) -> None:
        self._holding = Holding() if holding is None else holding
        self._at_once = Allowance(AT_ONCE_PER_SECOND, "")
        self._tending = Tending(self._tend)
        self._of: Counter[str] = Counter()
        self._counting = threading.Lock()

    def __len__(self) -> int:
        """Return how many are held back."""
        return len(self._holding)

    def refuse(self, error: BaseException, left: float, then: Then, peer: str = "") -> bool:
        """Do *then*, which tells *error* to somebody who waits *left* seconds more; say whether it is held back.

        *peer* is the connection, "" for one that is not known: some of its places are never taken for long.

        Who asks for more than is borne is told a moment later. So are those who are not known, or ask for what they may
        not or is not there, once there are many of them: what refuses takes time too, and they need not be anybody.
        """
        if not (self._is_held(error) and self._tending.ask()):
            then()
            return False
        has_room = self._takes(peer)

        def tell() -> None:
            if has_room:
                self._gives(peer)
            then()

        key = error.caller if isinstance(error, OverloadedError) else NOBODY
        is_held = self._holding.hold(key, left, tell, briefly=not has_room)
        self._tending.ask()  # it may have ended since, with nothing to do
        return is_held

    def let_go(self) -> None:
        """Tell some of what is to be told by now: whoever handles calls does so between two of them."""
        _tell(self._holding.taken())

    def _takes(self, peer: str) -> bool:
        """Count one more of *peer*; say whether there is room for it."""
        with self._counting:
            if peer and self._of[peer] >= HELD_OF_PEER:
                return False
            self._of[peer] += 1
            return True

    def _gives(self, peer: str) -> None:
        with self._counting:
            self._of[peer] -= 1
            if not self._of[peer]:
                del self._of[peer]

    def _is_held(self, error: BaseException) -> bool:
        if isinstance(error, OverloadedError):
            return True
        if not isinstance(error, UnknownCallerError | NotPermittedError | NotImplementedYetError):
            return False
        try:
            self._at_once.spend()
        except OverloadedError:
            return True
        return False

    def _tend(self) -> bool:
        """Tell what nobody has let go; say whether there is more."""
        # Few at a time: this thread would have the interpreter while the one that answers waits for it.
        _tell(self._holding.taken(TICK_SECONDS))
        return len(self._holding) > 0


def _tell(found: Iterable[Then]) -> None:
    for then in found:
        with suppress(Exception):  # one that cannot be told ends nobody who answers the others
            then()
