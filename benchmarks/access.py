"""The one policy that every engine is asked about in process: who is in which role, and what the roles may do.

It is made up from a seed, and says by itself what is allowed, without any engine. `benchmarks.renderings` says the same
to each engine in its own language.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Final

ACTIONS: Final = ("read", "write", "share", "erase")
ALLOW: Final = "allow"
DENY: Final = "deny"

_RULES_A_ROLE: Final = 10
_DENIALS: Final = 0.05
_BROAD_ROLES: Final = 0.2


@dataclass(frozen=True, slots=True)
class Rule:
    """A role may (*effect* `allow`) or may not (`deny`) do *action* to *data*."""

    role: str
    data: str
    action: str
    effect: str


@dataclass(frozen=True, slots=True)
class Question:
    """May *user* do *action* to *data*?"""

    user: str
    data: str
    action: str


@dataclass(frozen=True)
class Access:
    """Rules, and who is in which role; a role may lie in a broader one. A denial wins, and silence is a denial."""

    rules: tuple[Rule, ...]
    roles_of: Mapping[str, tuple[str, ...]]
    broader: Mapping[str, str] = field(default_factory=dict)

    def allows(self, question: Question) -> bool:
        """Say what this policy answers: the truth that every engine is held to."""
        held = self.held(question.user)
        effects = {rule.effect for rule in self._about.get((question.data, question.action), ()) if rule.role in held}
        return effects == {ALLOW}

    def held(self, user: str) -> frozenset[str]:
        """Return the roles of *user*, with those that they lie in."""
        return frozenset(role for own in self.roles_of.get(user, ()) for role in self._up(own))

    def _up(self, role: str) -> Iterator[str]:
        yield role
        while role in self.broader:
            role = self.broader[role]
            yield role

    @cached_property
    def _about(self) -> Mapping[tuple[str, str], list[Rule]]:
        about: dict[tuple[str, str], list[Rule]] = {}
        for rule in self.rules:
            about.setdefault((rule.data, rule.action), []).append(rule)
        return about

    @cached_property
    def members(self) -> Mapping[str, list[str]]:
        """Return the users of each role, those of the roles that lie in it included."""
        members: dict[str, list[str]] = {}
        for user in self.roles_of:
            for role in sorted(self.held(user)):
                members.setdefault(role, []).append(user)
        return members


def made_up(rules: int, seed: int = 0) -> Access:
    """Return a policy with so many *rules*: ten for a role, one in twenty of them a denial, two roles for a user.

    A fifth of the roles are broad; each of the others lies in one of them.
    """
    random = Random(f"access {rules} {seed}")
    roles = [f"role{number}" for number in range(max(5, rules // _RULES_A_ROLE))]
    broad = roles[: max(1, int(len(roles) * _BROAD_ROLES))]
    data = [f"data{number}" for number in range(max(5, rules // 5))]
    found: dict[tuple[str, str, str], Rule] = {}
    targets: list[tuple[str, str]] = []
    while len(found) < rules:
        if targets and random.random() < _DENIALS:
            # A denial is of what somebody else is allowed: one of anything else would change no answer.
            rule = Rule(random.choice(broad), *random.choice(targets), DENY)
        else:
            rule = Rule(random.choice(roles), random.choice(data), random.choice(ACTIONS), ALLOW)
            targets.append((rule.data, rule.action))
        found.setdefault((rule.role, rule.data, rule.action), rule)
    users = [f"user{number}" for number in range(max(10, rules // _RULES_A_ROLE))]
    roles_of = {user: tuple(random.sample(roles, 2)) for user in users}
    return Access(tuple(found.values()), roles_of, {role: random.choice(broad) for role in roles[len(broad) :]})


def questions(access: Access, count: int, *, allowed: bool, seed: int = 0) -> list[Question]:
    """Return *count* questions that *access* answers with *allowed*; they repeat only where it holds too few.

    Half of the denials are near misses: a member of a role asks for the data of one of its rules.
    """
    random = Random(f"questions {allowed} {seed}")
    users, rules = list(access.roles_of), [rule for rule in access.rules if access.members.get(rule.role)]
    data = sorted({rule.data for rule in rules})
    found: list[Question] = []
    while len(found) < count:
        rule = random.choice(rules)
        if allowed:
            asked = Question(random.choice(access.members[rule.role]), rule.data, rule.action)
        elif random.random() < 0.5:
            asked = Question(random.choice(access.members[rule.role]), rule.data, random.choice(ACTIONS))
        else:
            asked = Question(random.choice(users), random.choice(data), random.choice(ACTIONS))
        if access.allows(asked) is allowed:
            found.append(asked)
    return found


def any_questions(access: Access, count: int, seed: int = 0) -> list[Question]:
    """Return *count* questions of all kinds, strangers and unheard-of data among them."""
    random = Random(f"any questions {seed}")
    found = [
        *questions(access, count // 3, allowed=True, seed=seed + 1),
        *questions(access, count // 3, allowed=False, seed=seed + 2),
    ]
    denials = [rule for rule in access.rules if rule.effect == DENY and access.members.get(rule.role)]
    while len(found) < count:
        rule = random.choice(denials or access.rules)
        user = random.choice([*access.members.get(rule.role, ()), *access.roles_of, "stranger"])
        found.append(Question(user, random.choice([rule.data, "unheard-of"]), rule.action))
    random.shuffle(found)
    return found
