"""The policy of `benchmarks.access` in the language of each engine."""

import json
from collections.abc import Iterator
from typing import Final

from benchmarks.access import ACTIONS, ALLOW, Access

CASBIN_MODEL: Final = """\
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act, eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""

SPICEDB_SCHEMA: Final = "\n".join(
    [
        "definition user {}",
        "definition role {",
        "  relation member: user | role#member",
        "}",
        "definition data {",
        *(
            f"  relation allowed_{action}: role#member\n"
            f"  relation denied_{action}: role#member\n"
            f"  permission {action} = allowed_{action} - denied_{action}"
            for action in ACTIONS
        ),
        "}",
    ]
)

Relationship = tuple[str, str, str]
"""Resource, relation, subject: `data:data1`, `allowed_read`, `role:role1#member`."""


def casbin_policy(access: Access) -> str:
    """Return *access* as the text of a Casbin policy file for CASBIN_MODEL."""
    lines = [f"p, {rule.role}, {rule.data}, {rule.action}, {rule.effect}" for rule in access.rules]
    lines += [f"g, {user}, {role}" for user, roles in access.roles_of.items() for role in roles]
    lines += [f"g, {role}, {broad}" for role, broad in access.broader.items()]
    return "\n".join(lines) + "\n"


def cedar_policies(access: Access) -> str:
    """Return the rules of *access* as Cedar policies."""
    return "\n".join(
        f'{"permit" if rule.effect == ALLOW else "forbid"}(principal in Role::"{rule.role}",'
        f' action == Action::"{rule.action}", resource == Data::"{rule.data}");'
        for rule in access.rules
    )


def cedar_entities(access: Access) -> str:
    """Return who is in which role, as Cedar's entities in JSON."""
    broad = set(access.broader.values()) - access.broader.keys()
    roles = {role for held in access.roles_of.values() for role in held} - access.broader.keys() - broad
    parents: dict[tuple[str, str], list[str]] = {("Role", role): [] for role in sorted(broad | roles)}
    parents |= {("Role", role): [above] for role, above in access.broader.items()}
    parents |= {("User", user): list(held) for user, held in access.roles_of.items()}
    return json.dumps(
        [
            {
                "uid": {"type": type_, "id": name},
                "attrs": {},
                "parents": [{"type": "Role", "id": role} for role in above],
            }
            for (type_, name), above in parents.items()
        ]
    )


def spicedb_relationships(access: Access) -> Iterator[Relationship]:
    """Yield *access* as relationships for SPICEDB_SCHEMA."""
    for rule in access.rules:
        relation = "allowed" if rule.effect == ALLOW else "denied"
        yield f"data:{rule.data}", f"{relation}_{rule.action}", f"role:{rule.role}#member"
    for user, roles in access.roles_of.items():
        for role in roles:
            yield f"role:{role}", "member", f"user:{user}"
    for role, above in access.broader.items():
        yield f"role:{above}", "member", f"role:{role}#member"
