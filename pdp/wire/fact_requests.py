"""Requests about stored facts: from wire messages to values of the core, every mistake at once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from pdp.api.v1 import facts_pb2, request_pb2
from pdp.core.entity import Entity
from pdp.core.errors import ForeignTokenError
from pdp.core.fact_change import FactChangeRequest
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Fact, Properties, no_properties
from pdp.core.request import Consistency
from pdp.core.stores import FactFilter, Token
from pdp.core.vocabulary import WordKind
from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.context import Declared, read_context
from pdp.wire.entities import entity_id, entity_type, free_text, member, optional_entity, word
from pdp.wire.facts import fact_from_wire, read_fact
from pdp.wire.instants import read_timestamp
from pdp.wire.json_form import fill_from_json
from pdp.wire.properties import read_properties
from pdp.wire.reading import Reading
from pdp.wire.requests import read_consistency
from pdp.wire.words import Words

KINDS: Final = ("role", "consent", "ground", "containment")
PAGE_SIZE: Final = 1000
"""So many facts a page holds at most."""


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Which facts to read: *page_size* 0 for all of them, *page_token* as it was given."""

    operator: str
    selection: FactFilter
    consistency: Consistency
    page_size: int
    page_token: str


def write_from_wire(
    message: facts_pb2.WriteFactsRequest, words: Words, *, declared: Declared, caller: str
) -> FactChangeRequest:
    """Return the change that *message* asks for; raise InvalidRequestError with all that is wrong with it."""
    reading = Reading(words, words.of(message.operator))
    reading.check_known_fields(message, "")
    actor, actor_properties = _read_actor(reading, message.actor)
    context, extra = _read_context(reading, message, declared)
    if not message.facts and not message.delete_ids:
        reading.refuse(Code.REQUIRED, "facts", "", phrases.REQUIRED)
    count = len(message.facts) + len(message.delete_ids)
    facts: tuple[Fact, ...] = ()
    if count > limits.WRITTEN:
        text = phrases.too_many(phrases.FACTS, count, limits.WRITTEN)
        reading.refuse(Code.TOO_MANY, "facts", str(count), text)
    else:
        facts = _read_facts(reading, message.facts, actor)
    expected = _read_token(reading, message.expected_token, "expected_token")
    ids = _read_ids(reading, message.delete_ids, "delete_ids")
    operator = word(reading, WordKind.OPERATOR, message.operator, "operator")
    request_id = free_text(reading, message.request_id, "request_id")
    purpose = word(reading, WordKind.PURPOSE, message.purpose, "purpose") if message.purpose else ""
    reading.finish()
    return FactChangeRequest(
        request_id=request_id,
        operator=operator,
        actor=actor,
        purpose=purpose,
        caller=caller,
        content=_digest("WriteFacts", message),
        actor_properties=actor_properties,
        context=context,
        extra=extra,
        facts=facts,
        delete_ids=ids,
        expected=_known(expected, message.expected_token),
    )


def delete_from_wire(
    message: facts_pb2.DeleteFactsRequest, words: Words, *, declared: Declared, caller: str
) -> FactChangeRequest:
    """Return the change that *message* asks for; raise InvalidRequestError with all that is wrong with it."""
    reading = Reading(words, words.of(message.operator))
    reading.check_known_fields(message, "")
    actor, actor_properties = _read_actor(reading, message.actor)
    context, extra = _read_context(reading, message, declared)
    ids = _read_ids(reading, message.ids, "ids")
    selection = FactFilter()
    if message.HasField("filter"):
        selection = _read_filter(reading, message.filter, message.operator)
        if message.filter.HasField("as_of"):
            reading.refuse(Code.GIVEN_BY_SERVER, "filter.as_of", "", phrases.NOTHING_OF_THE_PAST)
    if not ids and not selection.names_somebody:
        reading.refuse(Code.REQUIRED, "ids", "", phrases.NOTHING_SELECTED)
    elif message.HasField("filter") and not selection.names_somebody:
        reading.refuse(Code.REQUIRED, "filter", "", phrases.NOTHING_SELECTED)
    operator = word(reading, WordKind.OPERATOR, message.operator, "operator")
    request_id = free_text(reading, message.request_id, "request_id")
    purpose = word(reading, WordKind.PURPOSE, message.purpose, "purpose") if message.purpose else ""
    reading.finish()
    return FactChangeRequest(
        request_id=request_id,
        operator=operator,
        actor=actor,
        purpose=purpose,
        caller=caller,
        content=_digest("DeleteFacts", message),
        actor_properties=actor_properties,
        context=context,
        extra=extra,
        delete_ids=ids,
        selection=selection,
        deletes_alone=True,
    )


def read_from_wire(message: facts_pb2.ReadFactsRequest, words: Words) -> ReadRequest:
    """Return which facts *message* asks for; raise InvalidRequestError with all that is wrong with it."""
    reading = Reading(words, words.of(message.filter.operator))
    reading.check_known_fields(message, "")
    operator = word(reading, WordKind.OPERATOR, message.filter.operator, "filter.operator")
    selection = _read_filter(reading, message.filter, "")
    consistency = Consistency()
    if message.HasField("consistency"):
        consistency = read_consistency(reading, message.consistency)
    if not 0 <= message.page_size <= PAGE_SIZE:
        reading.refuse(Code.OUT_OF_RANGE, "page_size", str(message.page_size), phrases.OUT_OF_RANGE, str(PAGE_SIZE))
    page_token = free_text(reading, message.page_token, "page_token")
    reading.finish()
    return ReadRequest(operator, selection, consistency, message.page_size, page_token)


