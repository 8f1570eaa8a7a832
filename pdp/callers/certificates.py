"""Client certificates: whom one names, until when, and whether its issuer is one whom we still trust.

The handshake has verified the certificate. What is left is to say whose it is, and to refuse on a connection that is
still open what a new handshake would refuse: a certificate that has run out, or an issuer that was taken away.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from pdp.callers.refusing import Reason, refuse

SPIFFE: Final = "spiffe://"
_LONGEST_CHAIN: Final = 8


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What a client certificate says: a SPIFFE id or, without one, the subject (RFC 4514); "" for the other.

    *thumbprint* is the SHA-256 of the certificate, to which a token can be bound (RFC 8705).
    """

    spiffe_id: str
    subject: str
    not_after: datetime
    thumbprint: bytes


def read_peer(certificate: bytes, chain: bytes, anchors: tuple[x509.Certificate, ...]) -> PeerCertificate:
    """Return what *certificate* says, PEM as gRPC gives it, *chain* being all that the peer has sent.

    Raises UnknownCallerError for one that names nobody clearly or whose issuer is not, or is no longer, in *anchors*.
    """
    try:
        leaf = x509.load_pem_x509_certificate(certificate)
        sent = x509.load_pem_x509_certificates(chain)[:_LONGEST_CHAIN] if chain else []
        uris = _uris(leaf)
        subject = leaf.subject.rfc4514_string()
        thumbprint = hashlib.sha256(leaf.public_bytes(Encoding.DER)).digest()
    except ValueError:
        refuse(Reason.CERTIFICATE_FORM)
    if not _leads_to(leaf, sent, anchors):
        refuse(Reason.CERTIFICATE_ISSUER)
    # One workload, one id: of two URIs it is not for us to choose one.
    if len(uris) > 1:
        refuse(Reason.CERTIFICATE_FORM)
    spiffe_id = uris[0] if uris else ""
    return PeerCertificate(spiffe_id, "" if uris else subject, leaf.not_valid_after_utc, thumbprint)


def read_anchors(content: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates of the authorities in the PEM file *content*; raise ValueError when it holds none."""
    found = tuple(x509.load_pem_x509_certificates(content))
    if not found:
        raise ValueError("no certificate")
    return found


def is_spiffe_id(text: str, trust_domain: str) -> bool:
    """Say whether *text* is a SPIFFE id of *trust_domain* with a path, written as it stands in certificates."""
    path = text.removeprefix(f"{SPIFFE}{trust_domain}/")
    parts = path.split("/")
    return path != text and all(part not in {"", ".", ".."} and _is_plain(part) for part in parts)


def _is_plain(part: str) -> bool:
    return all(letter.isascii() and (letter.isalnum() or letter in "-_.") for letter in part)


def _uris(leaf: x509.Certificate) -> list[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _leads_to(leaf: x509.Certificate, sent: list[x509.Certificate], anchors: tuple[x509.Certificate, ...]) -> bool:
    """Say whether a path of signatures leads from *leaf* over what was *sent* to one of *anchors*."""
    at, left = leaf, [each for each in sent if each != leaf]
    while True:
        if at in anchors or any(_issued(anchor, at) for anchor in anchors):
            return True
        above = next((each for each in left if _issued(each, at)), None)
        if above is None:
            return False
        left.remove(above)
        at = above


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
