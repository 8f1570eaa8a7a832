"""`pdp serve`: the server."""

import os
import sys
from pathlib import Path

import click

from pdp.cli.options import Exit, fail
from pdp.core.errors import InvalidSettingsError, PdpError
from pdp.server import serve_with_workers as run
from pdp.settings import read_settings
from pdp.wiring.activation import policy_judge, policy_keeper
from pdp.wiring.callers import security
from pdp.wiring.deciding import served_decision_point, shadow_beside
from pdp.wiring.folders import Policies
from pdp.wiring.stores import served_store
from pdp.wiring.words import load_words

FIRST_QUESTION = """
Ask a first question in another terminal:

  .venv/bin/pdp explain --server {address} --operator kidsonline --subject user:demo-hoa --action read \\
    --resource child_photo:demo-anh-1 --data-subject child:demo-minh \\
    --purpose family_follow_up --context authenticated=true --context authentication_method=password \\
    --context transport_encrypted=true

Then let the child's mother revoke it, and ask again:

  .venv/bin/pdp facts revoke "user:demo-hoa is family_member in child:demo-minh" --operator kidsonline \\
    --actor user:demo-lan --context authenticated=true --context authentication_method=password \\
    --context transport_encrypted=true
"""


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Where to listen; port 0 takes any free one. [127.0.0.1:50051]")
@click.option("--policies", metavar="DIR", help="Directory with one folder for each operator. [policies]")
@click.option(
    "--store",
    metavar="URL",
    help="Where facts are stored: sqlite:///PATH, postgresql://..., memory: or none:. [a file in the state folder]",
)
@click.option("--cache-megabytes", metavar="N", help="What each process keeps of what it read and decided. [64]")
@click.option("--redis", metavar="URL", help="A Redis in which processes share what they read. [none]")
@click.option("--cache-keys", metavar="FILE", help="The keys of what lies in Redis. [made up for this server alone]")
@click.option("--workers", metavar="N", help="Worker processes, each on a core of its own. [the cores it may use]")
@click.option("--port-group", metavar="NAME", help="A second server joins the port only with this name and revision.")
@click.option("--threads", metavar="N", help="Requests answered side by side. [8]")
@click.option(
    "--decision-log",
    metavar="PATH|DIR/|-|none",
    help="Where decision records go: a file, `-` for stdout, or a folder (with `/`) of chained, signed records. [-]",
)
@click.option("--log-keys", metavar="DIR", help="The keys of the folder of records. [keys in that folder]")
@click.option("--log-part-megabytes", metavar="N", help="How large a file of that folder becomes. [64]")
@click.option("--log-wait", type=click.Choice(["on", "off"]), help="Whether an answer waits for its record there. [on]")
@click.option(
    "--log-megabytes", metavar="N", help="How large its records may become; then nothing is answered. [0: any]"
)
@click.option("--callers", metavar="FILE", help="Who may ask, and what. Without it: this machine, everything.")
@click.option("--tls-certificate", metavar="FILE", help="The server's certificate with its chain, PEM.")
@click.option("--tls-key", metavar="FILE", help="The key of that certificate, PEM.")
@click.option("--client-ca", metavar="FILE", help="Every connection must bring a certificate of one of these, PEM.")
@click.option(
    "--reflection",
    type=click.Choice(["yes", "no", "loopback"]),
    help="Whether the server describes its schema. [loopback: where it listens on loopback only]",
)
@click.option("--default-deadline-ms", metavar="N", help="How long a call without a deadline may wait. [1000]")
@click.option("--memory-mib", metavar="N", help="Resident memory beyond which a worker takes nothing more. [1024]")
@click.option("--connections", metavar="N", help="Connections that a worker keeps open. [1024]")
@click.option("--grace-seconds", metavar="N", help="How long running requests may take after SIGTERM. [10]")
@click.option("--watch-seconds", metavar="N", help="How often the policy folders are looked at; 0 for never. [1]")
@click.option("--policy-keys", metavar="FILE", help="Keys of those who have to sign a policy folder. [none has to]")
@click.option(
    "--second-signature",
    type=click.Choice(["yes", "no", "newly-allowed"]),
    help="Whether two persons have to sign: each edit, none, or what allows more. [no]",
)
@click.option(
    "--last-in-force",
    metavar="FOLDER",
    help="Where it is remembered what was in force when the server ended. [not remembered]",
)
@click.option("--metrics", metavar="[HOST:]PORT", help="Where Prometheus reads; without HOST on loopback. [nowhere]")
@click.option("--traces", metavar="URL", help="Where spans are sent: http://HOST:PORT of an OTLP collector. [none]")
@click.option("--trace-percent", metavar="N", help="Of how many calls in a hundred, unless their trace says. [1]")
@click.option("--shadow", metavar="DIR", help="Policies to compare the answers with, beside them. [none]")
@click.option("--shadow-percent", metavar="N", help="How much of a core each worker compares for at most. [5]")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    envvar="PDP_SETTINGS",
    help="A TOML file with these settings.",
)
@click.option("--first-question", is_flag=True, help="Print a ready-to-paste first question once it answers.")
def serve(settings_file: Path | None, first_question: bool, **flags: str | None) -> None:
    """Serve decisions over gRPC.

    Settings come from flags, then the environment (PDP_LISTEN, ...), then the settings file, then defaults.
    """
    try:
        settings = read_settings(flags, os.environ, settings_file)
        words = load_words()
        judge = policy_judge(settings, words)
        keeper = policy_keeper(settings, judge)
        store = served_store(settings.store)
        guarded = security(settings, words)
        point = served_decision_point(
            settings, Policies(keeper.standing.sets, {}), store, shadow_beside(settings, words, store)
        )
    except InvalidSettingsError as error:
        for mistake in error.mistakes:
            click.echo(mistake, err=True)
        sys.exit(Exit.TROUBLE)
    except PdpError as error:
        fail(error, "en")
    for _, refused in sorted(keeper.standing.refused.items()):
        for finding in refused.findings:
            click.echo(str(finding), err=True)
    if not keeper.standing.active:
        click.echo(f"{settings.policies}: no operator has a valid policy folder", err=True)
        sys.exit(Exit.TROUBLE)

    def ready(address: str) -> None:
        if first_question:
            click.echo(FIRST_QUESTION.format(address=address), err=True)

    sys.exit(run(point, words, settings, keeper, judge, facts=store, security=guarded, on_ready=ready))
