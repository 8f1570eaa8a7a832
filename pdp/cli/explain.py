"""`pdp explain`: why the answer is what it is."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pdp.cli.answering import explain_once, explain_recorded
from pdp.cli.asking import question_flags, read_question
from pdp.cli.check import exit_code
from pdp.cli.looking_up import as_of_option, timed
from pdp.cli.options import asked_store_option, fail, output_options, policies_option, server_option
from pdp.cli.rendering import render_explanation
from pdp.core.errors import PdpError
from pdp.core.explanation import Explanation, SearchOutcome
from pdp.core.request import Request
from pdp.core.visibility import Level
from pdp.deciding import has_form_of_id
from pdp.wire.json_form import message_to_json
from pdp.wire.responses import explanation_to_wire
from pdp.wiring.words import load_words


class _FileOrDecision(click.File):
    """A file, or the id of a decision, which stays text."""

    name = "file or decision id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and has_form_of_id(value) and not Path(value).exists():
            return value
        return super().convert(value, param, ctx)


@click.command()
@click.argument("asked", metavar="[FILE|DECISION_ID]", type=_FileOrDecision("rb"), required=False)
@click.option("--decision-id", metavar="ID", help="Explain this decision on record, as DECISION_ID does.")
@click.option(
    "--decision-log",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The decision log in which it is on record, where no --server is asked.",
)
@click.option(
    "--level",
    type=click.Choice([*Level]),
    default=Level.ADMIN,
    show_default=True,
    help="How much is shown: all of it, or what the asking program may know. A server asks for the right to `admin`.",
)
@question_flags
@as_of_option
@policies_option
@server_option
@asked_store_option
@output_options
def explain(
    asked: Any,
    decision_id: str | None,
    decision_log: Path | None,
    level: str,
    as_of: datetime | None,
    policies: Path,
    server: str | None,
    store: str | None,
    form: str,
    lang: str,
    **flags: Any,
) -> None:
    """Show how an answer came about: the sentence, the nearest rules and what each lacks, the facts; for a denial what
    would make it an allow.

    FILE holds one CheckRequest as JSON, `-` is stdin. DECISION_ID is of a decision on record: it is explained from its
    record and the policy that decided it, by a --server or from a --decision-log. With --as-of nothing is recorded.
    Exit code 0: allow, 1: deny, 2: trouble.
    """
    words = load_words()
    request: Request | str
    if isinstance(asked, str):
        if decision_id is not None:
            raise click.UsageError("give a DECISION_ID or --decision-id, not both")
        asked, decision_id = None, asked
    try:
        if decision_id is not None:
            if asked is not None or any(flags.values()) or as_of is not None:
                raise click.UsageError("a decision on record goes with no question and no --as-of")
            if (decision_log is None) == (server is None):
                raise click.UsageError(
                    "a decision on record is looked for by a --server or in a --decision-log: give one of them"
                )
            request, explanation = explain_recorded(
                decision_id, decision_log or server or "", policies, words, Level(level)
            )
        else:
            request = timed(read_question(asked, words, **flags), as_of)
            explanation = explain_once(request, server, policies, words, store, as_of, Level(level))
    except PdpError as error:
        fail(error, lang)
    if form == "json":
        click.echo(
            json.dumps(
                as_json(explanation, request if isinstance(request, str) else request.operator),
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        render_explanation(explanation, None if isinstance(request, str) else request, words.vocabulary, lang)
    sys.exit(exit_code(explanation.decision))


def as_json(explanation: Explanation, operator: str) -> dict[str, Any]:
    """Return the wire form, with the reason why a fact did not count in both languages beside the one of the wire, and
    what the search for changes came to.
    """
    answer = message_to_json(explanation_to_wire(explanation, operator))
    if explanation.search is not SearchOutcome.NOT_SEARCHED:
        answer["search"] = explanation.search.value
    for shown, use in zip(answer.get("facts", []), explanation.facts, strict=True):
        if use.why_not is not None:
            shown["why_not_message"] = dict(use.why_not.as_map())
    return answer
