"""What an entry depends on, as a value that can be compared whole: two questions that differ anywhere differ in it.

INVARIANT (typed): every value stands beside its type, for Python says that 1, 1.0 and True are the same.
INVARIANT (everything in it): a field of a request is in its content, or in LEFT_OUT with the reason.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pdp.core.caches import Content
from pdp.core.entity import Entity
from pdp.core.facts import Consent, Containment, Fact, FactKind, Ground, Properties, RoleAssignment
from pdp.core.request import Request
from pdp.core.survey import Survey
from pdp.core.wanted import GroundsWanted, Keys, Wanted

LEFT_OUT: Final[Mapping[str, str]] = {
    "request_id": "every answer carries the id of its own request",
    "consistency": "what may be served under it is judged when it is served",
    "unread": "seen by no rule, and recorded with each request",
    "time": "a request that brings its own time is decided anew",
}
"""The fields of a request that are in no key, and why."""


def of_request(request: Request, policy: str) -> Content:
    """Return what the answer to *request* under the policy set *policy* depends on, but for facts and time."""
    resource = request.resource
    return (
        "decision",
        policy,
        request.operator,
        request.subject,
        request.action,
        resource.type,
        resource.id,
        resource.data_subject,
        resource.scopes,
        of_properties(resource.properties),
        request.purpose,
        of_properties(request.subject_properties),
        of_properties(request.context),
        of_properties(request.extra),
        tuple(of_fact(fact) for fact in request.facts),
    )


def of_wanted(operator: str, wanted: Wanted) -> Content:
    """Return what gathering *wanted* depends on, but for the facts."""
    return ("facts", operator, wanted)


def of_survey(operator: str, survey: Survey, limit: int) -> Content:
    """Return what surveying the present depends on, but for the facts."""
    return ("survey", operator, survey, limit)


def of_properties(properties: Properties) -> Content:
    """Return *properties* in the order of their keys, each value beside its type."""
    if not properties:
        return ()
    return tuple((key, value.__class__, value) for key, value in sorted(properties.items()))


def of_fact(fact: Fact) -> Content:
    """Return all that *fact* says."""
    return (fact.valid_from, fact.valid_until, fact.stored, *_of_kind(fact.kind))


def _of_kind(kind: FactKind) -> Content:
    match kind:
        case RoleAssignment():
            return ("role", kind.subject, kind.role, kind.scope, kind.granted_by)
        case Consent():
            return (
                "consent", kind.data_subject, kind.given_by, kind.purposes, kind.categories, kind.status,
                kind.recipient, kind.form, of_properties(kind.properties),
            )  # fmt: skip
        case Ground():
            return (
                "ground", kind.kind, kind.id, kind.status, kind.beneficiary, kind.data_subject,
                of_properties(kind.properties),
            )  # fmt: skip
        case Containment():
            return ("containment", kind.entity, kind.container)


def encoded(value: object) -> bytes:
    """Return *value* as bytes from which it could be read back: a letter for the type, the length, the content.

    No two values that differ have the same bytes. Sets are written in the order of their elements' bytes.
    """
    if value is None:
        return _written(b"n", b"")
    if isinstance(value, bool):
        return _written(b"b", b"1" if value else b"0")
    if isinstance(value, int):
        return _written(b"i", str(value).encode())
    if isinstance(value, str):
        return _written(b"s", value.encode())
    if isinstance(value, datetime):
        return _written(b"d", value.isoformat().encode())
    if isinstance(value, Entity):
        return _written(b"e", encoded(value.type) + encoded(value.id))
    if isinstance(value, type):
        return _written(b"t", value.__qualname__.encode())
    if isinstance(value, tuple):
        return _written(b"l", b"".join(map(encoded, value)))
    if isinstance(value, frozenset):
        return _written(b"f", b"".join(sorted(map(encoded, value))))
    return _written(b"r", _of_record(value))


def _of_record(value: object) -> bytes:
    match value:
        case Wanted():
            fields: Content = (
                value.start, value.holders, value.people, value.grounds, value.naming, value.ids, value.subjects,
            )  # fmt: skip
        case GroundsWanted():
            keys: tuple[Keys | None, ...] = (value.beneficiaries, value.data_subjects, value.concerns)
            fields = (value.kinds, *keys, value.within)
        case Survey():
            grounds = tuple((ground.kind, ground.data_subjects) for ground in value.grounds)
            fields = (value.about, value.people, grounds, value.ids, value.everything)
        case _:
            raise TypeError(f"nothing of the type {type(value).__name__} stands in a key")
    return encoded(type(value).__name__) + b"".join(map(encoded, fields))


def _written(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "big") + content
