"""What the laws are tried on: implementations that can be told apart, a second opinion, and requests of all kinds."""

import copy
import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, Final

from pdp.conditions import Evaluator
from pdp.core.circumstances import Circumstances
from pdp.core.decision import Cause, Outcome
from pdp.core.request import Request
from pdp.deciding import Answer
from pdp.deciding.judging import COMPILED, Judging
from pdp.policy_set import PolicySet
from tests.builders import NOON, Case, Edit, Json, a_policy_set, droppable, edited, read_if_valid, the_cases, without


@dataclass(frozen=True, slots=True)
class Implementation:
    """One way to decide: the policy of KidsOnline with *edits*, judged by *judging*."""

    name: str
    edits: tuple[Edit, ...] = ()
    judging: Judging = COMPILED

    def policy(self, *edits: Edit) -> PolicySet:
        """Return the policy set after further *edits*."""
        return a_policy_set(*self.edits, *edits)

    def answer(self, policy: PolicySet, request: Request, at: datetime | None = None) -> Answer:
        """Return the answer of *policy* at the time of the request, or at another."""
        return self.judging.decide(policy, request, (), at or request.time or NOON)


REAL: Final = Implementation("the real one")


# --- A second opinion -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the rows say of a request: *rules* are those that decide, *kept_back* the narrower categories denied."""

    allowed: bool
    cause: Cause
    rules: frozenset[str]
    kept_back: frozenset[str] = frozenset()


