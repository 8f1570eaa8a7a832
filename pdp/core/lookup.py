"""What a look-up finds."""

from enum import StrEnum

from pdp.core.decision import ConditionTrace, Reason
from pdp.core.entity import Entity
from pdp.core.value import value


class Certainty(StrEnum):
    """Whether Check allows a match as things stand, or only if conditions hold that the look-up cannot know."""

    CERTAIN = "certain"
    IF = "if"


@value
class Match:
    """One thing that was found: *entity*, or everyone of the type asked for where it is None.

    *conditions* are those that an uncertain match depends on; *reasons* the sentences that it rests on.
    """

    entity: Entity | None
    certainty: Certainty
    conditions: tuple[ConditionTrace, ...]
    reasons: tuple[Reason, ...]

    @property
    def everyone(self) -> bool:
        """Say whether it stands for all who are not named."""
        return self.entity is None


@value
class Found:
    """Everything that a look-up found: *matches* in their order, *checked_at* and *revision* as in a decision."""

    matches: tuple[Match, ...]
    checked_at: str
    revision: str
