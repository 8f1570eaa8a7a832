"""What must be so of every implementation, as functions that raise AssertionError where it is not.

Each takes the implementation, so that the same law that the real one keeps can be seen to catch a broken one.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from pdp.conditions.expression import Named
from pdp.conditions.traversal import parts_of
from pdp.core.decision import Cause, Outcome
from pdp.core.request import Request
from pdp.deciding import Answer, decide
from pdp.policy_set import PolicySet
from tests.builders import (
    AUNT,
    CHILD,
    FATHER,
    FRIEND,
    HEAD,
    MOTHER,
    NEWSPAPER,
    NOON,
    OPERATOR,
    SCHOOL,
    TEACHER,
    Case,
    Edit,
    Json,
    Path_,
    a_condition,
    a_consent,
    a_family,
    a_publication,
    a_registration,
    a_request,
    a_role,
    a_row,
    droppable,
    policy_lines,
    read,
    read_if_valid,
    registered,
    rules_of,
    the_cases,
    the_files,
    without,
)
from tests.properties.worlds import Implementation, Oracle, perturbed

REPEATABLE: Final = 20261006
TICK: Final = timedelta(microseconds=1)


# --- What the rows say ------------------------------------------------------------------------------------------------


def assert_as_the_rows_say(made: Implementation, policy: PolicySet, oracle: Oracle, request: Request) -> None:
    """Assert that the answer to *request* is that of the rows: same decision, cause, deciding rules, left out."""
    found, opinion = made.answer(policy, request), oracle.opinion(request)
    left_out = {
        word
        for obligation in found.obligations
        if obligation.id == "leave_out"
        for named in _listed(obligation.parameters["categories"])
        for word in oracle.within(named)
    }
    decided_by = frozenset(rules_of(found)) if found.cause is Cause.RULE else frozenset[str]()
    assert (found.allowed, found.cause, decided_by) == (opinion.allowed, opinion.cause, opinion.rules)
    assert left_out == opinion.kept_back


def answers_as_the_rows_say(made: Implementation, count: int = 400) -> None:
    """Deny overrides, an allow needs a rule all of whose conditions are true, and unknown counts as true in a deny."""
    policy, oracle, random = made.policy(*_IN_THE_CLEAR), Oracle(*_IN_THE_CLEAR), Random(REPEATABLE)
    for case in the_cases():
        assert_as_the_rows_say(made, policy, oracle, case.request)
    for _ in range(count):
        assert_as_the_rows_say(made, policy, oracle, perturbed(random))


def denies_where_no_rule_allows(made: Implementation) -> None:
    """A request that was allowed is denied once the rows that allowed it are gone."""
    by_rules: dict[frozenset[str], list[Case]] = {}
    for case in _allowed_cases():
        by_rules.setdefault(frozenset(rules_of(made.answer(made.policy(), case.request))), []).append(case)
    # The house has so few rows that a folder of it without them would hold none, which is an error.
    of_the_house = {line.split(",")[1].strip() for line in policy_lines(folder="house")}
    for rules, cases in by_rules.items():
        if rules & of_the_house:
            continue
        rows = [line for line in policy_lines() if line.split(",")[1].strip() in rules]
        policy = made.policy(*(Edit("policy.csv", f"{row}\n", "") for row in rows))
        for case in cases:
            found = made.answer(policy, case.request)
            assert not found.allowed, case.id
            assert found.cause in {Cause.UNMET, Cause.SILENT}, case.id


def a_satisfied_deny_wins(made: Implementation) -> None:
    """A deny row that applies denies whatever is allowed beside it, wherever it stands among the rows."""
    stopped = a_condition("stopped", "resource.encrypted is no")
    last = policy_lines()[-1]
    row = "p, stop, deny, any, any, any, any, stopped, KIDS-1.13, nothing"
    for edit in (a_row("stop", "deny", "any, any, any, any", "stopped"), Edit("policy.csv", last, f"{last}\n{row}")):
        policy = made.policy(stopped, edit)
        for case in _allowed_cases():
            request = case.request
            resource = replace(request.resource, properties={**request.resource.properties, "encrypted": False})
            found = made.answer(policy, replace(request, resource=resource))
            assert (found.allowed, found.cause) == (False, Cause.RULE), case.id
            assert "stop" in rules_of(found), case.id


def the_order_of_rows_does_not_matter(made: Implementation) -> None:
    """Shuffling the rows of policy.csv changes no decision, cause, reason, obligation or term."""
    text = the_files()["kidsonline/policy.csv"].decode()
    rows = policy_lines()
    before = [made.answer(made.policy(), case.request) for case in the_cases()]
    for seed in range(3):
        shuffled = rows.copy()
        Random(seed).shuffle(shuffled)
        policy = made.policy(Edit("policy.csv", text, "\n".join(shuffled) + "\n"))
        for case, expected in zip(the_cases(), before, strict=True):
            assert seen_by_caller(made.answer(policy, case.request)) == seen_by_caller(expected), case.id


# --- Unknown, and errors ----------------------------------------------------------------------------------------------

_IN_THE_CLEAR: Final = (
    a_condition("in_the_clear", "resource.encrypted is no"),
    a_row("nothing-in-the-clear", "deny", "guardian, read, child_photo, any", "in_the_clear"),
)
"""A deny row that a guardian's allow row stands beside, so that what is unknown to it makes the difference."""


