"""The form of a decision record: a line of JSON that holds everything that the decision saw and answered.

Callers bring the same people, circumstances and facts again and again, and the same sentences decide; what stands in a
record for each of them is made once and joined. JSON itself is written by orjson alone.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

import orjson

from pdp.core.by_identity import by_identity
from pdp.core.decision import Cause, Decision, Failure, Obligation, Reason, alike_but_for_id
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, Ground, Properties, RoleAssignment
from pdp.core.request import Request, alike_but_for_ids

EVENT: Final = "decision"
_REMEMBERED: Final = 4096
_NULL: Final = b"null"
_EMPTY: Final = b"{}"
_dumps: Final = orjson.dumps


def record_line(request: Request, decision: Decision, at: datetime) -> bytes:
    """Return the record of *decision*, which answers *request* at *at*, with the line break behind it.

    Raises TypeError for a value that has no place in a record.
    """
    return _line(request, decision, _before_resource(request, at), _behind_resource(request, decision))


def record_lines(records: Iterable[tuple[Request, Decision, datetime]]) -> bytes:
    """Return the records of a batch, one behind another: each as `record_line` writes it; raises what that raises."""
    lines: list[bytes] = []
    like: tuple[Request, Decision, datetime] | None = None
    before = behind = b""
    for request, decision, at in records:
        if (
            like is None
            or at is not like[2]
            or not alike_but_for_ids(request, like[0])
            or not alike_but_for_id(decision, like[1])
        ):
            before, behind = _before_resource(request, at), _behind_resource(request, decision)
            like = request, decision, at
        lines.append(_line(request, decision, before, behind))
    return b"".join(lines)


def _line(request: Request, decision: Decision, before: bytes, behind: bytes) -> bytes:
    resource, id_ = request.resource, decision.decision_id
    return b"".join(
        (
            _BEGINNING,
            id_.encode(),
            b'","request_id":',
            _dumps(decision.request_id),
            before,
            _dumps(f"{resource.type}:{resource.id}"),
            behind,
        )
    )


def _before_resource(request: Request, at: datetime) -> bytes:
    return b"".join(
        (
            b',"at":',
            _dumps(at),
            _asked(request.operator, request.action, request.purpose),
            _name(request.subject),
            b',"properties":',
            _properties(request.subject_properties),
            b'},"resource":{"entity":',
        )
    )


def _behind_resource(request: Request, decision: Decision) -> bytes:
    resource, valid_until = request.resource, decision.valid_until
    person, scopes, facts = resource.data_subject, resource.scopes, request.facts
    return b"".join(
        (
            b',"data_subject":',
            _NULL if person is None else _name(person),
            b',"scopes":[',
            b",".join([_name(scope) for scope in scopes]) if scopes else b"",
            b'],"properties":',
            _properties(resource.properties),
            b'},"context":',
            _circumstances(request),
            b',"facts":[',
            b",".join([_fact(fact) for fact in facts]) if facts else b"",
            b'],"unread":',
            _json(dict(request.unread)) if request.unread else _EMPTY,
            _answered(decision.allowed, decision.cause, decision.revision, decision.checked_at, decision.cached),
            _reasons(decision.reasons),
            b',"obligations":',
            _obligations(decision.obligations),
            b',"failures":',
            _failures(decision.failures) if decision.failures else b"[]",
            b',"valid_until":',
            _NULL if valid_until is None else _dumps(valid_until),
            b"}\n",
        )
    )


_BEGINNING: Final = b'{"event":"%b","decision_id":"' % EVENT.encode()


@lru_cache(_REMEMBERED)
def _asked(operator: str, action: str, purpose: str) -> bytes:
    return b',"operator":%b,"action":%b,"purpose":%b,"subject":{"entity":' % (
        _dumps(operator),
        _dumps(action),
        _dumps(purpose),
    )


@lru_cache(_REMEMBERED)
def _answered(allowed: bool, cause: Cause, revision: str, checked_at: str, cached: bool) -> bytes:
    said = {
        "decision": "allow" if allowed else "deny",
        "cause": cause,
        "revision": revision,
        "checked_at": checked_at,
        "cached": cached,
    }
    return b',%b,"reasons":' % _dumps(said)[1:-1]


def _circumstances(request: Request) -> bytes:
    context, extra = request.context, request.extra
    if extra:
        return _json({**context, **extra})
    return _properties(context)


def _write_properties(properties: Properties) -> bytes:
    return _json(dict(properties))


def _write_name(entity: Entity) -> bytes:
    return _dumps(f"{entity.type}:{entity.id}")


def _write_reasons(reasons: tuple[Reason, ...]) -> bytes:
    return _json([{"clause": each.clause, "rule": each.rule, "effect": each.effect} for each in reasons])


def _write_obligations(obligations: tuple[Obligation, ...]) -> bytes:
    return _json(
        [
            {"id": owed.id, "clause": owed.clause, "parameters": dict(owed.parameters), "before": owed.before}
            for owed in obligations
        ]
    )


def _failures(failures: tuple[Failure, ...]) -> bytes:
    return _json([{"rule": failure.rule, "error": failure.error} for failure in failures])


def _write_fact(fact: Fact) -> bytes:
    return _json(_FORMS[fact.kind.__class__](fact))


_properties: Final = by_identity(_write_properties)
_name: Final = by_identity(_write_name)
_reasons: Final = by_identity(_write_reasons)
_obligations: Final = by_identity(_write_obligations)
_fact: Final = by_identity(_write_fact)


def _role(fact: Fact) -> dict[str, object]:
    role: RoleAssignment = fact.kind  # type: ignore[assignment]  # found by its class
    subject, scope = role.subject, role.scope
    body = {
        "subject": f"{subject.type}:{subject.id}",
        "role": role.role,
        "scope": f"{scope.type}:{scope.id}",
        "granted_by": _entity(role.granted_by),
    }
    return {"role": body, "valid_from": fact.valid_from, "valid_until": fact.valid_until}


def _consent(fact: Fact) -> dict[str, object]:
    consent: Consent = fact.kind  # type: ignore[assignment]  # found by its class
    body = {
        "data_subject": _entity(consent.data_subject),
        "given_by": _entity(consent.given_by),
        "purposes": consent.purposes,
        "categories": consent.categories,
        "recipient": _entity(consent.recipient),
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
        "beneficiary": _entity(ground.beneficiary),
        "data_subject": _entity(ground.data_subject),
        "status": ground.status,
        "properties": dict(ground.properties),
    }
    return {"ground": body, "valid_from": fact.valid_from, "valid_until": fact.valid_until}


def _containment(fact: Fact) -> dict[str, object]:
    containment: Containment = fact.kind  # type: ignore[assignment]  # found by its class
    body = {"entity": _entity(containment.entity), "container": _entity(containment.container)}
    return {"containment": body, "valid_from": fact.valid_from, "valid_until": fact.valid_until}


_FORMS: Final[Mapping[type, Callable[[Fact], dict[str, object]]]] = {
    RoleAssignment: _role,
    Consent: _consent,
    Ground: _ground,
    Containment: _containment,
}


def _entity(entity: Entity | None) -> str | None:
    return None if entity is None else f"{entity.type}:{entity.id}"


def _json(value: object) -> bytes:
    return _dumps(value, _plain, orjson.OPT_PASSTHROUGH_DATACLASS)


def _plain(value: object) -> object:
    """Return what stands for *value* in JSON; raise TypeError for what has no place in a record."""
    if isinstance(value, Entity):
        return _entity(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a record holds no {type(value).__name__}")
