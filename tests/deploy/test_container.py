"""The Dockerfile is linted, runs as nobody in particular, and needs no shell; what is not so is found."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from pdp.settings import Settings
from tests.deploy import dockerfile
from tests.deploy.confined import loose

HADOLINT = Path(sys.executable).parent / "hadolint"
TEXT = dockerfile.DOCKERFILE.read_text("utf-8")


def complaints(text: str) -> str:
    """Return what hadolint says about a Dockerfile."""
    done = subprocess.run(
        [HADOLINT, "--no-color", "-"], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout + done.stderr


def is_as_it_should_be(text: str) -> None:
    """It passes the linter; the last stage has a user by number, and its commands need no shell."""
    assert complaints(text) == ""
    instructions = dockerfile.read(text)
    bases = [each.said.split() for each in instructions if each.name == "FROM"]
    stages = {words[-1] for words in bases if "AS" in words}
    for base, *_ in bases:
        assert base in stages or (":" in base and any(char.isdecimal() for char in base.partition(":")[2])), base
    user, _, group = dockerfile.last(instructions, "USER").said.partition(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000
    for name in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        words = dockerfile.last(instructions, name).words()
        assert words
        assert not {"sh", "bash", "/bin/sh"} & set(words)
    assert dockerfile.last(instructions, "HEALTHCHECK").words() == ["/opt/pdp/bin/pdp-health"]
    assert not [each for each in instructions if each.name == "ADD"]
    variables = dockerfile.environment(instructions)
    known = {f"PDP_{field.name.upper()}" for field in fields(Settings)}
    assert {name for name in variables if name.startswith("PDP_")} <= known
    assert not any(word in name for name in variables for word in ("PASSWORD", "SECRET", "TOKEN"))


def test_the_image_is_as_it_should_be() -> None:
    """By hadolint, and by what hadolint does not ask."""
    is_as_it_should_be(TEXT)


TWINS: Mapping[str, tuple[str, str]] = {
    "root": ("USER 10001:10001", "USER root"),
    "root at the end": ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGTERM\nUSER 0:0"),
    "a user by name": ("USER 10001:10001", "USER pdp"),
    "whatever is newest": ("debian:12.11-slim AS", "debian:latest AS"),
    "no tag": ("debian:12.11-slim AS", "debian AS"),
    "a shell": ('ENTRYPOINT ["/opt/pdp/bin/pdp"]', "ENTRYPOINT /opt/pdp/bin/pdp"),
    "another check": ('CMD ["/opt/pdp/bin/pdp-health"]', 'CMD ["/bin/true"]'),
    "no check": ("HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD", "LABEL x="),
    "a file from elsewhere": ("COPY --from=build", "ADD https://example.test/x /x\nCOPY --from=build"),
    "a secret": ("ENV PATH", "ENV PDP_STORE_PASSWORD=x\nENV PATH"),
    "a misspelt setting": ("PDP_POLICIES=", "PDP_POLICY="),
    "what else comes along": (" --no-install-recommends python3-venv", " python3-venv"),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_caught(name: str) -> None:
    """Each has one thing wrong."""
    right, wrong = TWINS[name]
    assert right in TEXT
    with pytest.raises((AssertionError, ValueError, IndexError)):
        is_as_it_should_be(TEXT.replace(right, wrong))


def test_nothing_reaches_the_builder_but_what_it_needs() -> None:
    """Everything is left out but what is copied."""
    lines = (dockerfile.DOCKERFILE.parent / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    said = [line for line in lines if line and not line.startswith("#")]
    assert said[0] == "*"
    copied = next(each.said for each in dockerfile.read(TEXT) if each.name == "COPY").split()[:-1]
    assert {line.removeprefix("!") for line in said[1:]} == set(copied)


STATUS = "Uid:\t10001\t10001\t10001\t10001\nGid:\t10001\t10001\t10001\t10001\nGroups:\t \nNoNewPrivs:\t1\n" + "".join(
    f"Cap{name}:\t0000000000000000\n" for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")
)
MOUNTS = "36 35 98:0 / / ro,noatime - ext4 /dev/root rw\n37 36 0:5 / /tmp rw,nosuid - tmpfs tmpfs rw\n"


def test_what_is_too_loose_is_told() -> None:
    """So that the run in a tree of Debian can fail: each thing alone is found, and nothing where all is well."""
    assert loose(STATUS, MOUNTS, 10001) == []
    for right, wrong in (
        ("Uid:\t10001", "Uid:\t0"),
        ("Groups:\t ", "Groups:\t0 4 "),
        ("NoNewPrivs:\t1", "NoNewPrivs:\t0"),
        ("CapBnd:\t0000000000000000", "CapBnd:\t0000000000000400"),
    ):
        assert right in STATUS
        assert len(loose(STATUS.replace(right, wrong), MOUNTS, 10001)) == 1
    assert len(loose(STATUS, MOUNTS.replace("/ ro,", "/ rw,"), 10001)) == 1
    assert len(loose(STATUS, "", 10001)) == 1
