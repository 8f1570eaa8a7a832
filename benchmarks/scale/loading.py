"""Fills a store past its writers, or as any writer does, and says what that took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.progress import say
from benchmarks.scale.bulk import fill_tables
from benchmarks.scale.population import OPERATOR, Population
from pdp.core.stores import FactStore, FactToWrite, Write
from pdp.wiring.stores import fact_store
from tests.stores.postgresql_server import postgresql

BATCH: Final = 5_000
"""So many facts are written in one transaction."""

_SAID_EVERY: Final = 500_000


@dataclass(frozen=True, slots=True)
class Filled:
    """What loading came to."""

    facts: int
    seconds: float
    bytes: int


def fill(url: str, folder: Path, population: Population, *, as_writers_do: bool = False) -> Filled:
    """Put every fact of *population* into the store at *url*, whose files lie in *folder*."""
    begun = time.monotonic()
    count = _written(url, population) if as_writers_do else fill_tables(url, population)
    return Filled(count, time.monotonic() - begun, _size(url, folder))


def _written(url: str, population: Population) -> int:
    store, count = fact_store(url), 0
    try:
        for facts in population.batches(BATCH):
            _write(store, facts)
            count += len(facts)
            if count % _SAID_EVERY < BATCH:
                say(f"{count:,} facts are written")
    finally:
        store.close()
    return count


def _write(store: FactStore, facts: object) -> None:
    assert isinstance(facts, list)
    with store.writing(OPERATOR) as writing:
        writing.apply(Write("service:loader", "local", datetime.now(UTC), tuple(map(FactToWrite, facts))))


def _size(url: str, folder: Path) -> int:
    if not url.startswith("postgresql"):
        return sum(file.stat().st_size for file in folder.glob("facts.db*"))
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found is not None
    return int(found[0])


@contextmanager
def running(kind: str, folder: Path, *, is_new: bool = True) -> Iterator[str]:
    """Give the address of a store of *kind* in *folder*; PostgreSQL runs as it is installed, for as long."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/facts.db"
        return
    with postgresql(folder) as address:
        if is_new:
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE facts")
        yield f"{address}/facts"
