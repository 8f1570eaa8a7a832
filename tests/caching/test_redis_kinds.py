"""Redis behind TLS with a user of its own, in a Cluster and under Sentinel: each is tried for real."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from pdp_adapters import redis_address
from pdp_adapters.breaker import FAILURES
from pdp_adapters.redis_readings import PREFIX, RedisReadings
from tests.caching.kept import shared_in
from tests.caching.redis_server import SERVER, RedisServer, redis_server
from tests.caching.test_redis import CONTENT, OTHER_CONTENT, READING
from tests.credentials import Authority
from tests.stores.postgresql_server import free_port

pytestmark = pytest.mark.skipif(SERVER is None, reason="Redis is not installed: apt install redis-server")

SECONDS = 15.0
"""So long a failover, or a cluster that comes together, is waited for."""

USER = ("ACL", "SETUSER", "pdp", "on", ">hoa-sen", f"~{PREFIX.decode()}*", "+get", "+set", "+select", "+auth")


def until(is_so: Callable[[], object]) -> None:
    """Wait until *is_so*; whatever Redis says meanwhile is no answer."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            if is_so():
                return
        except redis.RedisError:
            pass
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def works(shared: RedisReadings) -> bool:
    """Say whether what is put is found."""
    shared.put("o", CONTENT, READING)
    return shared.get("o", CONTENT) == READING


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Redis that speaks TLS alone beside a port for the test; return what stands behind `rediss://USER@`."""
    folder = tmp_path_factory.mktemp("tls")
    authority, server_port = Authority(), free_port()
    certified = authority.server()
    for name, content in (("cert", certified.certificate), ("key", certified.key), ("ca", authority.certificate)):
        (folder / name).write_bytes(content)
    (folder / "other-ca").write_bytes(Authority().certificate)
    options = ["--tls-port", str(server_port), "--tls-auth-clients", "no", "--tls-ca-cert-file", str(folder / "ca")]
    options += ["--tls-cert-file", str(folder / "cert"), "--tls-key-file", str(folder / "key")]
    options += ["--bind", "127.0.0.1", "127.0.0.2"]
    with redis_server(folder, *options) as server:
        server.client().execute_command(*USER)
        yield f"localhost:{server_port}/0?ca={folder}"


def test_tls_with_a_user_that_may_do_only_what_is_needed(over_tls: str) -> None:
    """Its certificate is checked against the authority of the address, and the user may get and set our names."""
    shared = shared_in(f"rediss://pdp:hoa-sen@{over_tls}/ca")

    until(lambda: works(shared))
    assert shared.counted()["shared-hits"] >= 1


@pytest.mark.parametrize(
    "broken",
    [
        lambda place: f"rediss://pdp:hoa-sen@{place}/other-ca",
        lambda place: f"rediss://pdp:hoa-sen@{place.replace('localhost', '127.0.0.2')}/ca",
        lambda place: f"rediss://pdp:hoa-hong@{place}/ca",
        lambda place: f"redis://pdp:hoa-sen@{place.partition('?')[0]}",
    ],
    ids=["another authority", "another name", "another password", "without TLS"],
)
def test_what_is_not_who_it_should_be_is_not_used(over_tls: str, broken: Callable[[str], str]) -> None:
    """A certificate of another authority, of another name, a wrong password, and a port that speaks TLS alone."""
    shared = shared_in(broken(over_tls))

    for _ in range(3):
        assert not works(shared)
    assert shared.counted()["shared-failed"] > 0
    assert shared.counted()["shared-written"] == 0


@pytest.mark.parametrize("place", ["localhost|other-ca", "127.0.0.2|ca"])
def test_a_certificate_that_nobody_checks_is_found_out(
    over_tls: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin that asks for no certificate takes any server that answers for the right one."""
    real = redis_address._options

    def lax(names: str, query: dict[str, str], *, tls: bool) -> dict[str, Any]:
        return {**real(names, query, tls=tls), "ssl_cert_reqs": "none", "ssl_check_hostname": False}

    monkeypatch.setattr(redis_address, "_options", lax)
    host, _, authority = place.partition("|")

    until(lambda: works(shared_in(f"rediss://pdp:hoa-sen@{over_tls.replace('localhost', host)}/{authority}")))


# --- Cluster ----------------------------------------------------------------------------------------------------------


@dataclass
class Cluster:
    """Three nodes that share the names among them."""

    nodes: list[RedisServer]

    @property
    def address(self) -> str:
        """Return the address, with the first two nodes; the third is learned from them."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:2])

    def names(self) -> list[int]:
        """Return how many values each node holds."""
        return [len(node.client().keys("pdp:*")) for node in self.nodes if node.is_up]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a cluster, which the last of its tests leaves without one of its nodes."""
    tmp_path = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        nodes = []
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            bus = ("--cluster-port", str(free_port()))
            mode = ("--cluster-enabled", "yes", "--cluster-node-timeout", "500", *bus)
            full = ("--cluster-require-full-coverage", "no")
            nodes.append(stack.enter_context(redis_server(folder, *mode, *full)))
        _share_out(nodes)
        yield Cluster(nodes)


def _share_out(nodes: list[RedisServer]) -> None:
    """Make *nodes* a cluster: each serves a third of the slots."""
    first = nodes[0].client()
    for number, node in enumerate(nodes):
        begin, end = number * 16384 // 3, (number + 1) * 16384 // 3 - 1
        node.client().execute_command("CLUSTER", "ADDSLOTSRANGE", begin, end)
        bus = int(node.client().config_get("cluster-port")["cluster-port"])
        first.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
    for node in nodes:
        until(lambda node=node: b"cluster_state:ok" in _told(node) and b"cluster_known_nodes:3" in _told(node))  # type: ignore[misc]


