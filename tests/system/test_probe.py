"""`pdp-health` says whether a server serves, in the clear and over TLS, and never that it does when it does not."""

import io
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pdp import probe
from pdp.cli import main
from pdp.probe import NOT_SERVING, SERVING, TROUBLE, health
from pdp.server import RunningServer
from pdp.wire.words import Words
from tests.system.guarded import SPIFFE_GATE, House
from tests.system.running import StubPoint, a_decision, running

probe_status: Callable[..., str] = probe.status_of


def asked(*arguments: str) -> int:
    """Return the exit code of the command, which answers soon."""
    return CliRunner().invoke(health, [*arguments, "--seconds", "1"]).exit_code


def codes(address: str) -> dict[str, int]:
    """Return the exit code for the server, for what says that it lives, and for what is not there."""
    return {service: asked(service, "--server", address) for service in ("", "pdp.alive", "pdp.operator.nobody")}


def a_serving_server_alone_is_serving(words: Words) -> None:
    """One that serves; one that lives and does not serve; nobody at all."""
    with running(StubPoint(a_decision), words) as server:
        server.health.tell(("kidsonline",), ())
        assert codes(server.address) == {"": SERVING, "pdp.alive": SERVING, "pdp.operator.nobody": NOT_SERVING}
        server.health.tell_of_store(is_there=False)
        assert codes(server.address) == {"": NOT_SERVING, "pdp.alive": SERVING, "pdp.operator.nobody": NOT_SERVING}
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host, port = silent.getsockname()
        assert asked("--server", f"{host}:{port}") == TROUBLE


def test_a_serving_server_alone_is_serving(words: Words) -> None:
    """By its exit code."""
    a_serving_server_alone_is_serving(words)


@pytest.mark.parametrize(
    "twin",
    [lambda *_: "SERVING", lambda channel, _service, seconds: probe_status(channel, "pdp.alive", seconds)],
    ids=["connects and is content", "asks whether it lives"],
)
def test_a_twin_that_does_not_ask_for_it_is_caught(
    words: Words, monkeypatch: pytest.MonkeyPatch, twin: Callable[..., str]
) -> None:
    """To be there is not to serve."""
    monkeypatch.setattr(probe, "status_of", twin)
    with pytest.raises(AssertionError):
        a_serving_server_alone_is_serving(words)


def test_over_tls_a_server_is_believed_that_its_authority_has_named(tmp_path: Path, words: Words) -> None:
    """With a client certificate where one is asked for, under another name, and never without the authority."""
    house = House(tmp_path)
    certified = house.authority.client(SPIFFE_GATE)
    for name, content in (
        ("trusted.pem", house.server_authority.certificate),
        ("own.pem", certified.certificate),
        ("own.key", certified.key),
    ):
        (tmp_path / name).write_bytes(content)
    trusted = ("--ca", str(tmp_path / "trusted.pem"))
    shown = ("--certificate", str(tmp_path / "own.pem"), "--key", str(tmp_path / "own.key"))
    point = StubPoint(a_decision)
    with house.serving(point, words, io.StringIO(), certificates=False) as server:
        serve(server)
        at = ("--server", server.address)
        assert asked(*at, *trusted) == SERVING
        assert asked(*at, *trusted, "--name", "localhost") == SERVING
        assert asked(*at, *trusted, "--name", "other.test") == TROUBLE
        assert asked(*at) == TROUBLE
        assert asked(*at, "--ca", str(tmp_path / "ca.pem")) == TROUBLE
        assert asked(*at, "--ca", str(tmp_path / "nothing.pem")) == TROUBLE
        assert asked(*at, *trusted, *shown[:2]) == TROUBLE
        assert asked(*at, *shown) == TROUBLE
    with house.serving(point, words, io.StringIO(), certificates=True) as server:
        serve(server)
        assert asked("--server", server.address, *trusted, *shown) == SERVING
        assert asked("--server", server.address, *trusted) == TROUBLE


def serve(server: RunningServer) -> None:
    """Let it say that it serves."""
    server.health.tell(("kidsonline",), ())


def test_it_is_a_command_of_pdp_too_and_loads_nothing_that_decides() -> None:
    """A probe runs every few seconds beside the server, on the same cores."""
    assert "Ask a server for its health" in CliRunner().invoke(main, ["health", "--help"]).output
    said = "import sys, pdp.probe; print(sorted(name for name in sys.modules if name.startswith('pdp')))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['pdp', 'pdp.probe']"
