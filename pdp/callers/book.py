"""Who is known: an immutable book of callers, and whom a call's credentials name in it."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from cryptography import x509

from pdp.callers.api_keys import KeyRing
from pdp.callers.caller_file import CallerFile
from pdp.callers.certificates import PeerCertificate, read_peer
from pdp.callers.refusing import Reason, refuse
from pdp.callers.tokens import Issuer, issuer_of, verify
from pdp.core.caller import Caller

BEARER: Final = "Bearer "
API_KEY: Final = "ApiKey "


class Presented(NamedTuple):
    """What a call brings: the values of its `authorization` headers, and the certificate of its connection in PEM,
    with all that the peer sent beside it; b"" without one."""

    authorizations: tuple[str, ...]
    certificate: bytes = b""
    chain: bytes = b""


@dataclass(frozen=True, slots=True)
class Passport:
    """Who somebody is, until an instant (seconds of the epoch): what showed it is good no longer."""

    caller: Caller
    until: float


class CallerBook:
    """Knows callers by what they present. Immutable: every change of a file makes a new book."""

    def __init__(
        self,
        file: CallerFile,
        issuers: tuple[Issuer, ...],
        keys: KeyRing | None,
        anchors: tuple[x509.Certificate, ...],
        before_signature: Callable[[], None] = lambda: None,
    ) -> None:
        self.file = file
        self.keys = keys
        self.callers: Mapping[str, Caller] = {named.caller.name: named.caller for named in file.callers}
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        self._anchors = anchors
        self._before_signature = before_signature
        self._by_certificate = {name: named.caller for named in file.callers for name in named.certificates}
        self._by_token = {token: named.caller for named in file.callers for token in named.tokens}
        self._by_key = {named.caller.name: named.caller for named in file.callers if named.has_api_keys}

    def with_keys(self, keys: KeyRing) -> "CallerBook":
        """Return the same book with other API keys."""
        book = copy.copy(self)
        book.keys = keys
        return book

    def identify(self, presented: Presented, now: float) -> Passport:
        """Return who presents this at *now*, seconds of the epoch.

        Everything that is presented has to be good: a token that is not is never made up for by a certificate.
        Raises UnknownCallerError, and UnavailableError while the keys of an issuer cannot be had.
        """
        if len(presented.authorizations) > 1:
            refuse(Reason.SEVERAL_HEADERS)
        peer = read_peer(presented.certificate, presented.chain, self._anchors) if presented.certificate else None
        if peer is not None and peer.not_after.timestamp() <= now:
            refuse(Reason.CERTIFICATE_EXPIRED)
        by_certificate = self._of_certificate(peer)
        if not presented.authorizations:
            if peer is None:
                refuse(Reason.NO_CREDENTIAL)
            if by_certificate is None:
                refuse(Reason.CERTIFICATE_UNKNOWN)
            return by_certificate
        by_header = self._of_header(presented.authorizations[0], peer, now)
        if by_certificate is None:
            # The certificate let the connection in and names nobody; the header is a credential of its own.
            until = peer.not_after.timestamp() if peer else by_header.until
            return Passport(by_header.caller, min(by_header.until, until))
        if by_certificate.caller != by_header.caller:
            refuse(Reason.CREDENTIALS_DIFFER)
        return min(by_certificate, by_header, key=lambda passport: passport.until)

    def _of_certificate(self, peer: PeerCertificate | None) -> Passport | None:
        caller = self._by_certificate.get(peer.spiffe_id or peer.subject) if peer else None
        return Passport(caller, peer.not_after.timestamp()) if peer and caller else None

    def _of_header(self, authorization: str, peer: PeerCertificate | None, now: float) -> Passport:
        if authorization.startswith(BEARER):
            return self._of_token(authorization[len(BEARER) :], peer, now)
        if authorization.startswith(API_KEY):
            return self._of_key(authorization[len(API_KEY) :], now)
        return refuse(Reason.SCHEME)

    def _of_token(self, token: str, peer: PeerCertificate | None, now: float) -> Passport:
        issuer = issuer_of(token, self._issuers)
        self._before_signature()
        verified = verify(token, issuer, peer.thumbprint if peer else None, now)
        caller = self._by_token.get((verified.issuer, verified.subject))
        return Passport(caller, verified.until) if caller else refuse(Reason.TOKEN_SUBJECT)

    def _of_key(self, presented: str, now: float) -> Passport:
        kept = self.keys.find(presented) if self.keys else None
        if kept is None:
            refuse(Reason.KEY_UNKNOWN)
        if kept.revoked_at is not None and kept.revoked_at.timestamp() <= now:
            refuse(Reason.KEY_REVOKED)
        until = kept.until.timestamp()
        if until <= now:
            refuse(Reason.KEY_EXPIRED)
        caller = self._by_key.get(kept.caller)
        return Passport(caller, until) if caller else refuse(Reason.KEY_CALLER)
