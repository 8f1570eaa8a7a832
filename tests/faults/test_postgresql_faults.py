"""What becomes of checks and writes when PostgreSQL is not there, dies, hangs, goes back, or is cut off.

Two servers share one database: one by a straight way, the other by a link that can be held and cut. Each test begins
and leaves the family whole; the first of them starts the servers before there is a database.
"""

import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from pdp.server.health import ALIVE, FACT_SERVICE
from tests.faults.link import Link, linked
from tests.faults.served import one_policy, started
from tests.faults.world import ALLOW, DENY, UNAVAILABLE, Family, family_at, until
from tests.stores.postgresql_server import Cluster, binaries, short_lived_cluster
from tests.system.test_health_and_reflection import NOT_SERVING, SERVING

pytestmark = pytest.mark.system

PHOTOS = range(2, 8)


@dataclass(frozen=True)
class World:
    """A database, a link to it, and two servers: *near* has the straight way, *far* the link."""

    cluster: Cluster
    link: Link
    near: Family
    far: Family

    @property
    def database(self) -> str:
        """Return the address of the store."""
        return f"{self.cluster.address}/postgres"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start the servers; nobody has started the database yet."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt install postgresql-15")
    folder = tmp_path_factory.mktemp("faults")
    policies = one_policy(folder / "policies")
    with ExitStack() as stack, ThreadPoolExecutor() as starting:
        cluster = stack.enter_context(short_lived_cluster())
        port = urlsplit(cluster.address).port
        assert port is not None
        link = stack.enter_context(linked(port))
        stores = [f"postgresql://pdp:hoa-sen@127.0.0.1:{place}/postgres" for place in (port, link.port)]
        servers = [started(policies, store, folder, workers=1)() for store in stores]
        near, far = starting.map(stack.enter_context, servers)
        yield World(cluster, link, stack.enter_context(family_at(near)), stack.enter_context(family_at(far)))


@pytest.fixture
def family(world: World) -> World:
    """Give the world with the database up and the family whole; afterwards both servers have to answer."""
    if not world.cluster.is_up:
        world.cluster.start()
    for each in (world.near, world.far):
        until(lambda each=each: each.health(), SERVING)  # type: ignore[misc]
    until(lambda: world.near.grant() in {"OK", "PERMISSION_DENIED"}, True)
    world.near.begin()
    world.far.granted = world.near.granted
    world.far.recovers(ALLOW)
    return world


@contextmanager
def locked(world: World, statement: str) -> Iterator[None]:
    """Hold a lock that *statement* takes."""
    with psycopg.connect(world.database) as connection:
        connection.execute(statement.encode())
        yield
        connection.rollback()


def test_f11_a_database_that_is_not_there_at_the_start(world: World) -> None:
    """F-11: the servers are up, alive and not ready, refuse what needs stored facts, and go on by themselves."""
    for each in (world.near, world.far):
        assert each.health() == NOT_SERVING
        assert each.health(FACT_SERVICE) == NOT_SERVING
        assert each.health(ALIVE) == SERVING
        assert each.asked_of_all(PHOTOS) == {UNAVAILABLE}
        assert each.grant() == UNAVAILABLE
        assert each.server.told("ready") == []
        assert "the store" in each.server.told("store-not-there")[0]["reason"]
        assert "hoa-sen" not in "".join(each.server.said)

    world.cluster.start()

    for each in (world.near, world.far):
        until(lambda each=each: each.health(), SERVING)  # type: ignore[misc]
        until(lambda each=each: len(each.server.told("ready")), 1)  # type: ignore[misc]
    world.near.begin()
    world.far.recovers(ALLOW)


def test_f12_a_database_that_dies_while_it_is_asked(family: World) -> None:
    """F-12: from its death on nothing is allowed, not even what was kept; when it is back so are the answers."""
    family.cluster.end(signal.SIGQUIT)
    until(family.near.asked, UNAVAILABLE)  # no lease is longer than a tenth of a second

    assert family.near.asked_of_all(PHOTOS) == {UNAVAILABLE}
    assert family.near.revoke() == UNAVAILABLE
    assert family.near.health(ALIVE) == SERVING

    family.cluster.start()
    family.near.recovers(ALLOW)
    family.far.recovers(ALLOW)
    until(family.near.revoke, "OK")
    assert {family.near.asked(), family.far.asked()} == {DENY}


