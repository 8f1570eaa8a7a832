"""The command `pdp`: one file for each of its commands."""

from importlib import import_module

import click

from pdp import __version__
from pdp.core.text import nearest

# Every command with the place of its function. The order is the one in which the work is done; `--help` sorts.
COMMANDS = {
    "serve": "pdp.cli.serve:serve",
    "status": "pdp.cli.status:status",
    "health": "pdp.probe:health",
    "version": "pdp.cli.version:version",
    "reload": "pdp.cli.reload:reload",
    "shadow": "pdp.cli.shadow:shadow",
    "check": "pdp.cli.check:check",
    "explain": "pdp.cli.explain:explain",
    "who": "pdp.cli.who:who",
    "what": "pdp.cli.what:what",
    "test": "pdp.cli.test:run_case_files",
    "validate": "pdp.cli.validate:validate",
    "sign": "pdp.cli.sign:sign",
    "verify": "pdp.cli.sign:verify",
    "new-key": "pdp.cli.sign:make_key",
    "clauses": "pdp.cli.clauses:clauses",
    "compare": "pdp.cli.compare:compare",
    "diff": "pdp.cli.diff:diff",
    "prove": "pdp.cli.prove:prove",
    "matrix": "pdp.cli.matrix:matrix",
    "facts": "pdp.cli.facts:facts",
    "log": "pdp.cli.log:log",
    "callers": "pdp.cli.callers:callers",
    "keys": "pdp.cli.keys:keys",
}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for: one command need not wait for all the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command of that name, imported now; raises UsageError where there is none."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            meant = nearest(cmd_name, COMMANDS)
            ctx.fail(f"`{cmd_name}` is no command" + (f"\nhint: {meant}" if meant else ""))
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pdp")
def main() -> None:
    """Ask, explain, test and serve policies that keep published promises.

    Exit codes everywhere: 0 yes, 1 no, 2 trouble.
    """


__all__ = ["main"]
