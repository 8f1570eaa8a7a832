"""The public keys with which an issuer signs its tokens: a JWKS, or one key in PEM."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

ALGORITHMS: Final[Mapping[str, str]] = {
    "ES256": "EC",
    "ES384": "EC",
    "RS256": "RSA",
    "PS256": "RSA",
    "EdDSA": "OKP",
}
"""The algorithms that an issuer may sign with, and the type of their keys. None of them knows a shared secret: a token
that is signed with what everybody may read is then of no use."""

LARGEST_SET: Final = 64 << 10
_PEM: Final = b"-----BEGIN PUBLIC KEY-----"
_CURVES: Final = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1}
_SMALLEST_RSA: Final = 2048


class KeySetError(ValueError):
    """A file of keys that cannot be right; the text says why."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one issuer, for one *algorithm*. *by_id* holds them by `kid`, "" for a key that has none."""

    algorithm: str
    by_id: Mapping[str, jwt.PyJWK]

    def find(self, kid: str | None) -> jwt.PyJWK | None:
        """Return the key that *kid* names; without a name, the only key there is."""
        if kid is not None:
            return self.by_id.get(kid) or (self.by_id.get("") if len(self.by_id) == 1 else None)
        return next(iter(self.by_id.values())) if len(self.by_id) == 1 else None


def read_key_set(content: bytes, algorithm: str) -> KeySet:
    """Return the keys for *algorithm* in *content*; raise KeySetError when there is none or one is not good."""
    if len(content) > LARGEST_SET:
        raise KeySetError(f"more than {LARGEST_SET} bytes")
    if content.lstrip().startswith(_PEM):
        return KeySet(algorithm, {"": _pem_key(content, algorithm)})
    try:
        root = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise KeySetError("neither a JWKS nor a public key in PEM") from error
    listed = root.get("keys") if isinstance(root, dict) else None
    if not isinstance(listed, list):
        raise KeySetError("a JWKS holds a list of `keys`")
    found: dict[str, jwt.PyJWK] = {}
    for entry in listed:
        if not _is_for(entry, algorithm):
            continue
        kid = entry.get("kid", "")
        if not isinstance(kid, str) or kid in found:
            raise KeySetError(f"the id `{kid}` stands twice, or is no text")
        found[kid] = _jwk(entry, algorithm)
    if not found:
        raise KeySetError(f"no key for {algorithm}")
    return KeySet(algorithm, found)


def _is_for(entry: object, algorithm: str) -> bool:
    """Say whether *entry* is a key that signs by *algorithm*; the issuer may have others for other ends."""
    return (
        isinstance(entry, dict)
        and entry.get("kty") == ALGORITHMS[algorithm]
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", algorithm) == algorithm
    )


def _jwk(entry: Mapping[str, object], algorithm: str) -> jwt.PyJWK:
    if "d" in entry:
        raise KeySetError("a private key does not belong here: whoever made it has to make another")
    try:
        key = jwt.PyJWK.from_dict(dict(entry), algorithm=algorithm)
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, OverflowError) as error:
        raise KeySetError(f"a key of the set cannot be read: {error}") from error
    _check(key.key, algorithm)
    return key


def _pem_key(content: bytes, algorithm: str) -> jwt.PyJWK:
    try:
        key = load_pem_public_key(content)
    except (UnsupportedAlgorithm, ValueError) as error:
        raise KeySetError("the PEM holds no public key that is known here") from error
    _check(key, algorithm)
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True)
    return jwt.PyJWK.from_dict(made, algorithm=algorithm)


def _check(key: object, algorithm: str) -> None:
    curve = _CURVES.get(algorithm)
    if curve is not None:
        is_right = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, curve)
    elif algorithm == "EdDSA":
        is_right = isinstance(key, ed25519.Ed25519PublicKey)
    else:
        is_right = isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_RSA
    if not is_right:
        raise KeySetError(f"a key of the set is not one for {algorithm}, or too short")
