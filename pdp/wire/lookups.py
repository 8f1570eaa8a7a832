"""Look-ups: from wire messages to values of the core, and what was found back to messages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from pdp.api.v1 import decision_pb2, request_pb2
from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError, RequestError
from pdp.core.lookup import Certainty, Found, Match
from pdp.core.request import Request, Resource
from pdp.core.value import value
from pdp.core.vocabulary import WordKind
from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.context import Declared
from pdp.wire.entities import named_entity, own_entity
from pdp.wire.instants import read_timestamp, timestamp_from_instant
from pdp.wire.json_form import message_to_json
from pdp.wire.outgoing import request_to_wire
from pdp.wire.reading import Reading
from pdp.wire.requests import request_from_wire
from pdp.wire.responses import (
    condition_from_wire,
    condition_to_wire,
    decision_to_wire,
    reason_from_wire,
    reason_to_wire,
)
from pdp.wire.words import Words

DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000

_PLACEHOLDER: Final = "-"
"""The id of what a look-up does not name; nothing looks at it."""

LookupRequest = (
    decision_pb2.LookupSubjectsRequest | decision_pb2.LookupResourcesRequest | decision_pb2.LookupActionsRequest
)


@value
class Lookup:
    """What a look-up asks: *request* with placeholders for what is sought, of the past if *as_of* is an instant.

    *page_size* is how many matches to send at most, *page_token* where the page before ended.
    """

    request: Request
    as_of: datetime | None
    page_size: int = 0
    page_token: str = ""
    candidates: tuple[Resource, ...] = ()
    within: Entity | None = None


class LookupReader:
    """Reads look-ups by *words* and the keys that operators' folders declare; safe for many threads."""

    def __init__(self, words: Words, declared: Declared) -> None:
        self._words = words
        self._declared = declared

    def subjects(self, message: decision_pb2.LookupSubjectsRequest) -> Lookup:
        """Return the look-up that *message* holds; raise InvalidRequestError with all that is wrong with it."""
        reading = self._reading(message)
        _check_page(reading, message.page_size)
        asked = self._question(message, action=message.action, resource=message.resource)
        asked.subject.type = message.subject_type
        asked.subject.id = _PLACEHOLDER
        request = self._read(reading, asked, _renamed({"subject.type": "subject_type"}))
        as_of = read_as_of(reading, message, request is not None and request.time is not None)
        reading.finish()
        return Lookup(_known(request), as_of, message.page_size or DEFAULT_PAGE, message.page_token)

    def actions(self, message: decision_pb2.LookupActionsRequest) -> Lookup:
        """Return the look-up that *message* holds; raise InvalidRequestError with all that is wrong with it."""
        reading = self._reading(message)
        action = request_pb2.Action(name=next(iter(self._words.vocabulary.words(WordKind.ACTION))))
        asked = self._question(message, action=action, resource=message.resource)
        asked.subject.CopyFrom(message.subject)
        request = self._read(reading, asked, _renamed({}))
        as_of = read_as_of(reading, message, request is not None and request.time is not None)
        reading.finish()
        return Lookup(_known(request), as_of)

    def resources(self, message: decision_pb2.LookupResourcesRequest) -> Lookup:
        """Return the look-up that *message* holds; raise InvalidRequestError with all that is wrong with it."""
        reading = self._reading(message)
        _check_page(reading, message.page_size)
        sought = request_pb2.Resource(type=message.category, id=_PLACEHOLDER)
        asked = self._question(message, action=message.action, resource=sought)
        asked.subject.CopyFrom(message.subject)
        request = self._read(reading, asked, _renamed({"resource.type": "category"}))
        within = named_entity(reading, message.within, "within", "") if message.within else None
        own_entity(reading, within, "within")
        as_of = read_as_of(reading, message, request is not None and request.time is not None)
        candidates = () if request is None else self._candidates(reading, message, asked)
        reading.finish()
        return Lookup(_known(request), as_of, message.page_size or DEFAULT_PAGE, message.page_token, candidates, within)

    def _candidates(
        self, reading: Reading, message: decision_pb2.LookupResourcesRequest, asked: decision_pb2.CheckRequest
    ) -> tuple[Resource, ...]:
        number = len(message.candidates)
        if number > limits.LIST:
            text = phrases.too_many(phrases.ELEMENTS, number, limits.LIST)
            reading.refuse(Code.TOO_MANY, "candidates", str(number), text)
            return ()
        # The rest of the question has been read; here only the resource of each can be wrong.
        bare = decision_pb2.CheckRequest(operator=asked.operator, action=asked.action, purpose=asked.purpose)
        bare.subject.CopyFrom(request_pb2.Subject(type="user", id=_PLACEHOLDER))
        found = []
        for at, candidate in enumerate(message.candidates):
            bare.resource.CopyFrom(candidate)
            bare.resource.type = candidate.type or message.category
            read = self._read(reading, bare, _within(f"candidates[{at}]"))
            if read is None:
                continue
            if message.category not in self._words.vocabulary.upward(WordKind.CATEGORY, read.resource.type):
                field = f"candidates[{at}].type"
                text = phrases.wrong_type(phrases.NOT_IN_CATEGORY)
                reading.refuse(Code.WRONG_TYPE, field, read.resource.type, text, message.category)
            found.append(read.resource)
        return tuple(found)

    def _reading(self, message: LookupRequest) -> Reading:
        reading = Reading(self._words, self._words.of(message.operator))
        reading.check_known_fields(message, "")
        return reading

    def _question(
        self, message: LookupRequest, *, action: request_pb2.Action, resource: request_pb2.Resource
    ) -> decision_pb2.CheckRequest:
        asked = decision_pb2.CheckRequest(
            operator=message.operator,
            action=action,
            resource=resource,
            purpose=message.purpose,
            facts=message.facts,
        )
        if message.HasField("context"):
            asked.context.CopyFrom(message.context)
        if message.HasField("consistency"):
            asked.consistency.CopyFrom(message.consistency)
        return asked

    def _read(self, reading: Reading, asked: decision_pb2.CheckRequest, rename: Callable[[str], str]) -> Request | None:
        """Return the request that *asked* holds; what is wrong with it is reported where the look-up says it."""
        try:
            return request_from_wire(asked, self._words, declared=self._declared)
        except InvalidRequestError as error:
            for one in error.errors:
                reading.refuse(Code(one.code), rename(one.field), one.value, one.message, one.suggestion)
            return None


