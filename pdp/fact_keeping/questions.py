"""Which question a change of a fact puts to the policy (contract, section 2).

Most changes rest on the credential of the caller alone. Those of families, schools and customers are asked about: who
grants or revokes is then the subject of an ordinary request, decided like any other.
"""

from typing import Final

from pdp.core.entity import Entity
from pdp.core.fact_change import FactChangeRequest
from pdp.core.facts import RoleAssignment, Value
from pdp.core.request import Request, Resource
from pdp.core.vocabulary import Vocabulary, WordKind

GRANT: Final = "grant_access"
REVOKE: Final = "revoke_access"
_UPDATE: Final = "update"

_FAMILY_ROLES: Final = frozenset({"family_member", "caregiver"})
_FAMILY_ACCESS: Final = "family_access"
_MANAGING_FAMILY: Final = "family_access_management"

_SCHOOL_ROLE: Final = "school_staff"
_TENANT_ROLE: Final = "tenant_member"
_SYSTEM: Final = "system"
_ACCOUNT: Final = "account"
_MANAGING_ACCOUNTS: Final = "account_management"

FIRST_ADMINS: Final = frozenset({"school_admin", "tenant_admin"})
"""Roles whose first holder in a scope is entered by the credential alone: there is nobody yet who could."""


def question_about(role: RoleAssignment, change: FactChangeRequest, action: str, words: Vocabulary) -> Request | None:
    """Return the request that decides whether the actor may grant or revoke *role*; None: the credential decides."""
    broader = set(words.upward(WordKind.ROLE, role.role))
    if role.role in _FAMILY_ROLES:
        resource = Resource(_FAMILY_ACCESS, role.subject.id, role.scope)
        return _request(change, action, resource, _MANAGING_FAMILY, role)
    if _SCHOOL_ROLE in broader:
        resource = Resource(_SYSTEM, role.scope.id, None, (role.scope,))
        return _request(change, _UPDATE, resource, change.purpose or _MANAGING_ACCOUNTS, role)
    if _TENANT_ROLE in broader:
        resource = Resource(_ACCOUNT, role.subject.id, role.subject, (role.scope,))
        return _request(change, action, resource, change.purpose or _MANAGING_ACCOUNTS, role)
    return None


def _request(change: FactChangeRequest, action: str, resource: Resource, purpose: str, role: RoleAssignment) -> Request:
    named: dict[str, Value] = {"grantee": role.subject, "granted_role": role.role}
    return Request(
        request_id="",
        operator=change.operator,
        subject=change.actor,
        action=action,
        resource=resource,
        purpose=purpose,
        subject_properties=change.actor_properties,
        context={**change.context, **named},
        extra=change.extra,
    )


def is_the_service_itself(actor: Entity) -> bool:
    """Say whether *actor* is no end user: what it enters was granted by nobody."""
    return actor.type in {"service", "operator", "unit", "app"}
