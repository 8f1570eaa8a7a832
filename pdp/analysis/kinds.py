"""What an edit does to a decision."""

from enum import StrEnum
from typing import Final

from pdp.deciding import Answer


class Kind(StrEnum):
    """What an edit does to a decision; the first that fits."""

    NEWLY_ALLOWED = "newly-allowed"
    NEWLY_DENIED = "newly-denied"
    OBLIGATIONS = "obligations-changed"
    REASONS = "reasons-changed"


BY_ONE_RULE: Final = frozenset({Kind.NEWLY_ALLOWED, Kind.NEWLY_DENIED})
"""What is asked and told one allow rule at a time (pdp/analysis/allowed_by.py)."""


def kind_of(before: Answer, after: Answer) -> Kind | None:
    """Return how two answers to one request differ, None when nothing that counts does."""
    if before.allowed is not after.allowed:
        return Kind.NEWLY_ALLOWED if after.allowed else Kind.NEWLY_DENIED
    if _duties(before) != _duties(after):
        return Kind.OBLIGATIONS
    same = before.cause is after.cause and _sentences(before) == _sentences(after)
    return None if same else Kind.REASONS


def _duties(answer: Answer) -> frozenset[tuple[str, str, str]]:
    return frozenset(
        (each.id, "" if each.id == "leave_out" else each.clause, repr(sorted(each.parameters.items())))
        for each in answer.obligations
    )


def _sentences(answer: Answer) -> frozenset[str]:
    return frozenset(reason.clause for reason in answer.reasons) if answer.cause == "rule" else frozenset()
