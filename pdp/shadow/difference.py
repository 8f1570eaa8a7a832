"""In what another policy's answer differs, and which differences belong together."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pdp.core.decision import Cause, Decision, Obligation
from pdp.core.request import Request
from pdp.deciding import Answer


class Change(StrEnum):
    """In what two answers differ; the first that is true counts."""

    NEWLY_ALLOWED = "newly-allowed"
    NEWLY_DENIED = "newly-denied"
    NEWLY_FAILED = "newly-failed"
    OTHER_OBLIGATIONS = "other-obligations"
    OTHER_REASONS = "other-reasons"


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """Differences that are alike: the same change, in the same words, because of the same rules.

    *revision* is that of the policy that is served, *shadow* that of the one beside it; *rules* and *shadow_rules*
    are the ids of those that decided, or were nearest to it.
    """

    operator: str
    change: Change
    action: str
    category: str
    purpose: str
    rules: tuple[str, ...]
    shadow_rules: tuple[str, ...]
    revision: str
    shadow: str


def difference(request: Request, decision: Decision, answer: Answer, shadow: str) -> Group | None:
    """Return the group of the difference between *decision* and *answer*, that of revision *shadow*; None for none."""
    change = _change(decision, answer)
    if change is None:
        return None
    return Group(
        request.operator,
        change,
        request.action,
        request.resource.type,
        request.purpose,
        tuple(sorted({reason.rule for reason in decision.reasons})),
        tuple(sorted({reason.rule for reason in answer.reasons})),
        decision.revision,
        shadow,
    )


def _change(decision: Decision, answer: Answer) -> Change | None:
    if decision.allowed is not answer.allowed:
        return Change.NEWLY_ALLOWED if answer.allowed else Change.NEWLY_DENIED
    if answer.cause is Cause.ERROR and decision.cause is not Cause.ERROR:
        return Change.NEWLY_FAILED
    if _owed(decision.obligations) != _owed(answer.obligations):
        return Change.OTHER_OBLIGATIONS
    before = {(reason.clause, reason.rule) for reason in decision.reasons}
    if decision.cause is not answer.cause or before != {(reason.clause, reason.rule) for reason in answer.reasons}:
        return Change.OTHER_REASONS
    return None


def _owed(obligations: Iterable[Obligation]) -> list[tuple[str, str, str]]:
    """Return what a caller has to do, in an order of its own."""
    return sorted((each.id, str(each.before), repr(sorted(each.parameters.items()))) for each in obligations)
