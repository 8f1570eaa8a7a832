"""What becomes of checks and writes when PostgreSQL is not there, dies, hangs, goes back, or is cut off."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from pdp_adapters.postgresql_database import WAIT_SECONDS
from tests.faults.cutting import linked
from tests.faults.served import one_policy
from tests.faults.world import ALLOW, DENY, LONGEST_SECONDS, family_at
from tests.stores.postgresql_server import SHORT_LIVED, Cluster, binaries, short_lived_folder
from tests.system.test_life import ROOT

pytestmark = pytest.mark.system


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Run a server that a test may end, stop and start."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt install postgresql-15")
    with short_lived_folder() as folder:
        cluster = Cluster(folder, **SHORT_LIVED)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.end(signal.SIGQUIT)


def url_of(cluster: Cluster) -> str:
    """Return the address of the store."""
    return f"{cluster.address}/postgres"


@contextmanager
def locked(cluster: Cluster, statement: str) -> Iterator[None]:
    """Hold a lock that *statement* takes."""
    with psycopg.connect(url_of(cluster)) as connection:
        connection.execute(statement.encode())
        yield
        connection.rollback()


def test_f11_a_database_that_is_not_there_at_the_start(tmp_path: object) -> None:
    """F-11: without the database no server answers; the reason is told within seconds, and the password is not."""
    from pathlib import Path

    folder = Path(str(tmp_path))
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "pdp", "serve", "--listen", "127.0.0.1:0", "--policies", one_policy(folder / "p")]
        + ["--store", "postgresql://pdp:hoa-sen@127.0.0.1:1/facts"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}", "XDG_STATE_HOME": str(folder), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert "the store cannot be used" in ended.stderr
    assert "hoa-sen" not in ended.stderr
    assert "ready" not in ended.stderr
    assert time.monotonic() - began < 60


def test_f12_a_database_that_dies_while_it_is_asked(cluster: Cluster) -> None:
    """F-12: from its death on nothing is allowed, not even what was kept; when it is back so are the answers."""
    with family_at(url_of(cluster)) as family:
        assert family.asked() == ALLOW
        cluster.end(signal.SIGQUIT)
        time.sleep(0.3)  # no lease is longer

        assert {family.asked() for _ in range(10)} == {"UNAVAILABLE"}
        assert family.revoke() == "UNAVAILABLE"

        cluster.start()
        family.recovers()
        assert family.revoke() == "OK"
        assert family.asked() == DENY


def test_f13_a_database_that_hangs(cluster: Cluster) -> None:
    """F-13: one that is frozen lets nothing be allowed, no call lasts beyond its deadline, and it is used again after."""
    with family_at(url_of(cluster)) as family:
        cluster.send_to_all(signal.SIGSTOP)
        try:
            time.sleep(0.3)  # no lease is longer
            began = time.monotonic()
            assert family.asked() in {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
            assert time.monotonic() - began < LONGEST_SECONDS + 2
        finally:
            cluster.send_to_all(signal.SIGCONT)
        family.recovers()


def test_f13_a_lock_that_is_not_let_go(cluster: Cluster) -> None:
    """F-13: who holds up the writers holds up no check; who holds up everything is waited for so long and no longer."""
    with family_at(url_of(cluster)) as family:
        with locked(cluster, "SELECT * FROM store FOR UPDATE"):
            began = time.monotonic()
            assert family.revoke() == "UNAVAILABLE"
            assert time.monotonic() - began < 2 * WAIT_SECONDS + 2
            assert family.asked() == ALLOW
        with locked(cluster, "LOCK TABLE fact, store IN ACCESS EXCLUSIVE MODE"):
            time.sleep(0.3)
            began = time.monotonic()
            assert family.asked() == "UNAVAILABLE"
            assert time.monotonic() - began < 2 * WAIT_SECONDS + 2
        family.recovers()
        assert family.revoke() == "OK"
        assert family.asked() == DENY


def test_f14_a_standby_that_lacks_the_last_revocation(cluster: Cluster) -> None:
    """F-14: a server that took over without having all is refused: what was revoked does not come back."""
    with family_at(url_of(cluster)) as family:
        cluster.end()
        shutil.copytree(cluster.data, cluster.folder / "lagging")
        cluster.start()
        family.recovers()
        assert family.revoke() == "OK"
        cluster.end()
        shutil.rmtree(cluster.data)
        (cluster.folder / "lagging").rename(cluster.data)
        _own_as(cluster)

        cluster.start()

        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert family.asked() == "UNAVAILABLE"


def _own_as(cluster: Cluster) -> None:
    """Let the copied files belong to whom the server runs as."""
    owner = cluster.folder.stat()
    for path in (cluster.data, *cluster.data.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)
    cluster.data.chmod(0o700)


def test_f15_a_link_that_breaks_after_the_commit(cluster: Cluster) -> None:
    """F-15: whoever is not told whether it was done is told that it is unknown, nothing stale is allowed, and the same
    request sent again gets the answer of the first time.
    """
    place = urlsplit(cluster.address)
    with linked(str(place.hostname), int(place.port or 0)) as link:
        with family_at(f"postgresql://pdp@127.0.0.1:{link.port}/postgres") as family:
            link.cutting = True

            assert family.revoke(request_id="thu-hồi-1") == "UNAVAILABLE"

            assert link.cut == 1
            # It was done, and nobody is allowed what it took away.
            assert family.asked() in {DENY, "UNAVAILABLE"}
            family.recovers(DENY)
            before = family.client.check().checked_at
            again = family.client.delete(actor="user:lan", ids=[family.granted], request_id="thu-hồi-1")
            assert (again.deleted, again.token) == (1, before)
