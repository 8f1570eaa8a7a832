"""Policies that are wrong on purpose: questions that do not tell them from the right one compare nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from benchmarks.access import ALLOW, Access

TWINS: Final[Mapping[str, Callable[[Access], Access]]] = {
    "denials are lost": lambda access: replace(
        access, rules=tuple(rule for rule in access.rules if rule.effect == ALLOW)
    ),
    "denials allow": lambda access: replace(access, rules=tuple(replace(rule, effect=ALLOW) for rule in access.rules)),
    "roles lie in no broader one": lambda access: replace(access, broader={}),
    "read and write are mixed up": lambda access: replace(
        access,
        rules=tuple(
            replace(rule, action={"read": "write", "write": "read"}.get(rule.action, rule.action))
            for rule in access.rules
        ),
    ),
    "the last twentieth of the rules is lost": lambda access: replace(
        access, rules=access.rules[: -(-len(access.rules) * 19 // 20)]
    ),
    "users have their first role alone": lambda access: replace(
        access, roles_of={user: roles[:1] for user, roles in access.roles_of.items()}
    ),
}
