"""`pdp callers`: who may ask, how each shows who it is, and what it may do."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from pdp.callers.caller_entry import NamedCaller
from pdp.cli.options import Exit, output_options
from pdp.core.errors import InvalidPolicyError, InvalidSettingsError
from pdp.wiring.callers import live_callers
from pdp.wiring.words import load_words

_HEADS = {
    "en": ("caller", "known by", "operators", "methods", "asserts", "writes", "for"),
    "vi": ("bên gọi", "nhận ra qua", "nhà cung cấp", "phương thức", "tự nêu", "được ghi", "thay cho"),
}


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--client-ca",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The authorities of client certificates, as the server is given them.",
)
@output_options
def callers(file: Path, client_ca: Path | None, form: str, lang: str) -> None:
    """Read a file of callers, and everything that it names, as the server does.

    Shows who may do what (exit code 0), or every mistake (exit code 1).
    """
    try:
        known = live_callers(file, load_words(), str(client_ca.absolute()) if client_ca else "")
    except InvalidSettingsError as error:
        for mistake in _mistakes(error, lang):
            click.echo(mistake, err=True)
        sys.exit(Exit.NO)
    named = sorted(known.book.file.callers, key=lambda each: each.caller.name)
    if form == "json":
        click.echo(json.dumps([_plain(each) for each in named], ensure_ascii=False, indent=2))
        return
    table = Table(*_HEADS[lang], box=None, pad_edge=False)
    for each in named:
        plain = _plain(each)
        table.add_row(each.caller.name, *("\n".join(_shown(plain[key])) or "–" for key in _COLUMNS))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


_COLUMNS = ("known_by", "operators", "methods", "asserts", "writes", "actors")


def _mistakes(error: InvalidSettingsError, lang: str) -> list[str]:
    if isinstance(error.__cause__, InvalidPolicyError):
        return [finding.in_locale(lang) for finding in error.__cause__.findings]
    return list(error.mistakes)


def _shown(value: Any) -> list[str]:
    return [str(item) for item in value]


def _plain(named: NamedCaller) -> dict[str, Any]:
    caller = named.caller
    tokens = [f"token {issuer}: {subject}" for issuer, subject in named.tokens]
    return {
        "caller": caller.name,
        "known_by": [*named.certificates, *tokens, *(["API key"] if named.has_api_keys else [])],
        "operators": sorted(caller.operators),
        "methods": sorted(method.removeprefix("pdp.api.v1.") for method in caller.methods),
        "asserts": sorted(caller.asserts),
        "writes": sorted(caller.writes),
        "actors": sorted(caller.actors),
        "admin_explanations": caller.explains_as_admin,
        "calls_per_second": caller.calls_per_second,
        "weight": caller.weight,
    }
