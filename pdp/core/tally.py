"""What is counted about decisions, and what parts of a server tell about themselves in numbers."""

from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from pdp.core.decision import Decision


class Tally(Protocol):
    """Counts decisions."""

    def decided(self, operator: str, decision: Decision) -> None:
        """Count *decision*, whose record is kept. Must return at once and never raise."""


class NothingTallied:
    """Counts nothing."""

    def decided(self, operator: str, decision: Decision) -> None:
        """Do nothing."""


NOTHING_TALLIED: Final = NothingTallied()


@runtime_checkable
class Measured(Protocol):
    """What tells numbers about itself."""

    def measured(self) -> Mapping[str, float]:
        """Return the numbers by name; counts begin at 0 with the process. Must not wait."""
