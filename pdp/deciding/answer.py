"""What the rules answer, before it becomes a decision with an id and a revision."""

from typing import NamedTuple

from pdp.core.decision import Cause, Failure, Obligation, Reason, RuleTrace
from pdp.deciding.judgement import Judgement


class Answer(NamedTuple):
    """Allow or deny with its reasons; *judgement* is None when the circumstances themselves could not be gathered."""

    allowed: bool
    cause: Cause
    reasons: tuple[Reason, ...]
    obligations: tuple[Obligation, ...]
    judgement: Judgement | None
    failures: tuple[Failure, ...] = ()

    @property
    def matched(self) -> tuple[RuleTrace, ...]:
        """Return every rule that speaks of the request, with how each of its conditions came out."""
        return () if self.judgement is None else self.judgement.traces()

    def same_for_caller(self, other: "Answer") -> bool:
        """Say whether a caller would act alike on both."""
        return self.allowed is other.allowed and self.obligations == other.obligations

    def same_in_words(self, other: "Answer") -> bool:
        """Say whether both answer alike for the same reasons."""
        return self.same_for_caller(other) and (self.cause, self.reasons) == (other.cause, other.reasons)
