"""Holds what a request claims against what is stored: contextual facts add and never overrule (contract, section 2)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pdp.core.containment import BoundExceededError, Containers
from pdp.core.decision import MAXIMUM_BOUNDARIES
from pdp.core.entity import Entity
from pdp.core.errors import InvalidRequestError, RequestError
from pdp.core.fact_identity import fact_id, kind_name, same_content
from pdp.core.facts import Containment, Fact
from pdp.core.request import Request
from pdp.core.text import Text

CONTRADICTS_STORED = "contradicts-stored"
"""Code of a contextual fact that says something else than the stored fact of its identity."""

SCOPE_NOT_STORED = "scope-not-stored"
"""Code of a claimed scope where another one of its type is stored."""


def check_against_stored(
    request: Request, stored: Iterable[Fact], instant: datetime, place: str = "resource"
) -> Request:
    """Return *request* without the contextual facts that are stored already.

    Raises InvalidRequestError for contextual facts that contradict stored ones of their identity, and for claimed
    scopes that contradict stored containments in force at *instant*. *place* is where the resource stands.
    """
    facts = tuple(stored)
    if not facts:
        return request
    by_id = {fact.id: fact for fact in facts}
    errors: list[RequestError] = []
    added: list[Fact] = []
    for at, fact in enumerate(request.facts):
        same = by_id.get(fact_id(request.operator, fact.kind))
        if same is None:
            added.append(fact)
        elif not same_content(fact, same):
            errors.append(_contradicts(fact, at))
    errors += _false_scopes(request, facts, instant, place)
    if errors:
        raise InvalidRequestError(errors)
    return request if len(added) == len(request.facts) else replace(request, facts=tuple(added))


def agreed_until(
    request: Request, stored: Iterable[Fact], instant: datetime, until: datetime | None
) -> datetime | None:
    """Return *until*, or the first instant before it at which a claimed scope will contradict a stored containment.

    A containment may come into force, or end, by the clock alone: what was claimed beside it in good faith is refused
    from then on. After MAXIMUM_BOUNDARIES such instants the next is returned unproved.
    """
    if not request.resource.scopes:
        return until
    facts = tuple(stored)
    bounds = {
        bound
        for fact in facts
        if isinstance(fact.kind, Containment)
        for bound in (fact.valid_from, fact.valid_until)
        if bound is not None and bound > instant and (until is None or bound < until)
    }
    for number, bound in enumerate(sorted(bounds)):
        if number == MAXIMUM_BOUNDARIES or any(_false_scopes(request, facts, bound, "resource")):
            return bound
    return until


def _contradicts(fact: Fact, at: int) -> RequestError:
    message = Text(
        vi="mâu thuẫn với dữ kiện cùng danh tính đã được lưu; hãy ghi dữ kiện mới trước",
        en="this contradicts the stored fact of the same identity; write it first",
    )
    return RequestError(CONTRADICTS_STORED, f"facts[{at}].{kind_name(fact.kind)}", "", "WriteFacts", message)


def _false_scopes(request: Request, facts: tuple[Fact, ...], instant: datetime, place: str) -> Iterable[RequestError]:
    """Yield an error for each claimed scope beside which another of its type is stored, narrow scopes first."""
    resource = request.resource
    if not resource.scopes:
        return
    containers = Containers(facts, instant)
    about = (resource.entity, *((resource.data_subject,) if resource.data_subject else ()))
    try:
        known = _strictly_above(about, containers)
        for at, scope in enumerate(resource.scopes):
            stored = sorted(entity for entity in known if entity.type == scope.type)
            if stored and scope not in known:
                yield _not_stored(scope, stored, f"{place}.scopes[{at}]")
            else:
                known |= _strictly_above((scope,), containers)
    except BoundExceededError:
        return  # the decision is a deny with this error


def _strictly_above(entities: tuple[Entity, ...], containers: Containers) -> set[Entity]:
    return set(containers.closure(entities)) - set(entities)


def _not_stored(scope: Entity, stored: list[Entity], place: str) -> RequestError:
    listed = ", ".join(f"`{entity}`" for entity in stored)
    message = Text(
        vi=f"phạm vi này không khớp với quan hệ bao hàm đã lưu: {listed}",
        en=f"this scope does not agree with the stored containment: {listed}",
    )
    return RequestError(SCOPE_NOT_STORED, place, str(scope), str(stored[0]), message)
