"""The questions that servers are asked: requests of KidsOnline, each as a dictionary in the JSON form of the contract.

They stay within what `benchmarks.served.cerbos_policies` says to Cerbos: families, teachers and heads who read about a
child, people who sign in, the public guide, and what is never allowed.
"""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

Situation = dict[str, Any]

CHILD_CATEGORIES: Final = ("child_photo", "child_video", "child_activity", "child_data")
OTHER_CATEGORIES: Final = ("account", "support_request", "operator_material")
ACTIONS: Final = ("read", "login", "submit", "sell")
PURPOSES: Final = ("family_follow_up", "education", "account_management", "customer_support", "marketing")
BATCH: Final = 50

_SUBJECT: Final = "user:cẩm-tú"
_OTHERS: Final = ("user:hùng", "user:hoa")
_CHILDREN: Final = ("child:phúc-khang", "child:an")
_CLASSES: Final = ("class:chồi-3", "class:lá-1")
_SCHOOLS: Final = ("school:măng-non-q7", "school:hoa-sen")
_SIGNED_IN: Final = {"authenticated": True, "authentication_method": "password", "transport_encrypted": True}


def without_facts(number: int = 0) -> Situation:
    """Return a request without facts: somebody signs in to one of their accounts by password, and may."""
    return {
        "request_id": f"q-{number:08}",
        "operator": "kidsonline",
        "subject": _entity(_SUBJECT),
        "action": {"name": "login"},
        "resource": {"type": "account", "id": f"tài-khoản-{number:08}", "data_subject": _SUBJECT},
        "purpose": "account_management",
        "context": dict(_SIGNED_IN),
    }


def with_three_facts(number: int = 0, *, mother: int = 0) -> Situation:
    """Return a request with three facts: a mother opens a photo of her child in the app, and may.

    *number* tells requests of one mother apart, *mother* tells mothers (and so all facts) apart.
    """
    name, child = f"{_SUBJECT}-{mother:05}", f"{_CHILDREN[0]}-{mother:05}"
    return {
        "request_id": f"q-{number:08}",
        "operator": "kidsonline",
        "subject": _entity(name),
        "action": {"name": "read"},
        "resource": {
            "type": "child_photo",
            "id": f"ảnh-{number:08}",
            "data_subject": child,
            "scopes": [_CLASSES[0], _SCHOOLS[0]],
        },
        "purpose": "family_follow_up",
        "context": {**_SIGNED_IN, "channel": "mobile_app"},
        "facts": [
            {"role": {"subject": name, "role": "primary_guardian", "scope": child}},
            _registration(f"registration:trường-{mother:05}", name, child, _SCHOOLS[0]),
            _registration(f"registration:ứng-dụng-{mother:05}", name, child, "operator:kidsonline"),
        ],
    }


def any_situations(count: int, seed: int = 0) -> list[Situation]:
    """Return *count* requests of all kinds that Cerbos' policy speaks of, each a few steps from an allowed one."""
    random = Random(f"situations {seed}")
    return [_any_situation(random, number) for number in range(count)]


def _any_situation(random: Random, number: int) -> Situation:
    action, category, purpose = random.choice(
        [
            *(("read", random.choice(CHILD_CATEGORIES), "family_follow_up") for _ in range(4)),
            *(("read", random.choice(CHILD_CATEGORIES), "education") for _ in range(2)),
            ("read", random.choice(CHILD_CATEGORIES), random.choice(PURPOSES)),
            ("login", "account", "account_management"),
            ("submit", "support_request", "customer_support"),
            ("read", "operator_material", random.choice(PURPOSES)),
            (random.choice(ACTIONS), random.choice(CHILD_CATEGORIES + OTHER_CATEGORIES), random.choice(PURPOSES)),
        ]
    )
    child = random.choice(_CHILDREN)
    of_child = category in CHILD_CATEGORIES
    resource: dict[str, Any] = {"type": category, "id": f"r-{number}"}
    if random.random() < 0.95:
        whom = child if of_child else random.choice([_SUBJECT, _SUBJECT, *_OTHERS])
        resource["data_subject"] = whom
    resource["scopes"] = [random.choice(few) for few in (_CLASSES, _SCHOOLS) if random.random() < 0.95]
    return {
        "request_id": f"q-{number}",
        "operator": "kidsonline",
        "subject": _entity(_SUBJECT),
        "action": {"name": action},
        "resource": resource,
        "purpose": purpose,
        "context": _any_context(random),
        "facts": _any_facts(random, child, resource["scopes"]),
    }


def _any_context(random: Random) -> dict[str, Any]:
    context: dict[str, Any] = dict(_SIGNED_IN)
    if random.random() < 0.15:
        key, value = random.choice(
            [("authenticated", False), ("authentication_method", "otp"), ("transport_encrypted", False)]
        )
        context[key] = value
    if random.random() < 0.05:
        del context[random.choice(sorted(context))]
    return context


def _any_facts(random: Random, child: str, scopes: Sequence[str]) -> list[dict[str, Any]]:
    roles = [_any_role(random, _SUBJECT, child, scopes) for _ in range(random.choice([0, 1, 1, 1, 1, 2]))]
    roles += [_any_role(random, who, child, scopes) for who in _OTHERS if random.random() < 0.7]
    school = _any(random, [each for each in scopes if each in _SCHOOLS], _SCHOOLS)
    registrations = [
        _registration(
            f"registration:r-{number}",
            _SUBJECT if random.random() < 0.9 else random.choice(_OTHERS),
            child if random.random() < 0.9 else random.choice(_CHILDREN),
            _mostly(random, registrar, (*_SCHOOLS, "operator:kidsonline")),
            _mostly(random, "active", ("ended",)),
        )
        for number, registrar in enumerate([school, "operator:kidsonline"])
        if random.random() < 0.9
    ]
    told: dict[tuple[str, ...], dict[str, Any]] = {}
    for role in roles:  # one role of one person in one scope is one fact: it must not be told in two ways
        told.setdefault((role["subject"], role["role"], role["scope"]), {"role": role})
    return [*told.values(), *registrations]


def _any_role(random: Random, who: str, child: str, scopes: Sequence[str]) -> dict[str, str]:
    role = random.choice(["primary_guardian", "primary_guardian", "guardian", "family_member", "caregiver"])
    if random.random() < 0.3:
        role = random.choice(["teacher", "school_admin"])
    if role == "teacher":
        return {"subject": who, "role": role, "scope": _mostly(random, _any(random, scopes, _CLASSES), _CLASSES)}
    if role == "school_admin":
        schools = [each for each in scopes if each in _SCHOOLS]
        return {"subject": who, "role": role, "scope": _mostly(random, _any(random, schools, _SCHOOLS), _SCHOOLS)}
    found = {"subject": who, "role": role, "scope": _mostly(random, child, _CHILDREN)}
    if role != "primary_guardian" and random.random() < 0.85:
        found["granted_by"] = random.choice(_OTHERS)
    return found


def _any(random: Random, first: Sequence[str], otherwise: Sequence[str]) -> str:
    return random.choice(first or otherwise)


def _mostly(random: Random, usual: str, others: Sequence[str]) -> str:
    return usual if random.random() < 0.8 else random.choice(others)


def _entity(name: str) -> dict[str, str]:
    type_, _, id_ = name.partition(":")
    return {"type": type_, "id": id_}


def _registration(name: str, who: str, child: str, registrar: str, status: str = "active") -> dict[str, Any]:
    return {
        "ground": {
            "kind": "registration",
            "id": name,
            "beneficiary": who,
            "data_subject": child,
            "status": status,
            "properties": {"registrar": registrar},
        }
    }
