"""Denials of every operator, drawn at random; and what becomes of one when exactly the changes named are made.

Changes are made from what an explanation shows, not from what the search knows: facts as the wire has them, the
circumstances as the text `path = value`.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import combinations
from random import Random
from typing import Any, Final

from pdp.core.errors import InvalidRequestError
from pdp.core.explanation import Change, Explanation
from pdp.core.fact_identity import fact_id
from pdp.core.facts import Consent, Containment, Fact, Ground, RoleAssignment
from pdp.core.request import Request
from pdp.decision_point import DecisionPoint
from pdp.policy_set import PolicySet
from pdp.wire.facts import fact_from_wire
from pdp.wire.outgoing import fact_to_wire
from pdp_adapters.no_decision_log import NoDecisionLog
from tests.builders import (
    NOON,
    AlwaysAt,
    Json,
    droppable,
    read,
    read_if_valid,
    the_cases,
    the_policy_set,
    the_words,
    without,
)
from tests.stored_facts import HeldFacts

OPERATORS: Final = ("kidsonline", "welearning", "kiotviet", "homeid", "onmeeting")

_OTHER_VALUES: Final[tuple[tuple[str, Any], ...]] = (
    ("authenticated", False),
    ("authentication_method", "otp"),
    ("transport_encrypted", False),
    ("necessary", False),
    ("channel", "external_app"),
    ("channel", "email"),
    ("recipient", "user:somebody-else"),
)
_STATUSES: Final = {
    "open": "closed",
    "active": "ended",
    "verified": "claimed",
    "valid": "revoked",
    "in_force": "lapsed",
}


@dataclass(frozen=True)
class Denied:
    """A question of which some facts are stored and the others come with it: denied."""

    policy: PolicySet
    question: Json
    stored: tuple[Fact, ...]

    @property
    def request(self) -> Request:
        """Return the question."""
        return read(copy.deepcopy(self.question))

    @property
    def at(self) -> datetime:
        """Return when it is asked."""
        return self.request.time or NOON

    @property
    def point(self) -> DecisionPoint:
        """Return a decision point that has the stored facts."""
        policies = {self.policy.operator: self.policy}
        return DecisionPoint(policies, HeldFacts(self.stored), AlwaysAt(self.at), NoDecisionLog())

    def explained(self) -> Explanation:
        """Return the explanation."""
        return self.point.explain(self.request)


Part = tuple[str, Fact | str]
"""One change: `add` or `end` with a fact, `meet` with a circumstance."""


def parts_of(change: Change) -> tuple[Part, ...]:
    """Return the single changes of *change*."""
    adds: list[Part] = [("add", fact) for fact in change.add]
    ends: list[Part] = [("end", fact) for fact in change.end]
    return (*adds, *ends, *(("meet", each) for each in change.circumstances))


def proper_subsets(parts: tuple[Part, ...]) -> Iterator[tuple[Part, ...]]:
    """Yield every part of *parts* but the whole, nothing at all among them."""
    for size in range(len(parts)):
        yield from combinations(parts, size)


def allowed_after(denied: Denied, parts: tuple[Part, ...]) -> bool:
    """Say whether Check allows the question once *parts*, and nothing else, are changed."""
    stored = list(denied.stored)
    question = copy.deepcopy(denied.question)
    own = list(read(copy.deepcopy(question)).facts)
    written = question.get("facts", [])
    for what, fact in parts:
        if isinstance(fact, str):
            continue
        gone = partial(_equal if what == "end" else _same_identity, fact)
        stored = [other for other in stored if not gone(other)]
        kept = [at for at, other in enumerate(own) if not gone(other)]
        own, written = [own[at] for at in kept], [written[at] for at in kept]
        if what == "add":
            operator = denied.policy.operator
            # Whatever is to be written has to be a fact that the wire accepts.
            read_back = fact_from_wire(fact_to_wire(fact, operator), the_words(), operator=operator, stored=True)
            stored.append(replace(read_back, id=fact_id(operator, fact.kind)))
    question["facts"] = written
    for what, path in parts:
        if what == "meet" and isinstance(path, str):
            _meet(question, path)
    request = read(question)
    at = request.time or denied.at
    policies = {denied.policy.operator: denied.policy}
    point = DecisionPoint(policies, HeldFacts(tuple(stored)), AlwaysAt(at), NoDecisionLog())
    try:
        return point.check(request).allowed
    except InvalidRequestError:
        return False  # what comes with the question contradicts what is stored then


def with_circumstances(denied: Denied, change: Change, gone: set[tuple[object, ...]]) -> Request:
    """Return the question with the circumstances of *change*, and without contextual facts of the identities *gone*."""
    question = copy.deepcopy(denied.question)
    own = read(copy.deepcopy(question)).facts
    written = question.get("facts", [])
    question["facts"] = [one for one, fact in zip(written, own, strict=True) if identity(fact) not in gone]
    for circumstance in change.circumstances:
        _meet(question, circumstance)
    return read(question)


def identity(fact: Fact) -> tuple[object, ...]:
    """Return what a fact is told from others by (contract, section 2)."""
    match fact.kind:
        case RoleAssignment() as role:
            return ("role", role.subject, role.role, role.scope)
        case Consent() as said:
            sets = (frozenset(said.purposes), frozenset(said.categories))
            return ("consent", said.data_subject, said.given_by, said.recipient, *sets)
        case Ground() as ground:
            return ("ground", ground.kind, ground.id)
        case Containment() as inside:
            return ("containment", inside.entity, inside.container.type)


def _same_identity(one: Fact, other: Fact) -> bool:
    return identity(one) == identity(other)


def _equal(one: Fact, other: Fact) -> bool:
    return replace(one, id="", stored=False) == replace(other, id="", stored=False)


def _meet(question: Json, circumstance: str) -> None:
    path, is_there, value = circumstance.partition(" = ")
    root, _, name = (path if is_there else circumstance.removesuffix(" absent")).partition(".")
    if root in {"subject", "resource"}:
        section = question[root].setdefault("properties", {})
    elif root == "extra":
        section = question.setdefault("context", {}).setdefault("extra", {})
    else:
        section = question.setdefault("context", {})
    if is_there:
        section[name] = json.loads(value)
    else:
        section.pop(name, None)


# --- Drawing ----------------------------------------------------------------------------------------------------------


def a_denial(seed: int) -> Denied:
    """Return the denial of *seed*: some case of some operator, with a few things otherwise."""
    random = Random(seed)
    operator = OPERATORS[seed % len(OPERATORS)]
    cases = the_cases(operator)
    while True:
        case = random.choice(cases)
        question: Json = copy.deepcopy(case.question)
        question.setdefault("facts", [])
        for _ in range(random.randint(0 if not case.allowed else 1, 3)):
            random.choice(_CHANGES)(question, operator, random)
        request = read_if_valid(question)
        if request is None:
            continue
        chosen = [random.random() < 0.5 for _ in request.facts]
        held = [fact for fact, is_stored in zip(request.facts, chosen, strict=True) if is_stored]
        # As a store has them: each under its id, and of one identity the last one that was written.
        stored = {id_: replace(fact, id=id_, stored=True) for fact in held for id_ in (fact_id(operator, fact.kind),)}
        question["facts"] = [f for f, is_stored in zip(question["facts"], chosen, strict=True) if not is_stored]
        denied = Denied(the_policy_set(operator), question, tuple(stored.values()))
        try:
            allowed = denied.point.check(denied.request).allowed
        except InvalidRequestError:
            continue  # it contradicts what is stored, and is refused before it is decided
        if not allowed:
            return denied


def _less(question: Json, operator: str, random: Random) -> None:
    paths = [path for path in droppable(question) if path[0] != "facts" or len(path) > 2]
    if paths:
        changed = without(question, [random.choice(paths)])
        question.clear()
        question.update(changed)


def _fewer_facts(question: Json, operator: str, random: Random) -> None:
    if question["facts"]:
        question["facts"].pop(random.randrange(len(question["facts"])))


def _more_facts(question: Json, operator: str, random: Random) -> None:
    question["facts"] += copy.deepcopy(random.choice(the_cases(operator)).question.get("facts", []))


def _other_value(question: Json, operator: str, random: Random) -> None:
    key, value = random.choice(_OTHER_VALUES)
    if key in question.get("context", {}):
        question["context"][key] = value


def _other_subject(question: Json, operator: str, random: Random) -> None:
    question["subject"] = copy.deepcopy(random.choice(the_cases(operator)).question["subject"])


def _a_term(question: Json, operator: str, random: Random) -> None:
    if question["facts"]:
        bound, instant = random.choice(
            (("valid_until", "2026-01-01T00:00:00Z"), ("valid_from", "2030-01-01T00:00:00Z"))
        )
        fact = random.choice(question["facts"])
        fact.pop("valid_from", None)
        fact.pop("valid_until", None)
        fact[bound] = instant


def _another_status(question: Json, operator: str, random: Random) -> None:
    grounds = [fact["ground"] for fact in question["facts"] if "ground" in fact]
    grounds = [ground for ground in grounds if ground.get("status") in _STATUSES]
    if grounds:
        ground = random.choice(grounds)
        ground["status"] = _STATUSES[ground["status"]]


def _a_refusal(question: Json, operator: str, random: Random) -> None:
    consents = [fact["consent"] for fact in question["facts"] if "consent" in fact]
    if consents and random.random() < 0.5:
        random.choice(consents)["status"] = random.choice(("withdrawn", "refused", "pending"))
    elif question["resource"].get("data_subject"):
        person = question["resource"]["data_subject"]
        said = {"data_subject": person, "given_by": person, "purposes": [], "categories": [], "status": "refused"}
        question["facts"].append({"consent": said})


def _by_containment(question: Json, operator: str, random: Random) -> None:
    person, scopes = question["resource"].get("data_subject"), question["resource"].get("scopes", [])
    if person and scopes and person not in scopes:
        question["resource"]["scopes"] = []
        if random.random() < 0.5:
            inside = [{"containment": {"entity": person, "container": scope}} for scope in dict.fromkeys(scopes)]
            question["facts"] += inside


_CHANGES: Final = (
    _less,
    _fewer_facts,
    _fewer_facts,
    _more_facts,
    _other_value,
    _other_subject,
    _a_term,
    _another_status,
    _a_refusal,
    _by_containment,
)
