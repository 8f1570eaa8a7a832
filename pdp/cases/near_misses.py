"""Near misses: a case once more with one word of it changed, and another answer."""

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pdp.cases.case import Case, CaseFileError, read_request
from pdp.wire.words import Words

FILE: Final = "near-misses.json"
"""Lies beside the case files that it refers to."""

_CHANGES: Final = ("action", "category", "purpose", "role", "subject")
_KEYS: Final = {"like", "with", "decision", "clauses"}

NO_ROLE: Final = "none"
"""Written for a subject without any role fact."""

STRANGER: Final = "user:somebody-else"
"""Who asks in the place of the very person."""

_GRANTER: Final = "user:somebody-who-grants"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The case called *like* with its *change*, one word each: `{"purpose": "marketing"}`.

    A role has its scope behind `in`, and where somebody must grant it, the granter's role behind `granted by`:
    `family_member in child:minh granted by primary_guardian`. It replaces every role fact of the subject, and where the
    subject is the very person whose data it is, somebody else asks. Another category or purpose is added to what people
    have consented to, so that the consent is not what makes the difference.
    *allowed* is the answer. A denial names one of *clauses*, or no sentence at all when there are none; an allow names
    them and no other.
    """

    like: str
    change: tuple[str, str]
    allowed: bool
    clauses: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return the id of the case that it is."""
        return f"{self.like}~{self.change[0]}={self.change[1].replace(' ', '-')}"

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the file."""
        decision = "allow" if self.allowed else "deny"
        return {"like": self.like, "with": dict([self.change]), "decision": decision, "clauses": list(self.clauses)}


def varied(case: Case, change: tuple[str, str], words: Words) -> Case:
    """Return *case* with another word; its expectations are still those of the case itself."""
    request, mistakes = read_request(_written(case.written, *change), words)
    return replace(case, request=request, mistakes=mistakes)


def as_case(miss: NearMiss, original: Case, file: str, words: Words) -> Case:
    """Return *miss*, a variation of *original*, as a case of *file*."""
    changed = varied(original, miss.change, words)
    return replace(
        changed,
        id=miss.id,
        file=file,
        allowed=miss.allowed,
        clauses=miss.clauses,
        obligations=(),
        owes_not=(),
        cites=True,
        exact=miss.allowed or not miss.clauses,
    )


def read_near_misses(file: str, text: str, originals: Iterable[Case], words: Words) -> tuple[Case, ...]:
    """Return the near misses that *text* holds, variations of *originals*, as cases; raises CaseFileError."""
    by_id = {case.id: case for case in originals}
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise CaseFileError(f"{file}: {error}") from error
    if not isinstance(entries, list) or not all(_is_near_miss(entry) for entry in entries):
        said = "must be a JSON list of near misses, each with `like`, one word under `with`, `decision` and `clauses`"
        raise CaseFileError(f"{file}: {said}")
    for entry in entries:
        if entry["like"] not in by_id:
            raise CaseFileError(f"{file}: there is no case `{entry['like']}` beside it")
    misses = (
        NearMiss(
            entry["like"], next(iter(entry["with"].items())), entry["decision"] == "allow", tuple(entry["clauses"])
        )
        for entry in entries
    )
    return tuple(as_case(miss, by_id[miss.like], file, words) for miss in misses)


def _is_near_miss(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == _KEYS
        and isinstance(entry["like"], str)
        and isinstance(entry["with"], dict)
        and len(entry["with"]) == 1
        and all(key in _CHANGES and isinstance(word, str) for key, word in entry["with"].items())
        and entry["decision"] in {"allow", "deny"}
        and isinstance(entry["clauses"], list)
    )


def _written(request: Mapping[str, Any], column: str, word: str) -> dict[str, Any]:
    """Return *request*, as it is written, with another word in *column*."""
    changed: dict[str, Any] = copy.deepcopy(dict(request))
    match column:
        case "action":
            changed["action"]["name"] = word
        case "category":
            changed["facts"] = _renamed(changed.get("facts", []), changed["resource"], word)
            changed["resource"]["type"] = word
            _consent_to(changed, "categories", word)
        case "purpose":
            changed["purpose"] = word
            _consent_to(changed, "purposes", word)
        case "subject":
            type_, _, id_ = word.partition(":")
            changed["subject"] |= {"type": type_, "id": id_}
        case _:
            _change_role(changed, word)
    return changed


def _renamed(facts: list[Any], resource: Mapping[str, Any], category: str) -> list[Any]:
    """Return *facts* with the resource called by its new category wherever they name it."""
    old, new = (json.dumps(f"{type_}:{resource['id']}") for type_ in (resource["type"], category))
    renamed: list[Any] = json.loads(json.dumps(facts).replace(old, new))
    return renamed


def _consent_to(request: dict[str, Any], key: str, word: str) -> None:
    for fact in request.get("facts", ()):
        listed = fact.get("consent", {}).get(key)
        if listed and word not in listed:
            listed.append(word)


def _change_role(request: dict[str, Any], word: str) -> None:
    subject = f"{request['subject']['type']}:{request['subject']['id']}"
    if subject == request["resource"].get("data_subject"):
        for fact in request.get("facts", ()):
            if fact.get("ground", {}).get("beneficiary") == subject:
                fact["ground"]["beneficiary"] = STRANGER
        subject = STRANGER
        request["subject"] |= dict(zip(("type", "id"), subject.split(":"), strict=True))
    facts = [fact for fact in request.get("facts", ()) if fact.get("role", {}).get("subject") != subject]
    role, _, place = word.partition(" in ")
    scope, _, granting = place.partition(" granted by ")
    if role != NO_ROLE:
        held = {"subject": subject, "role": role, "scope": scope}
        facts.insert(0, {"role": held | ({"granted_by": _GRANTER} if granting else {})})
        if granting:
            facts.insert(0, {"role": {"subject": _GRANTER, "role": granting, "scope": scope}})
    request["facts"] = facts


def near_misses_text(misses: Iterable[NearMiss]) -> str:
    """Return the file that holds *misses*, one a line."""
    lines = [json.dumps(miss.as_json(), ensure_ascii=False) for miss in sorted(misses, key=lambda miss: miss.id)]
    return "[\n" + ",\n".join(lines) + "\n]\n"
