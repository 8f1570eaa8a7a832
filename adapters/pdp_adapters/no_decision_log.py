"""A decision log that keeps nothing."""

from datetime import datetime

from pdp.core.decision import Decision
from pdp.core.request import Request


class NoDecisionLog:
    """Forgets every record."""

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Keep nothing."""
