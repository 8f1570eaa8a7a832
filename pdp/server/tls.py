"""The server's own certificate, and the authorities whose client certificates it accepts: read anew when changed."""

from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from structlog.typing import FilteringBoundLogger

from pdp.core.errors import InvalidSettingsError
from pdp.server.events import Event


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the chain of the server's certificate, its key, and the authorities of client certificates.

    With *client_ca* every connection has to bring a client certificate; None asks for none.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return the files that there are."""
        return (self.certificate, self.key, *([self.client_ca] if self.client_ca else []))


def credentials(files: TlsFiles, log: FilteringBoundLogger) -> grpc.ServerCredentials:
    """Return what a port is opened with; every new connection is shown what the files hold by then.

    Files that cannot be used any more leave the former certificate in place. Raises InvalidSettingsError when they
    cannot be used at all.
    """
    seen, told = [_stamps(files)], [""]
    first = _configuration(files)

    def newer() -> grpc.ServerCertificateConfiguration | None:
        stamps = _stamps(files)
        if stamps == seen[0]:
            return None
        try:
            made = _configuration(files)
        except InvalidSettingsError as error:
            # FAIL CLOSED (a read that fails once): what could not be read has not been seen, whatever its stamp.
            if not isinstance(error.__cause__, OSError):
                seen[0] = stamps
            if str(error) != told[0]:
                told[0] = str(error)
                log.error(Event.CERTIFICATE_KEPT.value, mistake=str(error))  # noqa: TRY400  # the trace says no more
            return None
        seen[0], told[0] = stamps, ""
        return made

    return grpc.dynamic_ssl_server_credentials(
        first,
        newer,  # type: ignore[arg-type]  # None says that nothing has changed: so its documentation, not its stubs
        require_client_authentication=files.client_ca is not None,
    )


def check_tls(files: TlsFiles) -> None:
    """Raise InvalidSettingsError when *files* cannot be used."""
    _configuration(files)


def _configuration(files: TlsFiles) -> grpc.ServerCertificateConfiguration:
    content = []
    for path in files.paths:
        try:
            content.append(path.read_bytes())
        except OSError as error:
            raise InvalidSettingsError([f"`{path}` cannot be read: {error.strerror}"]) from error
    chain, key, *authorities = content
    _check_pair(files, chain, key)
    try:
        if authorities and not x509.load_pem_x509_certificates(authorities[0]):
            raise ValueError("no certificate")
    except ValueError as error:
        raise InvalidSettingsError([f"`{files.client_ca}` holds no certificates in PEM"]) from error
    return grpc.ssl_server_certificate_configuration([(key, chain)], authorities[0] if authorities else None)


def _check_pair(files: TlsFiles, chain: bytes, key: bytes) -> None:
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError, IndexError) as error:
        raise InvalidSettingsError(
            [f"`{files.certificate}` and `{files.key}` must hold a certificate and its key in PEM"]
        ) from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_key().public_bytes(*form) != private.public_key().public_bytes(*form):
        raise InvalidSettingsError([f"`{files.key}` is not the key of the certificate in `{files.certificate}`"])


def _stamps(files: TlsFiles) -> tuple[object, ...]:
    return tuple(_stamp(path) for path in files.paths)


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
