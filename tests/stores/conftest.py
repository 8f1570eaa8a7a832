"""The three stores, each empty, that one suite runs over."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from pdp.core.stores import FactStore
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.postgresql_database import PostgresqlDatabase
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sqlite_database import SqliteDatabase
from tests.stores.postgresql_server import binaries, short_lived_postgresql

KINDS: Final = ("memory", "sqlite", "postgresql")

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql_address() -> Iterator[str]:
    """Run a PostgreSQL server for the session."""
    if binaries() is None:
        # Where everything has to be tested, a store that is not is a failure.
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed: apt install postgresql-15")
    with short_lived_postgresql() as address:
        yield address


@pytest.fixture
def new_database(postgresql_address: str) -> Callable[[], str]:
    """Return what makes an empty PostgreSQL database and returns its address."""

    def make() -> str:
        name = f"facts_{next(_numbers)}"
        with psycopg.connect(f"{postgresql_address}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"{postgresql_address}/{name}"

    return make


@pytest.fixture(params=KINDS)
def store_kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of store that a test runs over."""
    kind: str = request.param
    return kind


@pytest.fixture
def new_store(store_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], FactStore]]:
    """Return what makes an empty store of the kind."""
    with ExitStack() as opened:

        def make() -> FactStore:
            store = _make(store_kind, tmp_path / f"facts-{next(_numbers)}.db", request)
            opened.callback(store.close)
            return store

        yield make


def _make(kind: str, path: Path, request: pytest.FixtureRequest) -> FactStore:
    match kind:
        case "sqlite":
            return SqlFacts(SqliteDatabase(path))
        case "postgresql":
            make: Any = request.getfixturevalue("new_database")
            return SqlFacts(PostgresqlDatabase(make()))
        case _:
            return MemoryFacts()


@pytest.fixture
def store(new_store: Callable[[], FactStore]) -> FactStore:
    """Return an empty store."""
    return new_store()
