"""The command `pdp`: one file for each of its commands."""

from importlib import import_module
from typing import Final, NamedTuple

import click

from pdp import __version__
from pdp.core.text import nearest


class Place(NamedTuple):
    """Where the *function* of a command is, MODULE:NAME, and the first sentence of what it says of itself."""

    function: str
    does: str


# The order is the one in which the work is done; `--help` sorts.
COMMANDS: Final = {
    "serve": Place("pdp.cli.serve:serve", "Serve decisions over gRPC."),
    "status": Place(
        "pdp.cli.status:status",
        "Show which policies a server answers from, of OPERATOR or of all, and what it refused and why.",
    ),
    "health": Place(
        "pdp.probe:health",
        "Ask a server for its health, or for that of SERVICE: `pdp.alive`, `pdp.operator.ID`, or one of the contract.",
    ),
    "version": Place(
        "pdp.cli.version:version",
        "Show the version of this program, and of a server's with the revision of its policies.",
    ),
    "reload": Place(
        "pdp.cli.reload:reload", "Let a server read the folder of OPERATOR again now, and say what it found there."
    ),
    "shadow": Place(
        "pdp.cli.shadow:shadow",
        "Show, group by group, how the policy in the shadow would have answered, from the LOG of a server "
        "(`-`: stdin).",
    ),
    "check": Place("pdp.cli.check:check", "Answer one question: allow or deny, with the sentence that decided."),
    "explain": Place(
        "pdp.cli.explain:explain",
        "Show how an answer came about: the sentence, the nearest rules and what each lacks, the facts; for a denial "
        "what would make it an allow.",
    ),
    "who": Place(
        "pdp.cli.who:who", "Show who may do this to that, each with the sentence, and everyone where everyone may."
    ),
    "what": Place(
        "pdp.cli.what:what",
        "Show what the subject may do to the resource; with --resources, to what it may do the action.",
    ),
    "test": Place(
        "pdp.cli.test:run_case_files",
        "Run the cases of each FILE (or of every case file below a directory) and explain the failures.",
    ),
    "validate": Place(
        "pdp.cli.validate:validate",
        "Print every finding in DIRECTORY: the folder of one operator, or a directory of such folders.",
    ),
    "sign": Place(
        "pdp.cli.sign:sign",
        "Sign all that decides in FOLDER, the folder of one operator, and in the shared folder beside it.",
    ),
    "verify": Place(
        "pdp.cli.sign:verify",
        "Say whether a server with these keys would put FOLDER in force, the folder of one operator.",
    ),
    "new-key": Place(
        "pdp.cli.sign:make_key",
        "Make a key for NAME, keep its private half in FILE, and print the line that pins its public half.",
    ),
    "clauses": Place(
        "pdp.cli.clauses:clauses",
        "Print every published sentence with the place where it is kept, those that nobody keeps here first.",
    ),
    "compare": Place(
        "pdp.cli.compare:compare",
        "Ask one question of every operator and show the answers side by side, with their sentences.",
    ),
    "diff": Place(
        "pdp.cli.diff:diff",
        "Print which decisions differ between the policy folders BEFORE and AFTER, in groups, each with a request.",
    ),
    "prove": Place(
        "pdp.cli.prove:prove",
        "Prove the invariants.yaml of each of FOLDERS, or print a request that breaks one: `pdp explain` takes it.",
    ),
    "matrix": Place(
        "pdp.cli.matrix:matrix",
        "Print who may what by the policy in FOLDER: what is allowed, denied, or allowed under which conditions.",
    ),
    "facts": Place("pdp.cli.facts:facts", "Look at the stored facts and change them."),
    "log": Place("pdp.cli.log:log", "Look at a decision log and check it."),
    "callers": Place(
        "pdp.cli.callers:callers", "Read a file of callers, and everything that it names, as the server does."
    ),
    "keys": Place("pdp.cli.keys:keys", "Issue, list, rotate and revoke API keys."),
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
        module, _, attribute = place.function.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, none of them imported: the list is there long before all of them would be."""
        names = self.list_commands(ctx)
        room = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, click.Command(name, help=COMMANDS[name].does).get_short_help_str(room)) for name in names]
            )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pdp")
def main() -> None:
    """Ask, explain, test and serve policies that keep published promises.

    Exit codes everywhere: 0 yes, 1 no, 2 trouble.
    """


__all__ = ["main"]
