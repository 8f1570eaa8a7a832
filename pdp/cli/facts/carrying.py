"""`pdp facts import` and `export`: many facts at once, as lines of JSON or as Casbin's table of rules."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from pdp.cli.facts.opening import FoundInStore, filter_options, named, opened, operator_option, selected, store_option
from pdp.cli.options import Exit, output_options, say_request_error, tell
from pdp.core.errors import InvalidRequestError, OtherRowsError, PdpError
from pdp.core.facts import Fact, RoleAssignment
from pdp.core.stores import FactFilter, FactStore, FactToWrite, Write
from pdp.core.text import Text
from pdp.wire.fact_requests import fact_from_json
from pdp.wire.json_form import message_to_json
from pdp.wire.outgoing import fact_to_wire
from pdp.wire.words import Words
from pdp.wiring.stores import casbin_rules
from pdp.wiring.words import load_words

Rule = tuple[str, tuple[str, ...]]
"""The type of a row of Casbin's table and its values."""

CALLER = "command line"
_BATCH = 1000
_WRITTEN = Text("đã ghi {written}, không ghi {not_written}", "{written} written, {not_written} not")
_OTHERS = Text(
    "--casbin: bảng casbin_rule có {} dòng không phải của lần xuất này; chưa ghi gì\n"
    "  gợi ý: --replace xóa các dòng đó; nếu giữ lại, chúng vẫn cấp quyền cho chương trình đọc bảng này",
    "--casbin: casbin_rule has {} rows that are not of this export; nothing was written\n"
    "  hint: --replace removes them; kept, they would go on granting to whoever reads the table",
)
_ROWS_WRITTEN = Text("đã ghi {written} dòng, không ghi {not_written}", "{written} rows written, {not_written} not")
_GROUPING = "g"
_WITH_SCOPE = 3


@click.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"), required=False)
@operator_option
@click.option("--casbin", metavar="URL", help="Read the table `casbin_rule` of this database instead of FILE.")
@click.option("--actor", metavar="TYPE:ID", default="service:pdp-facts", show_default=True, help="Who is on record.")
@store_option
@output_options
def import_facts(
    file: IO[str] | None, operator: str, casbin: str | None, actor: str, store: str, form: str, lang: str
) -> None:
    """Write the facts of FILE (one as JSON on each line, `-` for stdin) as they are, on the word of who runs this.

    What cannot be written is listed on stderr and the rest is written. Of `casbin_rule`, `g` rows with subject, role
    and scope are roles; `p` rows are printed as lines for a policy.csv.

    Exit code 0: everything was written, 1: something was listed, 2: trouble.
    """
    if (file is None) == (casbin is None):
        raise click.UsageError("give a FILE or --casbin, one of them")
    words = load_words()
    who = str(named("--actor", actor))
    rules: list[str] = []
    with opened(store, lang) as facts:
        numbered = _from_lines(file) if file is not None else _from_casbin(casbin or "", rules)
        written, listed = _write_all(facts, operator, who, numbered, words, lang)
    said: dict[str, object] = {"written": written, "not_written": listed}
    if casbin is not None and form == "text":
        click.echo("".join(f"{rule}\n" for rule in rules), nl=False)
        click.echo(_WRITTEN.in_locale(lang).format(**said), err=True)
    else:
        tell(said if casbin is None else {**said, "rules": rules}, _WRITTEN, form, lang)
    sys.exit(Exit.NO if listed else Exit.YES)


@click.command("export")
@operator_option
@filter_options
@click.option("--casbin", metavar="URL", help="Write the table `casbin_rule` of this database instead of lines.")
@click.option("--replace", is_flag=True, help="Remove the rows of that table which somebody else wrote.")
@click.option("--policies", type=click.Path(path_type=Path, file_okay=False), help="Export the rules of this, too.")
@store_option
@output_options
def export_facts(
    operator: str,
    kind: str | None,
    subject: str | None,
    scope: str | None,
    data_subject: str | None,
    casbin: str | None,
    replace: bool,
    policies: Path | None,
    store: str,
    form: str,
    lang: str,
) -> None:
    """Print the facts as lines of JSON, which `import` reads, in either format; or put them into Casbin's table.

    The table takes roles without granter and term (`g`: subject, role, scope) and rules of at most six columns (`p`).
    What does not fit is listed on stderr.

    Exit code 0: everything was written, 1: something was listed, 2: trouble.
    """
    selection = selected(kind, subject, scope, data_subject)
    with opened(store, lang) as facts:
        if casbin is None:
            for fact in FoundInStore(facts).all_facts(operator, selection):
                click.echo(json.dumps(_without_id(fact, operator), ensure_ascii=False))
            return
        rules, listed = _as_rules(facts, operator, selection, policies)
        try:
            refused = _put(rules, casbin, replaces=replace)
        except OtherRowsError as error:
            click.echo(_OTHERS.in_locale(lang).format(error.count), err=True)
            sys.exit(Exit.TROUBLE)
        written, listed = len(rules) - len(refused), listed + len(refused)
    tell({"written": written, "not_written": listed}, _ROWS_WRITTEN, form, lang)
    sys.exit(Exit.NO if listed else Exit.YES)


