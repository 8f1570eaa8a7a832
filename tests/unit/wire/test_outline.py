"""Bytes taken apart by hand are read as the parser of Protocol buffers reads them, or left to it."""

import random
from collections.abc import Callable

import pytest
from google.protobuf.message import DecodeError

from pdp.api.v1 import decision_pb2
from pdp.core.errors import InvalidRequestError
from pdp.core.request import Request
from pdp.wire.outline import Fields, NotPlainError, outline, tag_of
from pdp.wire.plain_requests import PlainReader
from pdp.wire.requests import request_from_wire
from tests.builders import the_words
from tests.unit.wire.test_plain_requests import messages

FACTS = tag_of(decision_pb2.CheckRequest, "facts")
SUBJECT = tag_of(decision_pb2.CheckRequest, "subject")
CHANGED = 4_000


def test_a_message_is_taken_apart_into_its_fields() -> None:
    """Each field by its tag, the repeated ones in their order."""
    assert outline(b"\x0a\x01a\x42\x01b\x12\x02cd\x42\x00", FACTS) == ({0x0A: b"a", 0x12: b"cd"}, [b"b", b""])


def test_a_length_of_two_bytes_is_understood() -> None:
    """So long are most facts."""
    assert outline(b"\x0a\xac\x02" + b"x" * 300, FACTS) == ({0x0A: b"x" * 300}, [])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x0a\x01a\x0a\x01b", id="a field that stands there twice"),
        pytest.param(b"\x0a\x02a", id="bytes that end within a field"),
        pytest.param(b"\x0a", id="bytes that end after a tag"),
        pytest.param(b"\x0a\x81", id="bytes that end within a length"),
        pytest.param(b"\x0a\x81\x00a", id="a length of which a part is written for nothing"),
        pytest.param(b"\x0a\x80\x80\x01" + b"x" * 16384, id="a length of three bytes"),
    ],
)
def test_what_is_out_of_the_ordinary_is_not_taken_apart(content: bytes) -> None:
    """The parser has to say what it means."""
    with pytest.raises(NotPlainError):
        outline(content, FACTS)


def seeds() -> list[bytes]:
    """Return the bytes of requests of all kinds that the cases of the operators ask."""
    return [message.SerializeToString() for message in messages()[:: max(1, len(messages()) // 60)]]


def changed(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return *content* with something out of the ordinary about it."""
    at, then = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    match chance.randrange(6):
        case 0:  # another byte
            return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
        case 1:  # something left out
            return content[:at] + content[min(then, at + 8) :]
        case 2:  # something twice
            return content[:then] + content[at:]
        case 3:  # fields of another request behind its own: a parser merges them
            return content + other
        case 4:  # a field that nobody knows, or one in another form
            return content + bytes([chance.randrange(1, 128), chance.randrange(4), 1, 1, 1])
        case _:  # the fields in another order
            fields, facts = outline(content, FACTS)
            parts = [bytes([tag]) + _length(part) + part for tag, part in fields.items()]
            parts += [bytes([FACTS]) + _length(part) + part for part in facts]
            chance.shuffle(parts)
            return b"".join(parts)


def _length(content: bytes) -> bytes:
    size = len(content)
    return bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])


def precisely(content: bytes) -> Request | None:
    """Return what the precise reader makes of *content*, None for a mistake."""
    try:
        return request_from_wire(decision_pb2.CheckRequest.FromString(content), the_words())
    except (DecodeError, InvalidRequestError):
        return None


def misread(read: Callable[[bytes], Request]) -> int:
    """Return how many changed requests *read* takes for another request than the precise reader does."""
    chance, bodies, found = random.Random(20_26), seeds(), 0
    for _ in range(CHANGED):
        content = changed(chance.choice(bodies), chance.choice(bodies), chance)
        try:
            request = read(content)
        except NotPlainError:
            continue
        found += request != precisely(content)
    return found


def test_changed_bytes_are_never_read_in_another_way() -> None:
    """Whatever the fast reader reads, the precise one reads alike; the rest is left to it."""
    assert misread(PlainReader(the_words(), {}).request) == 0


def merging_nothing(content: bytes, repeated: int) -> tuple[Fields, list[bytes]]:
    """Take apart like the original, but let the last of several fields win."""
    fields: Fields = {}
    values = []
    at = 0
    while at < len(content):
        try:
            tag, length, start = content[at], content[at + 1], at + 2
            if length >= 128:
                length, start = length - 128 + content[start] * 128, start + 1
        except IndexError:
            raise NotPlainError from None
        at = start + length
        if tag == repeated:
            values.append(content[start:at])
        else:
            fields[tag] = content[start:at]
    if at != len(content):
        raise NotPlainError
    return fields, values


def test_a_reader_that_lets_the_last_field_win_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: of two subjects it takes the second one, a parser takes both together."""
    monkeypatch.setattr("pdp.wire.plain_requests.outline", merging_nothing)
    assert misread(PlainReader(the_words(), {}).request) > 0


def test_a_reader_that_counts_no_fields_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: it passes over what it does not know."""
    known = {field.number << 3 | 2 for field in decision_pb2.CheckRequest.DESCRIPTOR.fields}

    def forgetting(content: bytes, repeated: int) -> tuple[Fields, list[bytes]]:
        fields, values = outline(content, repeated)
        return {tag: part for tag, part in fields.items() if tag in known}, values

    monkeypatch.setattr("pdp.wire.plain_requests.outline", forgetting)
    assert misread(PlainReader(the_words(), {}).request) > 0
