"""Stores that are filled past their writers, for benchmarks: their tables are those that a writer makes."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from benchmarks.scale import bulk
from benchmarks.scale.loading import fill
from benchmarks.scale.population import Population
from pdp_adapters.fact_rows import COLUMNS

SMALL: Final = Population.of(600)

_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {
        "indexes": "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name",
        "statistics": "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx",
    },
    "postgresql": {"indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'fact' ORDER BY indexname"},
}


@dataclass(frozen=True)
class Stores:
    """Stores of one kind, each made by the name that it is to have."""

    kind: str
    make: Callable[[str], str]

    def rows(self, url: str, query: str) -> list[tuple[Any, ...]]:
        """Return what a query gives."""
        if self.kind == "postgresql":
            with psycopg.connect(url, autocommit=True) as connection:
                return connection.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as opened:
            return opened.execute(query).fetchall()


@pytest.fixture(params=_LISTS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    """Return stores of each kind."""
    if request.param == "sqlite":
        return Stores("sqlite", lambda name: f"sqlite:///{tmp_path}/{name}.db")
    new_database = request.getfixturevalue("new_database")
    return Stores("postgresql", lambda _name: new_database())


def differences(stores: Stores, folder: Path) -> list[str]:
    """Return what the tables of a store that was filled past its writers have that those of a writer have not."""
    bulky, written = stores.make("bulky"), stores.make("written")
    assert fill(bulky, folder, SMALL).facts == fill(written, folder, SMALL, as_writers_do=True).facts
    lists = {
        "facts": f"SELECT {COLUMNS} FROM fact ORDER BY id",
        "state": "SELECT kept_from, confirmed, revision >= 1 FROM store",
        **_LISTS[stores.kind],
    }
    found = [name for name, query in lists.items() if stores.rows(bulky, query) != stores.rows(written, query)]
    touched = "SELECT operator, number FROM partition_change"
    return found + ["partitions"] * (not set(stores.rows(written, touched)) <= set(stores.rows(bulky, touched)))


def test_what_is_filled_is_what_a_writer_makes(stores: Stores, tmp_path: Path) -> None:
    """The facts, the indexes and what the planner is told are the same, and no partition is left out."""
    assert differences(stores, tmp_path) == []


def test_a_twin_that_leaves_an_index_away_is_found_out(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: what is dropped is not made again."""
    monkeypatch.setattr(bulk, "_INDEXES", Forgetful(bulk._INDEXES))
    assert "indexes" in differences(stores, tmp_path)


class Forgetful(dict[str, str]):
    """Indexes of which one is not made again."""

    def values(self) -> Any:
        """Leave the first one away."""
        return list(super().values())[1:]