def _without_id(fact: Fact, operator: str) -> dict[str, Any]:
    message = message_to_json(fact_to_wire(fact, operator))
    message.pop("id", None)
    return message


def _from_lines(file: IO[str]) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except ValueError:
                yield f"line {number}", None


def _from_casbin(url: str, for_policy: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield each `g` row as a role, and None for what is none; `p` rows are appended to *for_policy*."""
    rules = casbin_rules(url)
    try:
        for number, (ptype, values) in enumerate(rules.read(), start=1):
            if ptype.startswith("p"):
                for_policy.append(", ".join((ptype, *values)))
            elif ptype == _GROUPING and len(values) == _WITH_SCOPE:
                subject, role, scope = values
                yield f"row {number}", {"role": {"subject": subject, "role": role, "scope": scope}}
            else:
                yield f"row {number} ({', '.join((ptype, *values))})", None
    finally:
        rules.close()


def _write_all(
    store: FactStore, operator: str, actor: str, numbered: Iterator[tuple[str, Any]], words: Words, lang: str
) -> tuple[int, int]:
    """Write what can be written, in batches each of which is all or nothing; return how many were, and were not."""
    waiting: dict[str, tuple[str, Fact]] = {}
    written = listed = 0
    for place, members in numbered:
        try:
            fact = fact_from_json(_object(members), words, operator)
        except InvalidRequestError as error:
            listed += 1
            for mistake in error.errors:
                click.echo(f"{place}: {say_request_error(mistake, lang)}", err=True)
            continue
        if fact.id in waiting or len(waiting) == _BATCH:
            written += _write(store, operator, actor, waiting)
        waiting[fact.id] = (place, fact)
    return written + _write(store, operator, actor, waiting), listed


def _object(members: Any) -> dict[str, object]:
    return members if isinstance(members, dict) else {}


def _write(store: FactStore, operator: str, actor: str, waiting: dict[str, tuple[str, Fact]]) -> int:
    """Write the facts that wait and forget them; raise the first mistake with its place."""
    if not waiting:
        return 0
    facts = tuple(FactToWrite(fact) for _, fact in waiting.values())
    try:
        with store.writing(operator) as writing:
            writing.apply(Write(actor=actor, caller=CALLER, at=datetime.now(UTC), facts=facts))
    except PdpError as error:
        first, last = next(iter(waiting.values()))[0], list(waiting.values())[-1][0]
        click.echo(f"{first} to {last}: {error}", err=True)
        raise
    waiting.clear()
    return len(facts)


def _as_rules(store: FactStore, operator: str, selection: FactFilter, policies: Path | None) -> tuple[list[Rule], int]:
    """Return what goes into the table; list which facts do not fit, and return how many they are."""
    rules: list[Rule] = []
    listed = 0
    for fact in FoundInStore(store).all_facts(operator, selection):
        kind = fact.kind
        if (
            isinstance(kind, RoleAssignment)
            and kind.granted_by is None
            and fact.valid_from is None
            and fact.valid_until is None
        ):
            rules.append((_GROUPING, (str(kind.subject), kind.role, str(kind.scope))))
        else:
            listed += 1
            click.echo(f"does not fit: {json.dumps(_without_id(fact, operator), ensure_ascii=False)}", err=True)
    if policies is not None:
        rules += _policy_rows(policies / operator / "policy.csv")
    return rules, listed


def _put(rules: list[Rule], url: str, *, replaces: bool) -> tuple[Rule, ...]:
    """Write the table; list what does not fit and return it."""
    table = casbin_rules(url)
    try:
        refused = table.write(rules, replaces=replaces)
    finally:
        table.close()
    for ptype, values in refused:
        click.echo(f"does not fit: {', '.join((ptype, *values))}", err=True)
    return refused


def _policy_rows(path: Path) -> Iterator[Rule]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise click.UsageError(f"--policies: {path} cannot be read: {error.strerror}") from None
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            ptype, *values = (part.strip() for part in line.split(","))
            yield ptype, tuple(values)
