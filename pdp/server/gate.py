"""The gate: before anything is done for a call, who asks is known and may ask that."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # its stubs leave it out
from structlog.typing import FilteringBoundLogger

from pdp.callers import LiveCallers, Presented
from pdp.callers.refusing import Reason, refuse
from pdp.callers.spending import Allowance
from pdp.core.caller import LOCAL, Caller
from pdp.core.errors import NotPermittedError, OverloadedError, UnknownCallerError
from pdp.server.access import NEEDS, Need, Permit, check_may_call, permits
from pdp.server.events import Event
from pdp.server.load import Load
from pdp.server.names import name_of

AUTHORIZATION: Final = "authorization"
LARGEST_HEADERS: Final = 16 << 10
"""Bytes of the headers of a call. gRPC has a bound of its own, which it begins to keep only when the other side has
acknowledged its settings; until then it takes 16 MiB."""

REFUSALS_LOGGED_PER_SECOND: Final = 10
"""More are counted and not told one by one: who is refused may not fill the disk."""

ADMITTED_SECONDS: Final = 0.5
"""So long nobody is asked again who a call is of: as long as it may take until a change of the files is seen."""

_ADMITTED: Final = "_pdp_admitted"
_CALLER: Final = "_pdp_caller"
_PRESENTED: Final = "_pdp_presented"
_CERTIFICATE: Final = b"x509_pem_cert"
_CHAIN: Final = b"x509_pem_cert_chain"

NOBODY: Final = Caller("nobody")
"""Who calls a method that is open to whoever connects; it may do nothing else."""

Metadata = Iterable[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Admitted:
    """The *caller* of a call, with what it *presented*, as it was found at an instant of the monotonic clock."""

    caller: Caller
    presented: Presented | None
    at: float


class Visit:
    """A call of a known caller that is borne; what it is asked once more is, too."""

    __slots__ = ("_at", "_gate", "_name", "_presented", "caller")

    def __init__(self, gate: "Gate", name: str, presented: Presented | None) -> None:
        self._gate = gate
        self._name = name
        self._presented = presented
        self.caller = gate.admit(name, presented)
        self._at = time.monotonic()
        gate.load.enter(self.caller)

    def still(self) -> Caller:
        """Return who calls, looked at anew where the call has waited."""
        # FAIL CLOSED (waited long): its key may have been taken back, or its caller may do less.
        if time.monotonic() - self._at > ADMITTED_SECONDS:
            return self._gate.admit(self._name, self._presented)
        return self.caller

    def again(self) -> Caller:
        """Return who calls, looked at anew."""
        caller = self._gate.admit(self._name, self._presented)
        self._gate.load.enter(caller)
        return caller


class Gate:
    """Knows who asks and whether it may. *callers* is None when none are configured: everybody is `local` then.

    *has_certificates*: connections bring client certificates, which are looked at. *load* is what is borne.
    """

    def __init__(
        self,
        callers: LiveCallers | None,
        operators: Iterable[str],
        log: FilteringBoundLogger,
        *,
        has_certificates: bool = False,
        load: Load | None = None,
    ) -> None:
        self.load = load or Load()
        self._callers = callers
        self._has_certificates = has_certificates
        self._permits: Mapping[str, Permit] = permits(frozenset(operators))
        self._log = log
        self._logged = Allowance(REFUSALS_LOGGED_PER_SECOND, "")
        self._unlogged = 0
        self._names: dict[str, str] = {}  # of what is served by that name: as many as there are methods

    @property
    def is_open(self) -> bool:
        """Say whether no callers are configured: nothing has to be presented then."""
        return self._callers is None

    def presented(self, metadata: Metadata, call: Any) -> Presented | None:
        """Return what a call of gRPC's core brings with it, None where nothing has to be brought."""
        if self._callers is None:
            return None
        authorizations = self._authorizations(metadata)
        if not self._has_certificates:
            return Presented(authorizations)
        found = cygrpc.auth_context(call) or {}
        return Presented(authorizations, _only(found.get(_CERTIFICATE)), _only(found.get(_CHAIN)))

    def presented_in(self, context: grpc.ServicerContext) -> Presented | None:
        """Return what the call behind *context* brings with it, as `presented` does."""
        if self._callers is None:
            return None
        authorizations = self._authorizations(context.invocation_metadata())
        if not self._has_certificates:
            return Presented(authorizations)
        found = context.auth_context()
        return Presented(authorizations, _only(found.get(_CERTIFICATE.decode())), _only(found.get(_CHAIN.decode())))

    def admit(self, method: str, presented: Presented | None) -> Caller:
        """Return who calls *method*, a full name, with what is *presented*.

        Raises UnknownCallerError, NotPermittedError, OverloadedError and UnavailableError.
        """
        if self._callers is None or presented is None:
            caller = LOCAL
        elif NEEDS.get(method) is Need.NOBODY_KNOWN:
            return NOBODY
        else:
            try:
                caller = self._callers.identify(presented).caller
            except UnknownCallerError as error:
                self._tell(method, error.reason, "")
                raise
        try:
            check_may_call(caller, method)
        except NotPermittedError:
            self._tell(method, "method-not-granted", caller.name)
            raise
        return caller

    def admitted(self, method: str, metadata: Metadata, call: Any) -> Admitted:
        """Return who calls *method* by a call of gRPC's core; raises what `admit` raises."""
        presented = self.presented(metadata, call)
        return Admitted(self.admit(method, presented), presented, time.monotonic())

    def admitted_in(self, method: str, context: grpc.ServicerContext) -> Admitted:
        """Return who calls *method* by the call behind *context*, as it was handed on; raises what `admit` raises."""
        found: Admitted | None = getattr(context, _ADMITTED, None)
        now = time.monotonic()
        # FAIL CLOSED (waited long): a key may have been taken back while the call waited for a thread.
        if found is not None and now - found.at <= ADMITTED_SECONDS:
            return found
        presented = self.presented_in(context)
        return Admitted(self.admit(method, presented), presented, now)

    def visit(self, path: str, metadata: Metadata, call: Any) -> Visit:
        """Return the visit that begins with a call of gRPC's core; raises what `admit` raises."""
        name = self._names.get(path) or self._names.setdefault(path, name_of(path))
        return Visit(self, name, self.presented(metadata, call))

    def permit_of(self, method: str) -> Permit:
        """Return what looks at each message of *method*; what has no entry is refused whatever it says."""
        return self._permits.get(method, _refuse)

    def _authorizations(self, metadata: Metadata) -> tuple[str, ...]:
        if sum([len(key) + len(value) for key, value in metadata]) > LARGEST_HEADERS:
            self._tell("", Reason.HEADERS_TOO_LARGE.value, "")
            refuse(Reason.HEADERS_TOO_LARGE)
        return tuple([str(value) for key, value in metadata if key == AUTHORIZATION])

    def _tell(self, method: str, reason: str, caller: str) -> None:
        try:
            self._logged.spend()
        except OverloadedError:
            self._unlogged += 1
            return
        untold, self._unlogged = self._unlogged, 0
        self._log.warning(Event.CALLER_REFUSED.value, method=method, reason=reason, caller=caller, untold=untold)


def _only(values: Any) -> bytes:
    found: tuple[bytes, ...] = tuple(values or ())
    return found[0] if len(found) == 1 else b""


def _refuse(caller: Caller, _message: Any) -> None:
    check_may_call(caller, "")


def hand_on(context: grpc.ServicerContext, admitted: Admitted) -> None:
    """Let whoever answers the call behind *context* know who calls."""
    setattr(context, _ADMITTED, admitted)


def remember_caller(context: grpc.ServicerContext, caller: Caller, presented: Presented | None) -> None:
    """Keep with *context* who calls, with what was *presented*: gRPC hands nothing else on to a handler."""
    setattr(context, _CALLER, caller)
    setattr(context, _PRESENTED, presented)


def presented_by(context: grpc.ServicerContext) -> Presented | None:
    """Return what the call brought, None where nothing has to be brought."""
    # FAIL CLOSED (past the gate): a call that did not come through it has brought nothing that names anybody.
    presented: Presented | None = getattr(context, _PRESENTED, Presented(()))
    return presented


def caller_of(context: grpc.ServicerContext) -> Caller:
    """Return who calls. FAIL CLOSED (past the gate): a call that did not come through it is nobody's."""
    caller: Caller = getattr(context, _CALLER, NOBODY)
    return caller