def watch_from_wire(message: facts_pb2.WatchFactsRequest, words: Words) -> tuple[str, Token | None]:
    """Return the operator whose changes are asked for, and the state after which; None for now on."""
    reading = Reading(words, words.of(message.operator))
    reading.check_known_fields(message, "")
    operator = word(reading, WordKind.OPERATOR, message.operator, "operator")
    token = _read_token(reading, message.from_token, "from_token")
    reading.finish()
    return operator, _known(token, message.from_token)


def write_from_json(
    members: Mapping[str, object], words: Words, *, declared: Declared, caller: str
) -> FactChangeRequest:
    """Return the change that a WriteFactsRequest as parsed JSON asks for; raises what `write_from_wire` raises."""
    message = facts_pb2.WriteFactsRequest()
    fill_from_json(message, members)
    return write_from_wire(message, words, declared=declared, caller=caller)


def delete_from_json(
    members: Mapping[str, object], words: Words, *, declared: Declared, caller: str
) -> FactChangeRequest:
    """Return the change that a DeleteFactsRequest as parsed JSON asks for; raises what `delete_from_wire` raises."""
    message = facts_pb2.DeleteFactsRequest()
    fill_from_json(message, members)
    return delete_from_wire(message, words, declared=declared, caller=caller)


def fact_from_json(members: Mapping[str, object], words: Words, operator: str) -> Fact:
    """Return the fact of *operator* that parsed JSON holds, with the id of its identity.

    Raises InvalidRequestError with all that is wrong with it.
    """
    message = facts_pb2.Fact()
    fill_from_json(message, members)
    fact = fact_from_wire(message, words, operator=operator, stored=True)
    return replace(fact, id=fact_id(operator, fact.kind))


def _read_actor(reading: Reading, message: request_pb2.Subject) -> tuple[Entity, Properties]:
    reading.check_known_fields(message, "actor")
    type_ = entity_type(reading, message.type, "actor", "type")
    id_ = entity_id(reading, message.id, "actor", "id")
    properties = no_properties()
    if message.HasField("properties"):
        properties = read_properties(reading, message.properties, reading.operator.subject, "actor.properties")
    return Entity(type_, id_), properties


def _read_context(
    reading: Reading, message: facts_pb2.WriteFactsRequest | facts_pb2.DeleteFactsRequest, declared: Declared
) -> tuple[Properties, Properties]:
    if not message.HasField("context"):
        return no_properties(), no_properties()
    time, context, extra = read_context(reading, message.context, declared)
    if time is not None:
        reading.refuse(Code.GIVEN_BY_SERVER, "context.time", time.isoformat(), phrases.TIME_OF_CHANGES)
    for name in ("grantee", "granted_role"):
        if name in context:
            reading.refuse(Code.GIVEN_BY_SERVER, f"context.{name}", str(context[name]), phrases.FILLED_IN)
    return context, extra


def _read_facts(reading: Reading, messages: Sequence[facts_pb2.Fact], actor: Entity) -> tuple[Fact, ...]:
    facts = []
    for at, message in enumerate(messages):
        place = f"facts[{at}]"
        if message.id:
            reading.refuse(Code.GIVEN_BY_SERVER, f"{place}.id", message.id, phrases.GIVEN_BY_SERVER)
        if message.HasField("consent") and not message.consent.given_by:
            filled = facts_pb2.Fact()
            filled.CopyFrom(message)
            filled.consent.given_by = str(actor)
            message = filled
        fact = read_fact(reading, message, place)
        if fact is not None:
            facts.append(fact)
    return tuple(facts)


def _read_ids(reading: Reading, ids: Sequence[str], field: str) -> tuple[str, ...]:
    if len(ids) > limits.WRITTEN:
        text = phrases.too_many(phrases.FACTS, len(ids), limits.WRITTEN)
        reading.refuse(Code.TOO_MANY, field, str(len(ids)), text)
        return ()
    for at, id_ in enumerate(ids):
        if not id_:
            reading.refuse(Code.EMPTY, f"{field}[{at}]", id_, phrases.EMPTY)
        free_text(reading, id_, f"{field}[{at}]")
    return tuple(ids)


def _read_filter(reading: Reading, message: facts_pb2.FactFilter, operator: str) -> FactFilter:
    """Read a filter; *operator* is that of the request around it, whose own the filter may then leave out."""
    reading.check_known_fields(message, "filter")
    if operator and message.operator and message.operator != operator:
        text = phrases.foreign_operator(message.operator, operator)
        reading.refuse(Code.FOREIGN_OPERATOR, "filter.operator", message.operator, text, operator)
    if message.kind:
        member(reading, message.kind, KINDS, phrases.KIND_OF_FACT, "filter.kind")
    as_of: datetime | None = None
    if message.HasField("as_of"):
        as_of = read_timestamp(reading, message.as_of, "filter.as_of")
    return FactFilter(
        kind=message.kind,
        subject=optional_entity(reading, message.subject, "filter", "subject"),
        scope=optional_entity(reading, message.scope, "filter", "scope"),
        data_subject=optional_entity(reading, message.data_subject, "filter", "data_subject"),
        as_of=as_of,
    )


def _read_token(reading: Reading, text: str, field: str) -> Token | None:
    return Token.parse(free_text(reading, text, field)) if text else None


def _known(token: Token | None, text: str) -> Token | None:
    """Return *token*; raise ForeignTokenError for a text that is none of any store."""
    if token is None and text:
        raise ForeignTokenError("the token is of another store")
    return token


def _digest(method: str, message: Message) -> str:
    """Return what tells two requests apart: a digest of all that they hold."""
    return hashlib.sha256(method.encode() + b"\0" + message.SerializeToString(deterministic=True)).hexdigest()