def unknown_counts_as_true_in_a_deny(made: Implementation) -> None:
    """A deny row denies unless its condition is known to be false."""
    policy = made.policy(*_IN_THE_CLEAR)
    for encrypted, allowed in ((True, True), (False, False), (None, False)):
        properties = {} if encrypted is None else {"encrypted": encrypted}
        found = made.answer(policy, a_request(resource={"properties": properties}))
        assert found.allowed is allowed, f"encrypted: {encrypted}"
        assert rules_of(found) == (["guardian-reads"] if allowed else ["nothing-in-the-clear"])


def unknown_counts_as_false_in_an_allow(made: Implementation) -> None:
    """An allow row does not allow when a property that it needs is missing."""
    assert made.answer(made.policy(), a_request()).allowed
    for key in ("authenticated", "authentication_method", "transport_encrypted"):
        found = made.answer(made.policy(), a_request(context={key: None}))
        assert (found.allowed, found.cause) == (False, Cause.UNMET), key


def an_error_never_allows(made: Implementation) -> None:
    """Where a condition that had to be evaluated raises, the answer is a deny by a rule or for the error."""
    policy = made.policy()
    for name in policy.conditions:
        broken = with_broken_condition(policy, name)
        for case in _allowed_cases():
            before, found = made.answer(policy, case.request), made.answer(broken, case.request)
            if _is_reached(name, before, policy):
                assert not found.allowed, f"{case.id}: {name}"
                assert found.cause in {Cause.ERROR, Cause.RULE}, f"{case.id}: {name}"
            else:
                assert seen_by_caller(found) == seen_by_caller(before), f"{case.id}: {name}"


def with_broken_condition(policy: PolicySet, name: str) -> PolicySet:
    """Return *policy* with a condition whose evaluation raises: it rests on one that does not exist."""
    broken = replace(policy.conditions[name], expression=Named("no_such_condition", 0))
    return replace(policy, conditions={**policy.conditions, name: broken})


def _is_reached(name: str, found: Answer, policy: PolicySet) -> bool:
    """Say whether some rule that speaks of the request evaluates *name*: what is false before it makes it idle."""
    for trace in found.matched:
        for condition in trace.conditions:
            if name in _resting_on(condition.name, policy):
                return True
            if condition.outcome is Outcome.FALSE:
                break
    return False


def _resting_on(name: str, policy: PolicySet) -> set[str]:
    parts = parts_of(policy.conditions[name].expression)
    return {name}.union(*(_resting_on(part.name, policy) for part in parts if isinstance(part, Named)))


# --- Leaving out ------------------------------------------------------------------------------------------------------


