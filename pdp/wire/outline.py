"""A message taken apart into the bytes of its fields, without making a message of it.

Protocol buffers write a field as a tag, a length and that many bytes, whenever it holds text or a message; all fields
of a request do (https://protobuf.dev/programming-guides/encoding/). What the parts hold is not looked at here.
"""

from typing import Final

from google.protobuf.message import Message

_LENGTH_DELIMITED: Final = 2
_CONTINUED: Final = 0x80
_BITS: Final = 7

Fields = dict[int, bytes]
"""By tag, the bytes of each field that stands in a message."""


class NotPlainError(Exception):
    """Something is out of the ordinary; the precise reader says what, if anything is wrong with it."""


def tag_of(message: type[Message], name: str) -> int:
    """Return the tag before each value of the field called *name*, which holds text or a message."""
    number: int = message.DESCRIPTOR.fields_by_name[name].number
    return number << 3 | _LENGTH_DELIMITED


def outline(content: bytes, repeated: int) -> tuple[Fields, list[bytes]]:
    """Return the fields of the message in *content*, and apart from them those with the tag *repeated*, in their order.

    Raises NotPlainError for a field that stands there twice, since a parser would merge the two; for one whose tag or
    length is written in another way than in one or two bytes; and for bytes that end within a field. A field that holds
    anything but text or a message has a tag that nobody looks for: whoever calls counts what he has looked up.
    """
    fields: Fields = {}
    values: list[bytes] = []
    at, end, single = 0, len(content), 0
    try:
        while at < end:
            tag, length = content[at], content[at + 1]
            start = at + 2
            if length >= _CONTINUED:
                more = content[start]
                # Longer ones are out of the ordinary, and so are lengths of which a part is written for nothing.
                if not 0 < more < _CONTINUED:
                    raise NotPlainError
                length += (more - 1) << _BITS
                start += 1
            at = start + length
            if tag == repeated:
                values.append(content[start:at])
            else:
                fields[tag] = content[start:at]
                single += 1
    except IndexError:
        raise NotPlainError from None
    if at != end or single != len(fields):
        raise NotPlainError
    return fields, values


def place_of(tag: int, content: bytes, within: slice) -> slice:
    """Return where the value of the first field with *tag* stands in the message *within* plain *content*.

    Raises NotPlainError when there is none.
    """
    at, end = within.start, within.stop
    while at < end:
        found, length, start = content[at], content[at + 1], at + 2
        if length >= _CONTINUED:
            length += (content[start] - 1) << _BITS
            start += 1
        at = start + length
        if found == tag:
            return slice(start, at)
    raise NotPlainError
