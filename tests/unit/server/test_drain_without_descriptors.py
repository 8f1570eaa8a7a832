"""A server without a descriptor left ends all the same: it cannot look at its connections, and needs not."""

import subprocess
import sys

_ENDS = """
import os, resource, sys
from concurrent.futures import ThreadPoolExecutor
import grpc
from pdp.server.connections import Connections
from pdp.server.health import Health
from pdp.server.running_server import Ending, RunningServer
from pdp.server.under_way import UnderWay

class Looks(RunningServer):  # the twin: it cannot do without looking
    def _wait_for_connections(self, connections, until):
        connections.refuse_new()

    def _drain(self, grace):
        self._ending.begin()
        self._wait_for_connections(Connections(self.address), 0)
        self._ending.end()
        self._server.stop(None).wait()
        self._ended.set()

last = []
server = grpc.server(ThreadPoolExecutor(2))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
make = Looks if sys.argv[1:] == ["twin"] else RunningServer
ending = Ending(UnderWay(), (), (lambda: last.append("told"),))
running = make(server, Health(()), ending, (), f"127.0.0.1:{port}")
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
try:
    while True:
        os.open("/dev/null", os.O_RDONLY)
except OSError:
    pass
ended = running.drain(0)
running._drains.join()
print(ended.is_set(), last, flush=True)
os._exit(0)
"""


def _said(*arguments: str) -> str:
    command = [sys.executable, "-c", _ENDS, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_drain_ends_without_descriptors() -> None:
    """And who has to be told last is told."""
    assert _said() == "True ['told']\n"


def test_the_twin_that_has_to_look_never_ends() -> None:
    """Its thread is gone, and whoever waits for the end waits for ever."""
    assert _said("twin") == "False []\n"
