"""`pdp diff`: exactly which decisions an edit changes."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pdp.cli.analysing import jobs_option, need_solver, progress_on_stderr
from pdp.cli.diff_at_server import would_change
from pdp.cli.options import Exit, fail, output_options
from pdp.core.errors import InvalidPolicyError, PdpError
from pdp.policy_set import PolicySet
from pdp.wire.json_form import message_to_json
from pdp.wire.outgoing import request_to_wire
from pdp.wiring.folders import load_policy_at
from pdp.wiring.words import load_words

if TYPE_CHECKING:
    from pdp.analysis.groups import Group

KINDS = ("newly-allowed", "newly-denied", "obligations-changed", "reasons-changed")


@click.command()
@click.argument("before")
@click.argument("after", default="")
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    type=click.Choice([*KINDS, "any"]),
    help="End with exit code 1 when there is such a difference; may be given several times.",
)
@click.option("--decisions-only", is_flag=True, help="Leave out where only obligations or sentences differ.")
@click.option(
    "--witnesses",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the request that shows each group into this directory.",
)
@click.option("--server", metavar="HOST:PORT", help="Compare with what this server has in force; give AFTER alone.")
@jobs_option
@output_options
def diff(
    before: str,
    after: str,
    fail_on: tuple[str, ...],
    decisions_only: bool,
    witnesses: Path | None,
    server: str | None,
    jobs: int | None,
    form: str,
    lang: str,
) -> None:
    """Print which decisions differ between the policy folders BEFORE and AFTER, in groups, each with a request.

    With --server, BEFORE is what that server has in force, and AFTER is the only folder given.

    A folder is a path, such as policies/kidsonline, or REVISION:PATH of a Git repository, such as
    HEAD:policies/kidsonline. Every request was asked of both. Exit code 0: no difference that --fail-on names, 1: one
    that it names, 2: trouble.
    """
    wanted = set(KINDS) if "any" in fail_on else set(fail_on)
    kinds_shown = KINDS[:2] if decisions_only else KINDS
    if bool(server) is bool(after):
        raise click.UsageError("two folders, or one folder and --server")
    if server:
        met = would_change(server, before, kinds_shown, witnesses, form, lang)
        sys.exit(Exit.NO if met & wanted else Exit.YES)
    need_solver(lang)
    from pdp.analysis.beside import changed_beside
    from pdp.analysis.changes import Comparison
    from pdp.analysis.groups import grouped
    from pdp.analysis.kinds import Kind
    from pdp.analysis.shared_work import cores
    from pdp.analysis.witnesses import UnconfirmedError
    from pdp.space import UndecidedError

    words = load_words()
    try:
        old, new = load_policy_at(before, words), load_policy_at(after, words)
    except InvalidPolicyError as error:
        for finding in error.findings:
            click.echo(finding.in_locale(lang), err=True)
        sys.exit(Exit.TROUBLE)
    except PdpError as error:
        fail(error, lang)
    if old.operator != new.operator:
        raise click.UsageError(f"these are two operators: {old.operator} and {new.operator}")
    kinds = tuple(Kind)[:2] if decisions_only else tuple(Kind)
    try:
        comparison = Comparison(old, new, words.schema, kinds, jobs or cores())
        groups = grouped(comparison, words, progress_on_stderr(f"pdp diff {old.operator}"))
    except (UndecidedError, UnconfirmedError) as error:
        click.echo(f"pdp diff: {error}", err=True)
        sys.exit(Exit.TROUBLE)
    if witnesses is not None:
        _write(groups, witnesses)
    beside = changed_beside(old, new)
    if form == "json":
        shown = {
            "operator": new.operator,
            "before": old.revision,
            "after": new.revision,
            "groups": [_as_json(group, old, new) for group in groups],
            "beside": [dict(text.as_map()) for text in beside],
        }
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        from pdp.cli.differences import render_differences

        render_differences(groups, beside, old, new, lang)
    met = {group.kind.value for group in groups}
    sys.exit(Exit.NO if met & wanted else Exit.YES)


def _write(groups: "tuple[Group, ...]", directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for at, group in enumerate(groups, start=1):
        written = json.dumps(message_to_json(request_to_wire(group.witness)), ensure_ascii=False, indent=2)
        (directory / f"{at:03}-{group.kind.value}.json").write_text(written + "\n", "utf-8")


def _as_json(group: "Group", old: PolicySet, new: PolicySet) -> dict[str, Any]:
    from pdp.analysis.telling import said

    return {
        "change": group.kind.value,
        "message": dict(said(group, new).as_map()),
        "decisions": group.decisions,
        "roles": [list(roles) for roles in group.roles],
        "regions": [
            {"actions": list(box.actions), "categories": list(box.categories), "purposes": list(box.purposes)}
            for box in group.regions
        ],
        "when": {
            "alternatives": [
                [{"condition": clue.condition, "outcomes": sorted(clue.outcomes)} for clue in clues]
                for clues in group.when.alternatives
            ],
            "complete": group.when.complete,
        },
        "rules_before": [rule.id for rule in group.gone],
        "rules_after": [rule.id for rule in group.come],
        "witness": message_to_json(request_to_wire(group.witness)),
    }
