"""Signed tokens: a JWT of an issuer that is configured, for us, for a while, and whose it is."""

import base64
import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt.exceptions import InvalidSubjectError

from pdp.callers.key_sets import KeySet
from pdp.callers.refusing import Reason, refuse
from pdp.core.errors import UnavailableError

LONGEST_TOKEN: Final = 4096
"""Characters. Longer ones are not looked at."""

LEEWAY_SECONDS: Final = 5
"""By so much the clock of an issuer may be ahead of ours. A token ends when it says."""

REQUIRED: Final = ("exp", "iat", "iss", "aud", "sub")

_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# A key that comes with the message proves nothing; what `crit` demands is understood by nobody here.
_REFUSED_HEADERS: Final = frozenset({"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc"})


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs tokens. *name* is ours for it, *issuer* is its `iss`; *longest_seconds* bounds the life of its tokens.

    *keys* is None while they cannot be had.
    """

    name: str
    issuer: str
    audience: str
    longest_seconds: int
    keys: KeySet | None


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """Whose token it is, by our name for the issuer and its subject, and the instant at which it ends (epoch)."""

    issuer: str
    subject: str
    until: float


def issuer_of(token: str, issuers: Mapping[str, Issuer]) -> Issuer:
    """Return the issuer that *token* claims to be of, by its exact `iss`; nothing is verified yet.

    Raises UnknownCallerError when it is no token, or of nobody who is configured.
    """
    if len(token) > LONGEST_TOKEN or not _COMPACT.fullmatch(token):
        refuse(Reason.TOKEN_FORM)
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        refuse(Reason.TOKEN_FORM)
    claimed = claims.get("iss")
    found = issuers.get(claimed) if isinstance(claimed, str) else None
    return found if found is not None else refuse(Reason.TOKEN_ISSUER)


def verify(token: str, issuer: Issuer, thumbprint: bytes | None, now: float) -> VerifiedToken:
    """Return whose *token* it is; *thumbprint* is that of the client certificate of the connection, None without one.

    Raises UnknownCallerError when it is not good, and UnavailableError while the issuer's keys cannot be had.
    """
    header = _header(token)
    if issuer.keys is None:
        raise UnavailableError(f"the keys of the issuer `{issuer.name}` cannot be had now")
    key = issuer.keys.find(header.get("kid"))
    if key is None or header.get("alg") != issuer.keys.algorithm:
        refuse(Reason.TOKEN_KEY)
    claims = _claims(token, key, issuer)
    issued, ends = claims["iat"], claims["exp"]
    if not (_is_instant(issued) and _is_instant(ends) and 0 < ends - issued <= issuer.longest_seconds):
        refuse(Reason.TOKEN_CLAIMS)
    if ends <= now:
        refuse(Reason.TOKEN_EXPIRED)
    if "cnf" in claims and not _is_bound_to(claims["cnf"], thumbprint):
        refuse(Reason.TOKEN_BOUND)
    return VerifiedToken(issuer.name, claims["sub"], float(ends))


def _header(token: str) -> Mapping[str, Any]:
    try:
        header: Mapping[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        refuse(Reason.TOKEN_FORM)
    type_ = header.get("typ", "JWT")
    if header.keys() & _REFUSED_HEADERS or not isinstance(type_, str) or type_.lower() not in _TYPES:
        refuse(Reason.TOKEN_FORM)
    return header


def _claims(token: str, key: jwt.PyJWK, issuer: Issuer) -> Mapping[str, Any]:
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            # INVARIANT (one algorithm): it is the issuer's by our file, never what the token says of itself.
            algorithms=[issuer.keys.algorithm] if issuer.keys else [],
            audience=issuer.audience,
            issuer=issuer.issuer,
            leeway=LEEWAY_SECONDS,
            # One audience: a token that is good for others too can be passed on to us by any of them.
            options={"require": list(REQUIRED), "strict_aud": True, "enforce_minimum_key_length": True},
        )
    except jwt.InvalidAudienceError:
        refuse(Reason.TOKEN_AUDIENCE)
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        refuse(Reason.TOKEN_EXPIRED)
    except jwt.InvalidSignatureError:
        refuse(Reason.TOKEN_SIGNATURE)
    except jwt.InvalidIssuerError:
        refuse(Reason.TOKEN_ISSUER)
    except (jwt.MissingRequiredClaimError, jwt.InvalidIssuedAtError, InvalidSubjectError):
        refuse(Reason.TOKEN_CLAIMS)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError):
        refuse(Reason.TOKEN_FORM)
    return claims


def _is_instant(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_bound_to(confirmation: object, thumbprint: bytes | None) -> bool:
    """Say whether a `cnf` claim is that of the certificate with *thumbprint* (RFC 8705); we know no other kind."""
    if thumbprint is None or not isinstance(confirmation, dict) or confirmation.keys() != {"x5t#S256"}:
        return False
    wanted = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    said = confirmation["x5t#S256"]
    return isinstance(said, str) and hmac.compare_digest(said.encode(), wanted.encode())
