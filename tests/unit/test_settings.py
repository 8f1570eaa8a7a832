"""Settings: where each comes from, and what is refused."""

from pathlib import Path

import pytest

from pdp.core.errors import InvalidSettingsError
from pdp.settings import Settings, default_store, read_settings


def a_file(directory: Path, text: str) -> Path:
    """Return a settings file with *text*."""
    file = directory / "pdp.toml"
    file.write_text(text, "utf-8")
    return file


def test_without_anything_every_setting_has_its_default() -> None:
    """Nothing given is the defaults."""
    assert read_settings({}, {}) == Settings()


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """Each setting comes from the first of flag, environment, file and default that has it."""
    file = a_file(tmp_path, 'threads = 2\ngrace_seconds = 2\ndecision_log = "none"\n')

    found = read_settings({"threads": "4", "listen": None}, {"PDP_THREADS": "3", "PDP_GRACE_SECONDS": "3"}, file)

    assert (found.threads, found.grace_seconds, found.decision_log, found.listen) == (4, 3, "none", Settings().listen)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("listen", "0.0.0.0:50051"),
        ("listen", "example.org:50051"),
        ("listen", "127.0.0.1"),
        ("listen", "127.0.0.1:70000"),
        ("store", "mysql://localhost/facts"),
        ("store", "sqlite:///"),
        ("store", "facts.db"),
        ("workers", "0"),
        ("workers", "two"),
        ("port_group", "Chung"),
        ("port_group", ""),
        ("threads", "0"),
        ("threads", "many"),
        ("reflection", "maybe"),
        ("grace_seconds", "-1"),
    ],
)
@pytest.mark.parametrize("source", ["flag", "environment", "file"])
def test_a_wrong_value_is_refused_wherever_it_comes_from(tmp_path: Path, source: str, key: str, value: str) -> None:
    """A setting that cannot be right stops the start and is named with its value and its source."""
    flags = {key: value} if source == "flag" else {}
    environment = {f"PDP_{key.upper()}": value} if source == "environment" else {}
    file = a_file(tmp_path, f'{key} = "{value}"\n') if source == "file" else None

    with pytest.raises(InvalidSettingsError) as caught:
        read_settings(flags, environment, file)

    (mistake,) = caught.value.mistakes
    assert f"`{value}`" in mistake
    assert {"flag": "--", "environment": "PDP_", "file": "pdp.toml"}[source] in mistake


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Mistakes in several sources are told together, a misspelt key with the nearest right one."""
    file = a_file(tmp_path, "treads = 2\n")

    with pytest.raises(InvalidSettingsError) as caught:
        read_settings({"listen": "0.0.0.0:1"}, {"PDP_THREADS": "x"}, file)

    assert len(caught.value.mistakes) == 3
    assert any("`threads`" in mistake for mistake in caught.value.mistakes)


@pytest.mark.parametrize("text", ["threads = ", "\x00"])
def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path, text: str) -> None:
    """A settings file that is no TOML is a mistake and not an empty file."""
    with pytest.raises(InvalidSettingsError, match="cannot be read"):
        read_settings({}, {}, a_file(tmp_path, text))


def test_a_password_is_not_repeated() -> None:
    """The address of a store that cannot be right is refused without what it says about users."""
    with pytest.raises(InvalidSettingsError) as caught:
        read_settings({"store": "postgre://pdp:hoa-sen@example.org/facts"}, {})

    assert "hoa-sen" not in str(caught.value)
    assert "postgre:…" in str(caught.value)


def test_memory_is_of_one_process() -> None:
    """Facts in memory are served by one worker: what one process forgets another would remember."""
    assert read_settings({"store": "memory:"}, {}).workers == 1

    with pytest.raises(InvalidSettingsError, match="one worker"):
        read_settings({"store": "memory:", "workers": "2"}, {})


def test_the_default_store_lies_in_the_state_folder() -> None:
    """Without a setting the store is a file in the state folder of whoever runs the server."""
    assert default_store({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == "sqlite:////s/promise-pdp/facts.db"
    assert default_store({"XDG_STATE_HOME": "relative", "HOME": "/h"}) == (
        "sqlite:////h/.local/state/promise-pdp/facts.db"
    )


TLS = {"tls_certificate": "c.pem", "tls_key": "k.pem"}


def test_with_callers_and_tls_the_server_may_listen_anywhere() -> None:
    """Who asks is known then, and nobody can listen in."""
    found = read_settings({"listen": "0.0.0.0:50051", "callers": "callers.yaml", **TLS}, {})

    assert found.listen == "0.0.0.0:50051"
    assert found.callers == Path("callers.yaml")


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param({"listen": "0.0.0.0:50051", "callers": "callers.yaml"}, id="callers without TLS"),
        pytest.param({"listen": "[::]:50051", **TLS}, id="TLS without callers"),
        pytest.param({"tls_certificate": "c.pem"}, id="a certificate without its key"),
        pytest.param({"tls_key": "k.pem"}, id="a key without its certificate"),
        pytest.param({"client_ca": "ca.pem"}, id="client certificates without TLS"),
        pytest.param({"callers": ""}, id="a file without a name"),
    ],
)
def test_settings_that_need_each_other_are_looked_at_together(flags: dict[str, str | None]) -> None:
    """Half of what makes a server safe is none of it."""
    with pytest.raises(InvalidSettingsError):
        read_settings(flags, {})


@pytest.mark.parametrize(
    ("said", "read"), [("9464", "127.0.0.1:9464"), ("[::]:9464", "[::]:9464"), ("0", "127.0.0.1:0")]
)
def test_metrics_are_shown_on_loopback_unless_a_host_is_named(said: str, read: str) -> None:
    """A port alone is one of loopback."""
    assert read_settings({"metrics": said}, {}).metrics == read


@pytest.mark.parametrize("where", ["", "9464x", ":9464", "127.0.0.1:70000"])
def test_metrics_are_shown_at_an_address(where: str) -> None:
    """What is no address is a mistake that names the flag."""
    with pytest.raises(InvalidSettingsError) as caught:
        read_settings({"metrics": where}, {})

    assert "--metrics" in caught.value.mistakes[0]
