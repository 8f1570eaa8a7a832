"""Starts a PostgreSQL server of its own, on a free port, for as long as it is needed."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg

UNPRIVILEGED: Final = "postgres"
"""Whose the server is when the tests run as root, which PostgreSQL refuses to run as."""


SHORT_LIVED: Final = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "shared_buffers": "16MB"}
"""Settings of a server that is thrown away: what it writes need not outlive the machine."""


def binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`, None when PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class Cluster:
    """A server on a port of its own whose data lies in *folder*, made if there is none; *settings* configure it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        place = binaries()
        if place is None:
            raise RuntimeError("postgresql: it is not installed\n  hint: `scripts/postgresql.sh` installs it")
        self._place = place
        self.folder = folder
        self.data = folder / "data"
        self._running_as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._running_as = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
            shutil.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        if not self.data.exists():
            user = ("-U", "pdp", "-A", "trust")
            subprocess.run(
                [place / "initdb", "-D", self.data, *user, "-E", "UTF8", "--locale=C", "--no-sync"],
                check=True,
                capture_output=True,
                cwd=folder,
                **self._running_as,
            )
        port = free_port()
        chosen = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", **settings}
        self._options = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
        self._server: subprocess.Popen[bytes] | None = None
        self.address = f"postgresql://pdp@127.0.0.1:{port}"

    def start(self) -> None:
        """Start it, on the data and the port that it had before, and wait until it answers."""
        command = [str(self._place / "postgres"), "-D", str(self.data), *self._options]
        with (self.folder / "log").open("ab") as log:
            server: subprocess.Popen[bytes] = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, **self._running_as
            )
        self._server = server
        _wait_for(self.address, server, self.folder)

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT breaks off what is under way and leaves the data in order, SIGQUIT leaves it as in a crash."""
        server, self._server = self._server, None
        if server is None:
            return
        server.send_signal(how)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    @property
    def is_up(self) -> bool:
        """Say whether it was started and has not been ended."""
        return self._server is not None

    def send_to_all(self, what: signal.Signals) -> None:
        """Send a signal to the server and to every process that it has started."""
        assert self._server is not None
        for pid in (self._server.pid, *_children(self._server.pid)):
            os.kill(pid, what)


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if status.read_text("ascii", "replace").rpartition(")")[2].split()[1] == str(parent):
                found.append(int(status.parent.name))
    return found


@contextmanager
def postgresql(folder: Path, *, ending: signal.Signals = signal.SIGINT, **settings: str) -> Iterator[str]:
    """Run a server whose data lies in *folder*, and give its address; *settings* are of its configuration.

    *ending* ends it: the default breaks off what is under way and leaves the data in order.
    """
    cluster = Cluster(folder, **settings)
    try:
        cluster.start()
        yield cluster.address
    finally:
        cluster.end(ending)


@contextmanager
def short_lived_postgresql() -> Iterator[str]:
    """Run a server that is thrown away: nothing that it writes has to outlive the machine."""
    with short_lived_cluster() as cluster:
        cluster.start()
        yield cluster.address


@contextmanager
def short_lived_cluster() -> Iterator[Cluster]:
    """Make a server that is thrown away, and end it if it was started."""
    with short_lived_folder() as folder:
        cluster = Cluster(folder, **SHORT_LIVED)
        try:
            yield cluster
        finally:
            cluster.end(signal.SIGQUIT)


@contextmanager
def short_lived_folder() -> Iterator[Path]:
    """Give a folder for a server that is thrown away."""
    # Not under the folder of a test, which another user may not enter; in memory where there is such a place.
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="pdp-postgresql-", dir=in_memory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def _wait_for(address: str, server: "subprocess.Popen[bytes]", folder: Path) -> None:
    for _ in range(400):
        assert server.poll() is None, (folder / "log").read_text("utf-8", "replace")
        try:
            psycopg.connect(f"{address}/postgres", connect_timeout=1).close()
        except psycopg.OperationalError:
            _pause()
        else:
            return
    raise AssertionError("the PostgreSQL server does not answer")


def _pause() -> None:
    # A server that starts says nothing that could be waited for.
    import time

    time.sleep(0.025)
