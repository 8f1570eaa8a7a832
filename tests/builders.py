"""What tests are made of: the policy of KidsOnline with edits, its cases, and a family with everything in order.

Requests and facts are written as in a case file, so that a test says only what it cares about and every value has
passed the wire. Every builder returns new values: a test may change what it was given.
"""

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from pdp.core.decision import Decision
from pdp.core.errors import InvalidRequestError
from pdp.core.explanation import Explanation
from pdp.core.request import Request
from pdp.deciding import Answer, decide
from pdp.decision_point import DecisionPoint
from pdp.policy_set import PolicySet, build_policy_set
from pdp.wire.json_form import check_request_from_dict
from pdp.wire.requests import request_from_wire
from pdp.wire.words import Words
from pdp.wiring.words import load_words
from pdp_adapters.folder_policies import FolderPolicies
from pdp_adapters.no_decision_log import NoDecisionLog
from pdp_adapters.no_stored_facts import NoStoredFacts

POLICIES: Final = Path(__file__).parents[1] / "policies"
KIDSONLINE: Final = "kidsonline"
NOON: Final = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)
"""The moment of every request that names none."""

MOTHER: Final = "user:lan"
FATHER: Final = "user:hùng"
AUNT: Final = "user:hoa"
TEACHER: Final = "user:ngọc"
HEAD: Final = "user:phượng"
AGENT: Final = "user:tuấn"
CHILD: Final = "child:minh"
FRIEND: Final = "child:an"
CLASS: Final = "class:lá-1"
SCHOOL: Final = "school:hoa-sen"
NEWSPAPER: Final = "org:báo-trẻ"
OPERATOR: Final = "operator:kidsonline"

Json = dict[str, Any]
Path_ = tuple[str | int, ...]
"""Where something stands in a request: `("facts", 2, "ground", "status")`."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to the text of one file of a policy folder: *old* must stand in it."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AlwaysAt:
    """A clock that stands still."""

    instant: datetime = NOON

    def now(self) -> datetime:
        """Return the one instant."""
        return self.instant


# --- Policies ---------------------------------------------------------------------------------------------------------


@cache
def the_words() -> Words:
    """Return the words of the package."""
    return load_words()


@cache
def the_files(operator: str = KIDSONLINE) -> Mapping[str, bytes]:
    """Return the files of an operator's folder and of the shared one, by path from the policies' directory."""
    files = FolderPolicies(POLICIES).read(operator)
    return {Path(path).relative_to(POLICIES).as_posix(): content for path, content in files}


def edited(edits: Iterable[Edit], operator: str = KIDSONLINE) -> dict[str, bytes]:
    """Return the files of *operator* after *edits*."""
    files = dict(the_files(operator))
    for edit in edits:
        path = f"{operator}/{edit.file}"
        text = files[path].decode()
        if edit.old not in text:
            raise ValueError(f"`{edit.old}` does not stand in {path}")
        files[path] = text.replace(edit.old, edit.new, 1).encode()
    return files


@lru_cache(maxsize=32)
def a_policy_set(*edits: Edit, operator: str = KIDSONLINE) -> PolicySet:
    """Return the policy set of *operator* after *edits*."""
    files = edited(edits, operator)
    return build_policy_set(operator, list(files.items()), the_words().vocabulary, the_words().schema)


@cache
def the_policy_set(operator: str = KIDSONLINE) -> PolicySet:
    """Return the policy set of *operator* as it stands in the folder."""
    return a_policy_set(operator=operator)


def policy_lines(operator: str = KIDSONLINE, folder: str = "") -> list[str]:
    """Return the lines of policy.csv that are rows; with "house" as *folder*, of the one with the house rules."""
    path = f"{folder}/{operator}/policy.csv" if folder else f"{operator}/policy.csv"
    lines = the_files(operator)[path].decode().splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def edit_row(line: str, *lines: str) -> Edit:
    """Return the edit that puts *lines* in the place of a row: of the row itself, not of a comment that quotes it."""
    return Edit("policy.csv", f"\n{line}\n", "".join(f"\n{new}" for new in lines) + "\n")


def a_row(id_: str, effect: str, region: str, when: str = "always", clause: str = "KIDS-1.13") -> Edit:
    """Return the edit that adds a rule; *region* is `role, action, category, purpose`."""
    first = policy_lines()[0]
    return edit_row(first, f"p, {id_}, {effect}, {region}, {when}, {clause}, nothing\n{first}")


def a_condition(name: str, when: str, clause: str = "KIDS-1.13") -> Edit:
    """Return the edit that adds a condition."""
    first = "signed_in_with_password:"
    entry = f"{name}:\n  vi: {name}\n  en: {name}\n  clause: {clause}\n  when: {when}\n\n{first}"
    return Edit("conditions.yaml", first, entry)


# --- Facts ------------------------------------------------------------------------------------------------------------


def a_role(subject: str, role: str, scope: str, granted_by: str = "", **term: str) -> Json:
    """Return a role fact; *term* may hold valid_from and valid_until."""
    kind = {"subject": subject, "role": role, "scope": scope}
    return {"role": kind | ({"granted_by": granted_by} if granted_by else {}), **term}


def a_registration(beneficiary: str, registrar: str, child: str = CHILD, status: str = "active", **term: str) -> Json:
    """Return a registration with a school or with the operator."""
    id_ = f"registration:{beneficiary}-{registrar}-{child}".replace(":", "-").replace("registration-", "registration:")
    ground = {"kind": "registration", "id": id_, "beneficiary": beneficiary, "data_subject": child, "status": status}
    return {"ground": {**ground, "properties": {"registrar": registrar}}, **term}


def a_consent(given_by: str = MOTHER, child: str = CHILD, status: str = "given", **changes: Any) -> Json:
    """Return a consent in writing to media use of a child's photos, by everybody; *changes* are fields or the term."""
    term: Json = {key: changes.pop(key) for key in ("valid_from", "valid_until") if key in changes}
    consent: Json = {
        "data_subject": child,
        "given_by": given_by,
        "purposes": ["media"],
        "categories": ["child_photo"],
        "form": "written",
        "status": status,
        "properties": {"explicit": True},
    }
    return {"consent": consent | changes, **term}


