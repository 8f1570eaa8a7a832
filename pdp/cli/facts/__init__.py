"""`pdp facts`: the stored facts, by hand."""

import click

from pdp.cli.facts.carrying import export_facts, import_facts
from pdp.cli.facts.changing import consent, grant, revoke
from pdp.cli.facts.guarding import backup, confirm, erase, prune, restore
from pdp.cli.facts.reading import history, list_facts


@click.group()
def facts() -> None:
    """Look at the stored facts and change them.

    The store is the one that a server on this machine uses by default; a change is in force for its next check.
    """


for command in (
    list_facts,
    history,
    grant,
    revoke,
    consent,
    import_facts,
    export_facts,
    backup,
    restore,
    confirm,
    erase,
    prune,
):
    facts.add_command(command)

__all__ = ["facts"]
