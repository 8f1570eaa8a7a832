"""`pdp-health`: asks a server for its health, as an orchestrator or a service manager does again and again.

It is a program of its own beside `pdp health`, which does the same, because it starts in a tenth of the time: it loads
nothing of what decides.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

DEFAULT_SERVER: Final = "127.0.0.1:50051"
DEFAULT_SECONDS: Final = 2.0
SERVING: Final = 0
NOT_SERVING: Final = 1
TROUBLE: Final = 2


def status_of(channel: grpc.Channel, service: str, seconds: float) -> str:
    """Return what the server tells about *service* ("" for all of it) within *seconds*; raises grpc.RpcError."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    asked = health_pb2.HealthCheckRequest(service=service)
    answer: health_pb2.HealthCheckResponse = stub.Check(asked, timeout=seconds, wait_for_ready=True)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def channel_to(server: str, ca: Path | None, pair: tuple[Path, Path] | None, name: str) -> grpc.Channel:
    """Return a channel to *server*, HOST:PORT, over TLS when the authorities of *ca* are to be believed.

    *pair* are the certificate and the key that are shown; *name* is the name in the server's certificate, "" for that
    of its address. Raises OSError for files that cannot be read.
    """
    options: Sequence[tuple[str, object]] = [("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0)]
    if ca is None:
        return grpc.insecure_channel(server, options=options)
    named = [("grpc.ssl_target_name_override", name)] if name else []
    certificate, key = (path.read_bytes() for path in pair) if pair else (None, None)
    credentials = grpc.ssl_channel_credentials(ca.read_bytes(), key, certificate)
    return grpc.secure_channel(server, credentials, options=[*options, *named])


@click.command()
@click.argument("service", required=False, default="")
@click.option("--server", metavar="HOST:PORT", envvar="PDP_HEALTH_SERVER", default=DEFAULT_SERVER, show_default=True)
@click.option("--ca", type=click.Path(path_type=Path), envvar="PDP_HEALTH_CA", help="Authorities, PEM; asks over TLS.")
@click.option(
    "--certificate", type=click.Path(path_type=Path), envvar="PDP_HEALTH_CERTIFICATE", help="What to show, PEM."
)
@click.option("--key", type=click.Path(path_type=Path), envvar="PDP_HEALTH_KEY", help="The key of that, PEM.")
@click.option("--name", metavar="NAME", envvar="PDP_HEALTH_NAME", default="", help="The name in its certificate.")
@click.option("--seconds", type=click.FloatRange(0.1, 60), default=DEFAULT_SECONDS, show_default=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def health(
    service: str,
    server: str,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
    name: str,
    seconds: float,
    form: str,
) -> None:
    """Ask a server for its health, or for that of SERVICE: `pdp.alive`, `pdp.operator.ID`, or one of the contract.

    Exit code 0: serving, 1: not serving, or no such service, 2: no answer.
    """
    # FAIL CLOSED (half a pair): a certificate without its key would be left out without a word.
    if (certificate is None) != (key is None) or (certificate is not None and ca is None):
        click.echo("--certificate and --key go together, and with --ca", err=True)
        sys.exit(TROUBLE)
    try:
        pair = (certificate, key) if certificate is not None and key is not None else None
        with channel_to(server, ca, pair, name) as channel:
            said = status_of(channel, service, seconds)
    except grpc.RpcError as error:
        code = error.code().name
        click.echo(code, err=True)
        sys.exit(NOT_SERVING if code == "NOT_FOUND" else TROUBLE)
    except OSError as error:
        click.echo(f"{error.filename}: {error.strerror}", err=True)
        sys.exit(TROUBLE)
    click.echo(json.dumps({"service": service, "status": said}) if form == "json" else said)
    sys.exit(SERVING if said == "SERVING" else NOT_SERVING)
