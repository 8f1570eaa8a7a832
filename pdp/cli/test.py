"""`pdp test`: runs case files, explains each failure, and says whether the cases are enough."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from pdp.cases import Outcome, Selection, near_misses_text
from pdp.cli.case_report import coverage_json, coverage_lines, mutation_json, mutation_lines
from pdp.cli.case_run import CaseOptions, Results, run
from pdp.cli.explain import as_json
from pdp.cli.junit import junit_xml
from pdp.cli.options import Exit, output_options, policies_option, say, server_option
from pdp.cli.rendering import explanation_text, render_explanation
from pdp.cli.watching import watch
from pdp.core.errors import PdpError
from pdp.core.explanation import Explanation
from pdp.wire.words import Words
from pdp.wiring.words import load_words

_SHARES: Final = ("rules", "conditions", "clauses", "changes")


def _required(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> Mapping[str, float]:
    found = {}
    for value in values:
        name, _, percent = value.partition("=")
        try:
            found[name] = float(percent)
        except ValueError:
            found[name] = -1.0
        if name not in _SHARES or not 0 <= found[name] <= 100:
            raise click.BadParameter(f"`{value}`: write one of {', '.join(_SHARES)}, `=`, and a percentage")
    return found


@click.command(name="test")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@policies_option
@server_option
@click.option(
    "--stored-facts-ok",
    is_flag=True,
    help="Run on a --server although an operator has stored facts beside those of cases.",
)
@click.option(
    "--only", "texts", metavar="TEXT", multiple=True, help="Only cases with TEXT in their id; may be repeated."
)
@click.option(
    "--clause", "clauses", metavar="ID", multiple=True, help="Only cases about this sentence; may be repeated."
)
@click.option(
    "--operator", "operators", metavar="ID", multiple=True, help="Only cases of this operator; may be repeated."
)
@click.option("--decision", type=click.Choice(["allow", "deny"]), default=None, help="Only cases that expect this.")
@click.option("--sentences", is_flag=True, help="A denial, too, must name one of the sentences of its case.")
@click.option("--coverage", is_flag=True, help="Say which rules, conditions and sentences no passing case rests on.")
@click.option("--mutate", is_flag=True, help="Try small changes of every rule and say which of them no case notices.")
@click.option(
    "--propose",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write near misses that would notice widened rules to FILE, for you to read; of one operator.",
)
@click.option(
    "--require",
    "required",
    metavar="SHARE=PERCENT",
    multiple=True,
    callback=_required,
    help="End with 1 below this share of rules, conditions, clauses or changes; may be repeated.",
)
@click.option(
    "--junit", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML to FILE."
)
@click.option(
    "--watch", "watching", is_flag=True, help="Run again whenever a policy or a case changes; ends with Ctrl-C."
)
@output_options
def run_case_files(
    watching: bool,
    texts: tuple[str, ...],
    clauses: tuple[str, ...],
    operators: tuple[str, ...],
    decision: str | None,
    **given: Any,
) -> None:
    """Run the cases of each FILE (or of every case file below a directory) and explain the failures.

    Where --policies is not given, cases that lie in the folder of an operator are run against the rules in that folder.

    Exit code 0: all passed, 1: some failed or a share is too small, 2: trouble.
    """
    if click.get_current_context().get_parameter_source("policies") is ParameterSource.DEFAULT:
        given["policies"] = _beside(given["paths"]) or given["policies"]
    options = CaseOptions(selection=Selection(texts, clauses, operators, decision or ""), **given)
    needs_files = options.coverage or options.mutate or options.propose is not None or options.required
    if options.server is not None and needs_files:
        raise click.UsageError("a server does not say enough for --coverage, --mutate, --propose and --require")
    if watching:
        paths = [*options.paths, *([options.policies] if options.server is None else [])]
        try:
            watch(paths, lambda: _run_and_report(options))
        except KeyboardInterrupt:
            sys.exit(Exit.YES)
    sys.exit(_run_and_report(options))


def _beside(paths: Sequence[Path]) -> Path | None:
    """Return the directory of policies in which the cases lie, None when they lie in none.

    Otherwise somebody who edits a copy would be told that the rules elsewhere pass.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        folder = path if path.is_dir() else path.parent
        if (folder / "policy.csv").exists():
            home = folder.parent if folder.name not in {"", ".."} else folder.resolve().parent
            found.setdefault(home.resolve(), home)
        elif any(folder.glob("*/policy.csv")):
            found.setdefault(folder.resolve(), folder)
    if len(found) > 1:
        named = ", ".join(f"`{home}`" for home in found.values())
        raise click.UsageError(f"the cases lie beside several policies, {named}: name one with --policies")
    return next(iter(found.values()), None)


