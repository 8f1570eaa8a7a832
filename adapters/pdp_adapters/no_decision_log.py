"""A decision log that keeps nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pdp.core.decision import Decision
from pdp.core.request import Request


class NoDecisionLog:
    """Forgets every record."""

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Keep nothing."""

    def record_all(self, records: Sequence[tuple[Request, Decision, datetime]]) -> None:
        """Keep nothing."""

    def withholding(self, _keys: Mapping[str, frozenset[str]]) -> "NoDecisionLog":
        """Return this log: it keeps nothing anyway."""
        return self

    def end(self) -> None:
        """Do nothing: nothing is held back."""
