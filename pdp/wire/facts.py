"""Facts: from wire messages to values of the core."""

from collections.abc import Sequence
from typing import Final

from pdp.api.v1 import facts_pb2
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError
from pdp.core.facts import Consent, Containment, Fact, FactKind, RoleAssignment, no_properties
from pdp.core.vocabulary import WordKind
from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.entities import entity, member, optional_entity, own_entity, word
from pdp.wire.grounds import read_ground
from pdp.wire.identities import FactsSeen
from pdp.wire.instants import read_timestamp
from pdp.wire.mistakes import shown
from pdp.wire.properties import read_properties, refuse_long_list
from pdp.wire.reading import Reading
from pdp.wire.words import Words

_GIVEN: Final = "given"


def read_facts(reading: Reading, messages: Sequence[facts_pb2.Fact], place: str) -> tuple[Fact, ...]:
    """Read the contextual facts of a request."""
    if len(messages) > limits.FACTS:
        text = phrases.too_many(phrases.FACTS, len(messages), limits.FACTS)
        reading.refuse(Code.TOO_MANY, place, str(len(messages)), text)
        return ()
    seen = FactsSeen()
    facts = []
    for at, message in enumerate(messages):
        path = f"{place}[{at}]"
        if message.id:
            reading.refuse(Code.GIVEN_BY_SERVER, f"{path}.id", message.id, phrases.GIVEN_BY_SERVER)
        fact = read_fact(reading, message, path)
        if fact is not None:
            seen.compare(reading, fact, path)
            facts.append(fact)
    return tuple(facts)


def fact_from_wire(message: facts_pb2.Fact, words: Words, *, operator: str, stored: bool = False) -> Fact:
    """Return one fact of *operator*, with its id if it has one; raise InvalidRequestError with all that is wrong."""
    reading = Reading(words, words.of(operator))
    fact = read_fact(reading, message, "fact")
    if fact is None or reading.errors:
        raise InvalidRequestError(reading.errors)
    return Fact(fact.kind, fact.valid_from, fact.valid_until, message.id, stored)


def read_fact(reading: Reading, message: facts_pb2.Fact, place: str) -> Fact | None:
    """Read one fact, but for its id."""
    reading.check_known_fields(message, place)
    own = reading.operator.id
    if message.operator and own and message.operator != own:
        named = shown(message.operator)
        text = phrases.foreign_operator(named, own)
        reading.refuse(Code.FOREIGN_OPERATOR, f"{place}.operator", message.operator, text, own)
    begins = ends = None
    if message.HasField("valid_from"):
        begins = read_timestamp(reading, message.valid_from, f"{place}.valid_from")
    if message.HasField("valid_until"):
        ends = read_timestamp(reading, message.valid_until, f"{place}.valid_until")
    if begins is not None and ends is not None and ends <= begins:
        reading.refuse(Code.EMPTY_TERM, f"{place}.valid_until", ends.isoformat(), phrases.EMPTY_TERM)
    kind = _read_kind(reading, message, place)
    return None if kind is None else Fact(kind, begins, ends)


def _read_kind(reading: Reading, message: facts_pb2.Fact, place: str) -> FactKind | None:
    match message.WhichOneof("kind"):
        case "role":
            return _read_role(reading, message.role, f"{place}.role")
        case "consent":
            return _read_consent(reading, message.consent, f"{place}.consent")
        case "ground":
            return read_ground(reading, message.ground, f"{place}.ground")
        case "containment":
            return _read_containment(reading, message.containment, f"{place}.containment")
        case _:
            reading.refuse(Code.REQUIRED, place, "", phrases.NO_KIND)
            return None


def _read_role(reading: Reading, message: facts_pb2.RoleAssignment, place: str) -> RoleAssignment | None:
    reading.check_known_fields(message, place)
    subject = entity(reading, message.subject, place, "subject")
    role = word(reading, WordKind.ROLE, message.role, f"{place}.role")
    scope = entity(reading, message.scope, place, "scope")
    _check_held_in(reading, role, scope, place)
    own_entity(reading, scope, f"{place}.scope")
    granted_by = optional_entity(reading, message.granted_by, place, "granted_by")
    if subject is None or scope is None:
        return None
    return RoleAssignment(subject, role, scope, granted_by)


def _check_held_in(reading: Reading, role: str, scope: Entity | None, place: str) -> None:
    known = reading.words.vocabulary.sections[WordKind.ROLE].get(role)
    if known is None:
        return
    if not known.held_in:
        reading.refuse(Code.NEVER_ASSIGNED, f"{place}.role", role, phrases.never_assigned(role))
    elif scope is not None and scope.type not in known.held_in:
        text = phrases.not_held_in(role, scope.type, known.held_in)
        reading.refuse(Code.NOT_HELD_IN, f"{place}.scope", str(scope), text, ", ".join(known.held_in))


def _read_containment(reading: Reading, message: facts_pb2.Containment, place: str) -> Containment | None:
    reading.check_known_fields(message, place)
    inside = entity(reading, message.entity, place, "entity")
    container = entity(reading, message.container, place, "container")
    if inside is None or container is None:
        return None
    if inside == container:
        reading.refuse(Code.CONTAINS_ITSELF, f"{place}.container", str(container), phrases.CONTAINS_ITSELF)
    own_entity(reading, container, f"{place}.container")
    return Containment(inside, container)


def _read_consent(reading: Reading, message: facts_pb2.Consent, place: str) -> Consent | None:
    reading.check_known_fields(message, place)
    if not reading.operator.may_consent:
        text = phrases.kind_of_another_operator("consent", reading.operator.id)
        reading.refuse(Code.NOT_FOR_THIS_OPERATOR, place, "consent", text)
    data_subject = entity(reading, message.data_subject, place, "data_subject")
    given_by = entity(reading, message.given_by, place, "given_by")
    given = message.status == _GIVEN
    purposes = _words(reading, WordKind.PURPOSE, message.purposes, f"{place}.purposes", needed=given)
    categories = _words(reading, WordKind.CATEGORY, message.categories, f"{place}.categories", needed=given)
    recipient = optional_entity(reading, message.recipient, place, "recipient")
    form = message.form
    if form:
        member(reading, form, reading.words.schema.consent.forms, phrases.FORM, f"{place}.form")
    member(reading, message.status, reading.words.schema.consent.statuses, phrases.STATUS, f"{place}.status")
    properties = no_properties()
    if message.HasField("properties"):
        properties = read_properties(reading, message.properties, reading.operator.consent, f"{place}.properties")
    if data_subject is None or given_by is None:
        return None
    return Consent(data_subject, given_by, purposes, categories, message.status, recipient, form, properties)


def _words(reading: Reading, kind: WordKind, texts: Sequence[str], field: str, *, needed: bool) -> tuple[str, ...]:
    """Read the purposes or categories of a consent; an empty list is everything, which nobody gives unasked."""
    if needed and not texts:
        part = field.rpartition(".")[2]
        reading.refuse(Code.LACKS_REQUIRED, field, "[]", phrases.lacks(phrases.GIVEN_CONSENT, part))
    if len(texts) > limits.LIST:
        refuse_long_list(reading, len(texts), field)
        return ()
    return tuple(word(reading, kind, text, f"{field}[{at}]") for at, text in enumerate(texts))
