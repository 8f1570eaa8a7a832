"""What an ExplainRequest asks for."""

from dataclasses import dataclass
from datetime import datetime

from pdp.api.v1 import decision_pb2
from pdp.core.errors import InvalidRequestError
from pdp.core.request import Request
from pdp.core.visibility import Level
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.context import Declared
from pdp.wire.lookups import read_as_of
from pdp.wire.mistakes import shown
from pdp.wire.reading import Reading
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words


@dataclass(frozen=True, slots=True)
class Explaining:
    """A request to explain, as of an instant of the past if *as_of* is one, or the id of a decision; how much to show.

    A decision on record has an instant of its own, and *as_of* is None.
    """

    of: Request | str
    level: Level
    as_of: datetime | None


def explain_request_from_wire(message: decision_pb2.ExplainRequest, words: Words, declared: Declared) -> Explaining:
    """Return what is to be explained.

    Raise InvalidRequestError with all that is wrong with *message*; paths in its `request` are those that Check gives.
    """
    reading = Reading(words, words.of(""))
    reading.check_known_fields(message, "")
    if message.level not in {"", *Level}:
        suggestion = reading.suggest(message.level, Level)
        reading.refuse(
            Code.UNKNOWN_WORD,
            "level",
            message.level,
            phrases.unknown_word(phrases.PROPERTY_VALUE, shown(message.level)),
            suggestion,
        )
    asked = message.WhichOneof("of")
    if asked is None:
        reading.refuse(Code.REQUIRED, "request", "", phrases.REQUIRED)
    as_of = None
    if asked == "decision_id" and message.HasField("as_of"):
        reading.refuse(Code.SEVERAL_FORMS, "as_of", "", phrases.NOT_IN_PAST_OF_RECORD)
    elif asked == "request":
        as_of = read_as_of(reading, message, message.request.context.HasField("time"))
    mistakes = list(reading.errors)
    request = None
    if asked == "request":
        try:
            request = request_from_wire(message.request, words, declared=declared)
        except InvalidRequestError as error:
            mistakes.extend(error.errors)
    if mistakes:
        raise InvalidRequestError(mistakes)
    of = request if request is not None else message.decision_id
    return Explaining(of, Level(message.level or Level.CALLER), as_of)
