"""Asks a question: in process against policy files, or a running server.

The client of a server, a store and a log are imported where they are used: most commands need none of them, and each
takes longer to import than an answer takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pdp.core.decision import Decision
from pdp.core.errors import InvalidPolicyError, NoPolicyError, NotRecordedError
from pdp.core.explanation import Explanation
from pdp.core.request import Request
from pdp.core.stores import FactStore
from pdp.core.visibility import Level, shown_at
from pdp.decision_point import DecisionPoint
from pdp.settings import read_settings
from pdp.wire.words import Words
from pdp.wiring.folders import Policies, load_policies
from pdp.wiring.in_process import point_in_process


def check_once(
    request: Request, server: str | None, policies: Path, words: Words, store: str | None = None
) -> Decision:
    """Return the answer to *request*, by *server* or in process, there with the facts of *store* if it is given.

    Raises what the decision point, the store or the client raises.
    """
    if server is not None:
        from pdp.client import DecisionClient

        with DecisionClient(server, words) as client:
            return client.check(request)
    with _stored(store) as facts:
        return point_for(request.operator, load_policies(policies, words, only=request.operator), facts).check(request)


def explain_once(
    request: Request,
    server: str | None,
    policies: Path,
    words: Words,
    store: str | None = None,
    as_of: datetime | None = None,
    level: Level = Level.ADMIN,
) -> Explanation:
    """Return the explanation of *request* at *level*, of now or of another instant; as `check_once`."""
    if server is not None:
        from pdp.client import DecisionClient

        with DecisionClient(server, words) as client:
            return client.explain(request, level=level, as_of=as_of)
    with _stored(store) as facts:
        loaded = load_policies(policies, words, only=request.operator)
        return shown_at(level, point_for(request.operator, loaded, facts).explain(request, as_of), request)


def explain_recorded(
    decision_id: str, where: Path | str, policies: Path, words: Words, level: Level = Level.ADMIN
) -> tuple[Request | str, Explanation]:
    """Return the explanation of a decision on record: in the folder *where*, or by the server there.

    Beside it stands what was asked, or the operator alone, since a server does not tell more. Raises NotRecordedError
    when it cannot be explained with *policies*, NoPolicyError, UnavailableError, and what the client raises.
    """
    if isinstance(where, Path):
        request, explanation = _explain_from_log(decision_id, where, policies, words)
        return request, shown_at(level, explanation, request)
    from pdp.client import DecisionClient

    with DecisionClient(where, words) as client:
        return client.explain_past(decision_id, level=level)


def _explain_from_log(decision_id: str, log: Path, policies: Path, words: Words) -> tuple[Request, Explanation]:
    from pdp.decision_log import explained, find, past_of
    from pdp.wiring.logs import opened_log

    opened = opened_log(log)
    record = find(opened.folder, decision_id)
    if record is None:
        raise NotRecordedError(f"{log}: no record of `{decision_id}`")
    past = past_of(record, opened.persons())
    operator = record.said["operator"]
    loaded = load_policies(policies, words, only=operator)
    if operator not in loaded.sets:
        raise NoPolicyError(operator)
    explanation = explained(past, loaded.sets[operator])
    assert past.request is not None  # noqa: S101  # else there were no explanation
    return past.request, explanation


@contextmanager
def _stored(url: str | None) -> Iterator[FactStore | None]:
    if url is None:
        yield None
        return
    from pdp.wiring.stores import fact_store

    read_settings({"store": url}, {})
    store = fact_store(url)
    try:
        yield store
    finally:
        store.close()


def point_for(operator: str, policies: Policies, facts: FactStore | None = None) -> DecisionPoint:
    """Return a decision point that keeps no record, over *facts* (None: nothing is stored).

    Raises InvalidPolicyError with the findings when the folder of *operator* has an error, and NoPolicyError when there
    is none.
    """
    if operator not in policies.sets:
        findings = policies.findings.get(operator)
        raise InvalidPolicyError(findings) if findings else NoPolicyError(operator)
    return point_in_process(policies, facts)
