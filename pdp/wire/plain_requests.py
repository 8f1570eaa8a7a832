"""Requests in which nothing is out of the ordinary, read fast; everything else is left to the precise reader.

Callers send the same few facts and circumstances again and again. What a fact or a context *says* is remembered by its
bytes; an answer never is: each request is decided anew.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from google.protobuf.struct_pb2 import Struct
from google.protobuf.unknown_fields import UnknownFieldSet

from pdp.api.v1 import decision_pb2, facts_pb2, request_pb2
from pdp.core.entity import Entity, id_problem, type_problem
from pdp.core.facts import Containment, Fact, Ground, Properties, no_properties
from pdp.core.request import Consistency, Request, Resource
from pdp.core.vocabulary import WordKind
from pdp.wire import limits
from pdp.wire.context import Declared, read_context
from pdp.wire.facts import read_fact
from pdp.wire.identities import FactsSeen
from pdp.wire.properties import read_properties
from pdp.wire.reading import Reading
from pdp.wire.words import Keys, Words

Found = TypeVar("Found")

REMEMBERED: Final = 8192
"""So many facts, and so many contexts, are remembered; the least recently used one is forgotten first."""

LONGEST_REMEMBERED: Final = 1024
"""Bytes: so that a full memory is at most some ten megabytes."""

_LONGEST_ID: Final = 256
_NOTHING: Final = no_properties()
_UNSET: Final = Consistency()
_TOLD_APART: Final = (Ground, Containment)
"""Kinds of facts of which two in one request can contradict each other."""


class NotPlainError(Exception):
    """Something is out of the ordinary; the precise reader says what, if anything is wrong with it."""


class PlainReader:
    """Reads plain requests by *words* and the keys that operators' folders declare."""

    def __init__(self, words: Words, declared: Declared) -> None:
        sections = words.vocabulary.sections
        self._words = words
        self._declared = declared
        self._operators = frozenset(sections[WordKind.OPERATOR])
        self._actions = frozenset(sections[WordKind.ACTION])
        self._categories = frozenset(sections[WordKind.CATEGORY])
        self._purposes = frozenset(sections[WordKind.PURPOSE])
        self._types = frozenset(words.schema.entity_types)
        # lru_cache keeps no errors: what is not plain is looked at again each time.
        self._fact = lru_cache(REMEMBERED)(self._read_fact)
        self._context = lru_cache(REMEMBERED)(self._read_context)
        self._properties_of_subject = lru_cache(REMEMBERED)(self._read_properties_of_subject)
        self._properties_of_resource = lru_cache(REMEMBERED)(self._read_properties_of_resource)

    def request(self, message: decision_pb2.CheckRequest, consistency: Consistency = _UNSET) -> Request:
        """Return the request that *message* holds; raise NotPlainError when the precise reader has to look at it.

        The message of a request with a consistency of its own is not plain.
        """
        operator, purpose, asked = message.operator, message.purpose, message.request_id
        if (
            operator not in self._operators
            or purpose not in self._purposes
            or len(asked) > _LONGEST_ID
            or message.HasField("consistency")
            or len(UnknownFieldSet(message))
        ):
            raise NotPlainError
        subject = message.subject
        subject_entity = _entity(subject.type, subject.id)
        if subject.type not in self._types or len(UnknownFieldSet(subject)):
            raise NotPlainError
        action = message.action
        name = action.name
        if name not in self._actions or action.HasField("properties") or len(UnknownFieldSet(action)):
            raise NotPlainError
        properties = _NOTHING
        if subject.HasField("properties"):
            properties = self._properties_of_subject(operator, _bytes_of(subject.properties))
        time, context, extra = None, _NOTHING, _NOTHING
        if message.HasField("context"):
            time, context, extra = self._context(operator, _bytes_of(message.context))
        return Request(
            asked,
            operator,
            subject_entity,
            name,
            self._resource(message.resource, operator),
            purpose,
            properties,
            context,
            extra,
            time,
            self._facts(message, operator) if message.facts else (),
            consistency,
        )

    def _resource(self, message: request_pb2.Resource, operator: str) -> Resource:
        type_, data_subject, scopes = message.type, message.data_subject, message.scopes
        if type_ not in self._categories or len(scopes) > limits.SCOPES or len(UnknownFieldSet(message)):
            raise NotPlainError
        lies_in = tuple([_named(scope) for scope in scopes]) if scopes else ()
        for scope in lies_in:
            if scope.type == "operator" and scope.id != operator:
                raise NotPlainError
        properties = _NOTHING
        if message.HasField("properties"):
            properties = self._properties_of_resource(operator, _bytes_of(message.properties))
        return Resource(
            type_,
            _entity("x", message.id).id,
            _named(data_subject) if data_subject else None,
            lies_in,
            properties,
        )

    def _facts(self, message: decision_pb2.CheckRequest, operator: str) -> tuple[Fact, ...]:
        facts = tuple([self._fact(operator, _bytes_of(fact)) for fact in message.facts])
        if len(facts) > limits.FACTS:
            raise NotPlainError
        if sum(isinstance(fact.kind, _TOLD_APART) for fact in facts) > 1:
            reading, seen = Reading(self._words, self._words.of(operator)), FactsSeen()
            for fact in facts:
                seen.compare(reading, fact, "")
            _only(reading, facts)
        return facts

    def _read_fact(self, operator: str, content: bytes) -> Fact:
        message = facts_pb2.Fact.FromString(content)
        reading = Reading(self._words, self._words.of(operator))
        fact = _only(reading, read_fact(reading, message, ""))
        if fact is None or message.id:
            raise NotPlainError
        return fact

    def _read_properties_of_subject(self, operator: str, content: bytes) -> Properties:
        return self._read_properties(content, operator, self._words.of(operator).subject)

    def _read_properties_of_resource(self, operator: str, content: bytes) -> Properties:
        return self._read_properties(content, operator, self._words.of(operator).resource)

    def _read_properties(self, content: bytes, operator: str, keys: Keys) -> Properties:
        reading = Reading(self._words, self._words.of(operator))
        return _only(reading, read_properties(reading, Struct.FromString(content), keys, ""))

    def _read_context(self, operator: str, content: bytes) -> tuple[datetime | None, Properties, Properties]:
        reading = Reading(self._words, self._words.of(operator))
        return _only(reading, read_context(reading, request_pb2.Context.FromString(content), self._declared))


def _only(reading: Reading, found: Found) -> Found:
    """Return *found*, unless *reading* has met a mistake or something that goes into the record alone."""
    if reading.errors or reading.unread:
        raise NotPlainError
    return found


def _bytes_of(message: facts_pb2.Fact | request_pb2.Context | Struct) -> bytes:
    content = message.SerializeToString()
    if len(content) > LONGEST_REMEMBERED:
        raise NotPlainError
    return content


@lru_cache(REMEMBERED)
def _entity(type_: str, id_: str) -> Entity:
    if type_problem(type_) is not None or id_problem(id_) is not None:
        raise NotPlainError
    return Entity(type_, id_)


@lru_cache(REMEMBERED)
def _named(name: str) -> Entity:
    type_, colon, id_ = name.partition(":")
    if not colon:
        raise NotPlainError
    return _entity(type_, id_)
