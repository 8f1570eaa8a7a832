"""A writer rests on no look at the table of leases that is older than its commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pdp_adapters import postgresql_leases
from pdp_adapters.postgresql_leases import PostgresqlLeases

LOOKS = 3
"""So often the writer has to look until the one that has just come knows of the change."""


class Table:
    """A table of leases, empty when it is first looked at; then an instance comes that knows what is committed by then.

    It knows of the next change when it has been looked at LOOKS times more. The clock goes on by 0.3 ms whenever it is
    looked at, and stands still meanwhile.
    """

    address = ""

    def __init__(self) -> None:
        self.now = 1 << 60
        self.confirmed: int | None = None
        self.looks = 0

    def clock(self) -> int:
        """Return what time it is."""
        self.now += 300_000
        return self.now

    def look_anew(self) -> None:
        """Do nothing."""

    @contextmanager
    def young_session(self) -> Iterator[tuple[Any, int]]:
        """Return itself, and that its connection is from long ago."""
        yield self, 0

    def rows(self, _sql: str, _parameters: object) -> list[tuple[str, int, int]]:
        """Return the rows."""
        if self.confirmed is None:
            return []
        self.looks += 1
        if self.looks == LOOKS:
            self.confirmed += 1
        return [("instance", self.looks, self.confirmed)]


class LooksAnyTime(PostgresqlLeases):
    """The twin: any look will do that is young."""

    def _looked_since(self, committed: int, until: int, seconds: float) -> Any:
        return super()._looked_since(0, until, seconds)


def is_awaited(kind: type[PostgresqlLeases], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether a change is acknowledged only when the one knows of it that came just before its commit."""
    table = Table()
    monkeypatch.setattr(postgresql_leases, "boot_time", table.clock)
    leases = kind(table)
    leases.changed(5)
    table.confirmed = 5
    leases.changed(6)
    return table.confirmed == 6


def test_whoever_came_just_before_the_commit_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look from before the commit, however young, says nothing about who has a lease by then."""
    assert is_awaited(PostgresqlLeases, monkeypatch)


def test_a_twin_that_rests_on_an_earlier_look_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin acknowledges while somebody rests on what was revoked."""
    assert not is_awaited(LooksAnyTime, monkeypatch)
