"""Who may connect to a server, and how."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import grpc
from structlog.typing import FilteringBoundLogger

from pdp.callers import LiveCallers
from pdp.callers.live import LOOK_SECONDS
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

    def is_renewed(self, log: FilteringBoundLogger, has_to_end: Callable[[float], bool]) -> bool:
        """Read the files of callers as they are now, and return once what they say is in force.

        *has_to_end* waits for so many seconds and says whether this process is to end; False is returned then.
        """
        callers, is_told = self.callers, False
        # FAIL CLOSED (a worker that takes another's place): it was forked with the callers as they were when the server
        # began. Who has been taken out since may not come back with it: it answers nobody before it knows.
        while callers is not None and not callers.look(lambda mistakes: _tell(mistakes, callers, log)):
            if not is_told:
                log.error(Event.CALLERS_AWAITED.value, pid=os.getpid())
                is_told = True
            if has_to_end(LOOK_SECONDS):
                return False
        return True

    def begin(self, log: FilteringBoundLogger) -> None:
        """Follow the files of callers from now on, in this process."""
        callers = self.callers
        if callers is not None:
            callers.begin(lambda mistakes: _tell(mistakes, callers, log))

    def end(self) -> None:
        """Follow them no more."""
        if self.callers is not None:
            self.callers.end()


OPEN: Final = Security()
"""No callers are configured: loopback only, and whoever connects may do everything."""


def _tell(mistakes: str | None, callers: LiveCallers, log: FilteringBoundLogger) -> None:
    if mistakes is None:
        log.info(Event.CALLERS_IN_FORCE.value)
        if callers.troubles:
            log.warning(Event.ISSUER_KEYS_NOT_HAD.value, problems=callers.troubles)
    else:
        log.error(Event.CALLERS_KEPT.value, mistakes=mistakes.splitlines())
