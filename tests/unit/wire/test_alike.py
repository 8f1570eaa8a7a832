"""An item of a batch that is like the one before it, but for its ids, is read as it would be read alone."""

import random
from collections.abc import Callable

import pytest
from google.protobuf.message import DecodeError

from pdp.api.v1 import decision_pb2
from pdp.core.request import Request
from pdp.wire.alike import LONGEST_ID, Mould
from pdp.wire.request_reader import RequestReader
from pdp.wire.requests import RefusedItem, request_from_wire
from tests.builders import the_words
from tests.unit.wire.test_plain_requests import messages

CHANGED = 1_500


def named(message: decision_pb2.CheckRequest, request_id: str, id_: str) -> bytes:
    """Return the bytes of *message* under other ids."""
    other = decision_pb2.CheckRequest()
    other.CopyFrom(message)
    other.request_id, other.resource.id = request_id, id_
    return other.SerializeToString()


def the_mould(message: decision_pb2.CheckRequest) -> Mould:
    """Return the mould of *message*, whose ids are four bytes long."""
    content = named(message, "q-01", "r-01")
    mould = Mould.of(content, RequestReader(the_words()).request(content))
    assert mould is not None
    return mould


def test_other_ids_of_the_same_length_are_another_request() -> None:
    """It has these ids, and is the same in everything else, to the object."""
    for message in messages()[::20]:
        content = named(message, "q-77", "bé-7"[:3])
        mould = the_mould(message)
        found = mould.cast(content)
        assert found == request_from_wire(decision_pb2.CheckRequest.FromString(content), the_words())
        assert found is not None
        assert found.request_id == "q-77"
        assert found.facts is mould._request.facts


@pytest.mark.parametrize(
    ("request_id", "id_"),
    [
        pytest.param("q-001", "r-01", id="longer ids"),
        pytest.param("q-02", " r-1", id="an id with a space at an end"),
        pytest.param("q-02", "r\u200d", id="an id with a character of no width"),
    ],
)
def test_what_is_not_like_it_is_left(request_id: str, id_: str) -> None:
    """It is read as any other item."""
    assert the_mould(messages()[0]).cast(named(messages()[0], request_id, id_)) is None


def test_an_id_of_too_many_characters_is_left() -> None:
    """As many bytes may be more characters than are allowed."""
    content = named(messages()[0], "ế" * 200, "r-01")
    mould = Mould.of(content, RequestReader(the_words()).request(content))
    assert mould is not None
    assert mould.cast(named(messages()[0], "a" * 600, "r-01")) is None
    assert LONGEST_ID == 256


def misread(cast: Callable[[Mould, bytes], Request | None]) -> int:
    """Return how many changed items *cast* takes for another request than they are."""
    chance, found = random.Random(7), 0
    content = named(messages()[0], "q-01", "r-01")
    mould = the_mould(messages()[0])
    for _ in range(CHANGED):
        at = chance.randrange(len(content))
        changed = content[:at] + bytes([chance.randrange(32, 127)]) + content[at + 1 :]
        request = cast(mould, changed)
        if request is not None:
            try:
                (item,) = RequestReader(the_words()).batch(b"\x0a" + _length(changed) + changed).items
                found += isinstance(item, RefusedItem) or item != request
            except DecodeError:  # no message, and taken for a request
                found += 1
    return found


def _length(content: bytes) -> bytes:
    size = len(content)
    return bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])


def test_a_changed_byte_is_never_passed_over() -> None:
    """Whatever is cast is what the bytes say."""
    assert misread(Mould.cast) == 0


def test_a_mould_that_does_not_look_behind_the_ids_is_caught() -> None:
    """The twin: it takes any purpose and any circumstances for those of the item before."""

    def careless(mould: Mould, content: bytes) -> Request | None:
        kept, mould._behind = mould._behind, content[mould._id.stop :]
        try:
            return mould.cast(content)
        finally:
            mould._behind = kept

    assert misread(careless) > 0