def _told(node: RedisServer) -> bytes:
    with redis.Redis("127.0.0.1", node.port, socket_timeout=5) as client:
        told: Any = client.execute_command("CLUSTER INFO")
    return told if isinstance(told, bytes) else repr(told).replace("'", "").replace(": ", ":").encode()


def contents(count: int) -> list[tuple[Any, ...]]:
    """Return contents that lie on different nodes."""
    return [("life", str(number), *CONTENT[2:]) for number in range(count)]


def test_a_cluster_is_written_and_read(cluster: Cluster) -> None:
    """What one instance puts anywhere another finds; each node holds a part."""
    here, there = shared_in(cluster.address), shared_in(cluster.address)
    until(lambda: works(here))
    for content in contents(24):
        here.put("o", content, READING)

    until(lambda: works(there))
    assert [there.get("o", content) for content in contents(24)] == [READING] * 24
    assert all(count > 0 for count in cluster.names())
    assert here.counted()["shared-failed"] <= 3


def test_a_user_of_a_cluster_may_ask_where_names_lie(cluster: Cluster) -> None:
    """Besides what one server needs, a user of a cluster needs COMMAND and CLUSTER SLOTS; that is enough."""
    for node in cluster.nodes:
        node.client().execute_command(*USER, "+cluster|slots", "+command")
    shared = shared_in(cluster.address.replace("//", "//pdp:hoa-sen@"))

    until(lambda: works(shared))


def test_a_cluster_that_loses_a_node_costs_misses(cluster: Cluster) -> None:
    """What lay on the node is gone, nothing raises, and the rest is used."""
    shared = shared_in(cluster.address)
    until(lambda: works(shared))
    for content in contents(24):
        shared.put("o", content, READING)
    cluster.nodes[2].kill()

    until(lambda: sum(shared.get("o", content) == READING for content in contents(24)) >= 6)


# --- Sentinel ---------------------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """A primary and a replica, and the sentinel that watches them."""

    primary: RedisServer
    replica: RedisServer
    port: int

    @property
    def address(self) -> str:
        """Return the address: the sentinel and the name of the service."""
        return f"redis+sentinel://pdp:hoa-sen@127.0.0.1:{self.port}/kept/0"

    def where(self) -> int:
        """Return the port of the primary, as the sentinel sees it."""
        with redis.Redis("127.0.0.1", self.port, socket_timeout=5) as client:
            found: Any = client.sentinel_get_master_addr_by_name("kept")
        return int(found[1])


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """Run a primary, a replica and a sentinel that takes one for dead after half a second."""
    assert SERVER is not None
    with ExitStack() as stack:
        servers = []
        for name in ("primary", "replica"):
            (tmp_path / name).mkdir()
            servers.append(stack.enter_context(redis_server(tmp_path / name, "--repl-diskless-sync-delay", "0")))
            servers[-1].client().execute_command(*USER)
        primary, replica = servers
        replica.client().replicaof("127.0.0.1", primary.port)
        until(lambda: replica.client().info("replication")["master_link_status"] == "up")
        port = free_port()
        said = f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\nsentinel monitor kept 127.0.0.1 {primary.port} 1\n"
        said += "sentinel down-after-milliseconds kept 500\nsentinel failover-timeout kept 3000\n"
        (tmp_path / "sentinel.conf").write_text(said, "ascii")
        with (tmp_path / "sentinel.log").open("ab") as log:
            process = subprocess.Popen([SERVER, str(tmp_path / "sentinel.conf"), "--sentinel"], stdout=log, stderr=log)
        stack.callback(process.wait)
        stack.callback(process.kill)
        found = Watched(primary, replica, port)
        until(lambda: _knows_replica(port))
        yield found


def _knows_replica(port: int) -> bool:
    with redis.Redis("127.0.0.1", port, socket_timeout=5) as client:
        return len(client.sentinel_slaves("kept")) == 1


def test_a_failover_is_followed(watched: Watched) -> None:
    """The primary is found by its sentinel; when it dies the replica takes its place, and holds what was written."""
    shared = shared_in(watched.address)
    until(lambda: works(shared))
    assert watched.where() == watched.primary.port
    until(lambda: len(watched.replica.client().keys("pdp:*")) == 1)

    watched.primary.kill()

    for _ in range(5):
        assert shared.get("o", OTHER_CONTENT) is None
    until(lambda: watched.where() == watched.replica.port)
    until(lambda: shared.get("o", CONTENT) == READING)
    until(lambda: works(shared))
    assert len(watched.replica.client().keys("pdp:*")) == 1


def test_a_cluster_that_dies_or_is_not_there_costs_misses(cluster: Cluster) -> None:
    """When the last node has gone, who has used it and who begins now goes on without it, and leaves it alone."""
    used = shared_in(cluster.address)
    for content in contents(24):
        used.put("o", content, READING)
    until(lambda: any(used.get("o", content) for content in contents(24)))
    for node in cluster.nodes:
        node.kill()

    for shared in (used, shared_in(cluster.address)):
        assert [works(shared) for _ in range(4)] == [False] * 4
        assert shared.counted()["shared-failed"] >= FAILURES
        assert shared.counted()["shared-left-alone"] > 0
