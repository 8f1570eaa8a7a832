"""Fills the tables of a store past its writers: COPY or INSERT into tables without indexes, which are made afterwards.

What stands in the tables then is what writers would have put there in one change, but for the record of that change. It
is for stores that nobody uses yet: nobody is told of it, nothing is decided about it, and no loop is looked for.
"""

import multiprocessing
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.progress import say
from benchmarks.scale.population import OPERATOR, Population
from pdp.core.fact_identity import PARTITIONS
from pdp.core.stores import FactToWrite, Write
from pdp.wiring.stores import fact_store
from pdp_adapters.fact_rows import COLUMNS, row_of
from pdp_adapters.sql_schema import MIGRATIONS

_ALL: Final = f"{COLUMNS}, begun, decision_id"
_WIDTH: Final = len(_ALL.split(","))
_STEP: Final = 2_000
"""So many families are made at once by one process."""

_SAID_EVERY: Final = 1_000_000
_FIRST: Final = 1
"""The revision of the one change that all facts seem to come from."""

_INDEXES: Final = {
    found.group(1): statement
    for version in MIGRATIONS
    for statement in version
    if (found := re.match(r"CREATE INDEX (\w+) ON fact \(", statement))
}

Columns = tuple[Any, ...]


def fill_tables(url: str, population: Population) -> int:
    """Put every fact of *population* into the empty store at *url*, and return how many there are."""
    begins = range(0, population.families, _STEP)
    if len(begins) == 1:  # it takes seconds until there are other processes
        return _put(url, population, map(partial(_rows, population), begins))
    with multiprocessing.get_context("spawn").Pool(os.cpu_count() or 1) as pool:
        return _put(url, population, pool.imap(partial(_rows, population), begins))


def _put(url: str, population: Population, parts: Iterable[Sequence[Columns]]) -> int:
    _begin(url, population)
    rows = islice((row for part in parts for row in part), 1, None)  # the first one is there
    put = _into_postgresql if url.startswith("postgresql") else _into_sqlite
    return 1 + put(url, _counted(rows))


def _begin(url: str, population: Population) -> None:
    """Write the first fact as any writer does, so that the tables, the history and the first revision are there."""
    store = fact_store(url)
    try:
        first = next(population.facts())
        with store.writing(OPERATOR) as writing:
            writing.apply(Write("service:loader", "local", datetime.now(UTC), (FactToWrite(first),)))
    finally:
        store.close()


def _rows(population: Population, begin: int) -> Sequence[Columns]:
    """Return the rows of the facts of some families, in the order of the columns."""
    facts = population.facts(begin, min(begin + _STEP, population.families))
    return [(*row_of(OPERATOR, fact), _FIRST, "") for fact in facts]


def _counted(rows: Iterable[Columns]) -> Iterator[Columns]:
    for number, row in enumerate(rows, 1):
        if number % _SAID_EVERY == 0:
            say(f"{number:,} facts are in the table")
        yield row


def _into_sqlite(url: str, rows: Iterator[Columns]) -> int:
    with closing(sqlite3.connect(Path(url.removeprefix("sqlite:///")), isolation_level=None)) as connection:
        # What a crash leaves half done is made anew from the beginning.
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN")
        # TRAP (statistics): what the planner was told of an index goes with it, and without it looks through all facts.
        told = connection.execute("SELECT tbl, idx, stat FROM sqlite_stat1").fetchall()
        for name in _INDEXES:
            connection.execute(f"DROP INDEX {name}")
        insert = f"INSERT INTO fact ({_ALL}) VALUES ({', '.join('?' * _WIDTH)})"  # noqa: S608  # names of columns alone
        count = connection.executemany(insert, rows).rowcount
        for statement in _INDEXES.values():
            connection.execute(statement)
        connection.execute("DELETE FROM sqlite_stat1")
        connection.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", told)
        connection.executemany("INSERT OR IGNORE INTO partition_change VALUES (?, ?, ?)", _partitions())
        connection.execute("COMMIT")
    return count


def _into_postgresql(url: str, rows: Iterator[Columns]) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        with connection.transaction():
            connection.execute("ALTER TABLE fact DROP CONSTRAINT fact_pkey")
            for name in _INDEXES:
                connection.execute(f"DROP INDEX {name}".encode())
            with connection.cursor() as cursor:
                with cursor.copy(f"COPY fact ({_ALL}) FROM STDIN".encode()) as copy:
                    for row in rows:
                        copy.write_row(row)
                count = cursor.rowcount
            connection.execute("ALTER TABLE fact ADD PRIMARY KEY (id)")
            for statement in _INDEXES.values():
                connection.execute(statement.encode())
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO partition_change VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", _partitions()
                )
        connection.execute("VACUUM ANALYZE fact")
    return count


def _partitions() -> Iterator[Columns]:
    return ((OPERATOR, str(number), _FIRST) for number in range(PARTITIONS))
