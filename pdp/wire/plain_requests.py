"""Requests in which nothing is out of the ordinary, read fast; everything else is left to the precise reader.

Callers send the same few facts and circumstances again and again. What a fact or a context *says* is remembered by its
bytes; an answer never is: each request is decided anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct

from pdp.api.v1 import decision_pb2, facts_pb2, request_pb2
from pdp.core.entity import Entity, id_problem, type_problem
from pdp.core.facts import Containment, Fact, Ground, Properties, no_properties
from pdp.core.request import Consistency, Request, Resource
from pdp.core.vocabulary import WordKind
from pdp.wire import limits
from pdp.wire.alike import LONGEST_ID
from pdp.wire.context import Declared, read_context
from pdp.wire.facts import read_fact
from pdp.wire.identities import FactsSeen
from pdp.wire.outline import NotPlainError, outline, tag_of
from pdp.wire.properties import read_properties
from pdp.wire.reading import Reading
from pdp.wire.words import Words

Found = TypeVar("Found")

REMEMBERED: Final = 8192
"""So many facts, contexts and the like are remembered of each kind; the least recently used is forgotten first."""

LONGEST_REMEMBERED: Final = 1024
"""Bytes: so that a full memory is at most some ten megabytes."""

FEW_FACTS: Final = 4
"""Up to so many facts of a request are remembered together, too."""

_NOTHING: Final = no_properties()
_UNSET: Final = Consistency()
_TOLD_APART: Final = (Ground, Containment)
"""Kinds of facts of which two in one request can contradict each other."""

_OPERATOR, _REQUEST_ID, _SUBJECT, _ACTION, _RESOURCE, _PURPOSE, _CONTEXT, _FACTS = (
    tag_of(decision_pb2.CheckRequest, name)
    for name in ("operator", "request_id", "subject", "action", "resource", "purpose", "context", "facts")
)
_NAME: Final = tag_of(request_pb2.Action, "name")
_NO_TAG: Final = 0
_REQUIRED: Final = 5
"""So many fields every plain request has: an operator, a subject, an action, a resource and a purpose."""

_TYPE, _ID, _DATA_SUBJECT, _SCOPES, _PROPERTIES = (
    tag_of(request_pb2.Resource, name) for name in ("type", "id", "data_subject", "scopes", "properties")
)


class PlainReader:
    """Reads plain requests by *words* and the keys that operators' folders declare."""

    def __init__(self, words: Words, declared: Declared) -> None:
        sections = words.vocabulary.sections
        self._words = words
        self._declared = declared
        self._operators = _by_bytes(sections[WordKind.OPERATOR])
        self._actions = _by_bytes(sections[WordKind.ACTION])
        self._categories = _by_bytes(sections[WordKind.CATEGORY])
        self._purposes = _by_bytes(sections[WordKind.PURPOSE])
        self._types = frozenset(words.schema.entity_types)
        # lru_cache keeps no errors: what is not plain is looked at again each time.
        self._subject = lru_cache(REMEMBERED)(self._read_subject)
        self._action = lru_cache(REMEMBERED)(self._read_action)
        self._fact = lru_cache(REMEMBERED)(self._read_fact)
        self._few_facts = lru_cache(REMEMBERED // FEW_FACTS)(self._read_facts)
        self._context = lru_cache(REMEMBERED)(self._read_context)
        self._properties_of_resource = lru_cache(REMEMBERED)(self._read_properties_of_resource)

    def request(self, content: bytes, consistency: Consistency = _UNSET) -> Request:
        """Return the request in *content*; raise NotPlainError when the precise reader has to look at it.

        A request with a consistency of its own is not plain.
        """
        fields, facts = outline(content, _FACTS)
        get = fields.get
        try:
            operator, purpose = self._operators[fields[_OPERATOR]], self._purposes[fields[_PURPOSE]]
            subject, properties = self._subject(operator, fields[_SUBJECT])
            action = self._action(fields[_ACTION])
            resource = self._resource(fields[_RESOURCE], operator)
            known = _REQUIRED
            asked, said = "", get(_REQUEST_ID)
            if said is not None:
                known += 1
                asked = said.decode()
                if len(asked) > LONGEST_ID:
                    raise NotPlainError
            time, context, extra = None, _NOTHING, _NOTHING
            said = get(_CONTEXT)
            if said is not None:
                known += 1
                time, context, extra = self._context(operator, _short(said))
            if len(fields) != known:
                raise NotPlainError
            found: tuple[Fact, ...] = ()
            if facts:
                few = len(facts) <= FEW_FACTS
                found = self._few_facts(operator, tuple(facts)) if few else self._read_facts(operator, facts)
        # A word that is not known, text that is no UTF-8, or bytes that are no such message.
        except (KeyError, UnicodeDecodeError, DecodeError):
            raise NotPlainError from None
        return Request(
            asked,
            operator,
            subject,
            action,
            resource,
            purpose,
            properties,
            context,
            extra,
            time,
            found,
            consistency,
        )

    def _read_subject(self, operator: str, content: bytes) -> tuple[Entity, Properties]:
        message = request_pb2.Subject.FromString(_short(content))
        reading = self._reading(operator)
        reading.check_known_fields(message, "")
        if message.type not in self._types:
            raise NotPlainError
        properties = _NOTHING
        if message.HasField("properties"):
            properties = read_properties(reading, message.properties, self._words.of(operator).subject, "")
        return _only(reading, (_entity(message.type, message.id), properties))

    def _read_action(self, content: bytes) -> str:
        fields, without_number = outline(_short(content), _NO_TAG)
        # A field with the number 0 is none: the parser refuses such a message.
        if len(fields) > 1 or without_number:
            raise NotPlainError
        return self._actions[fields[_NAME]]

    def _resource(self, content: bytes, operator: str) -> Resource:
        fields, scopes = outline(content, _SCOPES)
        if len(scopes) > limits.SCOPES:
            raise NotPlainError
        known = 2
        type_, id_ = self._categories[fields[_TYPE]], fields[_ID].decode()
        if id_problem(id_) is not None:
            raise NotPlainError
        person = None
        said = fields.get(_DATA_SUBJECT)
        if said is not None:
            known += 1
            person = _named(said)
        lies_in: tuple[Entity, ...] = ()
        if scopes:
            lies_in = tuple([_named(scope) for scope in scopes])
            for scope in lies_in:
                if scope.type == "operator" and scope.id != operator:
                    raise NotPlainError
        properties = _NOTHING
        said = fields.get(_PROPERTIES)
        if said is not None:
            known += 1
            properties = self._properties_of_resource(operator, _short(said))
        if len(fields) != known:
            raise NotPlainError
        return Resource(type_, id_, person, lies_in, properties)

    def _read_facts(self, operator: str, contents: Sequence[bytes]) -> tuple[Fact, ...]:
        if len(contents) > limits.FACTS:
            raise NotPlainError
        facts = tuple([self._fact(operator, _short(content)) for content in contents])
        if sum(isinstance(fact.kind, _TOLD_APART) for fact in facts) > 1:
            reading, seen = self._reading(operator), FactsSeen()
            for fact in facts:
                seen.compare(reading, fact, "")
            _only(reading, facts)
        return facts

    def _read_fact(self, operator: str, content: bytes) -> Fact:
        message = facts_pb2.Fact.FromString(content)
        reading = self._reading(operator)
        fact = _only(reading, read_fact(reading, message, ""))
        if fact is None or message.id:
            raise NotPlainError
        return fact

    def _read_properties_of_resource(self, operator: str, content: bytes) -> Properties:
        reading = self._reading(operator)
        keys = self._words.of(operator).resource
        return _only(reading, read_properties(reading, Struct.FromString(content), keys, ""))

    def _read_context(self, operator: str, content: bytes) -> tuple[datetime | None, Properties, Properties]:
        reading = self._reading(operator)
        return _only(reading, read_context(reading, request_pb2.Context.FromString(content), self._declared))

    def _reading(self, operator: str) -> Reading:
        return Reading(self._words, self._words.of(operator))


def _by_bytes(words: Iterable[str]) -> Mapping[bytes, str]:
    return {word.encode(): word for word in words}


def _only(reading: Reading, found: Found) -> Found:
    """Return *found*, unless *reading* has met a mistake or something that goes into the record alone."""
    if reading.errors or reading.unread:
        raise NotPlainError
    return found


def _short(content: bytes) -> bytes:
    """Return *content*, unless it is longer than anything that is remembered."""
    if len(content) > LONGEST_REMEMBERED:
        raise NotPlainError
    return content


def _entity(type_: str, id_: str) -> Entity:
    if type_problem(type_) is not None or id_problem(id_) is not None:
        raise NotPlainError
    return Entity(type_, id_)


@lru_cache(REMEMBERED)
def _named(name: bytes) -> Entity:
    type_, colon, id_ = _short(name).decode().partition(":")
    if not colon:
        raise NotPlainError
    return _entity(type_, id_)
