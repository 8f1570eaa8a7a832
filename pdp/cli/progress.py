"""Shows on stderr how far something long has come, where a person watches."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import Final, Protocol, TypeVar

AFTER_SECONDS: Final = 2.0
"""What is done sooner shows nothing."""

_EVERY_SECONDS: Final = 0.2

Item = TypeVar("Item", covariant=True)


class Counted(Sized, Iterable[Item], Protocol[Item]):
    """Items whose number is known."""


def watched(items: Counted[Item], label: str) -> Iterator[Item]:
    """Yield *items*, and say on a terminal how many of them were taken."""
    started = shown = time.monotonic()
    visible, has_shown = sys.stderr.isatty(), False
    for done, item in enumerate(items):
        now = time.monotonic()
        if visible and now - started > AFTER_SECONDS and now - shown > _EVERY_SECONDS:
            sys.stderr.write(f"\r{label}: {done}/{len(items)}\033[K")
            sys.stderr.flush()
            shown, has_shown = now, True
        yield item
    if has_shown:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
