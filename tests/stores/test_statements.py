"""At most two statements gather the facts of a check, or of a batch."""

from collections.abc import Callable
from typing import Any

import pytest

from pdp.core.ports import StoredFacts
from pdp.core.request import Consistency
from pdp.core.stores import FactStore
from pdp.core.wanted import Wanted, all_wanted
from pdp.gathering import Wanting
from pdp_adapters.sql_facts import SqlFacts
from tests.builders import the_policy_set
from tests.stores import gathering_laws as laws

MOST = 2
WORLDS = 1


def in_one(store: SqlFacts, operator: str, wanted: list[Wanted]) -> StoredFacts:
    """Gather as the store does."""
    return store.gather(operator, all_wanted(wanted), Consistency())


def one_by_one(store: SqlFacts, operator: str, wanted: list[Wanted]) -> StoredFacts:
    """The twin: read for each question on its own."""
    (*_, last) = (store.gather(operator, each, Consistency()) for each in wanted)
    return last


def counted(store: Any, operator: str, gather: Callable[[SqlFacts, str, list[Wanted]], StoredFacts]) -> set[int]:
    """Return how many statements were run for each question, and for all of a world together."""
    wanting = Wanting({operator: the_policy_set(operator)})
    found = set()
    for facts, requests in laws.stored_worlds(operator)[:WORLDS]:
        laws.filled(store, facts, operator)
        wanted = [wanting.of(request) for request in requests]
        for some in ([each] for each in wanted):
            before = store._given.uses.statements
            gather(store, operator, some)
            found.add(store._given.uses.statements - before)
        before = store._given.uses.statements
        gather(store, operator, wanted)
        found.add(store._given.uses.statements - before)
    return found


IN_SQL = pytest.mark.parametrize("store_kind", ["sqlite", "postgresql"], indirect=True)


@IN_SQL
@pytest.mark.parametrize("operator", laws.OPERATORS)
def test_two_statements_gather_at_most(store: FactStore, operator: str) -> None:
    """However many are asked together, one statement follows containers, and a second one reads further roles."""
    assert max(counted(store, operator, in_one)) <= MOST


@IN_SQL
def test_the_twin_that_reads_one_by_one_is_caught(store: FactStore) -> None:
    """It runs a statement or two for each item of a batch."""
    assert max(counted(store, "kidsonline", one_by_one)) > MOST
