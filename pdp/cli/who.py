"""`pdp who`: everybody who may do this to that, and by which sentence."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pdp.cli.asking import question_options, read_question
from pdp.cli.looking_up import as_of_option, look_up_subjects
from pdp.cli.options import Exit, fail, output_options, policies_option, server_option
from pdp.cli.rendering import render_found
from pdp.core.errors import PdpError
from pdp.wire.lookups import found_to_json
from pdp.wiring.words import load_words


@click.command()
@question_options
@click.option("--subject-type", default="user", show_default=True, help="Of which type those sought are.")
@as_of_option
@policies_option
@server_option
@output_options
def who(
    file: Any,
    subject_type: str,
    as_of: datetime | None,
    policies: Path,
    server: str | None,
    form: str,
    lang: str,
    **flags: Any,
) -> None:
    """Show who may do this to that, each with the sentence, and everyone where everyone may.

    FILE holds one CheckRequest as JSON, `-` is stdin; those sought are of the type of its subject, whoever it is.
    Exit code 0: somebody may, 1: nobody, 2: trouble.
    """
    words = load_words()
    try:
        if file is None and any(flags.values()):
            flags["subject"] = flags["subject"] or f"{subject_type}:-"
        request = read_question(file, words, **flags)
        found = look_up_subjects(request, as_of, server, policies, words)
    except PdpError as error:
        fail(error, lang)
    if form == "json":
        click.echo(json.dumps(found_to_json(found), ensure_ascii=False, indent=2))
    else:
        render_found(found, lang)
    sys.exit(Exit.YES if found.matches else Exit.NO)