def leaving_out_never_widens(made: Implementation, cases: Sequence[Case] | None = None) -> None:
    """Leaving anything out of a request never turns a deny into an allow, loses an obligation or silences a deny row.

    What is left out is each part alone, and each pair of parts of an allowed request and of one that a deny row
    decided: the answer without both is compared with the answer without either. `opens_by_meaning` lists what is an
    exception because its absence says something.
    """
    policy = made.policy()
    for case in cases or the_cases():
        whole = made.answer(policy, case.request)
        paths = droppable(case.question)
        one_less = {path: _answer_without(made, case.question, (path,), policy) for path in paths}
        for path, less in one_less.items():
            assert_not_wider(whole, less, case, path)
        if whole.cause is not Cause.RULE:
            continue
        for pair in itertools.combinations(paths, 2):
            both = _answer_without(made, case.question, pair, policy)
            for first, then in (pair, pair[::-1]):
                if one_less[first] is not None:
                    assert_not_wider(one_less[first], both, case, then)


def _answer_without(made: Implementation, question: Json, paths: Sequence[Path_], policy: PolicySet) -> Answer | None:
    request = read_if_valid(without(question, paths))
    return None if request is None else made.answer(policy, request)


def assert_not_wider(whole: Answer | None, less: Answer | None, case: Case, left_out: Path_) -> None:
    """Assert that *less*, the answer after *left_out* is gone, opens nothing that *whole* did not; None was refused."""
    if whole is None or less is None or opens_by_meaning(case.question, left_out):
        return
    place = f"{case.id}: {left_out}"
    if whole.allowed:
        if less.allowed:
            assert {(o.id, o.clause) for o in whole.obligations} <= {(o.id, o.clause) for o in less.obligations}, place
        return
    assert not less.allowed, place
    if whole.cause is Cause.RULE and less.cause is not Cause.ERROR:
        assert set(rules_of(whole)) <= set(rules_of(less)), place


def opens_by_meaning(question: Json, path: Path_) -> str:
    """Say why leaving out what stands at *path* may open something, "" when it may not.

    Facts are closed and terms are bounds (contract, section 2): without them something else is said, not less.
    """
    subject = f"{question['subject']['type']}:{question['subject']['id']}"
    roles = [fact["role"] for fact in question["facts"] if "role" in fact]
    held_in = {role["scope"] for role in roles if role["subject"] == subject}
    refusals = [
        f["consent"] for f in question["facts"] if f.get("consent", {}).get("status") in {"refused", "withdrawn"}
    ]
    match path:
        case ("resource", "properties", "pictured", *_) | ("resource", "properties") if (
            "pictured" in question["resource"]["properties"]
        ):
            return "who is not pictured need not be asked; nobody pictured means the data subject alone"
        case ("facts", _, "valid_from" | "valid_until"):
            return "a term without a bound has no bound"
        case ("facts", _, "consent", "recipient"):
            return "a consent that names no recipient is for everybody"
        case ("facts", int(at)) if question["facts"][at].get("consent") in refusals:
            return "what was never refused is not refused"
        case ("facts", int(at)) if "role" in question["facts"][at]:
            role = question["facts"][at]["role"]
            if role["subject"] == subject:
                return "whoever holds no role is an outsider, for whom there are other rows"
            if role["subject"] in {refusal["given_by"] for refusal in refusals}:
                return "only somebody entitled can refuse"
        case ("facts", int(at), "role", "granted_by") if question["facts"][at]["role"]["role"] in {
            "teacher",
            "school_admin",
            "school_staff",
        }:
            return "the school's own people count without a granter on record (granting.yaml)"
        case ("resource", "scopes", int(at)) if question["resource"]["scopes"][at] in held_in:
            return "a role held elsewhere does not count, and whoever holds none is an outsider"
    return ""


# --- Families, consents, terms ----------------------------------------------------------------------------------------


