"""Decision records as lines of JSON, written through structlog."""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Final, TextIO

import structlog

from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.errors import UnavailableError
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment, Value
from pdp.core.request import Request

EVENT: Final = "decision"


class JsonDecisionLog:
    """Writes one line for each decision to *stream*; a record that cannot be written fails the request."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._render = structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False)

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Write the record and flush it to the operating system."""
        line = self._render(None, "", {"event": EVENT, **record_of(request, decision, at)})
        text = line if isinstance(line, str) else line.decode()
        try:
            with self._lock:
                self._stream.write(text + "\n")
                self._stream.flush()
        # FAIL CLOSED (record lost): an answer whose record is gone is not given.
        except (OSError, ValueError) as error:
            raise UnavailableError("the decision record could not be written") from error


def record_of(request: Request, decision: Decision, at: datetime) -> dict[str, object]:
    """Return everything that the decision saw and answered, so that it can be decided again."""
    resource = request.resource
    return {
        "decision_id": decision.decision_id,
        "request_id": decision.request_id,
        "at": at.isoformat(),
        "operator": request.operator,
        "subject": {"entity": str(request.subject), "properties": _properties(request.subject_properties)},
        "action": request.action,
        "resource": {
            "entity": str(resource.entity),
            "data_subject": str(resource.data_subject) if resource.data_subject else None,
            "scopes": [str(scope) for scope in resource.scopes],
            "properties": _properties(resource.properties),
        },
        "purpose": request.purpose,
        "context": _properties({**request.context, **request.extra}),
        "facts": [_fact(fact) for fact in request.facts],
        "unread": dict(request.unread),
        "decision": "allow" if decision.allowed else "deny",
        "cause": decision.cause.value,
        "reasons": [
            {"clause": reason.clause, "rule": reason.rule, "effect": reason.effect.value} for reason in decision.reasons
        ],
        "obligations": [
            {"id": owed.id, "clause": owed.clause, "parameters": dict(owed.parameters), "before": owed.before}
            for owed in decision.obligations
        ],
        "failures": [{"rule": failure.rule, "error": failure.error} for failure in decision.failures],
        "revision": decision.revision,
        "checked_at": decision.checked_at,
        "valid_until": decision.valid_until.isoformat() if decision.valid_until else None,
        "cached": decision.cached,
    }


def _fact(fact: Fact) -> dict[str, object]:
    kind = fact.kind
    match kind:
        case RoleAssignment():
            body: dict[str, object] = {
                "subject": str(kind.subject),
                "role": kind.role,
                "scope": str(kind.scope),
                "granted_by": _name(kind.granted_by),
            }
        case Consent():
            body = {
                "data_subject": str(kind.data_subject),
                "given_by": str(kind.given_by),
                "purposes": list(kind.purposes),
                "categories": list(kind.categories),
                "recipient": _name(kind.recipient),
                "form": kind.form,
                "status": kind.status,
                "properties": _properties(kind.properties),
            }
        case Ground():
            body = {
                "kind": kind.kind,
                "id": str(kind.id),
                "beneficiary": _name(kind.beneficiary),
                "data_subject": _name(kind.data_subject),
                "status": kind.status,
                "properties": _properties(kind.properties),
            }
        case Containment():
            body = {"entity": str(kind.entity), "container": str(kind.container)}
    return {
        _KIND_NAMES[type(kind)]: body,
        "valid_from": fact.valid_from.isoformat() if fact.valid_from else None,
        "valid_until": fact.valid_until.isoformat() if fact.valid_until else None,
    }


_KIND_NAMES: Final[Mapping[type, str]] = {
    RoleAssignment: "role",
    Consent: "consent",
    Ground: "ground",
    Containment: "containment",
}


def _name(entity: Entity | None) -> str | None:
    return str(entity) if entity else None


def _properties(properties: Mapping[str, Value]) -> dict[str, object]:
    return {key: _plain(value) for key, value in properties.items()}


def _plain(value: Value) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Entity):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value
