"""An older copy in the place of a PostgreSQL store gives the revisions of what is lost to other changes."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Final

import psycopg
import pytest

from pdp.core.freshness import Standing, marked
from pdp_adapters import postgresql_leases
from pdp_adapters.postgresql_learning import Learned, written
from tests.caching.conftest import redis
from tests.caching.kept import instance_of, shared_in
from tests.caching.redis_server import RedisServer
from tests.caching.test_kept import ASKED, grant, revoke
from tests.freshness.places import opening
from tests.stores.writing import KIDS, role, write

__all__ = ["redis"]

TABLES: Final = ("fact", "past_fact", "change_set", "partition_change", "change_slots", "store")


def allowed_after_a_revocation(url: str, address: str) -> tuple[bool, int]:
    """Return whether a check is allowed, and how often it was Redis that said so, after an acknowledged revocation.

    The store was put back to an older copy while no server ran, and what is in Redis is of the revisions that it lost.
    """
    with opening("postgresql", url) as opens:
        one = instance_of(opens(), shared_in(address))
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            for table in TABLES:
                connection.execute(f"CREATE TABLE copy_{table} AS TABLE {table}".encode())
            write(one.store, role("user:x", "teacher", "class:1"), operator=KIDS)
            write(one.store, role("user:y", "teacher", "class:1"), operator=KIDS)
            grant(one.store)
            assert one.point.check(ASKED).allowed
            one.answers.end()
            one.store.close()
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}".encode())
                connection.execute(f"INSERT INTO {table} SELECT * FROM copy_{table}".encode())
            connection.execute("DELETE FROM lease")
    with opening("postgresql", url) as opens:
        two = instance_of(opens(), shared_in(address))
        grant(two.store)
        revoke(two.store)
        return two.point.check(ASKED).allowed, two.count("facts-shared")


def test_what_is_shared_of_the_lost_revisions_allows_nothing(
    new_database: Callable[[], str], redis: RedisServer
) -> None:
    """Another change has the revision of the one that Redis holds, and not its mark."""
    assert allowed_after_a_revocation(new_database(), redis.address) == (False, 0)


class WithoutMarks(Learned):
    """Looks at the numbers of revisions alone."""

    def standing(self, history: str, committed: int) -> Standing:
        return replace(super().standing(history, committed), mark_of=lambda _: "")


def test_revisions_without_marks_are_found_out(
    new_database: Callable[[], str], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: told apart by their numbers alone, what is lost allows what was revoked."""
    monkeypatch.setattr(postgresql_leases, "new_mark", str)
    monkeypatch.setattr(postgresql_leases, "Learned", WithoutMarks)

    assert allowed_after_a_revocation(new_database(), redis.address) == (True, 1)


def test_a_copy_that_went_on_past_what_is_known_is_another_life() -> None:
    """Who was away while the store went back and on again does not take its changes for those that it knew."""
    learned = Learned()
    learned.learn("h/1", 3, "c", [(1, written((1,)), "a"), (2, written((2,)), "b"), (3, written((3,)), "c")])
    before = learned.standing("h", 0)
    assert before.holds(marked("h/1", "c"), 3, (9,))
    assert not before.holds(marked("h/1", "x"), 3, (9,))

    learned.learn("h/1", 4, "y", [(3, written((3,)), "x"), (4, written((4,)), "y")])

    after = learned.standing("h", 0)
    assert not after.holds(marked("h/1", "c"), 3, (9,))
    assert not after.holds(marked(before.life, "c"), 3, (9,))
    assert after.life != before.life


def test_the_same_store_further_on_is_the_same_life() -> None:
    """What was read of a store holds while it goes on, and while it stands still."""
    learned = Learned()
    learned.learn("h/1", 1, "a", [(1, written((1,)), "a")])
    life = marked(learned.standing("h", 0).life, "a")

    assert not learned.learn("h/1", 1, "a", [(1, written((1,)), "a")])
    assert learned.learn("h/1", 2, "b", [(1, written((1,)), "a"), (2, written((2,)), "b")])

    assert learned.standing("h", 0).holds(life, 1, (9,))
    assert not learned.standing("h", 0).holds(life, 1, (2,))