def one_refusal_stops_every_consent(made: Implementation) -> None:
    """When one primary guardian consents and the other refuses or withdraws, the refusal wins, in any order."""
    consents = [a_consent(MOTHER, valid_from="2026-10-01T00:00:00Z")]
    people = [*a_family(), a_role(HEAD, "school_admin", SCHOOL)]
    assert made.answer(made.policy(), read(a_publication([*people, *consents]))).allowed
    for status in ("refused", "withdrawn"):
        for since in ("2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z", "2026-10-05T00:00:00Z"):
            stopped = [*consents, a_consent(FATHER, status=status, valid_from=since)]
            for facts in (stopped, stopped[::-1]):
                found = made.answer(made.policy(), read(a_publication([*people, *facts])))
                assert not found.allowed, f"{status} since {since}"
                assert rules_of(found) == ["no-other-use-without-consent"], f"{status} since {since}"


def a_refusal_without_a_beginning_stops(made: Implementation) -> None:
    """A refusal that does not say since when is the last word of its giver."""
    given = a_consent(MOTHER, valid_from="2026-10-01T00:00:00Z")
    people = [*a_family(), a_role(HEAD, "school_admin", SCHOOL)]
    for refusal in (a_consent(MOTHER, status="refused"), a_consent(MOTHER, status="withdrawn", categories=[])):
        assert not made.answer(made.policy(), read(a_publication([*people, given, refusal]))).allowed
    early = a_consent(MOTHER, status="refused", valid_from="2026-09-01T00:00:00Z")
    assert made.answer(made.policy(), read(a_publication([*people, given, early]))).allowed


def a_refusal_of_a_part_stops_the_whole(made: Implementation) -> None:
    """A refusal that names any part of what is asked stops it: a narrower category or purpose, one recipient of all."""
    people = [*a_family(), a_role(HEAD, "school_admin", SCHOOL)]
    given = a_consent(MOTHER, purposes=["marketing"], categories=["child_data"])
    question = a_publication(purpose="marketing", resource={"type": "child_data"})
    parts: tuple[tuple[Json, bool], ...] = (
        ({"categories": ["child_video"]}, True),
        ({"categories": ["personal_data"]}, True),
        ({"purposes": ["third_party_marketing"]}, True),
        ({"recipient": NEWSPAPER}, True),
        ({"categories": [], "purposes": []}, True),
        ({"categories": ["support_request"]}, False),
        ({"purposes": ["research"]}, False),
    )
    for part, stops in parts:
        refusal = a_consent(FATHER, status="refused", **{"purposes": [], "categories": [], **part})
        found = made.answer(made.policy(), read({**question, "facts": [*people, given, refusal]}))
        assert found.allowed is not stops, part


def a_consent_is_for_the_person_it_names(made: Implementation) -> None:
    """Whoever consents for one child has not consented for another, and cannot for a child that is not theirs."""
    people = [*a_family(), a_role(HEAD, "school_admin", SCHOOL), a_role(MOTHER, "primary_guardian", FRIEND)]
    both = {"properties": {"pictured": [CHILD, FRIEND]}}
    one, other = a_consent(MOTHER), a_consent(MOTHER, FRIEND)
    for said, allowed in (([one], False), ([other], False), ([one, other], True)):
        found = made.answer(made.policy(), read(a_publication([*people, *said], resource=both)))
        assert found.allowed is allowed, len(said)
    not_hers = [*a_family(), a_role(HEAD, "school_admin", SCHOOL), one, other]
    assert not made.answer(made.policy(), read(a_publication(not_hers, resource=both))).allowed


def a_grant_is_worth_its_granter(made: Implementation) -> None:
    """A family member counts only while a primary guardian of this child, now in force, is on record as granter."""
    mother = a_role(MOTHER, "primary_guardian", CHILD)
    over = a_role(MOTHER, "primary_guardian", CHILD, valid_until="2026-10-06T04:59:59Z")
    assert made.answer(made.policy(), _aunt_reads([mother, a_role(AUNT, "family_member", CHILD, MOTHER)])).allowed
    for why, roles in {
        "nobody": [mother, a_role(AUNT, "family_member", CHILD)],
        "herself": [mother, a_role(AUNT, "family_member", CHILD, AUNT)],
        "teacher": [mother, a_role(TEACHER, "teacher", SCHOOL), a_role(AUNT, "family_member", CHILD, TEACHER)],
        "head": [mother, a_role(HEAD, "school_admin", SCHOOL), a_role(AUNT, "family_member", CHILD, HEAD)],
        "of another child": [
            a_role(MOTHER, "primary_guardian", FRIEND),
            a_role(AUNT, "family_member", CHILD, MOTHER),
        ],
        "no longer one": [over, a_role(AUNT, "family_member", CHILD, MOTHER)],
    }.items():
        assert not made.answer(made.policy(), _aunt_reads(roles)).allowed, why


