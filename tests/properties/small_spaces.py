"""Small policies whose every possible change can be tried: a second opinion on whether anything would help.

The rows of KidsOnline are replaced by a few random ones. What may be changed is written down here by hand, as choices,
without asking the search: for each choice one of several states of the world. Every combination is decided.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from random import Random
from typing import Any, Final

from pdp.core.request import Request
from pdp.deciding import decide
from pdp.policy_set import PolicySet, build_policy_set
from tests.builders import (
    CHILD,
    CLASS,
    KIDSONLINE,
    MOTHER,
    NOON,
    OPERATOR,
    SCHOOL,
    Edit,
    Json,
    a_condition,
    a_consent,
    a_containment,
    a_registration,
    a_role,
    a_ticket,
    edited,
    policy_lines,
    read,
    read_if_valid,
    the_words,
)
from tests.properties.denials import Denied

SUBJECT: Final = "user:thảo"

Change = Callable[[Json], None]


def _set(part: str, key: str, value: Any) -> Change:
    def change(question: Json) -> None:
        question[part].setdefault("properties", {}) if part != "context" else None
        section = question["context"] if part == "context" else question[part]["properties"]
        section[key] = value

    return change


def _fact(fact: Json, *others: Json) -> Change:
    def change(question: Json) -> None:
        question["facts"] += copy.deepcopy([fact, *others])

    return change


def _nothing(question: Json) -> None:
    """Leave it as it is."""


_GIVEN: Final[dict[str, Any]] = {"purposes": ["family_follow_up"]}
_TICKET: Final = {"beneficiary": SUBJECT, "opened_by": MOTHER}

CHOICES: Final[dict[str, tuple[Change, ...]]] = {
    "sign-in": (
        _nothing,
        _set("context", "authentication_method", "password"),
        _set("context", "authentication_method", "otp"),
    ),
    "signed": (_nothing, _set("context", "authenticated", True), _set("context", "authenticated", False)),
    "transport": (
        _nothing,
        _set("context", "transport_encrypted", True),
        _set("context", "transport_encrypted", False),
    ),
    "channel": (_nothing, *(_set("context", "channel", channel) for channel in ("web", "email", "phone"))),
    "necessary": (_nothing, _set("context", "necessary", True)),
    "special": (_nothing, _set("context", "special_case", "vì lý do sức khỏe")),
    "fields": (
        _nothing,
        *(_set("resource", "fields", names) for names in (["name"], ["name", "age"], ["phone"], ["avatar"])),
    ),
    "role": (
        _nothing,
        _fact(a_role(SUBJECT, "teacher", CLASS)),
        _fact(a_role(SUBJECT, "teacher", SCHOOL)),
        _fact(a_role(SUBJECT, "support_staff", OPERATOR)),
        _fact(a_role(SUBJECT, "primary_guardian", CHILD)),
        _fact(a_role(SUBJECT, "school_admin", SCHOOL)),
    ),
    "registered": (_nothing, _fact(a_registration(SUBJECT, OPERATOR))),
    "mother": (_nothing, _fact(a_role(MOTHER, "primary_guardian", CHILD))),
    "consent": (
        _nothing,
        _fact(a_consent(**_GIVEN)),
        _fact(a_consent(form="verbal", **_GIVEN)),
        _fact(a_consent(status="refused", **_GIVEN)),
    ),
    "ticket": (
        _nothing,
        _fact(a_ticket(**_TICKET)),
        _fact(a_ticket(**_TICKET, status="closed")),
        _fact(a_ticket(**(_TICKET | {"opened_by": SUBJECT}))),
    ),
    "product": (_nothing, _set("subject", "product", KIDSONLINE)),
    "session": (
        _nothing,
        _set("context", "session_started_at", "2026-10-06T04:50:00Z"),
        _set("context", "session_started_at", "2026-10-01T00:00:00Z"),
    ),
    "container": (_nothing, _fact(a_containment(CHILD, "school:other"))),
}

_EXTRA_CONDITIONS: Final = {
    "by_email": "context.channel is email",
    "not_by_email": "context.channel is not email",
    "by_web_or_email": "context.channel is one of [web, email]",
    "nothing_refused": "no refusal from primary_guardian",
    "something_refused": "refusal from primary_guardian",
    "agreed_somehow": "consent from primary_guardian",
    "not_agreed": "not agreed_somehow",
    "ticket_open": "some support_ticket where (its beneficiary is subject and its status is open)",
    "no_ticket_open": "no support_ticket where (its beneficiary is subject and its status is open)",
    "ticket_closed": "some support_ticket where (its beneficiary is subject and its status is closed)",
    "own_ticket": "some support_ticket where (its opened_by is subject and its beneficiary is subject)",
    "is_staff": "subject holds support_staff or school_staff",
    "is_no_staff": "not subject holds support_staff or school_staff",
    "only_name_or_age": "resource.fields is within [name, age]",
    "name_asked_for": "resource.fields includes name",
    "only_age_or_phone": "resource.fields is within [age, phone]",
    "no_fields_named": "not resource.fields is stated",
    "fresh_session": "now is before 1 days after context.session_started_at",
    "old_session": "now is after 1 days after context.session_started_at",
    "is_the_person": "subject is resource.data_subject",
    "in_another_school": "resource.scopes includes school:other",
    "in_no_other_school": "not resource.scopes includes school:other",
}
_OWN_CONDITIONS: Final = (
    "signed_in_with_password",
    "over_tls",
    "through_the_app",
    "registered_with_kidsonline",
    "assigned_to_the_class",
    "written_consent_of_primary_guardian",
    "without_written_consent",
    "ticket_of_somebody_entitled",
    "special_case_stated",
    "needed_for_the_purpose",
)
_LOOKED_AT: Final = {
    "signed_in_with_password": ("sign-in", "signed"),
    "over_tls": ("transport",),
    "through_the_app": ("channel",),
    "registered_with_kidsonline": ("registered",),
    "written_consent_of_primary_guardian": ("mother", "consent"),
    "without_written_consent": ("mother", "consent"),
    "ticket_of_somebody_entitled": ("mother", "ticket", "product"),
    "special_case_stated": ("special",),
    "needed_for_the_purpose": ("necessary",),
    "by_email": ("channel",),
    "not_by_email": ("channel",),
    "by_web_or_email": ("channel",),
    "nothing_refused": ("mother", "consent"),
    "something_refused": ("mother", "consent"),
    "agreed_somehow": ("mother", "consent"),
    "not_agreed": ("mother", "consent"),
    "ticket_open": ("ticket",),
    "no_ticket_open": ("ticket",),
    "ticket_closed": ("ticket",),
    "own_ticket": ("ticket",),
    "only_name_or_age": ("fields",),
    "name_asked_for": ("fields",),
    "only_age_or_phone": ("fields",),
    "no_fields_named": ("fields",),
    "fresh_session": ("session",),
    "old_session": ("session",),
    "in_another_school": ("container",),
    "in_no_other_school": ("container",),
}
_ROLES: Final = ("any", "teacher", "school_staff", "support_staff", "guardian", "third_party", "operator_staff")


@dataclass(frozen=True)
class SmallSpace:
    """A small policy, by its *rows*, and a question that it denies in the state that is chosen first."""

    policy: PolicySet
    rows: tuple[str, ...]
    first: tuple[tuple[str, int], ...]

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the names of what may be chosen."""
        return tuple(name for name, _ in self.first)

    @property
    def denied(self) -> Denied:
        """Return the denied question with what is chosen first."""
        return Denied(self.policy, _question(self.first), ())

    def can_be_allowed(self) -> bool:
        """Say whether any combination of choices is allowed: every one is decided."""
        return any(decide(self.policy, request, (), NOON).allowed for request in self._all())

    def _all(self) -> Iterator[Request]:
        for picked in product(*(range(len(CHOICES[name])) for name in self.choices)):
            request = read_if_valid(_question(tuple(zip(self.choices, picked, strict=True))))
            if request is not None:
                yield request


