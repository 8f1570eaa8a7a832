"""Who may connect to a server, and how."""

from dataclasses import dataclass
from typing import Final

import grpc
from structlog.typing import FilteringBoundLogger

from pdp.callers import LiveCallers
from pdp.server.events import Event
from pdp.server.tls import TlsFiles, credentials


@dataclass(frozen=True, slots=True)
class Security:
    """The *callers* that are known, None when none are configured; the *tls* files, None without encryption."""

    callers: LiveCallers | None = None
    tls: TlsFiles | None = None

    @property
    def anywhere(self) -> bool:
        """Say whether others than this machine may connect: who asks is known, and nobody can listen in."""
        return self.callers is not None and self.tls is not None

    @property
    def has_certificates(self) -> bool:
        """Say whether every connection brings a client certificate."""
        return self.tls is not None and self.tls.client_ca is not None

    def credentials(self, log: FilteringBoundLogger) -> grpc.ServerCredentials | None:
        """Return what a port is opened with; raise InvalidSettingsError when the files cannot be used."""
        return credentials(self.tls, log) if self.tls else None

    def begin(self, log: FilteringBoundLogger) -> None:
        """Follow the files of callers from now on, in this process."""
        if self.callers is not None:
            self.callers.begin(lambda mistakes: _tell(mistakes, log))

    def end(self) -> None:
        """Follow them no more."""
        if self.callers is not None:
            self.callers.end()


OPEN: Final = Security()
"""No callers are configured: loopback only, and whoever connects may do everything."""


def _tell(mistakes: str | None, log: FilteringBoundLogger) -> None:
    if mistakes is None:
        log.info(Event.CALLERS_IN_FORCE.value)
    else:
        log.error(Event.CALLERS_KEPT.value, mistakes=mistakes.splitlines())
