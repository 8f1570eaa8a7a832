"""When a refusal is told: who is refused much is told later, so that it does not come again at once."""

from collections.abc import Callable
from typing import Final

from pdp.callers.spending import Allowance
from pdp.core.errors import NotImplementedYetError, NotPermittedError, OverloadedError, UnknownCallerError
from pdp.server.holding import Holding
from pdp.server.tending import TICK_SECONDS, Tending

AT_ONCE_PER_SECOND: Final = 50
"""So many calls a second of those who are not known, or ask for what they may not or is not there, are told at once."""

NOBODY: Final = ""
"""The name under which those are held who are not known: they are one caller."""

Then = Callable[[], None]


class Delaying:
    """Tells refusals, or holds them back. Any thread may call it."""

    def __init__(self, holding: Holding | None = None) -> None:
        self._holding = Holding() if holding is None else holding
        self._at_once = Allowance(AT_ONCE_PER_SECOND, "")
        self._tending = Tending(self._tend)

    def __len__(self) -> int:
        """Return how many are held back."""
        return len(self._holding)

    def refuse(self, error: BaseException, left: float, then: Then) -> bool:
        """Do *then*, which tells *error* to somebody who waits *left* seconds more; say whether it is held back.

        Who asks for more than is borne is told a moment later. So are those who are not known, or ask for what they may
        not or is not there, once there are many of them: what refuses takes time too, and they need not be anybody.
        """
        if not self._is_held(error):
            then()
            return False
        key = error.caller if isinstance(error, OverloadedError) else NOBODY
        is_held = self._holding.hold(key, left, then)
        if is_held:
            self._tending.ask()
        return is_held

    def let_go(self) -> None:
        """Tell some of what is to be told by now: whoever handles calls does so between two of them."""
        for then in self._holding.taken():
            then()

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
        for then in self._holding.taken(TICK_SECONDS):
            then()
        return bool(self._holding)
