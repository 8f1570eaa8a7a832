"""The stores of facts, by their addresses."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pdp.core.errors import InvalidSettingsError, UnavailableError
from pdp.core.log_ports import LogHead
from pdp.core.stores import FactStore
from pdp.decision_point import DecisionPoint
from pdp.fact_keeping import FactKeeper
from pdp.settings import MEMORY_STORE, NO_STORE, SQLITE_PREFIX
from pdp.wire.words import Words
from pdp.wiring.folders import Policies
from pdp_adapters.memory_facts import MemoryFacts
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.sql_backup import dumped, restore
from pdp_adapters.sql_casbin_rules import CasbinRules
from pdp_adapters.sql_database import Database
from pdp_adapters.sql_facts import SqlFacts
from pdp_adapters.sql_schema import migrate
from pdp_adapters.sqlite_database import SqliteDatabase
from pdp_adapters.system_clock import SystemClock


def fact_keeper(store: FactStore, policies: Policies, words: Words) -> FactKeeper:
    """Return what changes the facts of *store* as far as *policies* let the actor; it keeps no record of decisions."""
    point = DecisionPoint(policies.sets, store, SystemClock(), NoDecisionLog())
    return FactKeeper(store, point, words.vocabulary, point.clock)


def served_store(url: str) -> FactStore | None:
    """Return the store that a server keeps facts in, None for `none:`; raises what `fact_store` raises.

    One on another machine that does not answer is opened once it does, and cannot be used before.
    """
    return None if url == NO_STORE else fact_store(url, may_come_later=True)


def heads_in(store: FactStore) -> tuple[LogHead, ...]:
    """Return the heads of decision logs in *store*; raises UnavailableError."""
    return store.log_heads.heads() if isinstance(store, SqlFacts | MemoryFacts) else ()


def fact_store(url: str, *, may_come_later: bool = False) -> FactStore:
    """Return the store at *url*, its tables made or brought to the newest version.

    It holds no connection until it is used, so workers may be forked. Raises UnavailableError when it cannot be used,
    and InvalidSettingsError when *url* is no address.
    """
    return MemoryFacts() if url == MEMORY_STORE else SqlFacts(_database(url), may_come_later=may_come_later)


def backup_lines(url: str) -> Iterator[str]:
    """Yield the lines of a backup of the store at *url*; raises what `fact_store` raises."""
    database = _database(url)
    try:
        yield from dumped(database)
    finally:
        database.close()


def restore_lines(url: str, lines: Iterable[str]) -> None:
    """Put a backup into the empty store at *url*, which allows nothing until it is confirmed.

    Raises UnavailableError for a store that is not empty and for what is no whole backup.
    """
    database = _database(url)
    migrate(database)
    try:
        restore(database, lines)
    finally:
        database.close()


def casbin_rules(url: str) -> CasbinRules:
    """Return the table `casbin_rule` of the database at *url*; raises what `fact_store` raises."""
    return CasbinRules(_database(url))


def _database(url: str) -> Database:
    if url in {MEMORY_STORE, NO_STORE}:
        raise InvalidSettingsError([f"`{url}` is no database"])
    if not url.startswith(SQLITE_PREFIX):
        # imported where a store is there, and nowhere else: a command that needs none starts quicker
        from pdp_adapters.postgresql_database import PostgresqlDatabase

        return PostgresqlDatabase(url)
    path = Path(url.removeprefix(SQLITE_PREFIX))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"the folder of the store cannot be made: {error.strerror}") from error
    return SqliteDatabase(path)
