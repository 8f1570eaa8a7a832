"""What the commands that look at the whole space share."""

import importlib.util
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from pdp.cli.options import Exit

_Command = TypeVar("_Command", bound=Callable[..., Any])

QUIET_SECONDS: Final = 2.0
"""How long a command works before it says how far it is."""


def jobs_option(command: _Command) -> _Command:
    """Add `--jobs`, how many processes share the search; None for as many as can run at once."""
    return click.option(
        "--jobs",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        help="How many processes share the work; by default as many as there are cores. The answer is the same.",
    )(command)


def need_solver(lang: str) -> None:
    """End with the exit code for trouble, and say what to install, when the solver is not there."""
    if importlib.util.find_spec("z3") is None:
        click.echo(
            "lệnh này cần bộ giải Z3: pip install 'promise-pdp[analysis]'"
            if lang == "vi"
            else "this command needs the solver Z3: pip install 'promise-pdp[analysis]'",
            err=True,
        )
        sys.exit(Exit.TROUBLE)


def progress_on_stderr(label: str, clock: Callable[[], float] = time.monotonic) -> Callable[[int, int], None]:
    """Return what tells on a terminal how far a search is, once it has taken QUIET_SECONDS by *clock*.

    In a pipe or a file it tells nothing: nobody waits there, and what stands there is read by programs.
    """
    begun = clock()
    told = begun

    def tell(done: int, everything: int) -> None:
        nonlocal told
        now = clock()
        if sys.stderr.isatty() and now - begun > QUIET_SECONDS and now - told > 1:
            told = now
            click.echo(f"{label}: {done} / {everything}", err=True)

    return tell
