"""Options that the commands about facts share, and how they open the store."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import click

from pdp.cli.options import Exit, fail, say_request_error
from pdp.client import FactClient
from pdp.core.entity import Entity
from pdp.core.errors import InvalidSettingsError, NotAllowedError, PdpError
from pdp.core.facts import Fact
from pdp.core.stores import FactFilter, FactStore, Page, Version
from pdp.settings import MEMORY_STORE, default_store, read_settings
from pdp.wire.instants import OffsetMissingError, instant_from_text
from pdp.wiring.stores import fact_store
from pdp.wiring.words import load_words

Command = Callable[..., Any]

_STEP = 500


def store_option(command: Command) -> Command:
    """Add --store."""
    return click.option(
        "--store",
        metavar="URL",
        default=lambda: default_store(os.environ),
        envvar="PDP_STORE",
        help="sqlite:///PATH or postgresql://... [a file in the state folder]",
    )(command)


def server_option(command: Command) -> Command:
    """Add --server."""
    return click.option(
        "--server", metavar="HOST:PORT", help="Ask a running server instead of opening the store; its policies decide."
    )(command)


def operator_option(command: Command) -> Command:
    """Add --operator."""
    return click.option("--operator", required=True, envvar="PDP_OPERATOR", help="Whose facts.")(command)


def actor_options(command: Command) -> Command:
    """Add --actor, --purpose, --context, --policies: on whose behalf a change is made, and in which circumstances."""
    for option in (
        click.option(
            "--policies",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path("policies"),
            show_default=True,
            envvar="PDP_POLICIES",
            help="Directory with one folder for each operator: whether the actor may do it.",
        ),
        click.option("--context", metavar="KEY=VALUE", multiple=True, help="A circumstance of the change."),
        click.option("--purpose", default="", help="What the change is for."),
        click.option("--actor", metavar="TYPE:ID", default="service:pdp-facts", show_default=True, help="Who does it."),
    ):
        command = option(command)
    return command


def filter_options(command: Command) -> Command:
    """Add --kind, --subject, --scope, --data-subject."""
    for option in (
        click.option("--data-subject", metavar="TYPE:ID", help="Whose data it concerns."),
        click.option("--scope", metavar="TYPE:ID", help="Where it holds."),
        click.option("--subject", metavar="TYPE:ID", help="Who acts in it."),
        click.option("--kind", type=click.Choice(["role", "consent", "ground", "containment"]), help="Only this kind."),
    ):
        command = option(command)
    return command


def selected(
    kind: str | None, subject: str | None, scope: str | None, data_subject: str | None, as_of: str | None = None
) -> FactFilter:
    """Return the filter that the options say."""
    return FactFilter(
        kind or "",
        _entity("--subject", subject),
        _entity("--scope", scope),
        _entity("--data-subject", data_subject),
        None if as_of is None else instant(as_of, "--as-of"),
    )


def instant(text: str, option: str) -> datetime:
    """Return the instant that *text* writes."""
    try:
        return instant_from_text(text)
    except OffsetMissingError as error:
        raise click.UsageError(f"{option}: `{text}` lacks its offset from UTC (hint: {error})") from None
    except ValueError:
        raise click.UsageError(f"{option}: `{text}` is no instant like 2026-11-17T09:00:00+07:00") from None


def named(option: str, name: str) -> Entity:
    """Return the entity that *name* names."""
    try:
        return Entity.parse(name)
    except ValueError as problem:
        raise click.UsageError(f"{option}: `{name}` {problem}") from None


def _entity(option: str, name: str | None) -> Entity | None:
    return None if name is None else named(option, name)


@contextmanager
def opened(url: str, lang: str) -> Iterator[FactStore]:
    """Open the store at *url*; whatever is wrong ends the command with its message."""
    with _told(lang):
        read_settings({"store": url}, {})
        if url == MEMORY_STORE:
            raise InvalidSettingsError([f"--store: `{MEMORY_STORE}` is the memory of another process"])
        store = fact_store(url)
        try:
            yield store
        finally:
            store.close()


@contextmanager
def asked(server: str, lang: str) -> Iterator[FactClient]:
    """Connect to *server*; whatever is wrong ends the command with its message."""
    with _told(lang), FactClient(server, load_words()) as client:
        yield client


class Found(Protocol):
    """What tells of stored facts."""

    def all_facts(self, operator: str, selection: FactFilter) -> Iterator[Fact]:
        """Yield all facts that *selection* selects, of one state."""

    def history(self, operator: str, selection: FactFilter) -> tuple[Version, ...]:
        """Return every version that is kept of the facts that *selection* selects, oldest first."""


class FoundInStore:
    """A store that this process has open."""

    def __init__(self, store: FactStore) -> None:
        self._store = store

    def all_facts(self, operator: str, selection: FactFilter) -> Iterator[Fact]:
        """Yield all facts that *selection* selects, of one state."""
        page = self._store.read(operator, selection, Page(_STEP))
        yield from page.facts
        while not page.is_last:
            page = self._store.read(operator, selection, Page(_STEP, page.facts[-1].id, page.token.revision))
            yield from page.facts

    def history(self, operator: str, selection: FactFilter) -> tuple[Version, ...]:
        """Return every version that is kept of the facts that *selection* selects, oldest first."""
        return self._store.history(operator, selection)


@contextmanager
def found(server: str | None, url: str, lang: str) -> Iterator[Found]:
    """Return what tells of the facts of *server*, or of the store at *url* where none is given."""
    if server is not None:
        with asked(server, lang) as client:
            yield client
    else:
        with opened(url, lang) as store:
            yield FoundInStore(store)


@contextmanager
def _told(lang: str) -> Iterator[None]:
    """Let whatever is wrong end the command with its message."""
    try:
        yield
    except InvalidSettingsError as error:
        for mistake in error.mistakes:
            click.echo(mistake, err=True)
        sys.exit(Exit.TROUBLE)
    except NotAllowedError as error:
        for refused in error.errors:
            click.echo(say_request_error(refused, lang), err=True)
        sys.exit(Exit.NO)
    except PdpError as error:
        fail(error, lang)
