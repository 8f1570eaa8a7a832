"""What is asked, and what is told of what became of it."""

from typing import Any

from benchmarks.served.open_loop import Asked, Outcome
from benchmarks.served.ours_api import CHECK, request_body
from benchmarks.served.situations import without_facts


def asked(authorization: str = "") -> Asked:
    """Return questions that need no facts, with a credential if there is one: one that is allowed, two that are not."""
    allowed = without_facts(0)
    unknown = {**without_facts(1), "context": {**allowed["context"], "authenticated": False}}
    sold = {**without_facts(2), "action": {"name": "sell"}}
    body, *others = (request_body(situation) for situation in (allowed, unknown, sold))
    return Asked(CHECK, body, authorization, others=tuple(others))


def told(outcome: Outcome) -> dict[str, Any]:
    """Return the numbers of *outcome*; times are milliseconds from when a call was due to its answer."""
    return {
        "due": outcome.due,
        "answered": len(outcome.answered),
        "refused": outcome.refused,
        "refused_streams": outcome.turned_away,
        "late": outcome.late,
        "unsent": outcome.unsent,
        "p50_ms": milliseconds(outcome.percentile(0.5)),
        "p99_ms": milliseconds(outcome.percentile(0.99)),
    }


def milliseconds(seconds: float) -> float | None:
    """Return *seconds* as milliseconds, None for what never came."""
    return round(seconds * 1000, 2) if seconds != float("inf") else None
