"""The command `pdp`: one file for each of its commands."""

import click

from pdp import __version__
from pdp.cli.callers import callers
from pdp.cli.check import check
from pdp.cli.clauses import clauses
from pdp.cli.compare import compare
from pdp.cli.diff import diff
from pdp.cli.explain import explain
from pdp.cli.facts import facts
from pdp.cli.keys import keys
from pdp.cli.log import log
from pdp.cli.matrix import matrix
from pdp.cli.prove import prove
from pdp.cli.reload import reload
from pdp.cli.serve import serve
from pdp.cli.shadow import shadow
from pdp.cli.sign import make_key, sign, verify
from pdp.cli.status import status
from pdp.cli.test import run_case_files
from pdp.cli.validate import validate
from pdp.cli.version import version
from pdp.cli.what import what
from pdp.cli.who import who
from pdp.probe import health


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pdp")
def main() -> None:
    """Ask, explain, test and serve policies that keep published promises.

    Exit codes everywhere: 0 yes, 1 no, 2 trouble.
    """


COMMANDS = (
    serve,
    status,
    health,
    version,
    reload,
    shadow,
    check,
    explain,
    who,
    what,
    run_case_files,
    validate,
    sign,
    verify,
    make_key,
    clauses,
    compare,
    diff,
    prove,
    matrix,
    facts,
    log,
    callers,
    keys,
)
for command in COMMANDS:
    main.add_command(command)

__all__ = ["main"]
