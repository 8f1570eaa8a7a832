"""How much of an explanation the asking service may see."""

import json
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from pdp.core.decision import ConditionTrace, RuleTrace
from pdp.core.entity import Entity
from pdp.core.explanation import Change, Explanation
from pdp.core.fact_identity import named_by
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.request import Request


class Level(StrEnum):
    """How much of an explanation is shown: what the asking service may know, or everything."""

    CALLER = "caller"
    ADMIN = "admin"


def shown_at(level: Level, explanation: Explanation, request: Request) -> Explanation:
    """Return as much of *explanation* as is shown at *level*."""
    return explanation if level is Level.ADMIN else for_caller(explanation, request)


def for_caller(explanation: Explanation, request: Request) -> Explanation:
    """Return *explanation* as a caller may see it: what kind of thing is missing.

    Left out are places in policy files, the values that conditions found, and facts about others than *request* is
    about; of a change whatever names anybody else.
    """
    known = _named_by(request)
    changes = (_in_kind(change, known) for change in explanation.would_allow)
    return replace(
        explanation,
        matched=tuple(_without_place(trace) for trace in explanation.matched),
        nearest=tuple(_without_place(trace) for trace in explanation.nearest),
        facts=tuple(use for use in explanation.facts if _about(use.fact) <= known),
        would_allow=tuple(_each_once(changes)),
    )


def _named_by(request: Request) -> frozenset[Entity]:
    """Return whom and what *request* is about: its subject, its resource, its data subject and where the data lies."""
    resource = request.resource
    about = {request.subject, resource.entity, *resource.scopes}
    return frozenset(about | {resource.data_subject} if resource.data_subject else about)


def _about(fact: Fact) -> frozenset[Entity]:
    """Return whom or what *fact* says something about."""
    match fact.kind:
        case RoleAssignment(subject=subject):
            return frozenset({subject})
        case Consent(data_subject=person):
            return frozenset({person})
        case Ground(beneficiary=beneficiary, data_subject=person):
            return frozenset({named for named in (beneficiary, person) if named is not None})
        case Containment(entity=entity):
            return frozenset({entity})


def _in_kind(change: Change, known: frozenset[Entity]) -> Change:
    """Return *change* as the kind of thing that it is; its facts only where each names nobody but *known*."""
    tells = all(set(named_by(fact.kind)) <= known for fact in (*change.add, *change.end))
    return replace(
        change,
        add=change.add if tells else (),
        end=change.end if tells else (),
        circumstances=tuple(_without_names(each, known) for each in change.circumstances),
        message=change.in_kind,
        by_whom=change.by_role,
    )


def _without_names(circumstance: str, known: frozenset[Entity]) -> str:
    """Return `path = value` without the value where that names somebody whom the question does not name."""
    path, has_value, text = circumstance.partition(" = ")
    if not has_value:
        return circumstance
    value = json.loads(text)
    names = value if isinstance(value, list) else [value]
    shown = {str(entity) for entity in known}
    return (
        path
        if any(isinstance(one, str) and ":" in one and one not in shown and not _is_instant(one) for one in names)
        else circumstance
    )


def _is_instant(text: str) -> bool:
    return text[:1].isdigit()


def _each_once(changes: Iterable[Change]) -> list[Change]:
    found: list[Change] = []
    for change in changes:
        if change not in found:
            found.append(change)
    return found


def _without_place(trace: RuleTrace) -> RuleTrace:
    conditions = tuple(_without_detail(condition) for condition in trace.conditions)
    return replace(trace, file="", line=0, conditions=conditions)


def _without_detail(condition: ConditionTrace) -> ConditionTrace:
    return condition if condition.in_kind is None else replace(condition, message=condition.in_kind)
