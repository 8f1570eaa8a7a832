"""Requests: from wire messages to values of the core, every mistake at once."""

from dataclasses import dataclass
from typing import Final

from pdp.api.v1 import decision_pb2, request_pb2
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError
from pdp.core.facts import Properties, no_properties
from pdp.core.request import Consistency, Freshness, Request, Resource
from pdp.core.vocabulary import WordKind
from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.context import NOTHING_DECLARED, Declared, read_context
from pdp.wire.entities import entity_id, entity_type, free_text, named_entity, optional_entity, own_entity, word
from pdp.wire.facts import read_facts
from pdp.wire.properties import read_properties
from pdp.wire.reading import Reading
from pdp.wire.words import Keys, Words

_UNSET: Final = Consistency()
_NO_KEYS: Final = Keys({})


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """An item of a batch that cannot be decided: its *request_id* and all that is wrong with it."""

    request_id: str
    error: InvalidRequestError


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of a batch in their order, each a request or what is wrong with it; one *consistency* for all."""

    items: tuple[Request | RefusedItem, ...]
    consistency: Consistency


def consistency_of_batch(message: decision_pb2.CheckBatchRequest, words: Words) -> Consistency:
    """Return the consistency of a batch; raise InvalidRequestError for what is wrong with the batch itself."""
    reading = Reading(words, words.of(""))
    reading.check_known_fields(message, "")
    if not message.requests:
        reading.refuse(Code.REQUIRED, "requests", "", phrases.REQUIRED)
    if len(message.requests) > limits.BATCH:
        text = phrases.too_many(phrases.REQUESTS, len(message.requests), limits.BATCH)
        reading.refuse(Code.TOO_MANY, "requests", str(len(message.requests)), text)
    consistency = _UNSET
    if message.HasField("consistency"):
        consistency = read_consistency(reading, message.consistency)
    reading.finish()
    return consistency


def request_from_wire(
    message: decision_pb2.CheckRequest,
    words: Words,
    *,
    declared: Declared = NOTHING_DECLARED,
    of_batch: Consistency | None = None,
) -> Request:
    """Return the request that *message* holds; raise InvalidRequestError with all that is wrong with it.

    *of_batch* is the consistency of the batch of which it is an item; an item has none of its own.
    """
    reading = Reading(words, words.of(message.operator))
    reading.check_known_fields(message, "")
    request_id = free_text(reading, message.request_id, "request_id")
    operator = word(reading, WordKind.OPERATOR, message.operator, "operator")
    subject, subject_properties = _read_subject(reading, message.subject)
    action = _read_action(reading, message.action)
    resource = _read_resource(reading, message.resource)
    purpose = word(reading, WordKind.PURPOSE, message.purpose, "purpose")
    time, context, extra = None, no_properties(), no_properties()
    if message.HasField("context"):
        time, context, extra = read_context(reading, message.context, declared)
    facts = read_facts(reading, message.facts, "facts") if message.facts else ()
    consistency = _UNSET if of_batch is None else of_batch
    if message.HasField("consistency"):
        own = read_consistency(reading, message.consistency)
        consistency = own if of_batch is None else of_batch
        if of_batch is not None and own != _UNSET:
            reading.refuse(Code.NOT_IN_BATCH, "consistency", own.freshness.value, phrases.NOT_IN_BATCH)
    reading.finish()
    return Request(
        request_id=request_id,
        operator=operator,
        subject=subject,
        action=action,
        resource=resource,
        purpose=purpose,
        subject_properties=subject_properties,
        context=context,
        extra=extra,
        time=time,
        facts=facts,
        consistency=consistency,
        unread=reading.unread,
    )


def _read_subject(reading: Reading, message: request_pb2.Subject) -> tuple[Entity, Properties]:
    reading.check_known_fields(message, "subject")
    type_ = entity_type(reading, message.type, "subject", "type")
    id_ = entity_id(reading, message.id, "subject", "id")
    properties = no_properties()
    if message.HasField("properties"):
        properties = read_properties(reading, message.properties, reading.operator.subject, "subject.properties")
    return Entity(type_, id_), properties


def _read_action(reading: Reading, message: request_pb2.Action) -> str:
    reading.check_known_fields(message, "action")
    name = word(reading, WordKind.ACTION, message.name, "action.name")
    if message.HasField("properties"):
        read_properties(reading, message.properties, _NO_KEYS, "action.properties")
    return name


def _read_resource(reading: Reading, message: request_pb2.Resource) -> Resource:
    reading.check_known_fields(message, "resource")
    type_ = word(reading, WordKind.CATEGORY, message.type, "resource.type")
    id_ = entity_id(reading, message.id, "resource", "id")
    data_subject = optional_entity(reading, message.data_subject, "resource", "data_subject")
    scopes = _read_scopes(reading, message) if message.scopes else ()
    properties = no_properties()
    if message.HasField("properties"):
        properties = read_properties(reading, message.properties, reading.operator.resource, "resource.properties")
    return Resource(type_, id_, data_subject, scopes, properties)


def _read_scopes(reading: Reading, message: request_pb2.Resource) -> tuple[Entity, ...]:
    if len(message.scopes) > limits.SCOPES:
        text = phrases.too_many(phrases.SCOPES, len(message.scopes), limits.SCOPES)
        reading.refuse(Code.TOO_MANY, "resource.scopes", str(len(message.scopes)), text)
        return ()
    scopes = []
    for at, name in enumerate(message.scopes):
        field = f"resource.scopes[{at}]"
        if not name:
            reading.refuse(Code.EMPTY, field, name, phrases.EMPTY)
            continue
        scope = named_entity(reading, name, field, "")
        own_entity(reading, scope, field)
        if scope is not None:
            scopes.append(scope)
    return tuple(scopes)


def read_consistency(reading: Reading, message: request_pb2.Consistency) -> Consistency:
    """Read the freshness asked for."""
    reading.check_known_fields(message, "consistency")
    match message.WhichOneof("requirement"):
        case "minimize_latency" if message.minimize_latency:
            return Consistency(Freshness.MINIMIZE_LATENCY)
        case "fully_consistent" if message.fully_consistent:
            return Consistency(Freshness.FULLY_CONSISTENT)
        case "at_least_as_fresh":
            token = free_text(reading, message.at_least_as_fresh, "consistency.at_least_as_fresh")
            if not token:
                reading.refuse(Code.EMPTY, "consistency.at_least_as_fresh", token, phrases.EMPTY)
            return Consistency(Freshness.AT_LEAST_AS_FRESH, token)
        case _:
            return _UNSET
