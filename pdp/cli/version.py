"""`pdp version`: which program this is, and which one a server runs."""

import json
import platform
from typing import Final

import click

from pdp import __version__
from pdp.cli.options import fail, output_options
from pdp.core.errors import PdpError
from pdp.core.text import Text
from pdp.policy_set import ENGINE_VERSION

_HERE: Final = Text(
    vi="pdp {version}, bộ máy {engine}, Python {python}",
    en="pdp {version}, engine {engine}, Python {python}",
)
_THERE: Final = Text(
    vi="máy chủ: pdp {version}, bản của mọi chính sách {revision}",
    en="server: pdp {version}, revision of all policies {revision}",
)


@click.command()
@click.option("--server", metavar="HOST:PORT", default="", help="Ask this server too.")
@output_options
def version(server: str, form: str, lang: str) -> None:
    """Show the version of this program, and of a server's with the revision of its policies."""
    here = {"version": __version__, "engine": ENGINE_VERSION, "python": platform.python_version()}
    there = None
    if server:
        from pdp.client import PolicyClient  # it takes longer to import than all the rest

        try:
            with PolicyClient(server) as client:
                build = client.build()
        except PdpError as error:
            fail(error, lang)
        there = {"version": build.version, "revision": build.revision}
    if form == "json":
        click.echo(json.dumps({**here, "server": there}, ensure_ascii=False, indent=2))
        return
    click.echo(_HERE.in_locale(lang).format(**here))
    if there is not None:
        click.echo(_THERE.in_locale(lang).format(**there))
