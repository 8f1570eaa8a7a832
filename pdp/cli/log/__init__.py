"""`pdp log`: what was answered, and whether the record of it is whole."""

import click

from pdp.cli.log.person import report
from pdp.cli.log.reading import export, show, tail
from pdp.cli.log.replaying import replay
from pdp.cli.log.retaining import prune
from pdp.cli.log.verifying import verify


@click.group("log")
def log() -> None:
    """Look at a decision log and check it.

    The log is a folder that a server writes with `--decision-log DIR/`.
    """


for command in (verify, tail, show, export, replay, report, prune):
    log.add_command(command)

__all__ = ["log"]
