"""Who could bring a step about."""

from collections.abc import Mapping
from typing import Final

from pdp.core.entity import Entity
from pdp.core.facts import Consent, Fact, Ground, RoleAssignment
from pdp.core.policy import ANY_WORD
from pdp.counterfactuals.steps import TIME, Meet, Step
from pdp.counterfactuals.world import World

OPERATOR: Final = "operator"
"""Whatever nobody else may write, the operator's own services do (contract, section 2: "the credential alone")."""

_ASSIGNED_BY: Final = (("school_admin", OPERATOR), ("school_staff", "school_admin"), ("tenant_member", "tenant_admin"))
"""Who assigns a role that no folder says who grants, by the broader role."""

_MADE_BY: Final[Mapping[str, str]] = {
    "registration": "registrar",
    "invitation": "invited_by",
    "support_ticket": "opened_by",
    "complaint": "opened_by",
    "legal_request": "issued_by",
    "authorisation": "granted_by",
    "content_finding": "found_by",
}
"""By kind of ground, the property that says whose act it is."""

_OF_THE_PERSON: Final = frozenset({"payment", "order", "service_contract"})
"""Kinds of ground that the person concerned brings about."""

_OF_THE_OPERATOR: Final = frozenset(
    {
        "context.necessity_documented",
        "context.notice_to",
        "context.automatic",
        "context.policy_effective_from",
        "subject.product",
    }
)
"""Circumstances that are in the operator's hands; all others of `context` and `subject` are in the subject's."""

_OF_THE_DATA_SUBJECT: Final = frozenset(
    {
        "resource.visibility",
        "resource.made_public_by",
        "resource.deletion_requested_at",
        "resource.deletion_requested_via",
        "resource.request_type",
    }
)


def brought_about_by(step: Step, world: World) -> tuple[str, str]:
    """Return who could do *step* as an admin reads it, `type:id` or a role, and as a caller does, without names.

    Both are "" for what nobody does: time passes by itself.
    """
    if isinstance(step, Meet):
        who = _of_circumstance(step.path, world)
        return who, who
    entity, role = _of_fact(step.fact, world)
    if entity is None or entity not in world.origin.named:
        return role, role
    asked = {world.request.subject, world.request.resource.data_subject, world.circumstances.operator}
    return str(entity), str(entity) if entity in asked else role


def _of_circumstance(path: str, world: World) -> str:
    request = world.request
    if path == TIME:
        return ""
    if path in _OF_THE_OPERATOR:
        return OPERATOR
    if path in _OF_THE_DATA_SUBJECT:
        return str(request.resource.data_subject or OPERATOR)
    asks = path.startswith(("context.", "subject.", "extra.")) or path == "resource.fields"
    return str(request.subject) if asks else OPERATOR


def _of_fact(fact: Fact, world: World) -> tuple[Entity | None, str]:
    """Return who could write or end *fact*, None for nobody in particular, and in which role."""
    match fact.kind:
        case RoleAssignment() as role:
            granting = world.policy.granting.get(role.role)
            if granting is not None:
                return role.granted_by, granting.by[0]
            above = world.policy.hierarchies.roles.get(role.role, ANY_WORD)
            return None, next((by for broad, by in _ASSIGNED_BY if broad in above), OPERATOR)
        case Consent() as consent:
            return consent.given_by, _role_of(consent.given_by, consent.data_subject, world)
        case Ground() as ground:
            if ground.kind in _OF_THE_PERSON:
                return ground.data_subject, "data_subject" if ground.data_subject else OPERATOR
            maker = ground.properties.get(_MADE_BY.get(ground.kind, ""))
            if ground.kind == "legal_request" and maker is None:
                maker = ground.beneficiary
            return (maker, _role_of(maker, None, world)) if isinstance(maker, Entity) else (None, OPERATOR)
        case _:
            return None, OPERATOR


def _role_of(entity: Entity, person: Entity | None, world: World) -> str:
    if entity in {person, world.request.resource.data_subject}:
        return "data_subject"
    held = sorted({one.role.role for one in world.circumstances.assignments_of(entity, person) if one.counts})
    return held[0] if held else OPERATOR