class Oracle:
    """Reads the rows by itself and combines them without Casbin; only what a condition comes to is taken over."""

    def __init__(self, *edits: Edit) -> None:
        files = edited(edits)
        text = "\n".join(files[f"{folder}/policy.csv"].decode() for folder in ("kidsonline", "house/kidsonline"))
        rows = csv.reader(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
        self._rows = [[field.strip() for field in row] for row in rows]
        self._policy = a_policy_set(*edits)
        self._broader: dict[tuple[str, str], set[str]] = {}
        for type_, *fields in self._rows:
            if type_.startswith("g"):
                self._broader.setdefault((type_, fields[0]), set()).add(fields[1])

    def opinion(self, request: Request) -> Opinion:
        """Say what the rows come to for *request*."""
        circumstances = Circumstances(
            request, (), request.time or NOON, self._policy.hierarchies, self._policy.granting
        )
        evaluator = Evaluator(self._policy.conditions, circumstances)
        deny: set[str] = set()
        allow: set[str] = set()
        spoken_of = False
        for id_, effect, role, action, category, purpose, when, *_ in (row[1:] for row in self._rows if row[0] == "p"):
            asked = (("g2", action, request.action), ("g3", category, request.resource.type))
            if not all(self._lies_in(*part) for part in (*asked, ("g4", purpose, request.purpose))):
                continue
            spoken_of = spoken_of or effect == "allow"
            if any(self._lies_in("g", role, held) for held in circumstances.roles):
                names = [] if when == "always" else when.split(" and ")
                outcomes = {evaluator.named(name).outcome for name in names}
                if effect == "deny" and Outcome.FALSE not in outcomes:
                    deny.add(id_)
                elif effect == "allow" and outcomes <= {Outcome.TRUE}:
                    allow.add(id_)
        if deny:
            return Opinion(False, Cause.RULE, frozenset(deny))
        if not allow:
            return Opinion(False, Cause.UNMET if spoken_of else Cause.SILENT, frozenset())
        return Opinion(True, Cause.RULE, frozenset(allow), frozenset(self._kept_back(request)))

    def within(self, category: str) -> set[str]:
        """Return *category* and every narrower one."""
        return {category} | self._narrower(category)

    def _kept_back(self, request: Request) -> Iterable[str]:
        for word in self._narrower(request.resource.type):
            inner = self.opinion(replace(request, resource=replace(request.resource, type=word)))
            if inner.cause is Cause.RULE and not inner.allowed:
                yield word

    def _narrower(self, category: str) -> set[str]:
        directly = {word for (type_, word), above in self._broader.items() if type_ == "g3" and category in above}
        return directly.union(*(self._narrower(word) for word in directly))

    def _lies_in(self, type_: str, broad: str, narrow: str) -> bool:
        if broad in {"any", narrow}:
            return True
        return any(self._lies_in(type_, broad, above) for above in self._broader.get((type_, narrow), ()))


# --- Requests of all kinds --------------------------------------------------------------------------------------------

_ACTIONS: Final = ("read", "create", "update", "share", "publish", "disclose", "use", "sell", "retain", "grant_access")
_CATEGORIES: Final = ("child_data", "child_photo", "child_activity", "personal_data", "family_access", "contact")
_PURPOSES: Final = ("family_follow_up", "education", "media", "customer_support", "legal_compliance", "research")
_ROLES: Final = (
    ("guardian", "child"),
    ("primary_guardian", "child"),
    ("caregiver", "child"),
    ("teacher", "class"),
    ("school_admin", "school"),
    ("support_staff", "operator"),
    ("operator", "operator"),
    ("media_outlet", "operator"),
    ("authority", "operator"),
)
_CONTEXT: Final[Sequence[tuple[str, Any]]] = (
    ("authenticated", False),
    ("authentication_method", "otp"),
    ("transport_encrypted", False),
    ("necessary", True),
    ("special_case", "giải vẽ của quận"),
    ("special_case", " "),
    ("channel", "external_app"),
    ("recipient", "user:bà-ngoại"),
    ("recipient", "org:báo-trẻ"),
)


def perturbed(random: Random) -> Request:
    """Return the request of some case after up to three changes, as far as it can be right."""
    while True:
        question = copy.deepcopy(random.choice(the_cases()).question)
        for _ in range(random.randint(0, 3)):
            question = random.choice(_CHANGES)(question, random)
        request = read_if_valid(question)
        if request is not None:
            return request


def _with_less(question: Json, random: Random) -> Json:
    paths = droppable(question)
    return without(question, [random.choice(paths)]) if paths else question


def _with_other_words(question: Json, random: Random) -> Json:
    part = random.choice(("action", "category", "purpose"))
    if part == "action":
        question["action"]["name"] = random.choice(_ACTIONS)
    elif part == "category":
        question["resource"]["type"] = random.choice(_CATEGORIES)
    else:
        question["purpose"] = random.choice(_PURPOSES)
    return question


def _with_other_subject(question: Json, random: Random) -> Json:
    other: Case = random.choice(the_cases())
    question["subject"] = copy.deepcopy(other.question["subject"])
    return _with_more_facts(question, random)


def _with_more_facts(question: Json, random: Random) -> Json:
    question["facts"] += copy.deepcopy(random.choice(the_cases()).question["facts"])
    return question


def _with_a_role(question: Json, random: Random) -> Json:
    role, type_ = random.choice(_ROLES)
    subject = f"{question['subject']['type']}:{question['subject']['id']}"
    places = [question["resource"].get("data_subject", ""), *question["resource"].get("scopes", ())]
    places = [place for place in (*places, "operator:kidsonline") if place.startswith(f"{type_}:")]
    if places:
        question["facts"].append({"role": {"subject": subject, "role": role, "scope": places[0]}})
    return question


def _with_another_status(question: Json, random: Random) -> Json:
    facts = [fact for fact in question["facts"] if "consent" in fact or "ground" in fact]
    if facts:
        fact = random.choice(facts)
        if "consent" in fact:
            fact["consent"]["status"] = random.choice(("withdrawn", "refused", "pending", "claimed"))
        else:
            fact["ground"]["status"] = random.choice(("ended", "closed", "open"))
    return question


def _with_another_context(question: Json, random: Random) -> Json:
    key, value = random.choice(_CONTEXT)
    question.setdefault("context", {})[key] = value
    return question


def _with_a_term(question: Json, random: Random) -> Json:
    if question["facts"]:
        bound = random.choice(("valid_from", "valid_until"))
        random.choice(question["facts"])[bound] = random.choice(("2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"))
    return question


_CHANGES: Final[Sequence[Callable[[Json, Random], Json]]] = (
    _with_less,
    _with_other_words,
    _with_other_subject,
    _with_more_facts,
    _with_a_role,
    _with_another_status,
    _with_another_context,
    _with_a_term,
)
