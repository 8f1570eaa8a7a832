"""Options that the commands about the decision log share, and how they open it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pdp.cli.facts.opening import instant, opened
from pdp.cli.options import fail
from pdp.core.errors import PdpError
from pdp.core.log_ports import LogHead
from pdp.decision_log import Past, Record
from pdp.wiring.logs import OpenedLog, opened_log
from pdp.wiring.stores import heads_in

Command = Callable[..., Any]


def log_argument(command: Command) -> Command:
    """Add DIR and --log-keys."""
    command = click.option(
        "--log-keys",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="PDP_LOG_KEYS",
        help="The keys of the log. [keys in DIR]",
    )(command)
    return click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))(command)


def selecting_options(command: Command) -> Command:
    """Add --operator, --decision, --since, --until."""
    for option in (
        click.option("--until", metavar="INSTANT", help="Only what was decided before this instant."),
        click.option("--since", metavar="INSTANT", help="Only what was decided at this instant or later."),
        click.option("--decision", type=click.Choice(["allow", "deny"]), help="Only such answers."),
        click.option("--operator", help="Only what was decided for this operator."),
    ):
        command = option(command)
    return command


def heads_option(command: Command) -> Command:
    """Add --store."""
    return click.option(
        "--store", metavar="URL", help="The store in which heads lie a second time. [only those beside the log]"
    )(command)


def heads_of(url: str | None, lang: str) -> tuple[LogHead, ...]:
    """Return the heads in the store at *url*, none without one."""
    if url is None:
        return ()
    with opened(url, lang) as store:
        return heads_in(store)


@contextmanager
def opened_folder(folder: Path, keys: Path | None, lang: str) -> Iterator[OpenedLog]:
    """Open the log in *folder*; whatever is wrong ends the command with its message."""
    try:
        yield opened_log(folder, keys)
    except PdpError as error:
        fail(error, lang)


def selector(
    operator: str | None, decision: str | None, since: str | None, until: str | None
) -> Callable[[Record], bool]:
    """Return what says whether a record is among those that the options ask for."""
    begin = None if since is None else instant(since, "--since")
    end = None if until is None else instant(until, "--until")

    def is_selected(record: Record) -> bool:
        said = record.said
        return (
            operator in {None, said["operator"]}
            and decision in {None, said["decision"]}
            and (begin is None or record.at >= begin)
            and (end is None or record.at < end)
        )

    return is_selected


def as_json(past: Past) -> dict[str, Any]:
    """Return what a record tells as JSON can hold it, with what could be opened."""
    said = past.record.said
    kept = ("seq", "decision_id", "at", "operator", "action", "category", "purpose", "decision", "cause", "revision")
    shown = {key: said[key] for key in (*kept, "checked_at", "cached", "valid_until", "reasons", "obligations")}
    shown["place"] = past.record.place
    shown["subject"] = _name(past.subject)
    shown["data_subject"] = _name(past.data_subject)
    shown["resource"] = past.resource
    if past.request is not None:
        shown["request_id"] = past.request.request_id
        shown["scopes"] = [str(scope) for scope in past.request.resource.scopes]
    shown["failures"] = [dict(failure) for failure in past.failures]
    shown["erased"] = list(past.erased)
    shown["withheld"] = sorted(past.withheld)
    shown["signed"] = past.record.is_signed
    return shown


def headline(past: Past, at: str) -> str:
    """Return a record in one line: when, what, who, what about, by which sentences."""
    said = past.record.said
    who = _name(past.subject) or "(erased)"
    about = _name(past.data_subject) or ("(erased)" if "about" in past.erased else "-")
    clauses = ",".join(dict.fromkeys(reason["clause"] for reason in said["reasons"] if reason["clause"]))
    parts: Sequence[str] = (
        at,
        said["decision"].upper(),
        said["operator"],
        f"{who} {said['action']} {said['category']}",
        f"about {about}",
        said["purpose"],
        clauses or said["cause"],
        said["decision_id"],
        *(["(unsigned)"] if past.record.is_signed is False else []),
    )
    return "  ".join(parts)


def local(moment: datetime) -> str:
    """Return an instant as the records write it, to the second."""
    return moment.isoformat(timespec="seconds")


def _name(entity: object) -> str | None:
    return None if entity is None else str(entity)
