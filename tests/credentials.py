"""Authorities, certificates, tokens and keys, made anew for each run of the tests."""

import base64
import hashlib
import ipaddress
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from jwt.algorithms import ECAlgorithm

AUDIENCE = "pdp.test"
ISSUER = "https://login.test/"
DOMAIN = "home.test"


def a_key() -> ec.EllipticCurvePrivateKey:
    """Return a new private key."""
    return ec.generate_private_key(ec.SECP256R1())


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return *key* in PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half of *key* in PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwks(*keys: tuple[str, ec.EllipticCurvePrivateKey]) -> bytes:
    """Return the public halves of *keys* by id, as an issuer publishes them."""
    entries: list[dict[str, Any]] = []
    for kid, key in keys:
        entry: Any = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        entries.append({**entry, "kid": kid, "use": "sig", "alg": "ES256"})
    return json.dumps({"keys": entries}).encode()


@dataclass(frozen=True)
class Certified:
    """A certificate and its key, in PEM."""

    certificate: bytes
    key: bytes

    @property
    def thumbprint(self) -> str:
        """Return what a token is bound to it with."""
        der = x509.load_pem_x509_certificate(self.certificate).public_bytes(Encoding.DER)
        return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


@dataclass
class Authority:
    """Issues certificates."""

    name: str = "authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=a_key)

    def __post_init__(self) -> None:
        """Make its own certificate."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = _builder(subject, subject, self.key, timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self._subject = subject
        self.certificate = builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def server(self) -> Certified:
        """Return a certificate for this machine."""
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        return self.issue("server", names, ExtendedKeyUsageOID.SERVER_AUTH)

    def client(self, *uris: str, common_name: str = "client", life: timedelta = timedelta(hours=1)) -> Certified:
        """Return a client certificate with these URIs, good for *life*."""
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        return self.issue(common_name, names, ExtendedKeyUsageOID.CLIENT_AUTH, life)

    def issue(
        self,
        common_name: str,
        names: Sequence[x509.GeneralName],
        use: x509.ObjectIdentifier,
        life: timedelta = timedelta(hours=1),
    ) -> Certified:
        """Return a certificate with these names for this use."""
        key = a_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = _builder(subject, self._subject, key, life)
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        return Certified(certificate.public_bytes(Encoding.PEM), pem_of(key))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
    )


def a_token(
    key: ec.EllipticCurvePrivateKey | str | bytes,
    *,
    algorithm: str = "ES256",
    headers: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
    **claims: Any,
) -> str:
    """Return a token of the issuer for the subject `app`, except where *claims* say otherwise."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "app", "iat": now, "exp": now + 60}
    payload = {name: value for name, value in {**good, **claims}.items() if name not in without}
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": "k1", **(headers or {})})


def write(folder: Path, **files: bytes | str) -> Path:
    """Write each of *files* into *folder*, `__` in a name standing for the dot; return the folder."""
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
