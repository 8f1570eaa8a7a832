"""One case: a request and what the answer to it has to be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pdp.core.errors import InvalidRequestError, PdpError, RequestError
from pdp.core.request import Request
from pdp.wire.json_form import check_request_from_dict
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words

_DECISIONS: Final = ("allow", "deny")
_EXPECTED: Final = frozenset({"decision", "obligations", "cites", "owes_not"})


class CaseFileError(PdpError):
    """A file that is no list of cases; the text begins with the file."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of *file*.

    *clauses* are the sentences that it is about: an allow rests on one of them. *obligations* are those that an allow
    must carry, *owes_not* those that no answer may carry. Where sentences are compared, *cites* says that a denial
    names one of the clauses too, *exact* that the answer names no other sentence. *request* is None when it cannot be
    right; *mistakes* says why. *written* is the request as it stands in the file.
    """

    id: str
    operator: str
    file: str
    clauses: tuple[str, ...]
    allowed: bool
    obligations: tuple[str, ...]
    owes_not: tuple[str, ...]
    cites: bool
    request: Request | None
    exact: bool
    written: Mapping[str, Any] = field(repr=False, compare=False)
    mistakes: tuple[RequestError, ...] = ()


def read_cases(file: str, text: str, words: Words) -> tuple[Case, ...]:
    """Return the cases that *text* holds, in their order; raises CaseFileError.

    A case whose request cannot be right is kept, to fail.
    """
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise CaseFileError(f"{file}: {error}") from error
    if not isinstance(entries, list) or not all(_is_case(entry) for entry in entries):
        raise CaseFileError(f"{file}: must be a JSON list of cases, each with `id`, `request` and `expect.decision`")
    return tuple(_case(file, entry, words) for entry in entries)


def _is_case(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("id"), str)
        and isinstance(entry.get("request"), dict)
        and isinstance(entry.get("expect"), dict)
        and entry["expect"].get("decision") in _DECISIONS
    )


def _case(file: str, entry: Mapping[str, Any], words: Words) -> Case:
    expected = entry["expect"]
    unknown = sorted(expected.keys() - _EXPECTED)
    if unknown:
        # An expectation with a slip in its name would be met by every answer.
        raise CaseFileError(f"{file}: `{entry['id']}` expects `{unknown[0]}`, which nobody compares")
    request, mistakes = read_request(entry["request"], words)
    return Case(
        id=entry["id"],
        operator=str(entry["request"].get("operator", "")),
        file=file,
        clauses=tuple(entry.get("clauses", ())),
        allowed=expected["decision"] == "allow",
        obligations=tuple(_obligation(owed) for owed in expected.get("obligations", ())),
        owes_not=tuple(expected.get("owes_not", ())),
        cites=expected.get("cites", True) is not False,
        request=request,
        exact=False,
        written=entry["request"],
        mistakes=mistakes,
    )


def _obligation(owed: str | Mapping[str, Any]) -> str:
    """Return the id of an obligation, which is written alone or with its parameters."""
    return owed if isinstance(owed, str) else str(owed["id"])


def read_request(written: dict[str, Any], words: Words) -> tuple[Request | None, tuple[RequestError, ...]]:
    """Return the request that *written* says, or None and its mistakes."""
    try:
        return request_from_wire(check_request_from_dict(written), words), ()
    except InvalidRequestError as error:
        return None, error.errors
