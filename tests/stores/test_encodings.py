"""Names with Vietnamese diacritics in databases, and from clients, whose encoding is another one than UTF-8."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pdp.core.errors import UnavailableError
from pdp.core.facts import FactKind
from pdp.core.stores import FactFilter, Page
from pdp_adapters import postgresql_database
from pdp_adapters.postgresql_database import PostgresqlDatabase, checked_address
from pdp_adapters.sql_facts import SqlFacts
from tests.stores.postgresql_server import binaries
from tests.stores.writing import KIDS, lies_in, write

pytestmark = pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed: apt install postgresql-15")

IN_LATIN1 = lies_in("child:bé-minh", "class:là-1")
NOT_IN_LATIN1 = lies_in("child:bé-hiền", "class:lớp-lá")


@pytest.fixture
def latin1(postgresql_address: str, new_database: Callable[[], str]) -> str:
    """Make a database that keeps its texts in LATIN1, which has no letter for most of Vietnamese."""
    name = f"{new_database().rpartition('/')[2]}_latin1"
    with psycopg.connect(f"{postgresql_address}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0".encode())
    return f"{postgresql_address}/{name}"


def stored(address: str) -> list[FactKind]:
    """Return what a store at *address* gives."""
    store = SqlFacts(PostgresqlDatabase(address))
    found = [each.kind for each in store.read(KIDS, FactFilter(), Page(10)).facts]
    store.close()
    return found


def put(address: str, kind: FactKind) -> None:
    """Write to a store at *address*, with a name in each of several statements that go in one message."""
    store = SqlFacts(PostgresqlDatabase(address))
    try:
        write(store, kind)
    finally:
        store.close()


def test_a_database_in_latin1_keeps_a_name_as_it_is_or_refuses_it(latin1: str) -> None:
    """What it has letters for comes back letter for letter; anything else is refused, and nothing of it is there."""
    put(latin1, IN_LATIN1)
    assert stored(latin1) == [IN_LATIN1]

    with pytest.raises(UnavailableError):
        put(latin1, NOT_IN_LATIN1)
    assert stored(latin1) == [IN_LATIN1]


def by_environment(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the environment say LATIN1."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    return address


def by_address(address: str, _monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the address say LATIN1."""
    return f"{address}?client_encoding=LATIN1"


def by_options(address: str, _monkeypatch: pytest.MonkeyPatch) -> str:
    """Let an option of the session say LATIN1."""
    return f"{address}?options=-c%20client_encoding%3DLATIN1"


def by_database(address: str, _monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the server say LATIN1 to whoever comes to this database."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {address.rpartition('/')[2]} SET client_encoding = 'LATIN1'".encode())
    return address


DEFAULTS = (by_environment, by_address, by_options, by_database)


@pytest.mark.parametrize("says_latin1", DEFAULTS)
def test_no_default_of_the_client_or_the_server_mangles_a_name(
    new_database: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    says_latin1: Callable[[str, pytest.MonkeyPatch], str],
) -> None:
    """Whoever says that texts come in another encoding, they come in UTF-8 and are read so."""
    plain = new_database()
    put(says_latin1(plain, monkeypatch), NOT_IN_LATIN1)

    monkeypatch.undo()
    assert in_utf8(plain) == ["child:bé-hiền"]


def in_utf8(address: str) -> list[str]:
    """Return whom the database has facts about, read past the store."""
    with psycopg.connect(address, client_encoding="UTF8") as connection:
        return [subject for (subject,) in connection.execute("SELECT subject FROM fact")]


@pytest.mark.parametrize("says_latin1", DEFAULTS)
def test_a_twin_that_leaves_the_encoding_to_others_is_found_out(
    new_database: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    says_latin1: Callable[[str, pytest.MonkeyPatch], str],
) -> None:
    """The twin: the address says nothing of the encoding, and UTF-8 is sent all the same."""

    def unsaid(url: str) -> str:
        parts = conninfo_to_dict(checked_address(url))
        given = conninfo_to_dict(url).get("client_encoding")
        parts.pop("client_encoding")
        return make_conninfo("", **parts, **({"client_encoding": given} if given else {}))

    plain = new_database()
    monkeypatch.setattr(postgresql_database, "checked_address", unsaid)
    put(says_latin1(plain, monkeypatch), IN_LATIN1)

    monkeypatch.undo()
    assert in_utf8(plain) != ["child:bé-minh"]
