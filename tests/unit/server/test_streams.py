"""A stream rests before its next message is taken up, however soon that comes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pdp.server.streams import Streams
from pdp.server.under_way import UnderWay

SECONDS = 10.0


@dataclass(eq=False)
class AStream:
    """A stream of a caller."""

    key: str = "app"


class RestsLater(Streams[AStream]):
    """The twin: what it asks for may be heard before it rests, and here it is."""

    heard: threading.Thread | None = None

    def rest(self, stream: AStream, ask: Callable[[], None]) -> None:
        """Ask, and only then rest."""
        ask()
        assert self.heard is not None
        self.heard.join(SECONDS)
        self._idle.add(stream)


def is_taken_up(make: type[Streams[AStream]]) -> bool:
    """Let a stream rest whose next message comes at once to another thread; say whether that takes it up."""
    streams, stream, found = make(UnderWay(), lambda _stream: None), AStream(), list[bool]()
    heard = threading.Thread(target=lambda: found.append(streams.take_up(stream)))
    if isinstance(streams, RestsLater):
        streams.heard = heard
    streams.come(stream)
    streams.rest(stream, heard.start)
    heard.join(SECONDS)
    (is_so,) = found
    return is_so


def test_a_message_that_comes_at_once_is_taken_up() -> None:
    """Else it would be taken for one of a stream that has ended, and its sender would wait for ever."""
    assert is_taken_up(Streams)


def test_the_twin_that_rests_later_is_found_out() -> None:
    """The message comes while the stream does not rest yet."""
    assert not is_taken_up(RestsLater)


@pytest.mark.parametrize("ends_first", [True, False], ids=["ends before", "ends after"])
def test_one_that_rests_while_the_server_ends_is_ended_once(ends_first: bool) -> None:
    """Whichever comes first."""
    under_way, ended = UnderWay(), list[AStream]()
    streams, stream = Streams[AStream](under_way, ended.append), AStream()
    streams.come(stream)
    if ends_first:
        under_way.begin_to_end()
    streams.rest(stream, lambda: None)
    under_way.begin_to_end()
    streams.end()
    assert ended == [stream]
    assert (streams.idle, streams.count) == (0, 1)
