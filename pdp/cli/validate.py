"""`pdp validate`: every finding in policy folders."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from pdp.cli.options import Exit, fail, output_options
from pdp.core.errors import PdpError
from pdp.core.finding import Finding, Severity
from pdp.wiring import load_words, validate_directory


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@output_options
def validate(directory: Path, form: str, lang: str) -> None:
    """Print every finding in DIRECTORY: the folder of one operator, or a directory of such folders.

    Exit code 0: no error, 1: at least one error, 2: trouble.
    """
    try:
        by_operator = validate_directory(directory, load_words())
    except PdpError as error:
        fail(error, lang)
    findings = [finding for operator in sorted(by_operator) for finding in by_operator[operator]]
    if form == "json":
        click.echo(json.dumps([_as_json(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(finding.in_locale(lang))
        click.echo(_summary(by_operator.keys(), findings, lang), err=True)
    if not by_operator:
        sys.exit(Exit.TROUBLE)
    sys.exit(Exit.NO if any(finding.severity is Severity.ERROR for finding in findings) else Exit.YES)


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity.value,
        "code": finding.code,
        "message": dict(finding.message.as_map()),
        "suggestion": finding.suggestion,
    }


def _summary(operators: Iterable[str], findings: list[Finding], lang: str) -> str:
    names = ", ".join(sorted(operators))
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors
    if not names:
        return "không có thư mục chính sách nào" if lang == "vi" else "there is no policy folder here"
    if lang == "vi":
        return f"{names}: {errors} lỗi, {warnings} cảnh báo"
    return f"{names}: {errors} errors, {warnings} warnings"
