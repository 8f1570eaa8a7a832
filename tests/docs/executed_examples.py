"""Runs the commands of the documentation.

Terminal sessions are blocks marked `console`, each command behind `$ `. The end of a page that a command prints stands
behind a line `<!-- printed by: COMMAND -->`.
"""

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unittest.mock import patch

from pdp.cli import main

ROOT: Final = Path(__file__).resolve().parents[2]
_BLOCK: Final = re.compile(r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_PRINTED: Final = re.compile(r"^<!-- printed by: (?P<command>.+) -->\n(?P<body>.*)\Z", re.MULTILINE | re.DOTALL)


_HELP: Final = re.compile(r"pdp( [a-z-]+)+ --help")
"""What says the same in this process, in a tenth of the time."""


@dataclass(frozen=True)
class Printed:
    """The end of a page that a command prints."""

    page: Path
    command: str
    shown: str

    def run(self) -> str:
        """Return what the command prints now."""
        return "\n" + _output(self.command)


@dataclass(frozen=True)
class Session:
    """One block of one page: what it shows, and what running its commands shows."""

    page: Path
    shown: str
    number: int = 1

    @property
    def name(self) -> str:
        """Return what tells it from the others."""
        return f"{self.page.stem}-{self.number}"

    @property
    def commands(self) -> list[str]:
        """Return the commands of the block, in order."""
        return [line.removeprefix("$ ") for line in self.shown.splitlines() if line.startswith("$ ")]

    def run(self) -> str:
        """Return the block as running its commands now would write it."""
        return "".join(f"$ {command}\n{_output(command)}" for command in self.commands)


def pages() -> list[Path]:
    """Return every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def sessions() -> list[Session]:
    """Return every terminal session of every page."""
    return [
        Session(page, match["body"], number)
        for page in pages()
        for number, match in enumerate(_BLOCK.finditer(page.read_text("utf-8")), start=1)
    ]


def printed_pages() -> list[Printed]:
    """Return the end of every page that a command prints."""
    found = ((page, _PRINTED.search(page.read_text("utf-8"))) for page in pages())
    return [Printed(page, match["command"], match["body"]) for page, match in found if match]


def refresh() -> None:
    """Write what the commands print now into the pages."""
    for page in pages():
        text = page.read_text("utf-8")
        fresh = text
        for match in _BLOCK.finditer(text):
            fresh = fresh.replace(match.group(), f"```console\n{Session(page, match['body']).run()}```", 1)
        printed = _PRINTED.search(fresh)
        if printed:
            body = Printed(page, printed["command"], printed["body"]).run()
            fresh = fresh[: printed.start("body")] + body
        if fresh != text:
            page.write_text(fresh, "utf-8")


def _output(command: str) -> str:
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
        "HOME": os.environ.get("HOME", "/"),
    }
    if _HELP.fullmatch(command):
        said = _said_here(command.split()[1:], environment)
    else:
        said = subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=240,
        ).stdout
    return "\n".join(line.rstrip() for line in said.splitlines()) + "\n"


def _said_here(arguments: list[str], environment: dict[str, str]) -> str:
    said = io.StringIO()
    with patch.dict(os.environ, environment, clear=True), redirect_stdout(said):
        main.main(arguments, prog_name="pdp", standalone_mode=False)
    return said.getvalue()


if __name__ == "__main__":
    refresh()