def a_ticket(beneficiary: str = AGENT, opened_by: str = MOTHER, about: str = CHILD, **changes: Any) -> Json:
    """Return an open, verified support ticket."""
    properties = {"opened_by": opened_by, "requester_verified": True, "product": KIDSONLINE}
    ground = {
        "kind": "support_ticket",
        "id": "support_ticket:t-1",
        "beneficiary": beneficiary,
        "data_subject": about,
        "status": "open",
        "properties": properties,
    }
    return {"ground": ground | changes}


def a_containment(entity: str, container: str, **term: str) -> Json:
    """Return the fact that *entity* lies in *container*."""
    return {"containment": {"entity": entity, "container": container}, **term}


def registered(person: str, child: str = CHILD) -> list[Json]:
    """Return both registrations of *person* for *child*."""
    return [a_registration(person, SCHOOL, child), a_registration(person, OPERATOR, child)]


def a_family() -> list[Json]:
    """Return two primary guardians and an aunt whom the mother entered, all registered with both."""
    return [
        a_role(MOTHER, "primary_guardian", CHILD),
        a_role(FATHER, "primary_guardian", CHILD),
        a_role(AUNT, "family_member", CHILD, granted_by=MOTHER),
        *(fact for person in (MOTHER, FATHER, AUNT) for fact in registered(person)),
    ]


# --- Requests ---------------------------------------------------------------------------------------------------------


def a_question(subject: str = MOTHER, facts: Iterable[Json] | None = None, **changes: Any) -> Json:
    """Return a request as in a case file: the mother reads a photo of her child, everything being in order.

    *changes* are the parts of a request; those of `resource` and `context` are merged, None takes a key away.
    """
    type_, _, id_ = subject.partition(":")
    question: Json = {
        "operator": KIDSONLINE,
        "subject": {"type": type_, "id": id_},
        "action": {"name": "read"},
        "purpose": "family_follow_up",
        "resource": {"type": "child_photo", "id": "ảnh-1", "data_subject": CHILD, "scopes": [CLASS, SCHOOL]},
        "context": {
            "authenticated": True,
            "authentication_method": "password",
            "transport_encrypted": True,
            "channel": "mobile_app",
        },
        "facts": a_family() if facts is None else list(facts),
    }
    if "action" in changes:
        question["action"]["name"] = changes.pop("action")
    for part in ("resource", "context"):
        merged = {**question[part], **changes.pop(part, {})}
        question[part] = {key: value for key, value in merged.items() if value is not None}
    return question | changes


def a_publication(facts: Iterable[Json] | None = None, **changes: Any) -> Json:
    """Return a request as in a case file: the head of the school publishes a photo, with the mother's consent."""
    changes["context"] = {"special_case": "giải vẽ của quận", **changes.get("context", {})}
    with_consent = [*a_family(), a_role(HEAD, "school_admin", SCHOOL), a_consent()]
    defaults = {"action": "publish", "purpose": "media"}
    return a_question(HEAD, with_consent if facts is None else facts, **(defaults | changes))


