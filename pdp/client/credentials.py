"""What a client shows to a server, and how it knows the server: files that the environment names.

Nothing of it stands on a command line, where every program of the machine can read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import grpc

from pdp.core.errors import InvalidSettingsError

TOKEN_FILE: Final = "PDP_CLIENT_TOKEN_FILE"
API_KEY_FILE: Final = "PDP_CLIENT_API_KEY_FILE"
CERTIFICATE: Final = "PDP_CLIENT_CERTIFICATE"
KEY: Final = "PDP_CLIENT_KEY"
SERVER_CA: Final = "PDP_CLIENT_SERVER_CA"

SYSTEM: Final = "system"
"""In place of a file of authorities: those that gRPC brings with it."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """*authorization* is "" for none; *authorities*, PEM, is None without TLS and empty for those of the system."""

    authorization: str = ""
    authorities: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None

    def channel(self, address: str, options: tuple[tuple[str, Any], ...]) -> grpc.Channel:
        """Return a channel to *address*; raise InvalidSettingsError where a credential would go out in clear."""
        if self.authorities is None:
            # FAIL CLOSED (overheard): whoever hears a credential can ask with it.
            if self.authorization and address.rpartition(":")[0] not in _LOOPBACK:
                raise InvalidSettingsError([f"a credential is sent to another machine over TLS alone: set {SERVER_CA}"])
            channel = grpc.insecure_channel(address, options=options)
        else:
            tls = grpc.ssl_channel_credentials(self.authorities or None, self.key, self.certificate)
            channel = grpc.secure_channel(address, tls, options=options)
        return grpc.intercept_channel(channel, _Showing(self.authorization)) if self.authorization else channel


def credentials_of(environment: Mapping[str, str]) -> Credentials:
    """Return what *environment* names; raise InvalidSettingsError, without any content, for what cannot be."""
    token, key = environment.get(TOKEN_FILE), environment.get(API_KEY_FILE)
    authority = environment.get(SERVER_CA)
    mistakes = []
    if token and key:
        mistakes.append(f"{TOKEN_FILE} and {API_KEY_FILE}: a call shows one of them")
    if bool(environment.get(CERTIFICATE)) != bool(environment.get(KEY)):
        mistakes.append(f"{CERTIFICATE} and {KEY} go together")
    if environment.get(CERTIFICATE) and not authority:
        mistakes.append(f"{CERTIFICATE}: it is shown over TLS, so {SERVER_CA} has to say who vouches for the server")
    if mistakes:
        raise InvalidSettingsError(mistakes)
    authorization = f"Bearer {_line(token, TOKEN_FILE)}" if token else ""
    if key:
        authorization = f"ApiKey {_line(key, API_KEY_FILE)}"
    authorities = None
    if authority:
        authorities = b"" if authority == SYSTEM else _content(authority, SERVER_CA)
    certificate, private = environment.get(CERTIFICATE), environment.get(KEY)
    return Credentials(
        authorization,
        authorities,
        _content(certificate, CERTIFICATE) if certificate else None,
        _content(private, KEY) if private else None,
    )


def _content(path: str, name: str) -> bytes:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InvalidSettingsError([f"{name}: `{path}` cannot be read: {error.strerror}"]) from None
    if not content.strip():
        raise InvalidSettingsError([f"{name}: `{path}` is empty"])
    return content


def _line(path: str, name: str) -> str:
    """Return the one line of printable ASCII in a file."""
    try:
        line = _content(path, name).decode("ascii").strip()
    except UnicodeDecodeError:
        line = ""
    if not line.isprintable() or not line:
        raise InvalidSettingsError([f"{name}: `{path}` must hold one line of ASCII"])
    return line


class _Details(NamedTuple):
    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class _Showing(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamStreamClientInterceptor):  # type: ignore[misc,type-arg,unused-ignore]
    """Adds what is shown to every call."""

    def __init__(self, authorization: str) -> None:
        self._shown = (("authorization", authorization),)

    def _call(self, go_on: Any, details: Any, asked: Any) -> Any:
        metadata = (*(details.metadata or ()), *self._shown)
        return go_on(
            _Details(
                details.method,
                details.timeout,
                metadata,
                details.credentials,
                details.wait_for_ready,
                details.compression,
            ),
            asked,
        )

    intercept_unary_unary: Any = _call
    intercept_unary_stream: Any = _call
    intercept_stream_stream: Any = _call
