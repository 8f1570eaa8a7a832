"""Asks an advisory service about every package of the lock files: `python -m scripts.audit [LOCK ...]`.

The exit code says what came of it. 0: all were looked at, nothing is known. 1: something is known against one of them.
3: some were not looked at. 4: not audited, since no service answers. 2: a lock that is none.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from scripts.lock_file import DEVELOPMENT, RUNTIME, NotALockError, Pin, everywhere, read_lock

SECONDS: Final = 15
"""So long one answer of the service is waited for."""


class Outcome(IntEnum):
    """What came of an audit, as an exit code."""

    CLEAN = 0
    VULNERABLE = 1
    TROUBLE = 2
    SKIPPED = 3
    NOT_AUDITED = 4


@dataclass(frozen=True, slots=True)
class Told:
    """What pip-audit has told: *report* is None when it has told nothing that can be read, *why* what it said then."""

    report: Mapping[str, Any] | None
    why: str = ""


def judge(pins: Sequence[Pin], told: Told) -> tuple[Outcome, list[str]]:
    """Return what came of the audit of *pins*, and the lines that say so."""
    if told.report is None:
        return Outcome.NOT_AUDITED, [f"not audited: no advisory service answers ({told.why})"]
    entries = {entry["name"]: entry for entry in told.report["dependencies"]}
    # FAIL CLOSED (part of a list): what is in the lock and not in the report was not looked at, whatever that says.
    skipped = [pin for pin in pins if pin.name not in entries or "vulns" not in entries[pin.name]]
    known = [(pin, entries[pin.name]["vulns"]) for pin in pins if pin not in skipped and entries[pin.name]["vulns"]]
    if len(skipped) == len(pins):
        return Outcome.NOT_AUDITED, ["not audited: the advisory service knows none of the packages"]
    lines = [
        f"vulnerable: {pin.name} {pin.version}: {found['id']}, mended in"
        f" {', '.join(found['fix_versions']) or 'nothing'}"
        for pin, vulns in known
        for found in vulns
    ]
    lines += [f"skipped: {pin.name} {pin.version} was not looked at" for pin in skipped]
    if known:
        return Outcome.VULNERABLE, lines
    return (Outcome.SKIPPED, lines) if skipped else (Outcome.CLEAN, [f"clean: {len(pins)} packages were looked at"])


def ask(pins: tuple[Pin, ...], cache: Path) -> Told:
    """Return what pip-audit tells about *pins*, those among them that this Python does not need too."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(everywhere(pins))
        file.flush()
        options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
        options += ["--timeout", str(SECONDS), "--cache-dir", str(cache)]
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *options, "--requirement", file.name],
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        report: Any = json.loads(done.stdout)
        return Told(report if isinstance(report, dict) and "dependencies" in report else None, "no report")
    except ValueError:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        return Told(None, said[-1][:200] if said else f"exit code {done.returncode}")


def main(locks: Sequence[Path]) -> int:
    """Audit each of *locks*; return the gravest outcome."""
    worst = Outcome.CLEAN
    for lock in locks:
        try:
            pins = read_lock(lock.read_text("utf-8"))
        except (OSError, NotALockError) as error:
            sys.stderr.write(f"audit: {lock}: {error}\n")
            return Outcome.TROUBLE
        with tempfile.TemporaryDirectory() as cache:
            outcome, lines = judge(pins, ask(pins, Path(cache)))
        for line in lines:
            sys.stdout.write(f"{lock.name}: {line}\n")
        worst = max(worst, outcome, key=GRAVITY.index)
    return worst


GRAVITY: Final = [Outcome.CLEAN, Outcome.NOT_AUDITED, Outcome.SKIPPED, Outcome.VULNERABLE]

if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]] or [RUNTIME, DEVELOPMENT]))