def read(question: Json) -> Request:
    """Return the request that *question* writes."""
    return request_from_wire(check_request_from_dict(question), the_words())


def read_if_valid(question: Json) -> Request | None:
    """Return the request that *question* writes, None when it cannot be right."""
    try:
        return read(question)
    except InvalidRequestError:
        return None


def a_request(subject: str = MOTHER, facts: Iterable[Json] | None = None, **changes: Any) -> Request:
    """Return the request that `a_question` writes."""
    return read(a_question(subject, facts, **changes))


# --- Answers ----------------------------------------------------------------------------------------------------------


def answer(policy: PolicySet, request: Request) -> Answer:
    """Return the answer of *policy* at the time of the request."""
    return decide(policy, request, (), request.time or NOON)


def a_decision_point(policy: PolicySet | None = None, at: datetime = NOON) -> DecisionPoint:
    """Return a decision point with nothing stored and a clock that stands still."""
    policy = policy or the_policy_set()
    return DecisionPoint({policy.operator: policy}, NoStoredFacts(), AlwaysAt(at), NoDecisionLog())


def check(request: Request, policy: PolicySet | None = None) -> Decision:
    """Return the decision on *request*."""
    return a_decision_point(policy).check(request)


def explain(request: Request, policy: PolicySet | None = None) -> Explanation:
    """Return the explanation of the decision on *request*."""
    return a_decision_point(policy).explain(request)


def rules_of(reasons: Answer | Decision) -> list[str]:
    """Return the ids of the rules among the reasons."""
    return [reason.rule for reason in reasons.reasons]


# --- Cases ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a case file."""

    id: str
    operator: str
    clauses: tuple[str, ...]
    question: Json
    allowed: bool
    obligations: tuple[Any, ...]

    @property
    def request(self) -> Request:
        """Return its request."""
        return read(copy.deepcopy(self.question))


@cache
def the_cases(operator: str = KIDSONLINE) -> tuple[Case, ...]:
    """Return the cases of every case file of *operator*."""
    found: list[Json] = []
    for path in sorted((POLICIES / operator).rglob("cases*.json")):
        found += json.loads(path.read_text("utf-8"))
    return tuple(
        Case(
            id=case["id"],
            operator=case["operator"],
            clauses=tuple(case["clauses"]),
            question=case["request"],
            allowed=case["expect"]["decision"] == "allow",
            obligations=tuple(case["expect"]["obligations"]),
        )
        for case in found
    )


# --- Leaving things out -----------------------------------------------------------------------------------------------

_REQUIRED_OF_FACTS: Final = frozenset({"subject", "role", "scope", "kind", "id", "status", "given_by", "entity"})


def droppable(question: Json) -> list[Path_]:
    """Return where everything stands that a request may be sent without, but for the time: whether right or not."""
    found: list[Path_] = []
    for part in ("subject", "resource"):
        found += [(part, "properties", key) for key in question.get(part, {}).get("properties", {})]
        found += [(part, "properties")] if "properties" in question.get(part, {}) else []
    resource = question["resource"]
    found += [("resource", "data_subject")] if "data_subject" in resource else []
    found += [("resource", "scopes", at) for at in range(len(resource.get("scopes", ())))]
    pictured = resource.get("properties", {}).get("pictured", ())
    found += [("resource", "properties", "pictured", at) for at in range(len(pictured))]
    found += [("context", key) for key in question.get("context", {}) if key != "time"]
    for at, fact in enumerate(question.get("facts", ())):
        found.append(("facts", at))
        found += [("facts", at, key) for key in ("valid_from", "valid_until") if key in fact]
        for kind in ("role", "consent", "ground", "containment"):
            for key, value in fact.get(kind, {}).items():
                found += [] if key in _REQUIRED_OF_FACTS else [("facts", at, kind, key)]
                inner: Iterable[str | int] = range(len(value)) if isinstance(value, list) else ()
                inner = value if isinstance(value, dict) else inner
                found += [("facts", at, kind, key, one) for one in inner]
    return found


def without(question: Json, paths: Sequence[Path_]) -> Json:
    """Return *question* without what stands at *paths*; one inside another counts once."""
    left = copy.deepcopy(question)
    # From the last place to the first, so that taking one element out of a list moves none that is still to go.
    for path in sorted(set(paths), key=lambda path: [str(part).zfill(4) for part in path], reverse=True):
        place: Any = left
        for part in path[:-1]:
            place = place[part]
        del place[path[-1]]
    return left
