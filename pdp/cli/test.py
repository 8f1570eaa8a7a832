"""`pdp test`: runs case files and explains each failure."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from pdp.cli.answering import point_for
from pdp.cli.explain import as_json
from pdp.cli.options import Exit, fail, output_options, policies_option, say_request_error, server_option
from pdp.cli.rendering import render_explanation
from pdp.client import DecisionClient
from pdp.core.errors import InvalidRequestError, PdpError
from pdp.core.explanation import Explanation
from pdp.core.request import Request
from pdp.wire.json_form import check_request_from_dict
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words
from pdp.wiring import load_policies, load_words

CASE_SECONDS: Final = 30.0
"""How long one case may take on a server: what is tested is the answer, on however busy a machine."""

Explain = Callable[[Request], Explanation]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case came out: *problems* is empty when it passed."""

    id: str
    problems: tuple[str, ...]
    request: Request | None = None
    explanation: Explanation | None = None


@click.command(name="test")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@policies_option
@server_option
@output_options
def run_cases(paths: tuple[Path, ...], policies: Path, server: str | None, form: str, lang: str) -> None:
    """Run the cases of each FILE (or of every `cases*.json` below a directory) and explain the failures.

    Exit code 0: all passed, 1: some failed, 2: trouble.
    """
    words = load_words()
    try:
        with _asking(server, policies, words) as explain:
            outcomes = [_run(case, explain, words, lang) for file in _case_files(paths) for case in _read_cases(file)]
    except PdpError as error:
        fail(error, lang)
    failed = [outcome for outcome in outcomes if outcome.problems]
    if form == "json":
        click.echo(json.dumps([_as_json(outcome) for outcome in outcomes], ensure_ascii=False, indent=2))
    else:
        for outcome in failed:
            _show(outcome, words, lang)
    if lang == "vi":
        click.echo(f"{len(outcomes) - len(failed)} đạt, {len(failed)} không đạt", err=form == "json")
    else:
        click.echo(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed", err=form == "json")
    if not outcomes:
        click.echo("không có ca nào" if lang == "vi" else "there are no cases", err=True)
        sys.exit(Exit.TROUBLE)
    sys.exit(Exit.NO if failed else Exit.YES)


@contextmanager
def _asking(server: str | None, policies: Path, words: Words) -> Iterator[Explain]:
    """Give what explains a request: *server*, over one connection, or the policy files."""
    if server is None:
        loaded = load_policies(policies, words)
        yield lambda request: point_for(request.operator, loaded).explain(request)
    else:
        with DecisionClient(server, words, deadline_seconds=CASE_SECONDS) as client:
            yield lambda request: client.explain(request, level="admin")


def _case_files(paths: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        files += sorted(path.rglob("cases*.json")) if path.is_dir() else [path]
    return files


def _read_cases(file: Path) -> list[dict[str, Any]]:
    try:
        cases = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        click.echo(f"{file}: {error}", err=True)
        sys.exit(Exit.TROUBLE)
    if not isinstance(cases, list) or not all(_is_case(case) for case in cases):
        click.echo(f"{file}: must be a JSON list of cases, each with `id`, `request` and `expect.decision`", err=True)
        sys.exit(Exit.TROUBLE)
    return cases


def _is_case(case: object) -> bool:
    return (
        isinstance(case, dict)
        and isinstance(case.get("id"), str)
        and isinstance(case.get("request"), dict)
        and isinstance(case.get("expect"), dict)
        and case["expect"].get("decision") in {"allow", "deny"}
    )


def _run(case: dict[str, Any], explain: Explain, words: Words, lang: str) -> Outcome:
    try:
        request = request_from_wire(check_request_from_dict(case["request"]), words)
        explanation = explain(request)
    except InvalidRequestError as error:
        return Outcome(case["id"], tuple(say_request_error(mistake, lang) for mistake in error.errors))
    except PdpError as error:
        return Outcome(case["id"], (str(error),))
    return Outcome(case["id"], tuple(_problems(case, explanation)), request, explanation)


def _problems(case: dict[str, Any], explanation: Explanation) -> list[str]:
    """Compare an answer with what the case expects: an allow may owe more, and must rest on one of its clauses."""
    decision, expected = explanation.decision, case["expect"]
    answered = "allow" if decision.allowed else "deny"
    if answered != expected["decision"]:
        return [f"expected {expected['decision']}, was {answered} ({decision.cause.value})"]
    if not decision.allowed:
        return []
    problems = []
    missing = set(expected.get("obligations", [])) - {owed.id for owed in decision.obligations}
    if missing:
        problems.append(f"lacks the obligations {', '.join(sorted(missing))}")
    clauses = {reason.clause for reason in decision.reasons}
    if case.get("clauses") and not clauses & set(case["clauses"]):
        problems.append(f"rests on {', '.join(sorted(clauses))}, expected one of {', '.join(case['clauses'])}")
    return problems


def _show(outcome: Outcome, words: Words, lang: str) -> None:
    click.echo(f"{outcome.id}: " + "; ".join(outcome.problems))
    if outcome.request is not None and outcome.explanation is not None:
        render_explanation(outcome.explanation, outcome.request, words.vocabulary, lang)
        click.echo("")


def _as_json(outcome: Outcome) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": outcome.id, "passed": not outcome.problems, "problems": list(outcome.problems)}
    if outcome.problems and outcome.explanation is not None and outcome.request is not None:
        shown["explanation"] = as_json(outcome.explanation, outcome.request.operator)
    return shown
