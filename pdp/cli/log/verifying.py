"""`pdp log verify`: whether anything in a log is not as its writers left it."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import click

from pdp.cli.log.opening import heads_of, heads_option, log_argument, opened_folder
from pdp.cli.options import Exit, output_options
from pdp.core.text import Text
from pdp.decision_log import Fault, Verified

_WHOLE: Final = Text("nhật ký nguyên vẹn", "the log is whole")
_FAULTS: Final = Text("nhật ký đã bị thay đổi", "the log is not as it was written")
_NO_SECOND: Final = Text(
    "chưa đối chiếu với chữ ký trong kho dữ kiện (--store): không thấy được phần đuôi bị cắt cùng chữ ký của nó",
    "heads in the store were not compared (--store): an end cut off with its heads is not found",
)
_OWN_KEY: Final = Text(
    "khóa công khai được lấy từ chính nhật ký (--public-key): không thấy được nhật ký bị thay toàn bộ",
    "the public key is the log's own (--public-key): a log replaced as a whole is not found",
)


@click.command("verify")
@log_argument
@heads_option
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The public key of the log, kept elsewhere. [signing.pub among the keys]",
)
@output_options
def verify(
    folder: Path, log_keys: Path | None, store: str | None, public_key: Path | None, form: str, lang: str
) -> None:
    """Look for every edit, removal, move, repetition and truncation of the records in DIR.

    Exit code 0: nothing was found, 1: something was, 2: trouble.
    """
    second = heads_of(store, lang)
    with opened_folder(folder, log_keys, lang) as log:
        found = log.verified(log.public_key(public_key), second)
    doubts = [text for text, applies in ((_NO_SECOND, not second), (_OWN_KEY, public_key is None)) if applies]
    if form == "json":
        click.echo(json.dumps(_as_json(found, doubts), ensure_ascii=False, indent=2))
    else:
        _render(found, doubts, lang)
    sys.exit(Exit.YES if found.is_whole else Exit.NO)


def _render(found: Verified, doubts: list[Text], lang: str) -> None:
    for fault in found.faults:
        click.echo(_said(fault, lang))
    for note in found.notes:
        click.echo(_said(note, lang))
    counts = Text(
        f"{found.writers} tiến trình, {found.decisions} quyết định, {found.heads} chữ ký,"
        f" {found.uncovered} bản ghi sau chữ ký cuối",
        f"{found.writers} writers, {found.decisions} decisions, {found.heads} heads,"
        f" {found.uncovered} records after the last head",
    )
    for doubt in doubts:
        click.echo(doubt.in_locale(lang))
    click.echo(f"{(_WHOLE if found.is_whole else _FAULTS).in_locale(lang)}: {counts.in_locale(lang)}")


def _said(fault: Fault, lang: str) -> str:
    return f"{fault.place}: {fault.message.in_locale(lang)} [{fault.code}]"


def _as_json(found: Verified, doubts: list[Text]) -> dict[str, Any]:
    def listed(faults: list[Fault]) -> list[dict[str, Any]]:
        return [{"place": each.place, "code": each.code, "message": dict(each.message.as_map())} for each in faults]

    return {
        "whole": found.is_whole,
        "writers": found.writers,
        "records": found.records,
        "decisions": found.decisions,
        "heads": found.heads,
        "uncovered": found.uncovered,
        "faults": listed(found.faults),
        "notes": listed(found.notes),
        "not_looked_at": [dict(doubt.as_map()) for doubt in doubts],
    }
