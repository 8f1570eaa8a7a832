"""`pdp diff --server`: what an edit would change at a server, in its words."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Final

import click

from pdp.activation import Candidate
from pdp.activation.candidate import short_name
from pdp.cli.options import fail
from pdp.client import PolicyClient
from pdp.core.errors import PdpError
from pdp.core.text import Text
from pdp.wiring.folders import read_policy_at

_NOTHING: Final = Text("Không quyết định nào thay đổi.", "No decision changes.")
_LEFT_OUT: Final = Text("còn {count} nhóm nữa không được kể", "{count} more groups are not told")
_COUNTED: Final = Text("quyết định", "decisions")
BESIDE: Final = "beside-decisions"


def would_change(
    server: str, folder: str, kinds: Collection[str], witnesses: Path | None, form: str, lang: str
) -> set[str]:
    """Print what the folder of an operator would change at *server*, as to *kinds*; return the kinds that were met."""
    try:
        operator, files = read_policy_at(folder)
        sent = [(short_name(path), content) for path, content in Candidate.of(operator, files).files]
        with PolicyClient(server) as client:
            found = client.would_change(operator, sent)
    except PdpError as error:
        fail(error, lang)
    groups = [group for group in found.groups if group["change"] in {*kinds, BESIDE}]
    if witnesses is not None:
        witnesses.mkdir(parents=True, exist_ok=True)
        for at, group in enumerate((each for each in groups if "witness" in each), start=1):
            written = json.dumps(group["witness"], ensure_ascii=False, indent=2)
            (witnesses / f"{at:03}-{group['change']}.json").write_text(written + "\n", "utf-8")
    if form == "json":
        shown = {"operator": operator, "groups": groups, "left_out": found.left_out}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for at, group in enumerate(groups, start=1):
            counted = f"  ({group['decisions']} {_COUNTED.in_locale(lang)})" if "decisions" in group else ""
            click.echo(f"{at}. {group['message'][lang]}{counted}")
        if not groups:
            click.echo(_NOTHING.in_locale(lang))
        if found.left_out:
            click.echo(_LEFT_OUT.in_locale(lang).format(count=found.left_out), err=True)
    return {group["change"] for group in groups}