def _run_and_report(options: CaseOptions) -> Exit:
    words = load_words()
    try:
        results = run(options, words)
        if options.junit is not None:
            options.junit.write_text(
                junit_xml(results.outcomes, _explained(results, options.lang), options.lang), "utf-8"
            )
        if options.propose is not None:
            options.propose.write_text(near_misses_text(results.proposed), "utf-8")
    except PdpError as error:
        say(error, options.lang)
        return Exit.TROUBLE
    except OSError as error:
        click.echo(str(error), err=True)
        return Exit.TROUBLE
    if options.form == "json":
        click.echo(json.dumps(_as_json(results), ensure_ascii=False, indent=2))
    else:
        _show(results, words, options.lang)
    _sum_up(results, options)
    if not results.outcomes:
        click.echo("không có ca nào" if options.lang == "vi" else "there are no cases", err=True)
        return Exit.TROUBLE
    failed = any(not outcome.passed for outcome in results.outcomes)
    return Exit.NO if failed or _falls_short(results, options) else Exit.YES


def _explained(results: Results, lang: str) -> Mapping[str, str]:
    return {
        outcome.case.id: explanation_text(results.explanations[outcome.case.id], outcome.case.request, lang)
        for outcome in results.outcomes
        if outcome.case.request is not None and outcome.case.id in results.explanations
    }


def _show(results: Results, words: Words, lang: str) -> None:
    for outcome in results.outcomes:
        if outcome.passed:
            continue
        click.echo(f"{outcome.case.id}: " + "; ".join(problem.in_locale(lang) for problem in outcome.problems))
        explanation = results.explanations.get(outcome.case.id)
        if explanation is not None and outcome.case.request is not None:
            render_explanation(explanation, outcome.case.request, words.vocabulary, lang)
            click.echo("")
    for coverage in results.coverages:
        click.echo("\n".join(coverage_lines(coverage, lang)))
    for mutation, survivors in results.mutations:
        click.echo("\n".join(mutation_lines(mutation, survivors, lang)))


def _sum_up(results: Results, options: CaseOptions) -> None:
    """Print the last lines, beside the JSON on stderr."""
    on_stderr = options.form == "json"
    failed = sum(not outcome.passed for outcome in results.outcomes)
    passed = len(results.outcomes) - failed
    if options.lang == "vi":
        click.echo(f"{passed} đạt, {failed} không đạt", err=on_stderr)
    else:
        click.echo(f"{passed} passed, {failed} failed", err=on_stderr)
    if options.propose is not None:
        count = len(results.proposed)
        said = f"{count} ca suýt được đề xuất" if options.lang == "vi" else f"{count} near misses proposed"
        click.echo(f"{said}: {options.propose}", err=on_stderr)


def _falls_short(results: Results, options: CaseOptions) -> bool:
    """Say on stderr which required shares are not reached; return whether there is any."""
    short = []
    shares = [(found.operator, name, share) for found in results.coverages for name, share in found.percentages.items()]
    shares += [(mutation.operator, "changes", mutation.score) for mutation, _ in results.mutations]
    for operator, name, share in shares:
        wanted = options.required.get(name)
        if wanted is not None and share < wanted:
            short.append(f"{operator}: {name} {share:.1f} % < {wanted:g} %")
    for line in short:
        click.echo(line, err=True)
    return bool(short)


def _as_json(results: Results) -> list[dict[str, Any]] | dict[str, Any]:
    """Return the cases, beside them what was asked of them as a whole."""
    cases = [_case_json(outcome, results.explanations.get(outcome.case.id)) for outcome in results.outcomes]
    if not results.coverages and not results.mutations:
        return cases
    return {
        "cases": cases,
        "coverage": {found.operator: coverage_json(found) for found in results.coverages},
        "mutation": {found.operator: mutation_json(found, survivors) for found, survivors in results.mutations},
    }


def _case_json(outcome: Outcome, explanation: Explanation | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": outcome.case.id,
        "passed": outcome.passed,
        "problems": [problem.en for problem in outcome.problems],
        "messages": [dict(problem.as_map()) for problem in outcome.problems],
    }
    if explanation is not None and outcome.case.request is not None:
        shown["explanation"] = as_json(explanation, outcome.case.request.operator)
    return shown
