"""`pdp keys`: the API keys of callers."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from pdp.callers.api_keys import KeptKey
from pdp.callers.caller_file import CallerFile
from pdp.callers.key_store import KeyStore
from pdp.cli.options import Exit, output_options
from pdp.core.errors import InvalidPolicyError, InvalidSettingsError
from pdp.wiring.callers import caller_file
from pdp.wiring.words import load_words

_file_option = click.option(
    "--callers",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    envvar="PDP_CALLERS",
    help="The file of callers; it names the files of keys.",
)
_days_option = click.option("--days", type=int, default=90, show_default=True, help="How long the new key is good.")


@click.group()
def keys() -> None:
    """Issue, list, rotate and revoke API keys.

    A server that runs follows within a second.
    """


@keys.command()
@click.argument("caller")
@_file_option
@_days_option
@click.option("--note", default="", help="What the key is for, or who asked for it.")
@output_options
def issue(caller: str, file: Path, days: int, note: str, form: str, lang: str) -> None:
    """Make a key for CALLER, and show it for the only time."""

    def made(known: CallerFile, store: KeyStore) -> tuple[str, KeptKey]:
        named = {each.caller.name for each in known.callers if each.has_api_keys}
        if caller not in named:
            raise InvalidSettingsError([f"`{caller}` is no caller with `api_keys: yes` in {file}"])
        return store.issue(caller, days, note, datetime.now(UTC))

    clear, kept = _with_store(file, lang, made)
    _show_new(clear, kept, form, lang)


@keys.command()
@click.argument("key_id")
@_file_option
@_days_option
@click.option(
    "--overlap-hours", type=int, default=24, show_default=True, help="How long the old key is good beside the new one."
)
@output_options
def rotate(key_id: str, file: Path, days: int, overlap_hours: int, form: str, lang: str) -> None:
    """Make another key in the place of KEY_ID, which goes on for a while."""
    overlap = timedelta(hours=max(0, overlap_hours))
    clear, kept = _with_store(file, lang, lambda _, store: store.rotate(key_id, days, overlap, datetime.now(UTC)))
    _show_new(clear, kept, form, lang)


@keys.command()
@click.argument("key_id", required=False)
@_file_option
@click.option("--all-of", metavar="CALLER", help="Every key of this caller.")
@output_options
def revoke(key_id: str | None, file: Path, all_of: str | None, form: str, lang: str) -> None:
    """Let KEY_ID, or every key of a caller, be good no longer."""
    if (key_id is None) == (all_of is None):
        raise click.UsageError("name either a key or a caller")

    def gone(_: CallerFile, store: KeyStore) -> tuple[str, ...]:
        if all_of is not None:
            return store.revoke_of(all_of, datetime.now(UTC))
        return (store.revoke(key_id or "", datetime.now(UTC)).id,)

    ids = _with_store(file, lang, gone)
    if form == "json":
        click.echo(json.dumps({"revoked": list(ids)}))
    for id_ in ids if form == "text" else ():
        click.echo(f"đã thu hồi {id_}" if lang == "vi" else f"revoked {id_}")
    if not ids:
        sys.exit(Exit.NO)


@keys.command(name="list")
@_file_option
@output_options
def list_keys(file: Path, form: str, lang: str) -> None:
    """Show every key, without what proves it."""
    now = datetime.now(UTC)
    found = sorted(_with_store(file, lang, lambda _, store: store.kept()), key=lambda key: (key.caller, key.made_at))
    if form == "json":
        click.echo(json.dumps([_plain(key, now) for key in found], ensure_ascii=False, indent=2))
        return
    for key in found:
        until = key.until.isoformat(timespec="seconds")
        state = _STATES_VI[key.state(now)] if lang == "vi" else key.state(now)
        click.echo(f"{key.id}  {state:<12}  {until}  {key.caller}  {key.note}".rstrip())


_STATES_VI = {"good": "còn hiệu lực", "ending": "sắp hết", "expired": "đã hết hạn", "revoked": "đã thu hồi"}


def _with_store(file: Path, lang: str, use: Callable[[CallerFile, KeyStore], Any]) -> Any:
    """Return what *use* makes of the file of callers and its keys; end with every mistake."""
    try:
        known = caller_file(file, load_words())
        if not known.keys:
            raise InvalidSettingsError([f"{file}: no caller has API keys: `keys` is missing"])
        folder = file.absolute().parent
        return use(known, KeyStore(folder / known.keys, folder / known.pepper))
    except InvalidPolicyError as error:
        for finding in error.findings:
            click.echo(finding.in_locale(lang), err=True)
    except InvalidSettingsError as error:
        for mistake in error.mistakes:
            click.echo(mistake, err=True)
    sys.exit(Exit.TROUBLE)


def _show_new(clear: str, kept: KeptKey, form: str, lang: str) -> None:
    if form == "json":
        click.echo(json.dumps({"key": clear, **_plain(kept, kept.made_at)}, ensure_ascii=False, indent=2))
        return
    click.echo(clear)
    until = kept.until.isoformat(timespec="seconds")
    click.echo(
        f"khóa này chỉ được hiển thị một lần; có hiệu lực đến {until}; gửi kèm `authorization: ApiKey {clear[:8]}…`"
        if lang == "vi"
        else f"shown this once; good until {until}; sent as `authorization: ApiKey {clear[:8]}…`",
        err=True,
    )


def _plain(key: KeptKey, now: datetime) -> dict[str, str | None]:
    return {
        "id": key.id,
        "caller": key.caller,
        "state": key.state(now),
        "made_at": key.made_at.isoformat(),
        "until": key.until.isoformat(),
        "note": key.note,
    }
