"""The command `pdp`: one file for each of its commands."""

import click

from pdp import __version__
from pdp.cli.check import check
from pdp.cli.clauses import clauses
from pdp.cli.compare import compare
from pdp.cli.diff import diff
from pdp.cli.explain import explain
from pdp.cli.facts import facts
from pdp.cli.prove import prove
from pdp.cli.serve import serve
from pdp.cli.test import run_cases
from pdp.cli.validate import validate
from pdp.cli.what import what
from pdp.cli.who import who


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pdp")
def main() -> None:
    """Ask, explain, test and serve policies that keep published promises.

    Exit codes everywhere: 0 yes, 1 no, 2 trouble.
    """


for command in (serve, check, explain, who, what, run_cases, validate, clauses, compare, diff, prove, facts):
    main.add_command(command)

__all__ = ["main"]
