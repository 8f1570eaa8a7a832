"""What KidsOnline's policy says of `benchmarks.served.situations`, said to Cerbos.

Written by hand as its documentation teaches: derived roles for who somebody is to a child, a policy for each kind of
resource. What this project calls facts are attributes of the principal. Facts that play no part in the situations
(consents, tickets, containments, terms) are left out, which spares Cerbos work and never adds any.
"""

from collections.abc import Mapping
from typing import Any, Final

from benchmarks.served.situations import CHILD_CATEGORIES

VERSION: Final = "default"

_API: Final = "api.cerbos.dev/v1"
_SIGNED_IN: Final = (
    'P.attr.authenticated == true && P.attr.authentication_method == "password" && P.attr.transport_encrypted == true'
)
_OF_THE_CHILD: Final = 'g.beneficiary == P.id && g.data_subject == R.attr.data_subject && g.status == "active"'
_AT_THE_SCHOOL: Final = (
    f"P.attr.registrations.exists(g, {_OF_THE_CHILD}"
    ' && g.registrar.startsWith("school:") && g.registrar in R.attr.scopes)'
)
_WITH_KIDSONLINE: Final = f'P.attr.registrations.exists(g, {_OF_THE_CHILD} && g.registrar == "operator:kidsonline")'
_GRANTED: Final = (
    'P.attr.roles.exists(o, o.subject == r.granted_by && o.role == "primary_guardian" && o.scope == r.scope)'
)
_DERIVED: Final = {
    "primary_guardian": 'r.role == "primary_guardian" && r.scope == R.attr.data_subject',
    "registered_family": (f'r.role in ["guardian", "family_member"] && r.scope == R.attr.data_subject && {_GRANTED}'),
    "class_teacher": 'r.role == "teacher" && r.scope.startsWith("class:") && r.scope in R.attr.scopes',
    "head": 'r.role == "school_admin" && r.scope in R.attr.scopes',
}
_ROLES: Final = "kidsonline"


def policies() -> dict[str, dict[str, Any]]:
    """Return the policy files of Cerbos, by name."""
    return _files(VERSION, {})


def twins() -> dict[str, dict[str, Any]]:
    """Return policies that are wrong on purpose, each under a version of its own: the files by name."""
    found: dict[str, dict[str, Any]] = {}
    for version, (old, new) in TWINS.items():
        found |= _files(version, {old: new})
    return found


TWINS: Final[Mapping[str, tuple[str, str]]] = {
    "grants_are_not_asked_for": (f" && {_GRANTED}", ""),
    "school_registration_of_any_school": (" && g.registrar in R.attr.scopes", ""),
    "no_registration_with_kidsonline": (f" && {_WITH_KIDSONLINE}", ""),
    "ended_registrations_count": (' && g.status == "active"', ""),
    "teachers_of_the_whole_school": (' && r.scope.startsWith("class:") && r.scope in R.attr.scopes', ""),
    "heads_of_any_school": (' == "school_admin" && r.scope in R.attr.scopes', ' == "school_admin"'),
    "unencrypted": (" && P.attr.transport_encrypted == true", ""),
    "any_way_to_sign_in": (' && P.attr.authentication_method == "password"', ""),
    "anybodys_account": ("P.id == R.attr.data_subject", "true"),
    "no_purpose": (' && P.attr.purpose == "education"', ""),
}
"""Each twin: what is taken out of every expression, and what stands there instead."""


def _files(version: str, changes: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    roles = _ROLES if version == VERSION else f"{_ROLES}_{version}"
    files: dict[str, dict[str, Any]] = {
        f"{roles}.json": {
            "apiVersion": _API,
            "derivedRoles": {
                "name": roles,
                "definitions": [
                    {
                        "name": name,
                        "parentRoles": ["user"],
                        "condition": _when(f"P.attr.roles.exists(r, r.subject == P.id && {whether})", changes),
                    }
                    for name, whether in _DERIVED.items()
                ],
            },
        }
    }
    rules = {category: _of_a_child(changes) for category in CHILD_CATEGORIES}
    rules["account"] = [
        _rule(
            "login", f'{_SIGNED_IN} && P.id == R.attr.data_subject && P.attr.purpose == "account_management"', changes
        )
    ]
    rules["support_request"] = [
        _rule("submit", 'P.id == R.attr.data_subject && P.attr.purpose == "customer_support"', changes)
    ]
    rules["operator_material"] = [_rule("read", "true", changes)]
    for category, of_category in rules.items():
        if category != "operator_material":
            of_category.append({"actions": ["sell"], "effect": "EFFECT_DENY", "roles": ["user"]})
        files[f"{category}_{version}.json"] = {
            "apiVersion": _API,
            "resourcePolicy": {
                "resource": category,
                "version": version,
                **({"importDerivedRoles": [roles]} if category in CHILD_CATEGORIES else {}),
                "rules": of_category,
            },
        }
    return files


def _of_a_child(changes: Mapping[str, str]) -> list[dict[str, Any]]:
    registered = f"{_SIGNED_IN} && {_AT_THE_SCHOOL} && {_WITH_KIDSONLINE}"
    return [
        _rule(
            "read",
            f'P.attr.purpose == "family_follow_up" && {registered}',
            changes,
            derived=("primary_guardian", "registered_family"),
        ),
        _rule(
            "read",
            f'P.attr.purpose in ["family_follow_up", "education"] && {_SIGNED_IN}',
            changes,
            derived=("class_teacher",),
        ),
        _rule("read", f'{_SIGNED_IN} && P.attr.purpose == "education"', changes, derived=("head",)),
    ]


def _rule(action: str, whether: str, changes: Mapping[str, str], derived: tuple[str, ...] = ()) -> dict[str, Any]:
    whom = {"derivedRoles": list(derived)} if derived else {"roles": ["user"]}
    condition = {} if whether == "true" else {"condition": _when(whether, changes)}
    return {"actions": [action], "effect": "EFFECT_ALLOW", **whom, **condition}


def _when(whether: str, changes: Mapping[str, str]) -> dict[str, Any]:
    for old, new in changes.items():
        whether = whether.replace(old, new)
    return {"match": {"expr": whether}}
