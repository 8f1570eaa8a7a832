"""`pdp log prune`: removes what is older than somebody wants to keep."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from pdp.cli.log.opening import heads_of, heads_option, log_argument, opened_folder
from pdp.cli.options import Exit, output_options, tell
from pdp.core.text import Text
from pdp.decision_log import prune as pruned

_PRUNED = Text(
    "đã xóa {files} tệp với {records} bản ghi; {being_written} tệp đang được ghi",
    "{files} files with {records} records removed; {being_written} are being written",
)


@click.command("prune")
@log_argument
@click.option("--keep-days", type=click.IntRange(0), required=True, help="So many days are kept at least.")
@heads_option
@output_options
def prune(folder: Path, log_keys: Path | None, keep_days: int, store: str | None, form: str, lang: str) -> None:
    """Remove the files in DIR all of whose records are older, and sign which they were.

    Whole files go, and none that a server has open. The log is verified before: one that is not whole is left alone
    (exit code 1).
    """
    second = heads_of(store, lang)
    with opened_folder(folder, log_keys, lang) as log:
        found = log.verified(log.public_key(), second)
        if not found.is_whole:
            told = Text("nhật ký đã bị thay đổi, không xóa gì", "the log is not as it was written; nothing is removed")
            click.echo(f"{told.in_locale(lang)} (pdp log verify)", err=True)
            sys.exit(Exit.NO)
        now = datetime.now(UTC)
        done = pruned(log.folder, log.signs(), now - timedelta(days=keep_days), now)
    tell({"files": done.parts, "records": done.records, "being_written": done.held}, _PRUNED, form, lang)
