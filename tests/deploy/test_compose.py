"""The compose file is right by its specification, gives nobody more than it needs, and holds no secret."""

import hashlib
import re
import subprocess
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

from pdp.core.errors import InvalidSettingsError
from pdp.settings import Settings, read_settings
from pdp_adapters.cache_keys import CacheKeys

FOLDER = Path(__file__).parents[2] / "deploy" / "compose"
TEXT = (FOLDER / "compose.yaml").read_text("utf-8")
INSTANCES = {"pdp-1", "pdp-2"}
STORES = {"postgresql", "redis"}
SIGNING = {"PDP_POLICY_KEYS", "PDP_LAST_IN_FORCE"}


def is_as_it_should_be(text: str) -> None:
    """It is what the specification knows, and each service is bound."""
    options = compose_spec.PyOptions()
    options.apply_merge = True
    parsed = options.from_yaml(text)
    for check in (parsed.validate_networks, parsed.validate_secrets, parsed.validate_volumes, parsed.validate_configs):
        check()
    said: dict[str, Any] = yaml.safe_load(text)
    services = said["services"]
    assert services.keys() == INSTANCES | STORES
    for name, service in services.items():
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged", False), name
        assert not any("PASSWORD" in key and not key.endswith("_FILE") for key in service.get("environment", {})), name
        assert ":" in service["image"], name
        assert not service["image"].endswith(":latest"), name
    for name in INSTANCES:
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert int(service["user"].partition(":")[0]) >= 10_000
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        # The records of its decisions are chained, in a volume that is its own and stays; it writes to nothing else.
        (own,) = (volume for volume in service["volumes"] if not volume.get("read_only"))
        assert own["type"] == "volume"
        assert own["source"].removeprefix("records-") == name.removeprefix("pdp-")
        assert service["environment"]["PDP_DECISION_LOG"].startswith(f"{own['target']}/")
        assert service["environment"]["PDP_DECISION_LOG"].endswith("/")
        known = {f"PDP_{field.name.upper()}" for field in fields(Settings)}
        known |= {f"PDP_HEALTH_{word}" for word in ("CA", "NAME")}
        assert service["environment"].keys() <= known
        seconds = int(service["stop_grace_period"].removesuffix("s"))
        assert seconds > Settings().grace_seconds
        # What is named lies where it is mounted.
        mounted = {f"/run/secrets/{secret}" for secret in service["secrets"]}
        assert {value for value in service["environment"].values() if value.startswith("/run/secrets/")} <= mounted
        assert service["command"][-1] in mounted
    assert said["networks"]["stores"]["internal"] is True
    for name in STORES:
        assert services[name]["networks"] == ["stores"]
        assert "ports" not in services[name]


def test_the_compose_file_is_as_it_should_be() -> None:
    """By the specification, and by what it does not ask."""
    is_as_it_should_be(TEXT)


TWINS: Mapping[str, tuple[str, str]] = {
    "a misspelt key": ("  read_only: true\n  tmpfs", "  readonly: true\n  tmpfs"),
    "a network that is not there": ("networks: [stores]", "networks: [store]"),
    "a secret that is not there": ("secrets: [redis.acl]", "secrets: [redis.ac]"),
    "a time that is none": ("interval: 5s", "interval: soon"),
    "a root that can be written to": ("  read_only: true\n  tmpfs", "  tmpfs"),
    "all capabilities": ("  cap_drop: [ALL]\n  security_opt", "  security_opt"),
    "root": ('user: "10001:10001"', 'user: "0:0"'),
    "a store that anybody reaches": ("    internal: true", "    internal: false"),
    "a port of a store": (
        "    networks: [stores]\n    security",
        '    networks: [stores]\n    ports: ["5432:5432"]\n    security',
    ),
    "everybody's port": ("127.0.0.1:50051:50051", "50051:50051"),
    "a password": ("POSTGRES_PASSWORD_FILE: /run/secrets/postgresql-password", "POSTGRES_PASSWORD: pdp"),
    "a misspelt setting": ("PDP_CALLERS:", "PDP_CALLER:"),
    "records without a chain": ("PDP_DECISION_LOG: /var/lib/pdp/log/", 'PDP_DECISION_LOG: "-"'),
    "records of one at the other": ("source: records-2", "source: records-1"),
    "too little grace": ("stop_grace_period: 15s", "stop_grace_period: 5s"),
    "whatever is newest": ("redis:7.2.11-bookworm", "redis:latest"),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_caught(name: str) -> None:
    """Each has one thing wrong."""
    right, wrong = TWINS[name]
    assert right in TEXT
    with pytest.raises((AssertionError, ValueError, KeyError)):
        is_as_it_should_be(TEXT.replace(right, wrong))


def signing_is_right(text: str) -> None:
    """The lines are settings that go together, and what is remembered lies in a volume of its own."""
    counting = re.sub(r"(?m)^    # (PDP_\w+: /)", r"    \1", text)
    is_as_it_should_be(counting)
    for name in INSTANCES:
        service = yaml.safe_load(counting)["services"][name]
        settings = read_settings({}, {key: value for key, value in service["environment"].items() if key in SIGNING})
        (own,) = (volume["target"] for volume in service["volumes"] if not volume.get("read_only"))
        assert str(settings.last_in_force).startswith(f"{own}/")
        assert settings.policy_keys is not None
        assert str(settings.policy_keys.parent) in [
            each["target"] for each in service["volumes"] if "read_only" in each
        ]


def test_signed_policies_are_two_lines_that_may_count() -> None:
    """Let count as they stand, the two make signed policies a must."""
    signing_is_right(TEXT)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("# PDP_POLICY_KEYS: /etc", "# PDP_POLICY_KEY: /etc"),
        ("# PDP_LAST_IN_FORCE: /var/lib/pdp", "# PDP_LAST_IN_FORCE: /tmp"),
        ("# PDP_POLICY_KEYS: /etc/pdp/callers", "# PDP_POLICY_KEYS: /var/lib/pdp"),
    ],
    ids=["one without the other", "remembered until the next start", "keys that the server may change"],
)
def test_lines_that_must_not_count_are_caught(right: str, wrong: str) -> None:
    """Each has one thing wrong."""
    assert right in TEXT
    with pytest.raises((AssertionError, InvalidSettingsError)):
        signing_is_right(TEXT.replace(right, wrong))


def test_what_it_expects_is_made(tmp_path: Path) -> None:
    """Every secret, none of them twice the same, in a folder that is closed; the server can read its own."""
    made = [tmp_path / "one", tmp_path / "two"]
    for folder in made:
        subprocess.run(["sh", str(FOLDER / "make-secrets.sh"), str(folder)], check=True, timeout=60)
    said: dict[str, Any] = yaml.safe_load(TEXT)
    for secret in said["secrets"].values():
        contents = [(folder / secret["file"]).read_bytes() for folder in made]
        assert contents[0] != contents[1]
    folder = made[0] / "secrets"
    assert folder.stat().st_mode & 0o077 == 0
    settings = read_settings({}, {}, folder / "pdp.toml")
    password = settings.redis.removeprefix("redis://pdp:").partition("@")[0]
    assert hashlib.sha256(password.encode()).hexdigest() in (folder / "redis.acl").read_text("ascii")
    assert (folder / "postgresql-password").read_text("ascii") in settings.store
    CacheKeys.read(folder / "cache-keys")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    subprocess.run(["sh", str(FOLDER / "make-secrets.sh"), str(made[0])], check=True, timeout=60)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
