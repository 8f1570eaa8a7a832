"""Options that several commands share, and how a command ends."""

import json
import locale
import os
import sys
from collections.abc import Callable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

import click

from pdp.core.errors import InvalidPolicyError, InvalidRequestError, PdpError, RequestError
from pdp.core.text import Text

Command = Callable[..., Any]


class Exit(IntEnum):
    """The exit codes of every command."""

    YES = 0
    NO = 1
    TROUBLE = 2


def _default_language() -> str:
    """Return "vi" in a Vietnamese locale, else "en"."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "vi" if (named or locale.getlocale()[0] or "").lower().startswith("vi") else "en"


def output_options(command: Command) -> Command:
    """Add --format and --lang."""
    command = click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Text for people, or JSON in both languages for programs.",
    )(command)
    return language_option(command)


def tell(said: Mapping[str, object], text: Text, form: str, lang: str) -> None:
    """Print a result: *said* as one line of JSON, or *text* with the members of *said* in their places."""
    click.echo(json.dumps(said, ensure_ascii=False) if form == "json" else text.in_locale(lang).format(**said))


def language_option(command: Command) -> Command:
    """Add --lang."""
    return click.option(
        "--lang",
        type=click.Choice(["vi", "en"]),
        default=_default_language,
        help="Language of the text; by default that of the locale.",
    )(command)


def policies_option(command: Command) -> Command:
    """Add --policies."""
    return click.option(
        "--policies",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("policies"),
        show_default=True,
        envvar="PDP_POLICIES",
        help="Directory with one folder for each operator.",
    )(command)


def server_option(command: Command) -> Command:
    """Add --server."""
    return click.option("--server", metavar="HOST:PORT", help="Ask a running server instead of deciding in process.")(
        command
    )


def asked_store_option(command: Command) -> Command:
    """Add --store for a question that is answered in process."""
    return click.option(
        "--store", metavar="URL", help="Answer in process with the facts stored there, too. [no stored facts]"
    )(command)


def say_request_error(error: RequestError, lang: str) -> str:
    """Return one mistake of a request: its place first, what stood there in backticks, a hint on its own line."""
    line = f"{error.field or '-'}: {error.message.in_locale(lang)}"
    if error.value and f"`{error.value}`" not in line:
        line += f": `{error.value}`"
    label = "gợi ý" if lang == "vi" else "hint"
    return f"{line}\n  {label}: {error.suggestion}" if error.suggestion else line


def fail(error: PdpError, lang: str) -> NoReturn:
    """Print what is wrong on stderr and end with the exit code for trouble."""
    say(error, lang)
    sys.exit(Exit.TROUBLE)


def say(error: PdpError, lang: str) -> None:
    """Print what is wrong on stderr."""
    if isinstance(error, InvalidRequestError):
        for mistake in error.errors:
            click.echo(say_request_error(mistake, lang), err=True)
    elif isinstance(error, InvalidPolicyError):
        for finding in error.findings:
            click.echo(finding.in_locale(lang), err=True)
    else:
        click.echo(str(error), err=True)
        for mistake in getattr(error, "errors", ()):  # what a server said of single fields
            click.echo(f"  {say_request_error(mistake, lang)}", err=True)
