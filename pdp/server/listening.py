"""Where the server listens, and what it bears from those who connect."""

import ipaddress
import socket
from typing import Final

import grpc

from pdp.core.errors import InvalidSettingsError

MAXIMUM_MESSAGE_BYTES: Final = 1 << 20
LARGEST_PORT: Final = 65_535
CONNECTIONS: Final = 1024
"""So many connections a process keeps open, unless it is told otherwise."""

STREAMS: Final = 64
"""So many calls of one connection may be under way; what is more waits at the caller, where it costs nothing."""

_MINUTE: Final = 60_000


def options(maximum_calls: int, *, shares_port: bool = False, connections: int = CONNECTIONS) -> list[tuple[str, int]]:
    """Return the options of a server that answers at most *maximum_calls* at once, over so many *connections*.

    *shares_port*: others may listen on its port, of whom SharedPort has made sure that they answer alike.
    """
    return [
        # FAIL CLOSED (stale server): two servers that share a port by accident would answer from two policies.
        ("grpc.so_reuseport", int(shares_port)),
        ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
        ("grpc.max_metadata_size", 8 << 10),
        # One connection may have more under way than is borne, so that the rest is refused and does not wait unseen.
        ("grpc.max_concurrent_streams", min(2 * maximum_calls, STREAMS)),
        ("grpc.max_allowed_incoming_connections", connections),
        ("grpc.server_handshake_timeout_ms", 10_000),
        # Until the other side acknowledges our settings, headers may have 16 MiB: so it does, or is closed.
        ("grpc.http2.settings_timeout", 10_000),
        ("grpc.max_connection_idle_ms", 15 * _MINUTE),
        # So that callers spread again over servers, and a connection does not outlive every certificate.
        ("grpc.max_connection_age_ms", 60 * _MINUTE),
        ("grpc.max_connection_age_grace_ms", 5 * _MINUTE),
        ("grpc.keepalive_time_ms", _MINUTE),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ]


def listen_on(server: grpc.Server, listen: str, secured: grpc.ServerCredentials | None = None) -> str:
    """Let *server* listen on *listen*, HOST:PORT, and return the address with the port that it got.

    With *secured* every connection is encrypted; without, only this machine may connect.
    Raises InvalidSettingsError when the host may not be listened on or the port cannot be had.
    """
    host, port = resolved(listen, anywhere=secured is not None)
    try:
        if secured is None:
            bound = server.add_insecure_port(f"{host}:{port}")
        else:
            bound = server.add_secure_port(f"{host}:{port}", secured)
    except RuntimeError as error:
        raise InvalidSettingsError(
            [f"cannot listen on {host}:{port}: another program may be listening there, or the port may not be yours"]
        ) from error
    return f"{host}:{bound}"


def resolved(listen: str, *, anywhere: bool = False) -> tuple[str, int]:
    """Return the numeric address that *listen* stands for; raise InvalidSettingsError when there is none.

    Unless *anywhere*, it has to be one of loopback. It is resolved once and the number is bound, so that no name
    service can make it another one in between.
    """
    host, _, port = listen.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    # gRPC takes a number beyond the range for another port.
    if not (port.isascii() and port.isdecimal() and int(port) <= LARGEST_PORT):
        raise InvalidSettingsError(
            [f"cannot listen on `{listen}`: it is no HOST:PORT with a port up to {LARGEST_PORT}"]
        )
    try:
        found = socket.getaddrinfo(bare, int(port), type=socket.SOCK_STREAM) if bare else []
    except (OSError, UnicodeError) as error:
        raise InvalidSettingsError([f"cannot listen on `{listen}`: there is no such host"]) from error
    addresses = sorted({str(sockaddr[0]) for *_, sockaddr in found}, key=lambda address: (":" in address, address))
    if not addresses:
        raise InvalidSettingsError([f"cannot listen on `{listen}`: there is no such host"])
    # FAIL CLOSED (unknown callers): where nobody is told apart, or can be overheard, nobody from outside may connect.
    if not anywhere and not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        raise InvalidSettingsError(
            [f"cannot listen on `{listen}`: without configured callers and TLS only on loopback"]
        )
    return (f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]), int(port)


def is_loopback(address: str) -> bool:
    """Say whether *address*, a number and a port, is of this machine alone."""
    host = address.rpartition(":")[0]
    return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
