"""How much of an explanation the asking service may see."""

from dataclasses import replace

from pdp.core.decision import RuleTrace
from pdp.core.entity import Entity
from pdp.core.explanation import Change, Explanation
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.request import Request


def for_caller(explanation: Explanation, request: Request) -> Explanation:
    """Return *explanation* without places in policy files and without facts about others than *request* is about."""
    known = _named_by(request)
    return replace(
        explanation,
        matched=tuple(_without_place(trace) for trace in explanation.matched),
        nearest=tuple(_without_place(trace) for trace in explanation.nearest),
        facts=tuple(use for use in explanation.facts if _about(use.fact) <= known),
        would_allow=tuple(change for change in explanation.would_allow if _is_known(change, known)),
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


def _is_known(change: Change, known: frozenset[Entity]) -> bool:
    return all(_about(fact) <= known for fact in (*change.add, *change.end))


def _without_place(trace: RuleTrace) -> RuleTrace:
    return replace(trace, file="", line=0)
