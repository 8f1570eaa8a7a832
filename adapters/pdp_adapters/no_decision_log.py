"""A decision log that keeps nothing."""

from collections.abc import Sequence
from datetime import datetime

from pdp.core.decision import Decision
from pdp.core.request import Request


class NoDecisionLog:
    """Forgets every record."""

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Keep nothing."""

    def record_all(self, records: Sequence[tuple[Request, Decision, datetime]]) -> None:
        """Keep nothing."""
