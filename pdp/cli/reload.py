"""`pdp reload`: let a server read an operator's folder again."""

import json
import sys
from typing import Final

import click

from pdp.cli.options import Exit, fail, output_options
from pdp.cli.status import DEFAULT_SERVER
from pdp.client import PolicyClient
from pdp.core.errors import PdpError
from pdp.core.text import Text

_ACTIVATED: Final = Text(vi="có hiệu lực: {revision}", en="in force: {revision}")
_REFUSED: Final = Text(
    vi="bị từ chối; vẫn có hiệu lực: {revision}",
    en="refused; still in force: {revision}",
)
_NOTHING: Final = Text(vi="(không có)", en="(nothing)")


@click.command()
@click.argument("operator")
@click.option("--server", metavar="HOST:PORT", default=DEFAULT_SERVER, show_default=True, help="Which server to tell.")
@output_options
def reload(operator: str, server: str, form: str, lang: str) -> None:
    """Let a server read the folder of OPERATOR again now, and say what it found there.

    It comes back once every worker answers from it. Exit code 0: in force, 1: refused, 2: trouble.
    """
    try:
        with PolicyClient(server) as client:
            reloaded = client.reload(operator)
    except PdpError as error:
        fail(error, lang)
    if form == "json":
        click.echo(json.dumps(reloaded.as_json, ensure_ascii=False, indent=2))
    else:
        for finding in reloaded.findings:
            click.echo(finding.in_locale(lang))
        text = _ACTIVATED if reloaded.activated else _REFUSED
        click.echo(text.in_locale(lang).format(revision=reloaded.revision or _NOTHING.in_locale(lang)))
    sys.exit(Exit.YES if reloaded.activated else Exit.NO)
