"""`pdp facts backup`, `restore`, `confirm`, `erase` and `prune`: what an administrator does to a whole store."""

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from pdp.caching.forgetting import GONE_SECONDS
from pdp.cli.facts.opening import named, opened, operator_option, store_option
from pdp.cli.options import output_options, policies_option, tell
from pdp.core.errors import NoPolicyError
from pdp.core.text import Text
from pdp.wiring.folders import load_policies
from pdp.wiring.logs import opened_log
from pdp.wiring.stores import backup_lines, restore_lines
from pdp.wiring.words import load_words

_OWNER_ONLY = 0o600
_BACKED_UP = Text("đã ghi {lines} dòng vào {file}", "{lines} lines written to {file}")
_RESTORED = Text(
    "đã khôi phục thành {token}; chưa cho phép việc gì cho đến khi bạn chạy `pdp facts confirm`",
    "restored as {token}; nothing is allowed until you run `pdp facts confirm`",
)
_CONFIRMED = Text("có hiệu lực: {token}", "in force: {token}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@store_option
@output_options
def backup(file: Path, store: str, form: str, lang: str) -> None:
    """Write everything in the store, the past included, to a new FILE that its owner alone can read."""
    with opened(store, lang):
        try:
            descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY)
        except OSError as error:
            raise click.UsageError(f"{file}: {error.strerror}") from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            count = 0
            for line in backup_lines(store):
                target.write(line)
                count += 1
            target.flush()
            os.fsync(target.fileno())
    tell({"lines": count, "file": str(file)}, _BACKED_UP, form, lang)


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@store_option
@output_options
def restore(file: Iterable[str], store: str, form: str, lang: str) -> None:
    """Put the backup in FILE into an empty store.

    The store gets a new history, so that tokens given before mean nothing to it, and allows nothing until
    `pdp facts confirm`: what was revoked after the backup would be back.
    """
    with opened(store, lang) as facts:
        restore_lines(store, file)
        state = facts.state()
    tell({"token": str(state.token), "confirmed": False}, _RESTORED, form, lang)


@click.command()
@store_option
@output_options
def confirm(store: str, form: str, lang: str) -> None:
    """Put a restored store in force."""
    with opened(store, lang) as facts:
        state = facts.confirm()
    tell({"token": str(state.token), "confirmed": True}, _CONFIRMED, form, lang)


@click.command()
@click.argument("person", metavar="TYPE:ID")
@operator_option
@store_option
@click.option(
    "--decision-log",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder of decision records, in which nobody shall read of the person any more.",
)
@click.option(
    "--log-keys",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The keys of that log. [keys in that folder]",
)
@output_options
def erase(
    person: str, operator: str, store: str, decision_log: Path | None, log_keys: Path | None, form: str, lang: str
) -> None:
    """Remove a person from facts and history and print a receipt, which is JSON in either format.

    Every fact and every version that names the person anywhere goes, and the name in the record of who changed what.
    With --decision-log the key of the person goes too, so that no part of a record that names the person can be read;
    records stay, and the log goes on to verify. Plain files of records, and backups of anything, are not touched.
    """
    who = named("TYPE:ID", person)
    at = datetime.now(UTC)
    keys = None
    with opened(store, lang) as facts:
        # Before anything is removed: a log that cannot be opened ends the command.
        persons = None if decision_log is None else opened_log(decision_log, log_keys).persons()
        erasure = facts.erase(operator, who, at)
        if persons is not None:
            keys = persons.erase(operator, who)
    receipt = {
        "erased": str(who),
        "operator": operator,
        "at": at.isoformat(),
        "facts": erasure.facts,
        "versions": erasure.versions,
        "mentions": erasure.mentions,
        "token": str(erasure.token),
        "ids": list(erasure.deleted_ids),
        "left_in_wal": erasure.is_left_in_log,
        # Running servers, and Redis by its own expiry; unread from now on.
        "caches_empty_at": (datetime.now(UTC) + timedelta(seconds=GONE_SECONDS)).isoformat(),
        "decision_log": None if decision_log is None else str(decision_log),
        "log_keys": keys,
    }
    click.echo(json.dumps(receipt, ensure_ascii=False, indent=2 if form == "text" else None))


@click.command()
@operator_option
@policies_option
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@store_option
@output_options
def prune(operator: str, policies: Path, dry_run: bool, store: str, form: str, lang: str) -> None:
    """Remove what the policy folder says need not be kept of the past: retention.yaml, by kind of fact.

    Facts in force stay, and so does every kind that the file does not name.
    """
    at = datetime.now(UTC)
    with opened(store, lang) as facts:
        loaded = load_policies(policies, load_words(), only=operator)
        if operator not in loaded.sets:
            raise NoPolicyError(operator)
        told: list[dict[str, object]] = []
        is_left = False
        for kind, days in sorted(loaded.sets[operator].retention.items()):
            before = at - timedelta(days=days)
            pruned = facts.prune(operator, kind, before, only_count=dry_run)
            told.append({"kind": kind, "days": days, "before": before.isoformat(), "versions": pruned.versions})
            is_left = is_left or pruned.is_left_in_log
    if form == "json":
        said = {"operator": operator, "dry_run": dry_run, "pruned": told, "left_in_wal": is_left}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    for each in told:
        click.echo(_PRUNED[lang, dry_run].format(**each))
    if not told:
        click.echo(_ALL_KEPT[lang])
    if is_left:
        click.echo(_LEFT_IN_LOG[lang], err=True)


_PRUNED = {
    ("en", False): "{kind}: removed {versions} that had ended before {before} ({days} days)",
    ("en", True): "{kind}: would remove {versions} that had ended before {before} ({days} days)",
    ("vi", False): "{kind}: đã xóa {versions} phiên bản kết thúc trước {before} ({days} ngày)",
    ("vi", True): "{kind}: sẽ xóa {versions} phiên bản kết thúc trước {before} ({days} ngày)",
}
_LEFT_IN_LOG = {
    "en": "what was removed still stands in the write-ahead log, for somebody was reading: it goes with the next"
    " pruning or erasure, or when every process that has the store open has ended",
    "vi": "dữ liệu đã xóa vẫn còn trong nhật ký ghi trước (WAL) vì có tiến trình đang đọc: nó sẽ mất trong lần dọn hoặc"
    " xóa kế tiếp, hoặc khi mọi tiến trình đang mở kho đã kết thúc",
}
_ALL_KEPT = {
    "en": "everything is kept: the policy folder has no retention.yaml, or it names no kind of fact",
    "vi": "tất cả đều được giữ: thư mục chính sách không có retention.yaml, hoặc tệp đó không nêu loại dữ kiện nào",
}
