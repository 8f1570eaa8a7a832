"""The mistakes found in one message, and how what stood there is shown to people."""

from collections.abc import Iterable
from typing import Final

from pdp.core.errors import InvalidRequestError, RequestError
from pdp.core.text import Text, nearest
from pdp.wire import limits, phrases
from pdp.wire.codes import Code

_SHOWN: Final = 100
_LONGEST_WORD: Final = 64


class Mistakes:
    """Collects the mistakes of one message.

    Whoever reads a part reports what is wrong with it by `refuse` and goes on; `finish` then raises, so that a value
    read beside a mistake is never used.
    """

    __slots__ = ("_errors", "_suggestions_left")

    def __init__(self) -> None:
        self._errors: list[RequestError] = []
        self._suggestions_left = limits.SUGGESTIONS

    @property
    def errors(self) -> tuple[RequestError, ...]:
        """Return what has been reported so far."""
        return tuple(self._errors)

    def refuse(self, code: Code, field: str, value: str, message: Text, suggestion: str = "") -> None:
        """Report one mistake; raise InvalidRequestError when there are too many to go on."""
        self._errors.append(RequestError(code.value, field, shown(value), shown(suggestion), message))
        # FAIL CLOSED (bounded work): a request made of mistakes costs no more than a large right one.
        if len(self._errors) == limits.ERRORS:
            raise InvalidRequestError((*self._errors, more_errors()))

    def refuse_long(self, text: str, field: str) -> None:
        """Report a text that is too long."""
        self.refuse(Code.TOO_LONG, field, text, phrases.too_long(limits.TEXT_BYTES))

    def suggest(self, word: str, known: Iterable[str]) -> str:
        """Return the word of *known* that is nearest to *word*, "" when none is near."""
        if self._suggestions_left == 0 or len(word) > _LONGEST_WORD:
            return ""
        self._suggestions_left -= 1
        return nearest(word, known) or ""

    def finish(self) -> None:
        """Raise InvalidRequestError with every mistake reported, if there is any."""
        if self._errors:
            raise InvalidRequestError(self._errors)


def more_errors() -> RequestError:
    """Return what stands last where not all mistakes are listed."""
    return RequestError(Code.MORE_ERRORS.value, "", "", "", phrases.MORE_ERRORS)


def shown(text: str) -> str:
    """Return *text* as it is shown to people: at most 100 characters, none of them a control character."""
    if len(text) <= _SHOWN and text.isprintable():
        return text
    escaped = "".join(_escaped(character) for character in text[: _SHOWN + 1])
    return escaped if len(escaped) <= _SHOWN else escaped[: _SHOWN - 1] + "…"


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