def _question(picked: Sequence[tuple[str, int]]) -> Json:
    type_, _, id_ = SUBJECT.partition(":")
    question: Json = {
        "operator": KIDSONLINE,
        "subject": {"type": type_, "id": id_},
        "action": {"name": "read"},
        "purpose": "family_follow_up",
        "resource": {"type": "child_photo", "id": "ảnh-1", "data_subject": CHILD, "scopes": [CLASS]},
        "context": {},
        "facts": [a_containment(CLASS, SCHOOL)],
    }
    for name, at in picked:
        CHOICES[name][at](question)
    return question


@lru_cache(maxsize=256)
def a_policy_of(rows: tuple[str, ...]) -> PolicySet:
    """Return the policy of KidsOnline with *rows* for rules, and more conditions."""
    edits: list[Edit] = [a_condition(name, when) for name, when in _EXTRA_CONDITIONS.items()]
    files = edited(edits)
    kept = [line for line in policy_lines() if not line.startswith("p,")]
    files[f"{KIDSONLINE}/policy.csv"] = ("\n".join([*rows, *kept]) + "\n").encode()
    return build_policy_set(KIDSONLINE, list(files.items()), the_words().vocabulary, the_words().schema)


@lru_cache(maxsize=512)
def a_small_space(seed: int) -> SmallSpace:
    """Return the small space of *seed*: random rows, and a random state in which they deny."""
    random = Random(seed)
    known = (*_OWN_CONDITIONS, *_EXTRA_CONDITIONS)
    while True:
        rows, asked_for = [], set[str]()
        for at in range(random.randint(1, 5)):
            effect = "allow" if at == 0 or random.random() < 0.4 else "deny"
            names = random.sample(known, random.randint(0 if effect == "deny" else 1, 3))
            if effect == "deny" and not names and random.random() < 0.8:
                continue
            asked_for |= set(names)
            when = " and ".join(names) or "always"
            role = random.choice(_ROLES)
            rows.append(f"p, r{at}, {effect}, {role}, read, child_photo, family_follow_up, {when}, KIDS-1.13, nothing")
        choices = {"role", *(choice for name in asked_for for choice in _LOOKED_AT.get(name, ()))}
        size = 1
        for name in choices:
            size *= len(CHOICES[name])
        if size > 1_000:
            continue
        try:
            policy = a_policy_of(tuple(rows))
        # A random folder may be one that the loader refuses.
        except Exception as error:
            if "finding" not in type(error).__name__.lower() and "policy" not in type(error).__name__.lower():
                raise
            continue
        for _ in range(8):
            first = tuple((name, random.randrange(len(CHOICES[name]))) for name in sorted(choices))
            request = read_if_valid(_question(first))
            if request is not None and not decide(policy, request, (), NOON).allowed:
                return SmallSpace(policy, tuple(rows), first)


__all__ = ["CHOICES", "SmallSpace", "a_policy_of", "a_small_space", "read"]
