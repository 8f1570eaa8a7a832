"""Lets go of what was kept long ago, so that nothing of an erased person stays in a process that keeps running."""

import threading
from collections.abc import Sequence
from typing import Final, Protocol

MOST_SECONDS: Final = 300.0
"""So long an entry is kept at most, used or not."""

_LOOK_SECONDS: Final = 30.0
"""So often it is looked which entries that are."""

GONE_SECONDS: Final = 360
"""So long after a person was erased nothing of it is in a cache any more: here, and in Redis by its own expiry."""


class Forgetful(Protocol):
    """What keeps entries."""

    def forget(self, older_seconds: float) -> None:
        """Let go of every entry that was put *older_seconds* ago or earlier."""


class Forgetting:
    """A thread that lets each of *memories* forget, until it is ended.

    An entry that was kept before an erasure is never given out after it (pdp.core.freshness); this is about the memory
    of the process alone.
    """

    def __init__(
        self, memories: Sequence[Forgetful], seconds: float = MOST_SECONDS, every_seconds: float = _LOOK_SECONDS
    ) -> None:
        self._memories = memories
        self._seconds = seconds
        self._every_seconds = every_seconds
        self._ended = threading.Event()

    def begin(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._go_on, name="forgetting", daemon=True).start()

    def end(self) -> None:
        """Forget no more."""
        self._ended.set()

    def _go_on(self) -> None:
        while not self._ended.wait(self._every_seconds):
            for memory in self._memories:
                memory.forget(self._seconds)
