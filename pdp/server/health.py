"""Health: who can be asked now."""

import threading
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import OVERALL_HEALTH, HealthServicer

from pdp import __version__
from pdp.api.v1 import decision_pb2, facts_pb2
from pdp.server.health_watches import Send, Watches

DECISION_SERVICE: Final = decision_pb2.DESCRIPTOR.services_by_name["DecisionService"].full_name
FACT_SERVICE: Final = facts_pb2.DESCRIPTOR.services_by_name["FactService"].full_name
CLOCK: Final = "pdp.clock"
"""Serving while the machine's clock agrees with the store's."""

ALIVE: Final = "pdp.alive"
"""Serving from the start to the end, whatever is not there: a server that says so has not to be started again."""

VERSION_KEY: Final = "pdp-version"
REVISION_KEY: Final = "pdp-revision"
"""The metadata after each answer about health."""

MISSING_KEY: Final = "pdp-missing"
"""The metadata, beside those, of a server to which nobody should be sent: `policies`, `store`, `clock`, by commas."""

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
_UNKNOWN: Final = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


class Health(HealthServicer):
    """The health service, whose watchers are sent home when the server stops: they would hold up the end.

    Of the library it has the statuses. Its watches send while they hold the lock that the thread that takes events
    asks for when a caller goes: one who goes at the wrong moment, or does not read, would end the whole service.
    """

    def __init__(self, operators: Iterable[str]) -> None:
        super().__init__()
        self._has_ended = False
        self._statuses: dict[str, int] = {OVERALL_HEALTH: _SERVING}
        self._watches = Watches(lambda service: self._statuses.get(service, _UNKNOWN))
        self._operators = tuple(operators)
        self._telling = threading.Lock()
        self._told: tuple[Collection[str], Collection[str]] = ((), ())
        self._has_store = True
        self._has_time = True
        self._revision: Callable[[], str] = str
        self.set(ALIVE, _SERVING)
        self.set(CLOCK, _SERVING)

    def Watch(  # type: ignore[override]  # always called with *send*: the watchers hold no thread
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext, send: Send
    ) -> None:
        """Send the health of a service now and at every change; raise OverloadedError where too many watch."""
        leave = self._watches.come(request.service, send)
        if not context.add_callback(leave):
            leave()

    def set(self, service: str, status: int) -> None:
        """Let *service* have *status*, and its watchers know."""
        if not self._has_ended:
            super().set(service, status)
            self._statuses[service] = status
            self._watches.look(service)

    def Check(self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext) -> Any:
        """Return the health of a service; the metadata after the answer tell the version and the revision of all."""
        told = [(VERSION_KEY, __version__), (REVISION_KEY, self._revision())]
        if missing := self._missing():
            told.append((MISSING_KEY, ",".join(missing)))
        context.set_trailing_metadata(tuple(told))
        return super().Check(request, context)

    def tell_revision(self, revision: Callable[[], str]) -> None:
        """Let *revision* be asked for the revision of all policies in force."""
        self._revision = revision

    def tell(self, served: Collection[str], refused: Collection[str]) -> None:
        """Say which operators are *served*, and of which the folder holds something that was *refused*."""
        with self._telling:
            self._told = (served, refused)
            self._tell(served, refused)

    def tell_of_store(self, *, is_there: bool) -> None:
        """Say whether the stored facts can be used: without them nobody should be sent here."""
        with self._telling:
            self._has_store = is_there
            self.set(FACT_SERVICE, _SERVING if is_there else _NOT_SERVING)
            self._tell(*self._told)

    def tell_of_clock(self, *, is_right: bool) -> None:
        """Say whether the clock can be relied on: without it nobody should be sent here."""
        with self._telling:
            self._has_time = is_right
            self.set(CLOCK, _SERVING if is_right else _NOT_SERVING)
            self._tell(*self._told)

    def _tell(self, served: Collection[str], refused: Collection[str]) -> None:
        for operator in self._operators:
            is_served = operator in served
            self.set(f"pdp.operator.{operator}", _SERVING if is_served else _NOT_SERVING)
            is_fresh = is_served and operator not in refused
            self.set(f"pdp.policies.{operator}", _SERVING if is_fresh else _NOT_SERVING)
        for whole in (OVERALL_HEALTH, DECISION_SERVICE):
            self.set(whole, _NOT_SERVING if self._missing() else _SERVING)

    def _missing(self) -> list[str]:
        """Return what is not there of what a server needs to answer."""
        served, _ = self._told
        there = {"policies": bool(served), "store": self._has_store, "clock": self._has_time}
        return [name for name, is_there in there.items() if not is_there]

    def end(self) -> None:
        """Say that nobody can be asked any more, and end every watch."""
        self.enter_graceful_shutdown()
        self._has_ended = True
        self._watches.end()


def health_of(operators: Iterable[str], served: Collection[str]) -> Health:
    """Return the health of every one of *operators*, of which *served* have a valid policy set, and of the whole."""
    health = Health(operators)
    health.tell(served, ())
    return health
