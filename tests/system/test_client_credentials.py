"""What the commands show to a server over TLS, from files that the environment names; never in clear to another one."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pdp.cli import main
from pdp.client.credentials import credentials_of
from pdp.core.errors import InvalidSettingsError
from pdp.decision_point import DecisionPoint
from pdp.wire.words import Words
from tests.credentials import a_token
from tests.system.guarded import SPIFFE_GATE, House

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a house with all its files."""
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture
def address(house: House, point: DecisionPoint, words: Words) -> Iterator[str]:
    """Serve those who show tokens and keys, over TLS."""
    with house.serving(point, words, io.StringIO(), certificates=False) as server:
        yield server.address


def named(folder: Path, house: House, **content: bytes | str) -> dict[str, str]:
    """Return the variables that name files with *content*, and the authority of the server."""
    content.setdefault("SERVER_CA", house.server_authority.certificate)
    found = {}
    for name, held in content.items():
        path = folder / name
        path.write_bytes(held if isinstance(held, bytes) else f"{held}\n".encode())
        found[f"PDP_CLIENT_{name}"] = str(path)
    return found


def asked(address: str, environment: Mapping[str, str]) -> Result:
    """Ask `pdp check` of the server."""
    command = [
        "check",
        "--server",
        address,
        "--operator",
        "kidsonline",
        "--subject",
        "user:lan",
        "--action",
        "read",
        "--purpose",
        "family_follow_up",
    ]
    command += ["--resource", "child_photo:anh-1", "--data-subject", "child:minh", "--format", "json"]
    return CliRunner().invoke(main, command, env=dict(environment))


def test_keys_and_tokens_in_files_are_shown_over_tls(house: House, address: str, tmp_path: Path) -> None:
    """A question is answered with either, and refused with none or with one that is not good."""
    for shown in ({"API_KEY_FILE": house.api_keys["app"]}, {"TOKEN_FILE": a_token(house.key)}):
        answered = asked(address, named(tmp_path, house, **shown))
        assert answered.exit_code in {0, 1}, answered.output
        assert json.loads(answered.stdout)["decision_id"]
    for shown in ({}, {"API_KEY_FILE": "pdp_not-a-key"}):
        refused = asked(address, named(tmp_path, house, **shown))
        assert refused.exit_code == 2
        assert "UNAUTHENTICATED" in refused.output
        assert "not-a-key" not in refused.output


def test_a_server_that_nobody_vouches_for_is_shown_nothing(house: House, address: str, tmp_path: Path) -> None:
    """Another authority than the server's: there is no connection."""
    wrong = named(tmp_path, house, SERVER_CA=house.authority.certificate, API_KEY_FILE=house.api_keys["app"])
    assert asked(address, wrong).exit_code == 2


def test_a_client_certificate_is_shown(house: House, point: DecisionPoint, words: Words, tmp_path: Path) -> None:
    """Its caller is known by it: it may ask about another operator and learns so; without it there is no connection."""
    certified = house.authority.client(SPIFFE_GATE)
    with house.serving(point, words, io.StringIO(), certificates=True) as server:
        shown = named(tmp_path, house, CERTIFICATE=certified.certificate, KEY=certified.key)
        assert "PERMISSION_DENIED" in asked(server.address, shown).output
        assert "PERMISSION_DENIED" not in asked(server.address, named(tmp_path, house)).output


def test_no_credential_goes_out_in_clear(tmp_path: Path) -> None:
    """FAIL CLOSED: without TLS a key is shown to loopback alone, whatever looks like it."""
    key = tmp_path / "key"
    key.write_text("pdp_secret\n", "ascii")
    shown = credentials_of({"PDP_CLIENT_API_KEY_FILE": str(key)})
    shown.channel("127.0.0.1:1", ()).close()
    for address in ("pdp.example:1", "10.0.0.1:1", "127.0.0.1.example:1", "localhost.example:1"):
        with pytest.raises(InvalidSettingsError):
            shown.channel(address, ())
    assert "secret" not in repr(shown)


@pytest.mark.parametrize(
    "names",
    [
        ("TOKEN_FILE", "API_KEY_FILE"),
        ("CERTIFICATE", "SERVER_CA"),
        ("KEY", "SERVER_CA"),
        ("CERTIFICATE", "KEY"),
    ],
)
def test_what_does_not_go_together_is_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    """Two credentials, a certificate without its key or without TLS."""
    held = tmp_path / "held"
    held.write_text("x\n", "ascii")
    with pytest.raises(InvalidSettingsError):
        credentials_of({f"PDP_CLIENT_{name}": str(held) for name in names})


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"\xff\n"])
def test_a_file_without_one_line_is_refused_without_its_content(content: bytes, tmp_path: Path) -> None:
    """An empty file is no credential, and what it holds is not told."""
    held = tmp_path / "held"
    held.write_bytes(content)
    with pytest.raises(InvalidSettingsError) as raised:
        credentials_of({"PDP_CLIENT_TOKEN_FILE": str(held)})
    assert "one\n" not in str(raised.value)
    with pytest.raises(InvalidSettingsError):
        credentials_of({"PDP_CLIENT_TOKEN_FILE": str(tmp_path / "not-there")})
