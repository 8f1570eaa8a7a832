"""`pdp check`: one question, one answer."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from pdp.cli.answering import check_once
from pdp.cli.asking import question_options, read_question
from pdp.cli.options import Exit, asked_store_option, fail, output_options, policies_option, server_option
from pdp.cli.rendering import render_decision
from pdp.core.decision import Cause, Decision
from pdp.core.errors import PdpError
from pdp.wire.json_form import message_to_json
from pdp.wire.responses import decision_to_wire
from pdp.wiring.words import load_words


@click.command()
@question_options
@policies_option
@server_option
@asked_store_option
@output_options
def check(file: Any, policies: Path, server: str | None, store: str | None, form: str, lang: str, **flags: Any) -> None:
    """Answer one question: allow or deny, with the sentence that decided.

    FILE holds one CheckRequest as JSON, `-` is stdin. Exit code 0: allow, 1: deny, 2: trouble.
    """
    words = load_words()
    try:
        request = read_question(file, words, **flags)
        decision = check_once(request, server, policies, words, store)
    except PdpError as error:
        fail(error, lang)
    if form == "json":
        click.echo(json.dumps(message_to_json(decision_to_wire(decision)), ensure_ascii=False, indent=2))
    else:
        render_decision(decision, request, lang)
    sys.exit(exit_code(decision))


def exit_code(decision: Decision) -> Exit:
    """Return yes for an allow, no for a deny, trouble for a deny that an error caused."""
    if decision.cause is Cause.ERROR:
        return Exit.TROUBLE
    return Exit.YES if decision.allowed else Exit.NO
