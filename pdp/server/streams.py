"""Streams that are open: how many, of whom, and which of them are idle."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from pdp.core.errors import OverloadedError
from pdp.server.under_way import UnderWay

STREAMS_OF_ONE: Final = 256
"""So many streams a caller may have open in a process."""

STREAMS_OF_ALL: Final = 1024
_RETRY_SECONDS: Final = 1.0


class Stream(Protocol):
    """A stream; *key* is its caller."""

    key: str


S = TypeVar("S", bound=Stream)


class Streams(Generic[S]):
    """Bounds streams, apart from calls: an idle one is no work. *end* ends an idle one when the server ends."""

    def __init__(self, under_way: UnderWay, end: Callable[[S], None]) -> None:
        self._under_way = under_way
        self._end = end
        self._open: dict[S, None] = {}
        self._of: Counter[str] = Counter()
        # Those of which no message is being answered: whoever takes one out may go on with it, or end it.
        self._idle: set[S] = set()
        self._resting = threading.Lock()

    @property
    def count(self) -> int:
        """Return how many are open."""
        return len(self._open)

    def of(self, key: str) -> int:
        """Return how many the caller *key* has open."""
        return self._of[key]

    @property
    def idle(self) -> int:
        """Return how many of them are idle."""
        return len(self._idle)

    def check(self, key: str) -> None:
        """Raise OverloadedError where the caller *key*, or all together, have as many as may be."""
        if self._of[key] >= STREAMS_OF_ONE or len(self._open) >= STREAMS_OF_ALL:
            error = OverloadedError("too many streams are open", _RETRY_SECONDS)
            error.caller = key
            raise error

    def come(self, stream: S) -> None:
        """Note that *stream* is open."""
        self._open[stream] = None
        self._of[stream.key] += 1

    def go(self, stream: S) -> None:
        """Note that it is over, if it was one."""
        if stream in self._open:
            del self._open[stream]
            self._of[stream.key] -= 1
            if not self._of[stream.key]:
                del self._of[stream.key]

    def rest(self, stream: S, ask: Callable[[], None]) -> None:
        """Do *ask*, which sends what is ready and asks for the next message of *stream*, and let it be idle.

        INVARIANT (rests before it is heard): the next message may come, to another thread, before *ask* has returned;
        it is taken up only once the stream rests. INVARIANT (begun or refused): first that, then it is looked whether
        the server ends.
        """
        with self._resting:
            ask()
            self._idle.add(stream)
        if self._under_way.is_ending:
            self.end()

    def take_up(self, stream: S) -> bool:
        """Take *stream* out of those that are idle; say whether it was among them: one thread alone is told so."""
        with self._resting:
            if stream not in self._idle:
                return False
            self._idle.remove(stream)
            return True

    def end(self) -> None:
        """End those that are idle. Any thread may call this."""
        for stream in tuple(self._idle):
            if self.take_up(stream):
                self._end(stream)
