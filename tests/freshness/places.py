"""Stores that two processes could share, and short ways to ask whether a reading still holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pdp.core.ends import Slots, ends_read
from pdp.core.freshness import Standing, marked
from pdp.core.stores import Token
from pdp.core.wanted import Wanted
from pdp_adapters.postgresql_database import PostgresqlDatabase
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sqlite_database import SqliteDatabase
from tests.stores.writing import ANYTHING, KIDS, role, wanted

AUNT: Final = role("user:hoa", "family_member", "child:minh")
ABOUT_AUNT: Final = wanted(start=["child:minh"], holders=["user:hoa"])
ELSEWHERE: Final = role("user:x", "teacher", "class:a")

Open = Callable[[], SqlFacts]


class Reading:
    """What was gathered, and whether it still holds."""

    def __init__(self, store: SqlFacts, about: Wanted = ABOUT_AUNT) -> None:
        self.store = store
        standing = the_standing(store)
        found = store.gather(KIDS, about, ANYTHING)
        token = Token.parse(found.token)
        assert token is not None
        self.facts = found.facts
        self.life = marked(standing.life, found.mark)
        self.revision = token.revision
        self.slots: Slots = ends_read(KIDS, about, found.facts)

    def holds(self) -> bool:
        """Say whether the reading is known to be all that could be read now."""
        standing = self.store.freshness.standing()
        return standing is not None and standing.holds(self.life, self.revision, self.slots)


def the_standing(store: SqlFacts) -> Standing:
    """Return where the store stands, which has to be known within a while."""
    for _ in range(200):
        standing = store.freshness.standing()
        if standing is not None:
            return standing
        store.freshness.begin()
        _pause()
    raise AssertionError("nobody knows where the store stands")


def _pause() -> None:
    import time

    time.sleep(0.02)


@contextmanager
def opening(kind: str, where: "Path | str", *, hints: bool = True) -> Iterator[Open]:
    """Return what opens the store at *where*, any number of times, as processes of their own would."""
    opened: list[SqlFacts] = []

    def make() -> SqlFacts:
        database = SqliteDatabase(Path(where)) if kind == "sqlite" else PostgresqlDatabase(str(where), hints=hints)
        store = SqlFacts(database)
        opened.append(store)
        return store

    try:
        yield make
    finally:
        for store in opened:
            store.close()
