"""Requests and facts: from values of the core to wire messages."""

import re
from datetime import datetime
from operator import attrgetter
from typing import Final

from google.protobuf.struct_pb2 import Struct

from pdp.api.v1 import decision_pb2, facts_pb2, request_pb2
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, Ground, Properties, RoleAssignment
from pdp.core.request import Consistency, Freshness, Request
from pdp.wire.instants import timestamp_from_instant
from pdp.wire.plain_values import fill_struct
from pdp.wire.properties import struct_from_properties

_UNREAD_PLACES: Final = ("subject.properties", "action.properties", "resource.properties", "context.extra")
_UNREAD_IN_FACT: Final = re.compile(
    r"facts\[(?P<at>\d+)\]\.(?P<kind>consent|ground)\.properties\.(?P<key>.*)", re.DOTALL
)


def request_to_wire(request: Request) -> decision_pb2.CheckRequest:
    """Return *request* as a message that reads back as the same request."""
    message = decision_pb2.CheckRequest(
        request_id=request.request_id,
        operator=request.operator,
        subject=request_pb2.Subject(type=request.subject.type, id=request.subject.id),
        action=request_pb2.Action(name=request.action),
        resource=request_pb2.Resource(
            type=request.resource.type,
            id=request.resource.id,
            data_subject=_name(request.resource.data_subject),
            scopes=[str(scope) for scope in request.resource.scopes],
        ),
        purpose=request.purpose,
        facts=[fact_to_wire(fact) for fact in request.facts],
    )
    _put(message.subject.properties, request.subject_properties)
    _put(message.resource.properties, request.resource.properties)
    _put_context(message.context, request)
    for path, value in request.unread.items():
        struct, key = _place_of(message, path)
        fill_struct(struct, {key: value})
    if request.consistency.freshness is not Freshness.UNSET:
        message.consistency.CopyFrom(consistency_to_wire(request.consistency))
    return message


def _put(struct: Struct, properties: Properties) -> None:
    if properties:
        struct.CopyFrom(struct_from_properties(properties))


def _put_context(message: request_pb2.Context, request: Request) -> None:
    if request.time is not None:
        message.time.CopyFrom(timestamp_from_instant(request.time))
    for key, value in request.context.items():
        match value:
            case datetime():
                getattr(message, key).CopyFrom(timestamp_from_instant(value))
            case tuple():
                getattr(message, key).extend(str(element) for element in value)
            case Entity():
                setattr(message, key, str(value))
            case _:
                setattr(message, key, value)
    _put(message.extra, request.extra)


def _place_of(message: decision_pb2.CheckRequest, path: str) -> tuple[Struct, str]:
    """Return the Struct, and the key in it, of a value that no rule sees."""
    for prefix in _UNREAD_PLACES:
        if path.startswith(f"{prefix}."):
            return attrgetter(prefix)(message), path.removeprefix(f"{prefix}.")
    found = _UNREAD_IN_FACT.fullmatch(path)
    if found is None:
        raise ValueError(path)
    kind = getattr(message.facts[int(found["at"])], found["kind"])
    return kind.properties, found["key"]


def consistency_to_wire(consistency: Consistency) -> request_pb2.Consistency:
    """Return *consistency* as a message."""
    match consistency.freshness:
        case Freshness.MINIMIZE_LATENCY:
            return request_pb2.Consistency(minimize_latency=True)
        case Freshness.FULLY_CONSISTENT:
            return request_pb2.Consistency(fully_consistent=True)
        case Freshness.AT_LEAST_AS_FRESH:
            return request_pb2.Consistency(at_least_as_fresh=consistency.token)
        case _:
            return request_pb2.Consistency()


def fact_to_wire(fact: Fact, operator: str = "") -> facts_pb2.Fact:
    """Return *fact* as a message; without *operator* it belongs to that of the request in which it stands."""
    message = facts_pb2.Fact(id=fact.id, operator=operator)
    if fact.valid_from is not None:
        message.valid_from.CopyFrom(timestamp_from_instant(fact.valid_from))
    if fact.valid_until is not None:
        message.valid_until.CopyFrom(timestamp_from_instant(fact.valid_until))
    match fact.kind:
        case RoleAssignment() as role:
            message.role.CopyFrom(_role(role))
        case Consent() as consent:
            message.consent.CopyFrom(_consent(consent))
        case Ground() as ground:
            message.ground.CopyFrom(_ground(ground))
        case Containment() as containment:
            message.containment.entity = str(containment.entity)
            message.containment.container = str(containment.container)
    return message


def _role(role: RoleAssignment) -> facts_pb2.RoleAssignment:
    return facts_pb2.RoleAssignment(
        subject=str(role.subject), role=role.role, scope=str(role.scope), granted_by=_name(role.granted_by)
    )


def _consent(consent: Consent) -> facts_pb2.Consent:
    return facts_pb2.Consent(
        data_subject=str(consent.data_subject),
        given_by=str(consent.given_by),
        purposes=consent.purposes,
        categories=consent.categories,
        recipient=_name(consent.recipient),
        form=consent.form,
        status=consent.status,
        properties=struct_from_properties(consent.properties) if consent.properties else None,
    )


def _ground(ground: Ground) -> facts_pb2.Ground:
    return facts_pb2.Ground(
        kind=ground.kind,
        id=str(ground.id),
        beneficiary=_name(ground.beneficiary),
        data_subject=_name(ground.data_subject),
        status=ground.status,
        properties=struct_from_properties(ground.properties) if ground.properties else None,
    )


def _name(entity: Entity | None) -> str:
    return "" if entity is None else str(entity)