def match_to_wire(match: Match) -> decision_pb2.Match:
    """Return *match* as a message."""
    return decision_pb2.Match(
        entity="" if match.entity is None else str(match.entity),
        everyone=match.everyone,
        certainty=match.certainty.value,
        conditions=[condition_to_wire(condition) for condition in match.conditions],
        reasons=[reason_to_wire(reason) for reason in match.reasons],
    )


def match_from_wire(message: decision_pb2.Match, place: str) -> Match:
    """Return the match that stands at *place* of an answer; raise InvalidRequestError for what cannot be read."""
    try:
        entity = None if message.everyone else Entity.parse(message.entity)
        certainty = Certainty(message.certainty)
    except ValueError as error:
        text = phrases.wrong_type(phrases.OBJECT)
        raise InvalidRequestError([RequestError(Code.WRONG_TYPE.value, place, message.entity, "", text)]) from error
    return Match(
        entity,
        certainty,
        tuple(condition_from_wire(each, f"{place}.conditions[{at}]") for at, each in enumerate(message.conditions)),
        tuple(reason_from_wire(each, f"{place}.reasons[{at}]") for at, each in enumerate(message.reasons)),
    )


def found_to_json(found: Found) -> dict[str, object]:
    """Return *found*, which is complete, as JSON in the names of the wire."""
    return {
        "matches": [message_to_json(match_to_wire(match)) for match in found.matches],
        "complete": True,
        "checked_at": found.checked_at,
        "revision": found.revision,
    }


