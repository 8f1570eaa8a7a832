"""Every case of the policies, asked of a real server by the command."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pdp.server import RunningServer
from tests.docs.executed_examples import ROOT

CASE_FILES = sorted((ROOT / "policies").rglob("cases*.json"))


@pytest.mark.parametrize("file", CASE_FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_case_passes_over_the_wire(server: RunningServer, file: Path) -> None:
    """A case file passes against a server as it does in process, sentences and obligations included."""
    done = _test(server, file)

    assert done.stdout.endswith(" passed, 0 failed\n"), done.stdout[-3000:] + done.stderr[-1000:]
    assert done.returncode == 0


def test_a_case_that_expects_the_opposite_fails_over_the_wire(server: RunningServer, tmp_path: Path) -> None:
    """The comparison can fail: with its expectation turned round a case fails, and the failure is explained."""
    case = json.loads(CASE_FILES[0].read_text("utf-8"))[0]
    case["expect"]["decision"] = "deny" if case["expect"]["decision"] == "allow" else "allow"
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([case]), "utf-8")

    done = _test(server, file)

    assert done.returncode == 1
    assert "0 passed, 1 failed" in done.stdout
    assert case["id"] in done.stdout


def test_the_calling_program_of_the_readme_takes_a_deny_for_a_deny(server: RunningServer) -> None:
    """Asked about an aunt of whom no fact is known, the calling program shows nothing."""
    done = subprocess.run(
        [sys.executable, "examples/calling_program.py", server.address],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.stdout.strip() == "show nothing"
    assert done.returncode == 0


def _test(server: RunningServer, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "pdp"), "test", "--lang", "en", "--server", server.address, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
