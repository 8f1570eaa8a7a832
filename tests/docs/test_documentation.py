"""The documentation does what it says."""

import re
import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum

import click
import pytest

from pdp.cli import main
from pdp.core import errors
from pdp.server.events import Event
from pdp.settings import Settings
from pdp.wire.codes import Code
from tests.docs import warm_command
from tests.docs.executed_examples import (
    ROOT,
    Printed,
    Session,
    environment_of_sessions,
    in_a_shell,
    pages,
    printed_pages,
    sessions,
)

_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("session", sessions(), ids=lambda session: session.name)
def test_every_terminal_session_shows_what_its_commands_print(session: Session) -> None:
    """A session in the documentation is what running it prints; `make docs` writes it anew."""
    assert session.run() == session.shown


@pytest.mark.parametrize("printed", printed_pages(), ids=lambda printed: printed.page.name)
def test_a_page_that_a_command_prints_is_fresh(printed: Printed) -> None:
    """What stands behind `printed by` is what the command prints; `make docs` writes it anew."""
    assert printed.run() == printed.shown


def test_an_altered_session_is_noticed() -> None:
    """The comparison can fail: a session with another answer is not what its command prints."""
    session = next(session for session in sessions() if "DENY" in session.shown)

    altered = Session(session.page, session.shown.replace("DENY", "ALLOW"))

    assert altered.run() != altered.shown


@pytest.mark.parametrize(
    "arguments", ["check examples/aunt-after-revocation.json", "chek", "who --help", "status --server 127.0.0.1:1"]
)
def test_a_command_of_a_process_with_everything_imported_is_the_command(arguments: str) -> None:
    """What the sessions run is what a shell runs: the same text, on stderr too, and the same code; no state is kept."""
    environment = environment_of_sessions()
    said = in_a_shell(f"pdp {arguments}; echo $?", environment)

    for _ in range(2):
        printed, code = warm_command.run(arguments.split(), environment)
        assert f"{printed}{code}\n" == said


def test_the_readme_shows_an_allow_and_three_denials() -> None:
    """The README and the pages show one allow and three denials explained, and both answers on the first screen."""
    shown = [session.shown for session in sessions() if "pdp explain examples/" in session.shown]
    first_screen = (ROOT / "README.md").read_text("utf-8").split("\n## ")[0]

    assert sum("\nDENY" in text for text in shown) >= 3
    assert any("\nALLOW" in text for text in shown)
    assert "ALLOW" in first_screen
    assert "DENY" in first_screen


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link in the documentation names a file that is there."""
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*pages(), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
        for target, _ in _LINK.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]

    assert not broken


def test_every_command_and_option_is_documented() -> None:
    """The page of the command names every command and every option."""
    page = (ROOT / "docs/reference/command.md").read_text("utf-8")
    missing = [
        option
        for command in _all(main)
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option not in page
    ]

    assert [command.name for command in _all(main) if f"{command.name} --help" not in page] == []
    assert missing == []


def _all(group: click.Group) -> Iterator[click.Command]:
    """Yield every command of *group*, those of its groups included."""
    for command in group.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from _all(command)


def test_every_setting_is_documented() -> None:
    """The page of the settings names every setting, its variable and its default."""
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")

    for key in Settings.__dataclass_fields__:
        assert f"`{key}`" in page
        assert f"`PDP_{key.upper()}`" in page


def test_the_calling_program_of_the_readme_is_the_one_that_is_tested() -> None:
    """The README shows the calling program word for word."""
    program = (ROOT / "examples/calling_program.py").read_text("utf-8")

    assert f"```python\n{program}```" in (ROOT / "README.md").read_text("utf-8")


def test_a_calling_program_that_reaches_no_server_shows_nothing() -> None:
    """Without a server the calling program takes the missing answer for a deny."""
    done = subprocess.run(
        [sys.executable, "examples/calling_program.py", "127.0.0.1:1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.stdout.strip() == "show nothing"


@pytest.mark.parametrize(
    ("words", "name"), [(Code, "errors.md"), (Event, "events.md")], ids=["codes of requests", "events of the log"]
)
def test_every_code_and_event_is_documented(words: type[StrEnum], name: str) -> None:
    """The page of errors names every code of a request, and that of events every event of the log."""
    page = (ROOT / "docs/reference" / name).read_text("utf-8")

    assert [word.value for word in words if f"| `{word.value}` |" not in page] == []


def test_the_tree_of_exceptions_is_the_one_in_the_code() -> None:
    """The page of errors shows the tree that stands at the top of the module of errors."""
    page = (ROOT / "docs/reference/errors.md").read_text("utf-8")
    drawn = (errors.__doc__ or "").split("\n\n", 1)[1].strip()

    assert drawn in page