def test_f13_a_database_that_hangs(family: World) -> None:
    """F-13: frozen, it lets nothing be allowed; whoever asks is told so, however many have asked before."""
    family.cluster.send_to_all(signal.SIGSTOP)
    try:
        until(family.near.asked, UNAVAILABLE)
        assert family.near.asked_of_all(range(2, 40)) == {UNAVAILABLE}
        for each in (family.near, family.far):
            until(lambda each=each: each.health(), NOT_SERVING)  # type: ignore[misc]
            assert each.health(FACT_SERVICE) == NOT_SERVING
            assert each.health(ALIVE) == SERVING
            assert "the store" in each.server.told("store-not-there")[-1]["reason"]
    finally:
        family.cluster.send_to_all(signal.SIGCONT)
    for each in (family.near, family.far):
        each.recovers(ALLOW)
        until(lambda each=each: each.health(), SERVING)  # type: ignore[misc]
    until(family.near.revoke, "OK")
    assert {family.near.asked(), family.far.asked()} == {DENY}


def test_f13_a_lock_that_is_not_let_go(family: World) -> None:
    """F-13: who holds up the writers holds up no check; who holds up everything is waited for so long and no longer."""
    with locked(family, "SELECT * FROM store FOR UPDATE"):
        assert family.near.revoke() == UNAVAILABLE
        assert family.near.asked() == ALLOW
    with locked(family, "LOCK TABLE fact, store IN ACCESS EXCLUSIVE MODE"):
        until(family.near.asked, UNAVAILABLE)
        assert family.near.asked_of_all(range(2, 4)) == {UNAVAILABLE}
    for each in (family.near, family.far):
        each.recovers(ALLOW)
    until(family.near.revoke, "OK")
    assert {family.near.asked(), family.far.asked()} == {DENY}


def test_f10_a_link_that_swallows_everything(family: World) -> None:
    """F-10: a server whose link is half open hears of no change, and allows nothing once the change is acknowledged."""
    family.link.hold()
    try:
        assert family.near.revoke() == "OK"
        assert family.far.asked() == UNAVAILABLE
        assert family.near.asked() == DENY
    finally:
        family.link.release()
    family.far.recovers(DENY)


def test_f15_a_link_that_breaks_after_the_commit(family: World) -> None:
    """F-15: whoever is not told whether it was done is told that it is unknown; nothing stale is allowed; and the same
    request, sent again, gets the answer of the first time.
    """
    family.link.cutting = True

    assert family.far.revoke(request_id="thu-hồi-1") == UNAVAILABLE

    assert family.link.cut == 1
    assert family.far.asked() in {DENY, UNAVAILABLE}
    family.far.recovers(DENY)
    assert family.near.asked() == DENY
    before = family.far.client.check().checked_at
    again = family.far.client.delete(actor="user:lan", ids=[family.far.granted], request_id="thu-hồi-1")
    assert (again.deleted, again.token) == (1, before)


def test_f14_a_standby_that_lacks_the_last_revocation(family: World) -> None:
    """F-14: a server that took over without having all is refused: what was revoked does not come back."""
    cluster = family.cluster
    cluster.end()
    lagging = cluster.folder / "lagging"
    shutil.copytree(cluster.data, lagging)
    cluster.start()
    for each in (family.near, family.far):
        each.recovers(ALLOW)
    until(family.near.revoke, "OK")
    assert {family.near.asked(), family.far.asked()} == {DENY}
    cluster.end()
    whole = cluster.folder / "whole"
    cluster.data.rename(whole)
    lagging.rename(cluster.data)
    _own_as(cluster.folder, cluster.data)

    cluster.start()

    until(lambda: _is_reached(family), True)
    for each in (family.near, family.far):
        assert each.asked_of_all(range(1, 8)) == {UNAVAILABLE}
        assert each.revoke() == UNAVAILABLE
    cluster.end()
    shutil.rmtree(cluster.data)
    whole.rename(cluster.data)
    cluster.start()
    family.near.recovers(DENY)
    family.far.recovers(DENY)


def _is_reached(world: World) -> bool:
    """Say whether a server has asked the database, and was told something that it does not believe."""
    return world.near.asked() == UNAVAILABLE and any(
        "was at" in event.get("exception", "") for event in world.near.server.told("unavailable")
    )


def _own_as(folder: Path, copied: Path) -> None:
    """Let the copied files belong to whom the server runs as."""
    owner = folder.stat()
    for path in (copied, *copied.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)
    copied.chmod(0o700)
