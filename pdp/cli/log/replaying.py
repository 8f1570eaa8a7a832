"""`pdp log replay`: what is on record, decided again."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from pdp.cli.log.opening import as_json, headline, local, log_argument, opened_folder, selecting_options, selector
from pdp.cli.options import Exit, output_options, policies_option
from pdp.core.text import Text
from pdp.decision_log import CHANGED, Outcome, Past, Replayed, past_of, records, replayed
from pdp.wiring.folders import load_policies
from pdp.wiring.words import load_words

_SAID: Final = {
    Outcome.SAME: Text("như đã ghi", "as on record"),
    Outcome.NEWLY_ALLOWED: Text("nay được phép", "would be allowed now"),
    Outcome.NEWLY_DENIED: Text("nay bị từ chối", "would be denied now"),
    Outcome.OBLIGATIONS: Text("nghĩa vụ khác", "with other obligations"),
    Outcome.REASONS: Text("căn cứ khác", "for other reasons"),
    Outcome.REFUSED: Text("không còn là câu hỏi hợp lệ", "no request that this policy takes"),
    Outcome.WITHHELD: Text(
        "chính sách đọc thông tin chỉ còn mã băm", "not known: the policy reads what is a digest on record"
    ),
    Outcome.ERASED: Text("không biết: đã xóa theo người", "not known: erased with a person"),
}


@click.command("replay")
@log_argument
@policies_option
@selecting_options
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="So many changed ones are shown.")
@output_options
def replay(
    folder: Path,
    log_keys: Path | None,
    policies: Path,
    limit: int,
    form: str,
    lang: str,
    **selection: str | None,
) -> None:
    """Decide again what is on record in DIR, with the policies in the folder of --policies.

    With the revision that decided then, every answer has to be the same; with another one, those that differ are what
    the edit would have changed. Exit code 0: all are the same, 1: some are not, 2: trouble.
    """
    is_selected = selector(**selection)
    words = load_words()
    counts: Counter[Outcome] = Counter()
    own: Counter[bool] = Counter()
    shown: list[Replayed] = []
    with opened_folder(folder, log_keys, lang) as log:
        sets = load_policies(policies, words).sets
        keys = log.persons()

        def selected() -> Iterator[Past]:
            for record in records(log.folder, signed=log.signed()):
                if is_selected(record):
                    policy = sets.get(record.said["operator"])
                    own[policy is not None and policy.revision == record.said["revision"]] += 1
                    yield past_of(record, keys)

        for each in replayed(selected(), sets):
            counts[each.outcome] += 1
            if each.outcome is not Outcome.SAME and len(shown) < limit:
                shown.append(each)
    if form == "json":
        click.echo(json.dumps(_as_json(counts, own, shown), ensure_ascii=False, indent=2))
    else:
        _render(counts, own, shown, lang)
    sys.exit(Exit.NO if counts.total() != counts[Outcome.SAME] else Exit.YES)


def _render(counts: Counter[Outcome], own: Counter[bool], shown: list[Replayed], lang: str) -> None:
    for each in shown:
        click.echo(f"{_SAID[each.outcome].in_locale(lang)}: {headline(each.past, local(each.past.record.at))}")
    for outcome, text in _SAID.items():
        if counts[outcome]:
            click.echo(f"{counts[outcome]:>9,}  {text.in_locale(lang)}")
    told = Text(
        f"{own[True]:,} bản ghi thuộc đúng bản chính sách này, {own[False]:,} thuộc bản khác",
        f"{own[True]:,} of them were decided by this revision, {own[False]:,} by another one",
    )
    click.echo(told.in_locale(lang))


def _as_json(counts: Counter[Outcome], own: Counter[bool], shown: list[Replayed]) -> dict[str, Any]:
    return {
        "replayed": counts.total(),
        "changed": sum(counts[outcome] for outcome in CHANGED),
        "outcomes": {outcome.value: counts[outcome] for outcome in Outcome},
        "of_this_revision": own[True],
        "of_another_revision": own[False],
        "shown": [{"outcome": each.outcome.value, **as_json(each.past)} for each in shown],
    }
