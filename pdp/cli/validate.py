"""`pdp validate`: every finding in policy folders, or in any Casbin model with its policy."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from pdp.cli.analysing import need_solver, progress_on_stderr
from pdp.cli.mending import difference, mend_files
from pdp.cli.options import Exit, fail, language_option
from pdp.cli.sarif import as_sarif
from pdp.core.errors import PdpError
from pdp.core.finding import Finding, Severity
from pdp.core.text import Text
from pdp.engine import Finding as EngineFinding
from pdp.engine import check_files
from pdp.wire.words import Words
from pdp.wiring.folders import load_policy_at, validate_directory
from pdp.wiring.words import load_words

_WEIGHT = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is validated: a directory of folders, or a model with its policy."""

    directory: Path | None
    model: Path | None = None
    policy: Path | None = None
    functions: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise UsageError unless it is one of the two."""
        if (self.directory is None) == (self.model is None and self.policy is None):
            raise click.UsageError("name a DIRECTORY, or --model and --policy")
        if (self.model is None) != (self.policy is None):
            raise click.UsageError("--model and --policy go together")

    def findings(self, words: Words) -> dict[str, tuple[Finding, ...]]:
        """Return the findings by what they are in: an operator, or the policy."""
        if self.directory is not None:
            return dict(validate_directory(self.directory, words))
        found = check_files(str(self.model), str(self.policy), self.functions)
        return {str(self.policy): tuple(_of_folder(finding) for finding in found)}


def _of_folder(finding: EngineFinding) -> Finding:
    """Return a finding of the engine, which is usable alone, as one of ours."""
    return Finding(
        file=finding.file,
        line=finding.line,
        column=finding.column,
        severity=Severity(finding.severity),
        code=finding.code,
        message=Text(finding.message["vi"], finding.message["en"]),
        suggestion=finding.suggestion,
    )


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--model", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Any Casbin model instead.")
@click.option(
    "--policy", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The policy of that model."
)
@click.option("--function", "functions", metavar="NAME", multiple=True, help="A function that its program adds.")
@click.option("--thorough", is_flag=True, help="Look at every situation, too (needs the extra `analysis`).")
@click.option("--notes", is_flag=True, help="Show what is only worth a look, too.")
@click.option("--fix", is_flag=True, help="Mend what is mechanical and show what was changed; comments stay.")
@click.option("--dry-run", is_flag=True, help="With --fix: show the changes and write nothing.")
@click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    default=Severity.ERROR.value,
    show_default=True,
    help="End with 1 when there is a finding of this weight or more.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="Text for people, JSON in both languages, or SARIF 2.1.0.",
)
@language_option
def validate(
    directory: Path | None,
    model: Path | None,
    policy: Path | None,
    functions: tuple[str, ...],
    thorough: bool,
    notes: bool,
    fix: bool,
    dry_run: bool,
    fail_on: str,
    form: str,
    lang: str,
) -> None:
    """Print every finding in DIRECTORY: the folder of one operator, or a directory of such folders.

    With --model and --policy, in any Casbin model, also without our vocabulary. Exit code 0: no error, 1: at least one
    error, 2: trouble.
    """
    subject = _Subject(directory, model, policy, functions)
    subject.check()
    if dry_run and not fix:
        raise click.UsageError("--dry-run goes with --fix")
    if thorough:
        if directory is None:
            raise click.UsageError("--thorough looks at folders of policies")
        need_solver(lang)
    words = load_words()
    try:
        if fix:
            _fix(subject, words, dry_run=dry_run, quiet=form != "text")
        by_operator = subject.findings(words)
        if thorough and directory is not None:
            by_operator = _thoroughly(directory, words, by_operator)
    except PdpError as error:
        fail(error, lang)
    except OSError as error:
        click.echo(str(error), err=True)
        sys.exit(Exit.TROUBLE)
    findings = [finding for operator in sorted(by_operator) for finding in by_operator[operator]]
    _show(findings, form, lang, notes=notes)
    if form == "text":
        click.echo(_summary(by_operator.keys(), findings, lang), err=True)
    if not by_operator:
        sys.exit(Exit.TROUBLE)
    heavy = [found for found in findings if _WEIGHT[found.severity] >= _WEIGHT[Severity(fail_on)]]
    sys.exit(Exit.NO if heavy else Exit.YES)


def _thoroughly(
    directory: Path, words: Words, by_operator: dict[str, tuple[Finding, ...]]
) -> dict[str, tuple[Finding, ...]]:
    """Return the findings with those that the solver adds, for each folder without an error."""
    from pdp.review.thorough import review_thoroughly

    whole = (directory / "policy.csv").exists()
    found = {}
    for operator, findings in by_operator.items():
        found[operator] = findings
        if not any(finding.severity is Severity.ERROR for finding in findings):
            policy = load_policy_at(str(directory if whole else directory / operator), words)
            more = review_thoroughly(policy, words.schema, progress_on_stderr(f"pdp validate {operator}"))
            found[operator] = tuple(sorted([*findings, *more], key=lambda finding: finding.place))
    return found


def _fix(subject: _Subject, words: Words, *, dry_run: bool, quiet: bool) -> None:
    """Mend what can be mended, in a copy when nothing is to be written, and show each change."""

    def mend(of: _Subject) -> dict[Path, tuple[bytes, bytes]]:
        return mend_files(lambda: [finding for found in of.findings(words).values() for finding in found])

    if dry_run:
        with tempfile.TemporaryDirectory() as place:
            copied, home = _copy(subject, Path(place))
            changes = {home / path.relative_to(place): change for path, change in mend(copied).items()}
    else:
        changes = mend(subject)
    for path, (old, new) in changes.items():
        click.echo(difference(path, old, new), err=quiet, nl=False)


def _copy(subject: _Subject, place: Path) -> tuple[_Subject, Path]:
    """Copy what is validated into *place*; return it there, and where its paths are relative to."""
    if subject.directory is not None:
        whole = (subject.directory / "policy.csv").exists()
        # The folder of one operator needs the shared one beside it.
        has_name = subject.directory.name not in {"", ".."}
        folder = subject.directory if has_name else subject.directory.resolve()
        home = folder.parent if whole else subject.directory
        shutil.copytree(home, place, dirs_exist_ok=True)
        return replace(subject, directory=place / folder.name if whole else place), home
    copies = [place / f"{number}-{path.name}" for number, path in enumerate((subject.model, subject.policy)) if path]
    for source, copy in zip((subject.model, subject.policy), copies, strict=True):
        shutil.copyfile(str(source), copy)
    return replace(subject, model=copies[0], policy=copies[1]), Path()


def _show(findings: Sequence[Finding], form: str, lang: str, *, notes: bool) -> None:
    if form == "json":
        click.echo(json.dumps([_as_json(finding) for finding in findings], ensure_ascii=False, indent=2))
    elif form == "sarif":
        click.echo(json.dumps(as_sarif(findings, lang), ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            if notes or finding.severity is not Severity.NOTE:
                click.echo(finding.in_locale(lang))


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


def _summary(operators: Iterable[str], findings: Sequence[Finding], lang: str) -> str:
    names = ", ".join(sorted(operators))
    count = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    if not names:
        return "không có thư mục chính sách nào" if lang == "vi" else "there is no policy folder here"
    if lang == "vi":
        errors, warnings = f"{count[Severity.ERROR]} lỗi", f"{count[Severity.WARNING]} cảnh báo"
        return f"{names}: {errors}, {warnings}, {count[Severity.NOTE]} ghi chú"
    told = [f"{number} {severity.value}{'' if number == 1 else 's'}" for severity, number in count.items()]
    return f"{names}: {', '.join(told)}"