def one_registration_counts_once(made: Implementation) -> None:
    """Family sees the child only when registered at a school of the child and with the operator, not twice with one."""
    scopes = {"scopes": ["class:lá-1", SCHOOL, OPERATOR]}
    guardian = a_role(MOTHER, "primary_guardian", CHILD)
    school, operator = a_registration(MOTHER, SCHOOL), a_registration(MOTHER, OPERATOR)
    again = a_registration(MOTHER, OPERATOR)
    again["ground"]["id"] = "registration:again"
    elsewhere = a_registration(MOTHER, "school:khác")
    assert made.answer(made.policy(), a_request(facts=[guardian, school, operator], resource=scopes)).allowed
    for facts in ([], [school], [operator], [operator, again], [operator, elsewhere], [school, elsewhere]):
        assert not made.answer(made.policy(), a_request(facts=[guardian, *facts], resource=scopes)).allowed, facts


def nobody_named_is_not_everybody_asked(made: Implementation) -> None:
    """A picture of which nobody says whom it shows is not published: nobody's consent is not everybody's."""
    for facts in (None, [a_role(HEAD, "school_admin", SCHOOL)]):
        found = made.answer(made.policy(), read(a_publication(facts, resource={"data_subject": None})))
        assert not found.allowed
        assert rules_of(found) == ["no-other-use-without-consent"]


def a_term_ends_before_its_last_instant(made: Implementation) -> None:
    """A fact counts from its first instant on and not at its last: valid_from inclusive, valid_until exclusive."""
    begins, ends = NOON, NOON + timedelta(hours=1)
    term = {"valid_from": begins.isoformat(), "valid_until": ends.isoformat()}
    facts = [a_role(MOTHER, "primary_guardian", CHILD), *registered(MOTHER)]
    for at in range(len(facts)):
        request = a_request(facts=[fact | (term if at == place else {}) for place, fact in enumerate(facts)])
        for instant, allowed in ((begins - TICK, False), (begins, True), (ends - TICK, True), (ends, False)):
            assert made.answer(made.policy(), request, instant).allowed is allowed, f"{facts[at]} at {instant}"


def assert_valid_until_is_right(policy: PolicySet, request: Request, until: datetime | None, start: datetime) -> None:
    """Assert that the answer at *start* stays until just before *until*, is another at it, or never changes if None."""
    now = decide(policy, request, (), start)
    bounds = {bound for fact in request.facts for bound in (fact.valid_from, fact.valid_until) if bound is not None}
    bounds |= {bound - TICK for bound in bounds} | {max(bounds, default=start) + timedelta(days=400)}
    bounds |= {until - TICK} if until is not None else set()
    for instant in sorted(bound for bound in bounds if bound > start and (until is None or bound < until)):
        assert now.same_for_caller(decide(policy, request, (), instant)), f"changes at {instant}, not at {until}"
    assert until is None or not now.same_for_caller(decide(policy, request, (), until)), f"does not change at {until}"


# --- Shared -----------------------------------------------------------------------------------------------------------


def seen_by_caller(found: Answer) -> tuple[object, ...]:
    """Return what a caller sees of an answer."""
    return found.allowed, found.cause, found.reasons, found.obligations


def _aunt_reads(roles: list[Json]) -> Request:
    return a_request(AUNT, [*roles, *registered(AUNT)])


def _allowed_cases() -> list[Case]:
    return [case for case in the_cases() if case.allowed]


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
