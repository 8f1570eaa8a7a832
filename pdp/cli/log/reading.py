"""`pdp log tail`, `show` and `export`: what stands in a log."""

import json
import sys
from collections.abc import Iterable
from heapq import nlargest
from pathlib import Path

import click

from pdp.cli.log.opening import as_json, headline, local, log_argument, opened_folder, selecting_options, selector
from pdp.cli.options import Exit, output_options
from pdp.core.log_ports import PersonKeys
from pdp.decision_log import Record, find, past_of, records


@click.command("tail")
@log_argument
@click.option("--lines", "-n", type=click.IntRange(1), default=20, show_default=True, help="How many records.")
@selecting_options
@output_options
def tail(folder: Path, log_keys: Path | None, lines: int, form: str, lang: str, **selection: str | None) -> None:
    """Print the last records in DIR, by the instant for which they were decided."""
    is_selected = selector(**selection)
    with opened_folder(folder, log_keys, lang) as log:
        # Writers write at the same time, so the last records are found among all of them.
        found = nlargest(
            lines, filter(is_selected, records(log.folder, signed=log.signed())), key=lambda record: record.at
        )
        _print(reversed(found), log.persons(), form)


@click.command("show")
@log_argument
@click.argument("decision_id")
@output_options
def show(folder: Path, decision_id: str, log_keys: Path | None, form: str, lang: str) -> None:
    """Print all that the record of DECISION_ID in DIR tells. Exit code 1: there is none."""
    with opened_folder(folder, log_keys, lang) as log:
        record = find(log.folder, decision_id, log.signed())
        if record is None:
            click.echo(f"{folder}: no record of `{decision_id}`", err=True)
            sys.exit(Exit.NO)
        past = past_of(record, log.persons())
    if form == "text":
        click.echo(headline(past, local(record.at)))
    click.echo(json.dumps(as_json(past), ensure_ascii=False, indent=2))


@click.command("export")
@log_argument
@selecting_options
@output_options
def export(folder: Path, log_keys: Path | None, form: str, lang: str, **selection: str | None) -> None:
    """Print the records in DIR, opened as far as there are keys, one a line: JSON, or for people with --format text."""
    is_selected = selector(**selection)
    with opened_folder(folder, log_keys, lang) as log:
        _print((each for each in records(log.folder, signed=log.signed()) if is_selected(each)), log.persons(), form)


def _print(found: Iterable[Record], keys: PersonKeys, form: str) -> None:
    for record in found:
        past = past_of(record, keys)
        if form == "json":
            click.echo(json.dumps(as_json(past), ensure_ascii=False))
        else:
            click.echo(headline(past, local(record.at)))
