"""Starts a Redis server of its own, on a free port, for as long as it is needed."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import redis

from tests.stores.postgresql_server import free_port

SERVER: Final = shutil.which("redis-server")


class RedisServer:
    """A server that can be killed, stopped and started again on its port."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_up(self) -> bool:
        """Say whether it was started and has not been killed."""
        return self._process is not None

    def start(self, *options: str) -> None:
        """Start it; *options* are given besides those of the beginning."""
        if SERVER is None:
            raise RuntimeError("redis-server: it is not installed\n  hint: `scripts/redis.sh` installs it")
        command = [SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--dir", str(self._folder), *self._options, *options], stdout=log, stderr=log
            )
        for _ in range(400):
            try:
                self.client().ping()
            except redis.RedisError:
                time.sleep(0.01)
            else:
                return
        raise AssertionError("the Redis server does not answer")

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def client(self) -> Any:
        """Return a client of this test, which may do everything."""
        return redis.Redis("127.0.0.1", self.port, socket_timeout=5)


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[RedisServer]:
    """Run a server."""
    server = RedisServer(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()
