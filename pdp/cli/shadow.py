"""`pdp shadow`: what another policy would have answered, from the log of a server that compared."""

import json
import sys
from collections.abc import Iterator
from typing import IO, Final

import click

from pdp.cli.options import Exit, output_options
from pdp.core.text import Text
from pdp.shadow import Change, Report, report_from_json
from pdp.shadow.report import total

EVENT: Final = "shadow-report"

_CHANGES: Final = {
    Change.NEWLY_ALLOWED: Text("sẽ được cho phép", "would be allowed"),
    Change.NEWLY_DENIED: Text("sẽ bị từ chối", "would be denied"),
    Change.NEWLY_FAILED: Text("sẽ gặp lỗi khi quyết định", "would fail while deciding"),
    Change.OTHER_OBLIGATIONS: Text("sẽ có nghĩa vụ khác", "would owe something else"),
    Change.OTHER_REASONS: Text("sẽ có lý do khác", "would have another reason"),
}
_COUNTED: Final = Text(
    vi="đã so sánh {compared} câu trả lời: {differing} khác nhau; bỏ {dropped} vì hết giờ, {skipped} không so được",
    en="{compared} answers compared: {differing} differ; {dropped} left out for want of time, {skipped} not comparable",
)
_MORE: Final = Text(vi="và {more} khác biệt thuộc các nhóm khác", en="and {more} differences of other groups")
_GROUP: Final = Text(
    vi="{count} × {operator}: {action} {category} cho {purpose}  ({before} → {after})  ví dụ: {example}",
    en="{count} × {operator}: {action} {category} for {purpose}  ({before} → {after})  example: {example}",
)
_NOTHING: Final = Text(
    vi="không có dòng `shadow-report` nào: máy chủ có chạy với --shadow không?",
    en="there is no line `shadow-report`: was the server started with --shadow?",
)


@click.command()
@click.argument("logs", metavar="LOG...", type=click.File("r", encoding="utf-8"), nargs=-1, required=True)
@output_options
def shadow(logs: tuple[IO[str], ...], form: str, lang: str) -> None:
    """Show, group by group, how the policy in the shadow would have answered, from the LOG of a server (`-`: stdin).

    Exit code 0: all answers are the same, 1: some differ, 2: trouble.
    """
    reports = [report for log in logs for report in _reports(log)]
    if not reports:
        click.echo(_NOTHING.in_locale(lang), err=True)
        sys.exit(Exit.TROUBLE)
    whole = total(reports)
    if form == "json":
        click.echo(json.dumps(whole.as_json(), ensure_ascii=False, indent=2))
    else:
        for line in _lines(whole, lang):
            click.echo(line)
    sys.exit(Exit.NO if whole.differing else Exit.YES)


def _reports(log: IO[str]) -> Iterator[Report]:
    for line in log:
        try:
            members = json.loads(line)
            if members["event"] == EVENT:
                yield report_from_json(members)
        except (ValueError, KeyError, TypeError):
            continue  # a line of something else


def _lines(whole: Report, lang: str) -> Iterator[str]:
    said: Change | None = None
    for group, seen in whole.ordered:
        if group.change is not said:
            said = group.change
            yield f"{_CHANGES[said].in_locale(lang)}:"
        yield "  " + _GROUP.in_locale(lang).format(
            count=seen.count,
            operator=group.operator,
            action=group.action,
            category=group.category,
            purpose=group.purpose,
            before=_named(group.rules),
            after=_named(group.shadow_rules),
            example=seen.example,
        )
    if whole.more:
        yield _MORE.in_locale(lang).format(more=whole.more)
    yield _COUNTED.in_locale(lang).format(
        compared=whole.compared, differing=whole.differing, dropped=whole.dropped, skipped=whole.skipped
    )


def _named(rules: tuple[str, ...]) -> str:
    return ", ".join(rule or "–" for rule in rules) or "–"
