"""`pdp facts list` and `pdp facts history`."""

import json

import click

from pdp.cli.facts.opening import filter_options, found, operator_option, selected, server_option, store_option
from pdp.cli.options import output_options
from pdp.cli.phrases import say_fact
from pdp.core.facts import Fact
from pdp.core.local_time import say_instant
from pdp.core.stores import Change, Version
from pdp.wire.json_form import message_to_json
from pdp.wire.outgoing import fact_to_wire


@click.command("list")
@operator_option
@filter_options
@click.option("--as-of", metavar="INSTANT", help="As they were at this instant.")
@server_option
@store_option
@output_options
def list_facts(
    operator: str,
    kind: str | None,
    subject: str | None,
    scope: str | None,
    data_subject: str | None,
    as_of: str | None,
    server: str | None,
    store: str,
    form: str,
    lang: str,
) -> None:
    """Print the stored facts, one a line: what each says, its term, its id."""
    selection = selected(kind, subject, scope, data_subject, as_of)
    with found(server, store, lang) as facts:
        for fact in facts.all_facts(operator, selection):
            if form == "json":
                click.echo(json.dumps(message_to_json(fact_to_wire(fact, operator)), ensure_ascii=False))
            else:
                click.echo(f"{say_fact(fact).in_locale(lang)}{_term(fact, lang)}  [{fact.id}]")


@click.command()
@operator_option
@filter_options
@server_option
@store_option
@output_options
def history(
    operator: str,
    kind: str | None,
    subject: str | None,
    scope: str | None,
    data_subject: str | None,
    server: str | None,
    store: str,
    form: str,
    lang: str,
) -> None:
    """Print every version of facts that is kept: who wrote and who ended it, when, under which decision."""
    selection = selected(kind, subject, scope, data_subject)
    with found(server, store, lang) as facts:
        for version in facts.history(operator, selection):
            if form == "json":
                click.echo(json.dumps(_as_json(version, operator), ensure_ascii=False))
            else:
                click.echo("\n".join(_lines(version, lang)))


def _term(fact: Fact, lang: str) -> str:
    since, until = ("từ", "đến trước") if lang == "vi" else ("from", "until")
    begins = f" {since} {say_instant(fact.valid_from)}" if fact.valid_from else ""
    ends = f" {until} {say_instant(fact.valid_until)}" if fact.valid_until else ""
    return f"{begins}{ends}"


def _lines(version: Version, lang: str) -> list[str]:
    written, replaced, deleted = ("ghi", "thay", "xóa") if lang == "vi" else ("written", "replaced", "deleted")
    lines = [
        f"{say_fact(version.fact).in_locale(lang)}{_term(version.fact, lang)}  [{version.fact.id}]",
        f"  {written}: {_said(version.begun)}",
    ]
    if version.ended is not None:
        lines.append(f"  {deleted if version.deleted else replaced}: {_said(version.ended)}")
    return lines


def _said(change: Change) -> str:
    under = f"  decision {change.decision_id}" if change.decision_id else ""
    return f"{say_instant(change.at)}  {change.actor or '–'}  {change.token}{under}"


def _as_json(version: Version, operator: str) -> dict[str, object]:
    return {
        "fact": message_to_json(fact_to_wire(version.fact, operator)),
        "written": _change_as_json(version.begun),
        "ended": None if version.ended is None else _change_as_json(version.ended),
        "deleted": version.deleted,
    }


def _change_as_json(change: Change) -> dict[str, str]:
    return {
        "at": change.at.isoformat(),
        "actor": change.actor,
        "decision_id": change.decision_id,
        "token": str(change.token),
    }
