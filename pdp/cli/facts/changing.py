"""`pdp facts grant`, `revoke` and `consent`: one change at a time, decided as a change over the wire is."""

import json
import sys
import uuid
from pathlib import Path
from typing import Any

import click

from pdp.cli.asking import key_values, role_of_sentence
from pdp.cli.facts.opening import actor_options, instant, named, opened, operator_option, server_option, store_option
from pdp.cli.facts.opening import asked as asked_server
from pdp.cli.options import Exit, fail, output_options
from pdp.core.errors import NoPolicyError, PdpError
from pdp.core.stores import Written
from pdp.wire.fact_requests import delete_from_json, fact_from_json, write_from_json
from pdp.wiring.folders import load_policies
from pdp.wiring.stores import fact_keeper
from pdp.wiring.words import load_words

CALLER = "command line"
"""Whose credential a change by hand shows: that of whoever may open the store."""

_TERM = ("valid_from", "valid_until")


@click.command()
@click.argument("fact")
@operator_option
@click.option("--valid-from", metavar="INSTANT", help="First instant at which it holds.")
@click.option("--valid-until", metavar="INSTANT", help="First instant at which it no longer holds.")
@actor_options
@server_option
@store_option
@output_options
def grant(fact: str, operator: str, valid_from: str | None, valid_until: str | None, **options: Any) -> None:
    """Write FACT: "user:hoa is family_member in child:minh", or one fact as JSON.

    Exit code 0: written, 1: the policy does not let the actor, 2: trouble.
    """
    try:
        written = json_or_role(fact)
    except PdpError as error:
        fail(error, options["lang"])
    for name, text in zip(_TERM, (valid_from, valid_until), strict=True):
        if text is not None:
            written[name] = instant(text, f"--{name.replace('_', '-')}").isoformat()
    _change(operator, {"facts": [written]}, **options)


@click.command()
@click.argument("fact")
@operator_option
@actor_options
@server_option
@store_option
@output_options
def revoke(fact: str, operator: str, **options: Any) -> None:
    """Delete FACT: its id, or "user:hoa is family_member in child:minh". It counts for no check that follows.

    Exit code 0: deleted, 1: there was none, or the policy does not let the actor, 2: trouble.
    """
    try:
        id_ = fact_from_json(json_or_role(fact), load_words(), operator).id if " " in fact else fact
    except PdpError as error:
        fail(error, options["lang"])
    _change(operator, {"ids": [id_]}, **options)


@click.command()
@operator_option
@click.option("--data-subject", metavar="TYPE:ID", required=True, help="Whose data it is about.")
@click.option("--status", default="given", show_default=True, help="given, withdrawn, refused, ...")
@click.option("--for", "purposes", metavar="PURPOSE", multiple=True, help="A purpose that it covers; repeat.")
@click.option("--category", "categories", metavar="CATEGORY", multiple=True, help="A category that it covers; repeat.")
@click.option("--recipient", metavar="TYPE:ID", default="", help="Who may get the data. [anyone]")
@click.option("--form-of-consent", default="electronic", show_default=True, help="written, electronic, ...")
@click.option("--explicit", is_flag=True, help="Asked for and given for exactly this.")
@actor_options
@server_option
@store_option
@output_options
def consent(
    operator: str,
    data_subject: str,
    status: str,
    purposes: tuple[str, ...],
    categories: tuple[str, ...],
    recipient: str,
    form_of_consent: str,
    explicit: bool,
    **options: Any,
) -> None:
    """Put down what the actor says about data: a consent, a refusal, a withdrawal.

    Exit code 0: written, 1: the actor may not, 2: trouble.
    """
    said: dict[str, Any] = {
        "data_subject": data_subject,
        "status": status,
        "purposes": list(purposes),
        "categories": list(categories),
        "recipient": recipient,
        "form": form_of_consent,
    }
    if explicit:
        said["properties"] = {"explicit": True}
    _change(operator, {"facts": [{"consent": said}]}, **options)


def json_or_role(text: str) -> dict[str, Any]:
    """Return the fact that *text* writes as JSON, or the role that it says."""
    if text.lstrip().startswith("{"):
        try:
            parsed = json.loads(text)
        except ValueError as error:
            raise click.UsageError(f"the fact is no JSON: {error}") from None
        if isinstance(parsed, dict):
            return parsed
    return {"role": role_of_sentence(text)}


def _change(
    operator: str,
    asked: dict[str, Any],
    *,
    actor: str,
    purpose: str,
    context: tuple[str, ...],
    policies: Path,
    server: str | None,
    store: str,
    form: str,
    lang: str,
) -> None:
    words = load_words()
    who = named("--actor", actor)
    request = {
        "operator": operator,
        "actor": {"type": who.type, "id": who.id},
        "purpose": purpose,
        "context": key_values("--context", context),
        "request_id": str(uuid.uuid4()),
        **asked,
    }
    if server is not None:
        with asked_server(server, lang) as client:
            written = client.write(request) if "facts" in asked else client.delete(request)
        _show(written, deletes="facts" not in asked, form=form)
        return
    with opened(store, lang) as facts:
        loaded = load_policies(policies, words, only=operator)
        declared = {each: policy.declared for each, policy in loaded.sets.items()}
        read = write_from_json if "facts" in asked else delete_from_json
        change = read(request, words, declared=declared, caller=CALLER)
        if operator not in loaded.sets:
            raise NoPolicyError(operator)
        written = fact_keeper(facts, loaded, words).change(change)
    _show(written, deletes="facts" not in asked, form=form)


def _show(written: Written, *, deletes: bool, form: str) -> None:
    if form == "json":
        told = {
            "token": str(written.token),
            "ids": list(written.ids),
            "deleted": written.deleted,
            "decision_ids": list(written.decision_ids),
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    elif deletes:
        click.echo(f"deleted {written.deleted}")
    else:
        click.echo(f"written {', '.join(written.ids)}")
    if deletes and not written.deleted:
        sys.exit(Exit.NO)
