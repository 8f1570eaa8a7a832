"""Shows the metrics of all workers over HTTP, from the parent, which answers nothing else."""

import platform
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from pdp.activation import Standing
from pdp.core.errors import InvalidSettingsError
from pdp.metrics import UNMETERED, Metering, Meters, Sample, SharedNumbers
from pdp.metrics.series import Series
from pdp.policy_set import ENGINE_VERSION
from pdp.server.listening import resolved
from pdp.server.methods import SERVICES
from pdp.server.status import REASONS

READERS: Final = 8
"""So many readings are answered at once; who comes beyond them is sent home."""

_PATHS: Final = frozenset({"/", "/metrics"})
_SECONDS: Final = 5.0


def metering_of(shown: str, places: int, operators: Sequence[str]) -> Metering:
    """Return what *places* workers count with where metrics are *shown* at an address, and nothing where that is ""."""
    if not shown:
        return UNMETERED
    methods = [method.full_name for service in SERVICES for method in service.methods]
    series = Series(operators, methods, REASONS)
    return Meters(series, SharedNumbers(places, series.width))


class MetricsPage:
    """The page of *metering* at *shown*, HOST:PORT, or nothing where nothing is counted.

    Raises InvalidSettingsError when it cannot listen there.
    """

    def __init__(self, shown: str, metering: Metering, own: Callable[[], Sample]) -> None:
        self.address = ""
        self.undisturbed = threading.Lock()
        """Held while the page is made: a process that is forked meanwhile might begin with a lock that nobody opens."""
        self._server: _Server | None = None
        if isinstance(metering, Meters):
            host, port = resolved(shown, anywhere=True)
            try:
                self._server = _Server(host, port, self._guarded(metering, own))
            except OSError as error:
                raise InvalidSettingsError([f"metrics: cannot listen on {host}:{port}: {error.strerror}"]) from error
            self.address = f"{host}:{self._server.server_port}"

    def begin(self) -> None:
        """Answer from now on, in threads of this process."""
        if self._server is not None:
            threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def leave(self) -> None:
        """Let go of the port, in a process that was forked from the one that shows the page."""
        if self._server is not None:
            self._server.socket.close()

    def end(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _guarded(self, meters: Meters, own: Callable[[], Sample]) -> Callable[..., Iterable[bytes]]:
        from pdp.metrics.exposition import page_of  # imported where metrics are shown, and nowhere else

        page = page_of(meters, own)

        def shown(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] != "GET" or environ["PATH_INFO"] not in _PATHS:
                start_response("404 Not Found", [("Content-Type", "text/plain")])
                return [b"/metrics\n"]
            with self.undisturbed:
                return list(page(environ, start_response))

        return shown


class _Quiet(WSGIRequestHandler):
    """Logs nothing, and waits for nobody for long."""

    timeout = _SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # named so by the standard library
        """Log nothing."""


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, application: Any) -> None:
        self._room = threading.BoundedSemaphore(READERS)
        bare = host.removeprefix("[").removesuffix("]")
        self.address_family = socket.AF_INET6 if ":" in bare else socket.AF_INET
        super().__init__((bare, port), _Quiet)
        self.set_app(application)

    def server_bind(self) -> None:
        """Bind, and ask no name service who this machine is."""
        socketserver.TCPServer.server_bind(self)
        host, self.server_port = self.server_address[:2]
        self.server_name = str(host)
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread while there is room."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room again."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a reader that went away."""


class OwnNumbers:
    """What the parent knows: *standing* tells the policies, *answering* and *died* the workers, of *wanted*."""

    def __init__(
        self,
        operators: Sequence[str],
        wanted: int,
        standing: Callable[[], Standing],
        answering: Callable[[], int],
        died: Callable[[], int],
    ) -> None:
        self._operators = operators
        self._wanted = wanted
        self._standing = standing
        self._answering = answering
        self._died = died
        self._began = time.time()

    def __call__(self) -> Sample:
        """Return the numbers as they are now."""
        standing = self._standing()
        build = (version("promise-pdp"), ENGINE_VERSION, platform.python_version())
        found: dict[tuple[str, tuple[str, ...]], float] = {
            ("pdp_workers", ()): self._answering(),
            ("pdp_workers_wanted", ()): self._wanted,
            ("pdp_worker_deaths_total", ()): self._died(),
            ("pdp_started_timestamp_seconds", ()): self._began,
            ("pdp_build_info", build): 1.0,
        }
        for operator in self._operators:
            found["pdp_policy_served", (operator,)] = float(operator in standing.active)
            found["pdp_policy_refused", (operator,)] = float(operator in standing.refused)
        for operator, active in standing.active.items():
            found["pdp_policy_info", (operator, active.policy.revision)] = 1.0
            found["pdp_policy_since_timestamp_seconds", (operator,)] = active.since.timestamp()
        return found
