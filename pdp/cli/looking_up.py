"""Look-ups for the commands `who` and `what`: in process against policy files, or of a running server."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pdp.cli.answering import point_for
from pdp.core.decision import Decision
from pdp.core.entity import Entity
from pdp.core.lookup import Found
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.wire.instants import instant_from_text
from pdp.wire.words import Words
from pdp.wiring.folders import load_policies

if TYPE_CHECKING:
    from pdp.client import DecisionClient


def as_of_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --as-of."""
    return click.option(
        "--as-of",
        metavar="INSTANT",
        callback=_instant,
        help="Ask as of this instant, like 2026-03-03T12:00:00+07:00: by the facts of then and the policy of now.",
    )(command)


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return instant_from_text(text)
    except ValueError as error:
        raise click.BadParameter(f"`{text}` is no instant with an offset from UTC") from error


def look_up_subjects(
    request: Request, as_of: datetime | None, server: str | None, policies: Path, words: Words
) -> Found:
    """Return everybody who may; raises what the decision point or the client raises."""
    with _whom_to_ask(request, server, policies, words) as point:
        return point.lookup_subjects(timed(request, as_of), as_of)


def look_up_resources(
    request: Request, within: Entity | None, as_of: datetime | None, server: str | None, policies: Path, words: Words
) -> Found:
    """Return all that the facts know of to which the subject may; raises as look_up_subjects does."""
    with _whom_to_ask(request, server, policies, words) as point:
        return point.lookup_resources(timed(request, as_of), (), within, as_of)


def look_up_actions(
    request: Request, as_of: datetime | None, server: str | None, policies: Path, words: Words
) -> tuple[tuple[str, Decision], ...]:
    """Return the answer for every action that the policy speaks of; raises as look_up_subjects does."""
    with _whom_to_ask(request, server, policies, words) as point:
        return point.lookup_actions(timed(request, as_of), as_of)


def timed(request: Request, as_of: datetime | None) -> Request:
    """Return *request* without a time of its own where another instant is asked about."""
    return request if as_of is None else replace(request, time=None)


def _whom_to_ask(
    request: Request, server: str | None, policies: Path, words: Words
) -> "AbstractContextManager[DecisionPoint | DecisionClient]":
    if server is not None:
        from pdp.client import DecisionClient  # it takes longer to import than an answer takes

        return DecisionClient(server, words)
    return nullcontext(point_for(request.operator, load_policies(policies, words, only=request.operator)))
