"""When an instance may rest on what it knows, and for how long a writer waits: the rules of leases, without a database.

An instance renews its lease with one statement, which takes a snapshot of the changes, and counts in its row of the
table of leases one further. A writer commits, and then waits for the rows of that table. All instants are nanoseconds
of a clock that goes on while the machine sleeps (CLOCK_BOOTTIME), each of its own machine; no two clocks are compared,
and the clock of the database is not used: it may be set.

INVARIANT (lease from before the sending): a lease runs from an instant before its renewal was sent. So one whose
snapshot lacks a change ends within LEASE of the commit of that change.

INVARIANT (a lapsed row only registers): a renewal gives a lease only where the row was there and the renewal before it
was sent less than LEASE ago. So what a writer cannot see yet gives no lease beyond twice LEASE from when it first saw
the row as it is, and a row that is not there gives none before a snapshot that has the change.
"""

import time
from collections.abc import Iterable
from typing import Final

LEASE: Final = 100_000_000
"""So long, in nanoseconds, an instance rests on what it knows, and a writer waits at most for one that is silent."""

MARGIN: Final = 10_000_000
"""So much earlier, in nanoseconds, an instance stops: clocks of machines do not run equally fast."""

Row = tuple[str, int, int]
"""Of the table of leases: the name of an instance, how often it has renewed, the revision up to which it knows."""


def lease_until(sent: int, sent_before: int | None, *, is_new: bool) -> int | None:
    """Return until when a renewal that was sent at *sent* gives a lease, None where it only registers.

    *sent_before*: when the renewal before it was sent, None where there was none or nobody knows what became of it.
    *is_new*: the row was not there.
    """
    if is_new or sent_before is None or sent - sent_before >= LEASE:
        return None
    return sent + LEASE - MARGIN


class SilentRows:
    """Remembers since when the rows of a table of leases have stood as they are: what one process saw of it."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] = {}

    def awaited(self, rows: Iterable[Row], revision: int, now: int) -> list[str]:
        """Return the instances of *rows*, read no later than *now*, that may not know *revision* yet.

        A row that stood as it is for twice LEASE gives nobody a lease.
        """
        seen: dict[str, tuple[int, int]] = {}
        waiting = []
        for instance, beat, confirmed in rows:
            before = self._seen.get(instance)
            first = before[1] if before is not None and before[0] == beat else now
            seen[instance] = (beat, first)
            if confirmed < revision and now - first < 2 * LEASE:
                waiting.append(instance)
        self._seen = seen
        return waiting

    def standing_still(self, now: int, nanoseconds: int) -> list[tuple[str, int]]:
        """Return (instance, beat) of the rows that stood as they are for so long."""
        return [(instance, beat) for instance, (beat, first) in self._seen.items() if now - first >= nanoseconds]


def boot_time() -> int:
    """Return the nanoseconds since this machine was started, the time that it slept included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def sleep_until(instant_: int) -> None:
    """Return at an instant of that time, or at once when it is over."""
    left = (instant_ - boot_time()) / 1e9
    if left > 0:
        time.sleep(left)