def subjects_to_wire(request: Request, as_of: datetime | None) -> decision_pb2.LookupSubjectsRequest:
    """Return the look-up of everybody of the type of the subject of *request*."""
    asked = request_to_wire(request)
    message = decision_pb2.LookupSubjectsRequest(
        subject_type=asked.subject.type, action=asked.action, resource=asked.resource, page_size=LARGEST_PAGE
    )
    _fill(message, asked, as_of)
    return message


def resources_to_wire(
    request: Request, candidates: tuple[Resource, ...], within: Entity | None, as_of: datetime | None
) -> decision_pb2.LookupResourcesRequest:
    """Return the look-up of all to which the subject of *request* may do that."""
    asked = request_to_wire(request)
    message = decision_pb2.LookupResourcesRequest(
        subject=asked.subject,
        action=asked.action,
        category=asked.resource.type,
        candidates=[request_to_wire(replace(request, resource=resource)).resource for resource in candidates],
        within="" if within is None else str(within),
        page_size=LARGEST_PAGE,
    )
    _fill(message, asked, as_of)
    return message


def actions_to_wire(request: Request, as_of: datetime | None) -> decision_pb2.LookupActionsRequest:
    """Return the look-up of all that the subject of *request* may do."""
    asked = request_to_wire(request)
    message = decision_pb2.LookupActionsRequest(subject=asked.subject, resource=asked.resource)
    _fill(message, asked, as_of)
    return message


def _fill(message: LookupRequest, asked: decision_pb2.CheckRequest, as_of: datetime | None) -> None:
    message.operator, message.purpose = asked.operator, asked.purpose
    message.facts.extend(asked.facts)
    if asked.HasField("context"):
        message.context.CopyFrom(asked.context)
    if asked.HasField("consistency"):
        message.consistency.CopyFrom(asked.consistency)
    if as_of is not None:
        message.as_of.CopyFrom(timestamp_from_instant(as_of))


def action_answer_to_wire(action: str, decision: Decision) -> decision_pb2.ActionAnswer:
    """Return the answer about *action* as a message."""
    return decision_pb2.ActionAnswer(action=action, response=decision_to_wire(decision))


def _check_page(reading: Reading, size: int) -> None:
    if not 0 <= size <= LARGEST_PAGE:
        reading.refuse(Code.OUT_OF_RANGE, "page_size", str(size), phrases.wrong_type(phrases.PAGE_SIZE))


def read_as_of(
    reading: Reading, message: LookupRequest | decision_pb2.ExplainRequest, has_time: bool
) -> datetime | None:
    """Return the instant that is asked about, None for the present; *has_time*: the question names one of its own."""
    if not message.HasField("as_of"):
        return None
    instant = read_timestamp(reading, message.as_of, "as_of")
    if has_time:
        reading.refuse(Code.NOT_IN_PAST, "as_of", "", phrases.NOT_IN_PAST)
    return instant


def _known(request: Request | None) -> Request:
    """Return *request*, which was read: finishing has raised otherwise."""
    if request is None:
        raise AssertionError("a look-up without a request has mistakes")
    return request


def _renamed(names: dict[str, str]) -> Callable[[str], str]:
    return lambda field: names.get(field, field)


def _within(place: str) -> Callable[[str], str]:
    return lambda field: place + field.removeprefix("resource")


def page_token_error(token: str) -> InvalidRequestError:
    """Return what is wrong with a page token that does not belong to what was found."""
    return InvalidRequestError(
        [RequestError(Code.MALFORMED_TOKEN.value, "page_token", token[:100], "", phrases.LOOKUP_TOKEN)]
    )


def question_bytes(message: Message) -> bytes:
    """Return what tells one look-up from another: all of *message* but the page."""
    question = type(message)()
    question.CopyFrom(message)
    question.ClearField("page_size")
    question.ClearField("page_token")
    return question.SerializeToString(deterministic=True)
