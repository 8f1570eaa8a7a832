"""The unit is one that systemd understands, and that it finds little to say against."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "promise-pdp.service"
TEXT = UNIT.read_text("utf-8")
MOST_EXPOSED = 14
"""Tenths, as `systemd-analyze security` counts: from 0, nothing to say, to 100."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


def is_as_it_should_be(text: str, folder: Path) -> None:
    """systemd understands every line of it, and it is exposed little; what the server needs is not taken away."""
    path = folder / "promise-pdp.service"
    # What it starts is not on this machine.
    path.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text), "utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert judged.returncode == 0, judged.stdout[-300:]
    # Workers are pinned to cores, and a SQLite store asks whether the machine was started anew.
    assert "SystemCallFilter=sched_setaffinity" in text
    assert "ProcSubset=pid" not in text
    assert "PDP_STORE=" not in text
    stop = int(re.findall(r"^TimeoutStopSec=(\d+)s$", text, re.MULTILINE)[0])
    assert stop > 10


@needs_systemd
def test_the_unit_is_as_it_should_be(tmp_path: Path) -> None:
    """By systemd, without one that runs."""
    is_as_it_should_be(TEXT, tmp_path)


TWINS: Mapping[str, tuple[str, str]] = {
    "a misspelt key": ("NoNewPrivileges=yes", "NoNewPrivilege=yes"),
    "a value that is none": ("ProtectSystem=strict", "ProtectSystem=very"),
    "root, with everything that it may": ("DynamicUser=yes\n", "User=root\n"),
    "every capability": ("CapabilityBoundingSet=\n", ""),
    "every call of the kernel": (
        "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n",
        "SystemCallFilter=~@clock\n",
    ),
    "workers on no core of their own": ("SystemCallFilter=sched_setaffinity\n", ""),
    "a part of /proc": ("ProcSubset=all", "ProcSubset=pid"),
    "a secret in the open": ("Environment=PYTHON", "Environment=PDP_STORE=x\nEnvironment=PYTHON"),
    "too little time": ("TimeoutStopSec=20s", "TimeoutStopSec=5s"),
}


@needs_systemd
@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_caught(name: str, tmp_path: Path) -> None:
    """Each has one thing wrong."""
    right, wrong = TWINS[name]
    assert right in TEXT
    with pytest.raises(AssertionError):
        is_as_it_should_be(TEXT.replace(right, wrong), tmp_path)
