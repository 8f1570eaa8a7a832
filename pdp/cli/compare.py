"""`pdp compare`: one question asked of every operator, side by side."""

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import click

from pdp.cli.answering import point_for
from pdp.cli.asking import Flags, question_options, spelled_out
from pdp.cli.options import Exit, fail, output_options, policies_option, say_request_error
from pdp.cli.rendering import render_comparison
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError, PdpError
from pdp.core.explanation import Explanation
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.request import Request
from pdp.core.vocabulary import WordKind
from pdp.wire.json_form import check_request_from_dict, message_to_json
from pdp.wire.json_text import parse_object
from pdp.wire.requests import request_from_wire
from pdp.wire.responses import decision_to_wire
from pdp.wire.words import Words
from pdp.wiring.folders import Policies, load_policies
from pdp.wiring.words import load_words


@dataclass(frozen=True, slots=True)
class Compared:
    """What one operator answers: an explanation, or why the question cannot be asked of it."""

    operator: str
    explanation: Explanation | None
    problems: tuple[str, ...] = ()


@click.command()
@question_options
@click.option("--role", help="A role that the subject holds for the whole operator, such as `authority`.")
@policies_option
@output_options
def compare(file: Any, role: str | None, policies: Path, form: str, lang: str, **flags: Any) -> None:
    """Ask one question of every operator and show the answers side by side, with their sentences.

    The question is a FILE or flags, as for `pdp check`; its operator is left out. Exit code 0: every operator that can
    be asked allows, 1: at least one denies, 2: trouble.
    """
    words = load_words()
    try:
        asked = parse_object(file.read()) if file is not None else spelled_out(cast(Flags, flags))
        loaded = load_policies(policies, words)
    except PdpError as error:
        fail(error, lang)
    answers = [_ask(operator, dict(asked), role, loaded, words, lang) for operator in sorted(loaded.findings)]
    if form == "json":
        click.echo(json.dumps([_as_json(answer) for answer in answers], ensure_ascii=False, indent=2))
    else:
        rows = [(answer.operator, answer.explanation, answer.problems) for answer in answers]
        render_comparison(rows, lang)
    found = [answer.explanation for answer in answers if answer.explanation is not None]
    if not found:
        sys.exit(Exit.TROUBLE)
    sys.exit(Exit.YES if all(explanation.decision.allowed for explanation in found) else Exit.NO)


def _ask(
    operator: str, asked: dict[str, object], role: str | None, loaded: Policies, words: Words, lang: str
) -> Compared:
    asked["operator"] = operator
    try:
        request = _with_role(request_from_wire(check_request_from_dict(asked), words), role, words)
        return Compared(operator, point_for(operator, loaded).explain(request))
    except InvalidRequestError as error:
        return Compared(operator, None, tuple(say_request_error(mistake, lang) for mistake in error.errors))
    except PdpError as error:
        return Compared(operator, None, (str(error),))


def _with_role(request: Request, role: str | None, words: Words) -> Request:
    if role is None:
        return request
    known = words.vocabulary.words(WordKind.ROLE).get(role)
    if known is None or "operator" not in known.held_in:
        nearest = words.vocabulary.nearest(WordKind.ROLE, role)
        raise click.UsageError(f"--role: `{role}` is no role that is held for a whole operator (nearest: {nearest})")
    held = RoleAssignment(request.subject, role, Entity("operator", request.operator))
    return replace(request, facts=(*request.facts, Fact(held)))


def _as_json(answer: Compared) -> dict[str, object]:
    shown: dict[str, object] = {"operator": answer.operator, "problems": list(answer.problems)}
    if answer.explanation is not None:
        shown["answer"] = message_to_json(decision_to_wire(answer.explanation.decision))
    return shown
