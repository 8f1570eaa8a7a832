"""Stores on which instances follow one another."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.freshness.places import Open, opening
from tests.stores.conftest import new_database, postgresql_address

__all__ = ["new_database", "postgresql_address"]


@pytest.fixture(params=["sqlite", "postgresql", "postgresql-without-hints"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Return what opens one store, for as many instances as are wanted."""
    kind, _, without = request.param.partition("-")
    if kind == "sqlite":
        where: str | Path = tmp_path / "facts.db"
    else:
        make: Callable[[], str] = request.getfixturevalue("new_database")
        where = make()
    with opening(kind, where, hints=not without) as opens:
        yield opens
