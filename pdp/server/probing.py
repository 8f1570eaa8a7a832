"""How often one connection may ask what anybody may ask: a probe asks now and then."""

from collections import OrderedDict
from typing import Final

from pdp.callers.spending import Allowance
from pdp.core.errors import OverloadedError

PROBES_PER_SECOND: Final = 50
"""So many such calls of a connection are answered in a second, and as many at once."""

REMEMBERED: Final = 1024
"""So many connections are told apart."""


class Probing:
    """Bounds calls of those who are not known, by their connections. Only the thread that takes events may call it."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, Allowance] = OrderedDict()

    def check(self, peer: str) -> None:
        """Let the connection *peer* ask once more; raise OverloadedError, with its name, when it may not now."""
        allowance = self._of.get(peer)
        if allowance is None:
            allowance = self._of[peer] = Allowance(PROBES_PER_SECOND, "this connection asks too often")
            if len(self._of) > REMEMBERED:
                self._of.popitem(last=False)
        self._of.move_to_end(peer)
        try:
            allowance.spend()
        except OverloadedError as error:
            error.caller = peer
            raise
