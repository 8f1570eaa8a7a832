"""The reading of one message: the words it is read by, what no rule sees, and every mistake found on the way."""

from typing import Final

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from pdp.wire import limits, phrases
from pdp.wire.codes import Code
from pdp.wire.mistakes import Mistakes
from pdp.wire.words import OperatorWords, Words

_UNKNOWN_FIELDS_NAMED: Final = 16


class Reading(Mistakes):
    """Reads one message by the words of one operator; *unread* are the values of `x_` keys by path."""

    __slots__ = ("operator", "unread", "words")

    def __init__(self, words: Words, operator: OperatorWords) -> None:
        super().__init__()
        self.words = words
        self.operator = operator
        self.unread: dict[str, object] = {}

    def check_known_fields(self, message: Message, place: str) -> None:
        """Report fields that this version does not know: a newer caller may rely on what they say."""
        unknown = UnknownFieldSet(message)
        if not len(unknown):
            return
        named = min(len(unknown), limits.KEYS)
        numbers = sorted({unknown[position].field_number for position in range(named)})
        for number in numbers[:_UNKNOWN_FIELDS_NAMED]:
            field = f"{place}.{number}" if place else str(number)
            self.refuse(Code.UNKNOWN_FIELD, field, str(number), phrases.unknown_field_number(number))
