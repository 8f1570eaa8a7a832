"""The audit says what came of it, and never that all is well when it was not looked at."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts import audit
from scripts.audit import Outcome, Told, judge
from scripts.lock_file import NotALockError, read_lock
from tests.supply.advisory_service import Known, a_weakness, answering

ROOT = Path(__file__).parents[2]
LOCK = "".join(
    f"{name}=={version}{marker} \\\n    --hash=sha256:{'ab' * 32}\n    # via promise-pdp (pyproject.toml)\n"
    for name, version, marker in (
        ("bracex", "3.2.2", ""),
        ("never-needed", "1.0", ' ; python_version < "3"'),
        ("redis", "8.1.0", ""),
    )
)
PINS = read_lock(LOCK)


def audited(folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Return the exit code of the command, and what it says."""
    (folder / "lock.txt").write_text(LOCK, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.audit", str(folder / "lock.txt")],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


SERVED: dict[str, tuple[Known, Outcome, str]] = {
    "nothing is known": ({}, Outcome.CLEAN, "clean: 3 packages"),
    "one is vulnerable": (
        {"redis": [a_weakness("PYSEC-1", "9.0")]},
        Outcome.VULNERABLE,
        "vulnerable: redis 8.1.0: PYSEC-1, mended in 9.0",
    ),
    "one that this Python does not need is": (
        {"never-needed": [a_weakness("PYSEC-2", "2.0")]},
        Outcome.VULNERABLE,
        "vulnerable: never-needed 1.0: PYSEC-2",
    ),
    "one is not known": ({"bracex": None}, Outcome.SKIPPED, "skipped: bracex 3.2.2"),
    "one is not known and one is vulnerable": (
        {"bracex": None, "redis": [a_weakness("PYSEC-1", "9.0")]},
        Outcome.VULNERABLE,
        "skipped: bracex 3.2.2",
    ),
    "none is known": (dict.fromkeys(("bracex", "never-needed", "redis")), Outcome.NOT_AUDITED, "not audited"),
}


@pytest.mark.parametrize("name", SERVED)
def test_the_exit_code_says_what_came_of_it(tmp_path: Path, name: str) -> None:
    """By the command, over TLS, with a service that answers so."""
    known, outcome, said = SERVED[name]
    with answering(tmp_path, known) as environment:
        code, told = audited(tmp_path, environment)
    assert (Outcome(code), said in told) == (outcome, True), told


def test_without_a_service_nothing_is_audited(tmp_path: Path) -> None:
    """It says so, with a code of its own."""
    code, told = audited(tmp_path, {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""})
    assert code == Outcome.NOT_AUDITED
    assert "not audited: no advisory service answers" in told


def _report(*entries: dict[str, object]) -> Told:
    return Told({"dependencies": list(entries)})


def whatever_is_left_out_is_skipped() -> None:
    """A report that leaves a package out, or says that it was skipped, is not a clean one."""
    clean: list[dict[str, object]] = [{"name": pin.name, "version": pin.version, "vulns": []} for pin in PINS]
    assert judge(PINS, _report(*clean))[0] is Outcome.CLEAN
    for at in range(len(clean)):
        assert judge(PINS, _report(*clean[:at], *clean[at + 1 :]))[0] is Outcome.SKIPPED
        without: dict[str, object] = {"name": PINS[at].name, "skip_reason": "not found"}
        assert judge(PINS, _report(*clean[:at], without, *clean[at + 1 :]))[0] is Outcome.SKIPPED


def test_whatever_is_left_out_is_skipped() -> None:
    """Also where nobody says that it was."""
    whatever_is_left_out_is_skipped()


def test_a_twin_that_believes_the_report_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that looks for weaknesses alone finds none where nobody looked."""

    def believing(_pins: object, told: Told) -> tuple[Outcome, list[str]]:
        assert told.report is not None
        found = [entry for entry in told.report["dependencies"] if entry.get("vulns")]
        return (Outcome.VULNERABLE if found else Outcome.CLEAN), []

    monkeypatch.setitem(globals(), "judge", believing)
    with pytest.raises(AssertionError):
        whatever_is_left_out_is_skipped()


@pytest.mark.parametrize(
    "wrong",
    [
        LOCK.replace("--hash=sha256:", "# hash="),
        LOCK + "http://example.test/x.whl\n",
        LOCK + "-e .\n",
        LOCK + "redis>=8\n",
        LOCK.replace("    --hash=sha256:" + "ab" * 32 + "\n", "", 1),
    ],
)
def test_what_is_no_lock_is_not_audited(tmp_path: Path, wrong: str) -> None:
    """A package without a hash or a version could be anything."""
    with pytest.raises(NotALockError):
        read_lock(wrong)
    (tmp_path / "lock.txt").write_text(wrong, "utf-8")
    assert audit.main([tmp_path / "lock.txt"]) == Outcome.TROUBLE
