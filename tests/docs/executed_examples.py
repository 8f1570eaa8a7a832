"""Runs the commands of the documentation.

Terminal sessions are blocks marked `console`, each command behind `$ `. The end of a page that a command prints stands
behind a line `<!-- printed by: COMMAND -->`.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.docs import warm_command

ROOT: Final = Path(__file__).resolve().parents[2]
_BLOCK: Final = re.compile(r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_PRINTED: Final = re.compile(r"^<!-- printed by: (?P<command>.+) -->\n(?P<body>.*)\Z", re.MULTILINE | re.DOTALL)
_PLAIN: Final = re.compile(
    r"""pdp (?P<arguments>(?:[^|&;<>()$`\\*?\[\]#~!{}\n"']|"[^"$`\\]*"|'[^']*')+?)(?P<code>; echo "exit code \$\?")?"""
)
"""A command that means the same without a shell, or with the code it ends with behind it."""


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


def environment_of_sessions() -> dict[str, str]:
    """Return the variables that every command of the documentation runs with."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
        "HOME": os.environ.get("HOME", "/"),
    }


def _output(command: str) -> str:
    environment = environment_of_sessions()
    plain = _PLAIN.fullmatch(command)
    if plain:
        said, code = warm_command.run(shlex.split(plain["arguments"]), environment)
        if plain["code"]:
            said += f"exit code {code}\n"
    else:
        said = in_a_shell(command, environment)
    return "\n".join(line.rstrip() for line in said.splitlines()) + "\n"


def in_a_shell(command: str, environment: Mapping[str, str]) -> str:
    """Return what *command* prints when a shell runs it, every program in a process of its own."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    ).stdout


if __name__ == "__main__":
    refresh()
