"""`pdp what`: what somebody may do to that, or to what they may do this."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pdp.cli.asking import question_options, read_question
from pdp.cli.looking_up import as_of_option, look_up_actions, look_up_resources
from pdp.cli.options import Exit, fail, output_options, policies_option, server_option
from pdp.cli.rendering import render_actions, render_found
from pdp.core.entity import Entity
from pdp.core.errors import PdpError
from pdp.wire.json_form import message_to_json
from pdp.wire.lookups import action_answer_to_wire, found_to_json
from pdp.wiring.words import load_words


@click.command()
@question_options
@click.option("--resources", is_flag=True, help="Seek resources of the category, among all that the facts know of.")
@click.option("--within", metavar="TYPE:ID", help="With --resources: only what lies in this.")
@as_of_option
@policies_option
@server_option
@output_options
def what(
    file: Any,
    resources: bool,
    within: str | None,
    as_of: datetime | None,
    policies: Path,
    server: str | None,
    form: str,
    lang: str,
    **flags: Any,
) -> None:
    """Show what the subject may do to the resource; with --resources, to what it may do the action.

    FILE holds one CheckRequest as JSON, `-` is stdin. Exit code 0: something, 1: nothing, 2: trouble.
    """
    words = load_words()
    if within is not None and not resources:
        raise click.UsageError("--within goes with --resources")
    try:
        if file is None and any(flags.values()) and not resources:
            flags["action"] = flags["action"] or "read"
        request = read_question(file, words, **flags)
        if not resources:
            answers = look_up_actions(request, as_of, server, policies, words)
        else:
            found = look_up_resources(request, _entity(within), as_of, server, policies, words)
    except PdpError as error:
        fail(error, lang)
    if resources:
        shown, any_found = found_to_json(found), bool(found.matches)
        if form == "text":
            render_found(found, lang)
    else:
        shown = {"actions": [message_to_json(action_answer_to_wire(*answer)) for answer in answers]}
        any_found = any(decision.allowed for _, decision in answers)
        if form == "text":
            render_actions(answers, lang)
    if form == "json":
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    sys.exit(Exit.YES if any_found else Exit.NO)


def _entity(name: str | None) -> Entity | None:
    if name is None:
        return None
    try:
        return Entity.parse(name)
    except ValueError as error:
        raise click.BadParameter(f"`{name}` {error}", param_hint="--within") from error
