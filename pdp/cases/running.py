"""Runs cases against policy sets in this process, with an empty store."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pdp.cases.case import Case
from pdp.cases.outcome import Outcome, problems_of, unreadable
from pdp.core.errors import NoPolicyError
from pdp.deciding import Answer, decide
from pdp.policy_set import PolicySet


def run_cases(
    cases: Iterable[Case], policies: Mapping[str, PolicySet], now: datetime, *, sentences: bool
) -> tuple[Outcome, ...]:
    """Return how each case came out, by the answer that a check would give; *now* is the time of those that name none.

    Raises NoPolicyError for the operator of a case that has no policy set.
    """
    return tuple(_run(case, policies, now, sentences=sentences) for case in cases)


def _run(case: Case, policies: Mapping[str, PolicySet], now: datetime, *, sentences: bool) -> Outcome:
    if case.request is None:
        return unreadable(case)
    policy = policies.get(case.request.operator)
    if policy is None:
        raise NoPolicyError(case.request.operator)
    answer: Answer = decide(policy, case.request, (), case.request.time or now)
    return Outcome(case, problems_of(case, answer, sentences=sentences), answer)
