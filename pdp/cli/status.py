"""`pdp status`: which policies a server answers from, and what it refused."""

import json
import sys
from collections.abc import Iterator
from typing import Final

import click

from pdp.cli.options import Exit, fail, output_options
from pdp.client import PolicyClient
from pdp.client.policy_client import ServerPolicies
from pdp.core.errors import PdpError
from pdp.core.local_time import say_instant
from pdp.core.text import Text

DEFAULT_SERVER: Final = "127.0.0.1:50051"

_BUILD: Final = Text(
    vi="phiên bản {version}, bản của mọi chính sách {revision}",
    en="version {version}, revision of all policies {revision}",
)
_IN_FORCE: Final = Text(
    vi="{operator}: {revision}  {rules} dòng quy tắc, có hiệu lực từ {since}, do {by}",
    en="{operator}: {revision}  {rules} rules, in force since {since}, by {by}",
)
_REFUSED: Final = Text(
    vi="{operator}: nội dung hiện có trong thư mục bị từ chối lúc {at}; bộ hợp lệ trước đó vẫn có hiệu lực",
    en="{operator}: what lies in the folder was refused at {at}; the last good set stays in force",
)
_REFUSED_ALONE: Final = Text(
    vi="{operator}: nội dung hiện có trong thư mục bị từ chối lúc {at}; nhà cung cấp này không được phục vụ",
    en="{operator}: what lies in the folder was refused at {at}; this operator is not served",
)
_WORKER: Final = Text(vi="tiến trình {pid}: {revision}", en="worker {pid}: {revision}")
_DIFFER: Final = Text(
    vi="các tiến trình trả lời theo những bản khác nhau: đang chuyển đổi, hoặc có tiến trình không theo kịp",
    en="the workers answer from different revisions: a change is under way, or one does not follow",
)
_KEEPS: Final = Text(
    vi="tiến trình này giữ lại những gì đã đọc và đã trả lời; chia sẻ qua: {shared}",
    en="this process keeps what it has read and answered; shared by: {shared}",
)
_KEEPS_NOTHING: Final = Text(vi="tiến trình này không giữ lại gì", en="this process keeps nothing")
_NEVER_KEPT: Final = Text(vi="  không bao giờ giữ {what}: {why}", en="  never kept, {what}: {why}")
_ALL_SHOWN: Final = 12
_SHOWN: Final = 19
"""So much of a revision is shown: `sha256:` and twelve digits."""


@click.command()
@click.argument("operator", required=False, default="")
@click.option("--server", metavar="HOST:PORT", default=DEFAULT_SERVER, show_default=True, help="Which server to ask.")
@click.option(
    "--cache", "shows_cache", is_flag=True, help="Show what the process that answers keeps, and what it never does."
)
@output_options
def status(operator: str, server: str, shows_cache: bool, form: str, lang: str) -> None:
    """Show which policies a server answers from, of OPERATOR or of all, and what it refused and why.

    Exit code 0: what lies in the folders is in force in every worker, 1: something is not, 2: trouble.
    """
    try:
        with PolicyClient(server) as client:
            policies = client.policies(operator)
            build = client.build()
    except PdpError as error:
        fail(error, lang)
    if form == "json":
        told = {**policies.as_json, "version": build.version, "revision": build.revision}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        click.echo(_BUILD.in_locale(lang).format(version=build.version, revision=build.revision[:_ALL_SHOWN]))
        for line in (*_lines(policies, lang), *(_cache_lines(policies, lang) if shows_cache else ())):
            click.echo(line)
    sys.exit(Exit.NO if policies.refused or not policies.workers_agree else Exit.YES)


def _lines(policies: ServerPolicies, lang: str) -> Iterator[str]:
    served = {one.operator for one in policies.in_force}
    for one in policies.in_force:
        yield _IN_FORCE.in_locale(lang).format(
            operator=one.operator,
            revision=one.revision[:_SHOWN],
            rules=one.rules,
            since=say_instant(one.since),
            by=one.by,
        )
    for refused in policies.refused:
        text = _REFUSED if refused.operator in served else _REFUSED_ALONE
        yield text.in_locale(lang).format(operator=refused.operator, at=say_instant(refused.at))
        for finding in refused.findings:
            yield from (f"  {line}" for line in finding.in_locale(lang).splitlines())
    for pid, revision in sorted(policies.workers.items()):
        yield _WORKER.in_locale(lang).format(pid=pid, revision=revision[:12])
    if not policies.workers_agree:
        yield _DIFFER.in_locale(lang)


def _cache_lines(policies: ServerPolicies, lang: str) -> Iterator[str]:
    cache = policies.as_json.get("cache", {})
    yield (_KEEPS if cache.get("keeps") else _KEEPS_NOTHING).in_locale(lang).format(shared=cache.get("shared") or "-")
    for name, count in sorted(cache.get("counted", {}).items()):
        yield f"  {name}: {count}"
    for each in cache.get("not_kept", ()):
        yield _NEVER_KEPT.in_locale(lang).format(what=each["what"], why=each["message"][lang])
