"""What an ExplainRequest asks for."""

from enum import StrEnum

from pdp.api.v1 import decision_pb2
from pdp.core.errors import InvalidRequestError, NotImplementedYetError
from pdp.core.request import Request
from pdp.wire import phrases
from pdp.wire.codes import Code
from pdp.wire.context import Declared
from pdp.wire.mistakes import shown
from pdp.wire.reading import Reading
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words


class Level(StrEnum):
    """How much of an explanation is shown: what the asking service may know, or everything."""

    CALLER = "caller"
    ADMIN = "admin"


def explain_request_from_wire(
    message: decision_pb2.ExplainRequest, words: Words, declared: Declared
) -> tuple[Request | str, Level]:
    """Return the request to explain, or the id of the decision, and how much to show.

    Raise InvalidRequestError with all that is wrong with *message*; paths in its `request` are those that Check gives.
    Raise NotImplementedYetError for what this version cannot explain.
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
    mistakes = list(reading.errors)
    request = None
    if asked == "request":
        try:
            request = request_from_wire(message.request, words, declared=declared)
        except InvalidRequestError as error:
            mistakes.extend(error.errors)
    if mistakes:
        raise InvalidRequestError(mistakes)
    if message.HasField("as_of"):
        raise NotImplementedYetError("explaining as of another instant is not served by this version")
    return request if request is not None else message.decision_id, Level(message.level or Level.CALLER)
