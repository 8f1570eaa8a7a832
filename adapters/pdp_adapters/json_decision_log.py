"""Decision records as lines of JSON."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

import orjson

from pdp.core.decision import Decision, Obligation
from pdp.core.entity import Entity
from pdp.core.errors import UnavailableError
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.request import Request

EVENT: Final = "decision"
_OPTIONS: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATACLASS
_LINE_END: Final = b"\n"


class ByteStream(Protocol):
    """Where bytes are written to: a file without a buffer, or one that is flushed after every record."""

    def write(self, content: bytes, /) -> int | None:
        """Write *content*; return how many bytes were written."""

    def flush(self) -> None:
        """Hand over to the operating system what is still held back."""


class JsonDecisionLog:
    """Writes one line for each decision to *stream*; a record that cannot be written fails the request."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._is_torn = False

    def record(self, request: Request, decision: Decision, at: datetime) -> None:
        """Write the record and hand it to the operating system; raise UnavailableError when it was not taken whole."""
        try:
            line = orjson.dumps(record_of(request, decision, at), _plain, _OPTIONS)
            with self._lock:
                self._write(line)
        # FAIL CLOSED (record lost): an answer whose record is gone is not given.
        except (OSError, ValueError, TypeError) as error:
            raise UnavailableError("the decision record could not be written") from error

    def _write(self, line: bytes) -> None:
        # What a full disk left of the record before stays a line of its own.
        whole = _LINE_END + line if self._is_torn else line
        self._is_torn = True
        written = self._stream.write(whole)
        self._stream.flush()
        if written != len(whole):
            raise OSError(f"{written} of {len(whole)} bytes were written")
        self._is_torn = False


def record_of(request: Request, decision: Decision, at: datetime) -> dict[str, object]:
    """Return everything that the decision saw and answered, so that it can be decided again.

    Values stand in it as they are; `_plain` says what becomes of those that JSON does not know.
    """
    subject, resource, person = request.subject, request.resource, request.resource.data_subject
    return {
        "event": EVENT,
        "decision_id": decision.decision_id,
        "request_id": decision.request_id,
        "at": at,
        "operator": request.operator,
        "subject": {"entity": f"{subject.type}:{subject.id}", "properties": dict(request.subject_properties)},
        "action": request.action,
        "resource": {
            "entity": f"{resource.type}:{resource.id}",
            "data_subject": None if person is None else f"{person.type}:{person.id}",
            "scopes": [f"{scope.type}:{scope.id}" for scope in resource.scopes],
            "properties": dict(resource.properties),
        },
        "purpose": request.purpose,
        "context": {**request.context, **request.extra},
        "facts": [_FORMS[fact.kind.__class__](fact) for fact in request.facts],
        "unread": dict(request.unread),
        "decision": "allow" if decision.allowed else "deny",
        "cause": decision.cause,
        "reasons": [
            {"clause": reason.clause, "rule": reason.rule, "effect": reason.effect} for reason in decision.reasons
        ],
        "obligations": [_obligation(owed) for owed in decision.obligations] if decision.obligations else [],
        "failures": [{"rule": failure.rule, "error": failure.error} for failure in decision.failures]
        if decision.failures
        else [],
        "revision": decision.revision,
        "checked_at": decision.checked_at,
        "valid_until": decision.valid_until,
        "cached": decision.cached,
    }


def _obligation(owed: Obligation) -> dict[str, object]:
    return {"id": owed.id, "clause": owed.clause, "parameters": dict(owed.parameters), "before": owed.before}


def _role(fact: Fact) -> dict[str, object]:
    role: RoleAssignment = fact.kind  # type: ignore[assignment]  # found by its class
    subject, scope = role.subject, role.scope
    body = {
        "subject": f"{subject.type}:{subject.id}",
        "role": role.role,
        "scope": f"{scope.type}:{scope.id}",
        "granted_by": _name(role.granted_by),
    }
    return {"role": body, "valid_from": fact.valid_from, "valid_until": fact.valid_until}


def _consent(fact: Fact) -> dict[str, object]:
    consent: Consent = fact.kind  # type: ignore[assignment]  # found by its class
    body = {
        "data_subject": _name(consent.data_subject),
        "given_by": _name(consent.given_by),
        "purposes": consent.purposes,
        "categories": consent.categories,
        "recipient": _name(consent.recipient),
        "form": consent.form,
        "status": consent.status,
        "properties": dict(consent.properties),
    }
    return {"consent": body, "valid_from": fact.valid_from, "valid_until": fact.valid_until}


def _ground(fact: Fact) -> dict[str, object]:
    ground: Ground = fact.kind  # type: ignore[assignment]  # found by its class
    body = {
        "kind": ground.kind,
        "id": f"{ground.id.type}:{ground.id.id}",
        "beneficiary": _name(ground.beneficiary),
        "data_subject": _name(ground.data_subject),
        "status": ground.status,
        "properties": dict(ground.properties),
    }
    return {"ground": body, "valid_from": fact.valid_from, "valid_until": fact.valid_until}


def _containment(fact: Fact) -> dict[str, object]:
    containment: Containment = fact.kind  # type: ignore[assignment]  # found by its class
    body = {"entity": _name(containment.entity), "container": _name(containment.container)}
    return {"containment": body, "valid_from": fact.valid_from, "valid_until": fact.valid_until}


_FORMS: Final[Mapping[type, Callable[[Fact], dict[str, object]]]] = {
    RoleAssignment: _role,
    Consent: _consent,
    Ground: _ground,
    Containment: _containment,
}


def _name(entity: Entity | None) -> str | None:
    return None if entity is None else f"{entity.type}:{entity.id}"


def _plain(value: object) -> object:
    """Return what stands for *value* in JSON; raise TypeError for what has no place in a record."""
    if isinstance(value, Entity):
        return _name(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a record holds no {type(value).__name__}")
