"""No check rests on less than was acknowledged before it, in whatever order things happen; each rule is needed."""

from collections.abc import Iterable

import pytest

from pdp_adapters.lease_rules import LEASE, MARGIN, Row, SilentRows, lease_until
from tests.freshness.lease_model import Rules, a_run

SEEDS = range(8)


def test_nothing_is_stale_in_whatever_order_things_happen() -> None:
    """In thousands of writes among instances that are slow and stand still, no check with a lease is stale."""
    worlds = [a_run(Rules(), seed) for seed in SEEDS]

    assert sum(world.stale for world in worlds) == 0
    assert sum(world.leased for world in worlds) > 20_000
    assert sum(len(world.waits) for world in worlds) > 1_000


class DoesNotWait(Rules):
    """A change is acknowledged when it is committed."""

    def has_waited(self, now: int, committed: int) -> bool:
        return True


class CountsFromTheAnswer(Rules):
    """A lease runs from when its renewal was answered."""

    def until(self, sent: int, answered: int, sent_before: int | None, *, is_new: bool) -> int | None:
        return lease_until(sent, sent_before, is_new=is_new) and answered + LEASE - MARGIN


class LeasesToTheLapsed(Rules):
    """A renewal gives a lease however long ago the one before it was sent."""

    def until(self, sent: int, answered: int, sent_before: int | None, *, is_new: bool) -> int | None:
        return lease_until(sent, sent, is_new=is_new)


class LeasesToTheNew(Rules):
    """The first renewal gives a lease."""

    def until(self, sent: int, answered: int, sent_before: int | None, *, is_new: bool) -> int | None:
        return lease_until(sent, sent, is_new=False)


class ConfirmsWhatItReads(Rules):
    """A renewal confirms what its snapshot brings before its instance has it."""

    def learns_before_reading(self) -> bool:
        return False


class _Impatient(SilentRows):
    def awaited(self, rows: Iterable[Row], revision: int, now: int) -> list[str]:
        several = list(rows)
        super().awaited(several, revision, now)
        still = {instance for instance, _ in self.standing_still(now, LEASE // 4)}
        return [instance for instance, _, confirmed in several if confirmed < revision and instance not in still]


class TakesTheSilentForDead(Rules):
    """A writer does not wait for a row that has stood still for a moment."""

    def silent_rows(self) -> SilentRows:
        return _Impatient()


@pytest.mark.parametrize(
    "twin",
    [
        DoesNotWait,
        CountsFromTheAnswer,
        LeasesToTheLapsed,
        LeasesToTheNew,
        ConfirmsWhatItReads,
        TakesTheSilentForDead,
    ],
)
def test_each_rule_is_needed(twin: type[Rules]) -> None:
    """Without any one of the rules, some check is stale."""
    assert sum(a_run(twin(), seed).stale for seed in SEEDS) > 0
