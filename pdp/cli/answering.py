"""Asks a question: in process against policy files, or a running server."""

from pathlib import Path

from pdp.client import DecisionClient
from pdp.core.decision import Decision
from pdp.core.errors import InvalidPolicyError, NoPolicyError
from pdp.core.explanation import Explanation
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.settings import Settings
from pdp.wire.words import Words
from pdp.wiring import Policies, decision_point, load_policies


def check_once(request: Request, server: str | None, policies: Path, words: Words) -> Decision:
    """Return the answer to *request*; raises what the decision point or the client raises."""
    if server is not None:
        with DecisionClient(server, words) as client:
            return client.check(request)
    return point_for(request.operator, load_policies(policies, words, only=request.operator)).check(request)


def explain_once(request: Request, server: str | None, policies: Path, words: Words) -> Explanation:
    """Return the explanation of *request*; raises what the decision point or the client raises."""
    if server is not None:
        with DecisionClient(server, words) as client:
            return client.explain(request, level="admin")
    return point_for(request.operator, load_policies(policies, words, only=request.operator)).explain(request)


def point_for(operator: str, policies: Policies) -> DecisionPoint:
    """Return a decision point that keeps no record.

    Raises InvalidPolicyError with the findings when the folder of *operator* has an error, and NoPolicyError when there
    is none.
    """
    if operator not in policies.sets:
        findings = policies.findings.get(operator)
        raise InvalidPolicyError(findings) if findings else NoPolicyError(operator)
    return decision_point(Settings(decision_log="none"), policies)
