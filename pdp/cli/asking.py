"""Where a question comes from: a file, stdin, or flags."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypedDict, Unpack

import click

from pdp.core.errors import InvalidRequestError, RequestError
from pdp.core.request import Request
from pdp.core.text import Text
from pdp.wire.json_form import check_request_from_dict, check_request_from_json
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words

_ROLE_FACT: Final = re.compile(
    r"(?P<subject>\S+?:.+?) is (?P<role>\w+) in (?P<scope>\S+?:.+?)(?: granted by (?P<granted_by>\S+?:.+))?"
)


class Flags(TypedDict):
    """What the flags of `check` and `explain` said; None or empty where a flag was not given."""

    operator: str | None
    subject: str | None
    action: str | None
    resource: str | None
    data_subject: str | None
    scope: tuple[str, ...]
    purpose: str | None
    context: tuple[str, ...]
    subject_property: tuple[str, ...]
    resource_property: tuple[str, ...]
    fact: tuple[str, ...]


def question_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add FILE and the flags that spell a question out."""
    return click.argument("file", type=click.File("rb"), required=False)(question_flags(command))


def question_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags that spell a question out."""
    options = (
        click.option("--operator", help="Whose promises are asked about."),
        click.option("--subject", metavar="TYPE:ID", help="Who wants to do it."),
        click.option("--action", help="What they want to do."),
        click.option("--resource", metavar="CATEGORY:ID", help="To which data."),
        click.option("--data-subject", metavar="TYPE:ID", help="Whom the data is about."),
        click.option(
            "--scope", metavar="TYPE:ID", multiple=True, help="What the data lies in; repeat, narrow to wide."
        ),
        click.option("--purpose", help="What for."),
        click.option(
            "--context", metavar="KEY=VALUE", multiple=True, help="A circumstance, such as authenticated=true."
        ),
        click.option("--subject-property", metavar="KEY=VALUE", multiple=True, help="A property of the subject."),
        click.option("--resource-property", metavar="KEY=VALUE", multiple=True, help="A property of the resource."),
        click.option(
            "--fact",
            metavar="FACT",
            multiple=True,
            help='JSON as in a case file, or "user:lan is family_member in child:minh granted by user:hoa".',
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def read_question(file: Any, words: Words, **flags: Unpack[Flags]) -> Request:
    """Return the request in *file*, or the one that *flags* spell out.

    Raises InvalidRequestError with every mistake, and click.UsageError when both or neither are given.
    """
    given = [name for name, value in flags.items() if value]
    if file is not None and given:
        raise click.UsageError(f"give a FILE or flags, not both (--{given[0].replace('_', '-')})")
    if file is not None:
        return request_from_wire(check_request_from_json(file.read()), words)
    if not given:
        raise click.UsageError("give a FILE (`-` for stdin) or spell the question out with flags")
    return request_from_wire(check_request_from_dict(spelled_out(flags)), words)


def spelled_out(flags: Flags) -> dict[str, object]:
    """Return the question of *flags* in the form of a case file."""
    request: dict[str, object] = {
        "operator": flags["operator"] or "",
        "subject": {
            **_entity(flags["subject"]),
            "properties": key_values("--subject-property", flags["subject_property"]),
        },
        "action": {"name": flags["action"] or ""},
        "resource": {
            **_entity(flags["resource"]),
            "data_subject": flags["data_subject"] or "",
            "scopes": list(flags["scope"]),
            "properties": key_values("--resource-property", flags["resource_property"]),
        },
        "purpose": flags["purpose"] or "",
        "context": key_values("--context", flags["context"]),
        "facts": [_fact(text) for text in flags["fact"]],
    }
    return request


def _entity(name: str | None) -> dict[str, object]:
    type_, _, id_ = (name or "").partition(":")
    return {"type": type_, "id": id_}


def key_values(flag: str, pairs: Sequence[str]) -> dict[str, object]:
    """Return the pairs KEY=VALUE that were given to *flag*; raise click.UsageError for what is none."""
    found: dict[str, object] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key in found:
            raise click.UsageError(f"{flag}: `{pair}` must be KEY=VALUE, each key once")
        found[key] = _value(value)
    return found


def _value(text: str) -> object:
    """Read JSON where it is JSON (true, 3, ["a"]), and plain text everywhere else."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _fact(text: str) -> object:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError as error:
            raise _unreadable_fact(text) from error
    return {"role": role_of_sentence(text)}


def role_of_sentence(text: str) -> dict[str, str]:
    """Return the role that "user:lan is family_member in child:minh granted by user:hoa" says.

    Raises InvalidRequestError for another sentence.
    """
    match = _ROLE_FACT.fullmatch(text.strip())
    if match is None:
        raise _unreadable_fact(text)
    return {key: value for key, value in match.groupdict().items() if value}


def _unreadable_fact(text: str) -> InvalidRequestError:
    message = Text("không đọc được sự kiện này", "this fact cannot be read")
    accepted = "user:lan is family_member in child:minh granted by user:hoa"
    return InvalidRequestError([RequestError("wrong-type", "--fact", text, accepted, message)])
