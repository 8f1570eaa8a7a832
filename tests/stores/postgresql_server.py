"""Starts a PostgreSQL server of its own, on a free port, for as long as it is needed."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

UNPRIVILEGED: Final = "postgres"
"""Whose the server is when the tests run as root, which PostgreSQL refuses to run as."""


def binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`, None when PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def postgresql(
    folder: Path, *, ending: signal.Signals = signal.SIGINT, is_new: bool = True, **settings: str
) -> Iterator[str]:
    """Run a server whose data lies in *folder*, and give its address; *settings* are of its configuration.

    *ending* ends it: the default breaks off what is under way and leaves the data in order. *is_new* makes the data.
    """
    place = binaries()
    assert place is not None
    running_as: dict[str, Any] = {}
    if os.geteuid() == 0:
        running_as = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
        shutil.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
    data = folder / "data"
    if is_new:
        subprocess.run(
            [place / "initdb", "-D", data, "-U", "pdp", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **running_as,
        )
    port = free_port()
    chosen = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", **settings}
    options = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [place / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=folder, **running_as
        )
    address = f"postgresql://pdp@127.0.0.1:{port}"
    try:
        _wait_for(address, server, folder)
        yield address
    finally:
        server.send_signal(ending)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def short_lived_postgresql() -> Iterator[str]:
    """Run a server that is thrown away: nothing that it writes has to outlive the machine."""
    # Not under the folder of a test, which another user may not enter; in memory where there is such a place.
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="pdp-postgresql-", dir=in_memory))
    try:
        with postgresql(
            folder, fsync="off", full_page_writes="off", autovacuum="off", shared_buffers="16MB"
        ) as address:
            yield address
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
